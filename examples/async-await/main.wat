;; Async functions and an event loop, all of it in WebAssembly.
;;
;; A future is a number. Its state and value lie in memory, the continuation that waits for it in the
;; table `$waiting`. An async function is an ordinary function that runs in a continuation of its own and
;; whose result becomes the value of a future. `$await` suspends to the event loop, from any depth: the
;; functions between the async function and the `$await` need not know.
;;
;; The devices are simulated: a read completes after some ticks of a clock that the loop moves on when
;; nothing else is left to do. Block n holds 10 n + 1 and takes 30 - 5 n ticks.
;;
;; Run:      bident run examples/async-await/main.wat
;; Prints:   tick 0: three copies start
;;           tick 20: copied 2
;;           tick 25: copied 1
;;           tick 30: copied 0
;;           tick 30: the sum is 33
(module $async-await
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovs i32) (param $count i32) (param $written i32) (result i32)))

  (type $async (func (param $argument i32) (result i32)))
  (type $body (func))
  (type $task (cont $body))
  (type $run_async (func (param $function (ref $async)) (param $argument i32) (param $future i32)))
  (type $new (cont $run_async))

  ;; Carries the future that is awaited.
  (tag $wait (param i32))

  (memory (export "memory") 1)
  (data (i32.const 64) "tick ")
  (data (i32.const 72) ": three copies start\n")
  (data (i32.const 96) ": copied ")
  (data (i32.const 112) ": the sum is ")
  (data (i32.const 128) "\n")

  (elem declare func $run_async $copy $main)

  ;; Futures: 64 of them, 12 bytes each from 1024 on: whether it is settled, its value, and for those of a
  ;; device the tick at which it completes, else -1. One task at most waits for each.

  (table $waiting 64 (ref null $task))
  (global $futures (mut i32) (i32.const 0))

  (func $at (param $future i32) (result i32)
    (i32.add (i32.const 1024) (i32.mul (local.get $future) (i32.const 12))))

  (func $future (result i32)
    (if (i32.eq (global.get $futures) (table.size $waiting)) (then (unreachable)))
    (i32.store offset=8 (call $at (global.get $futures)) (i32.const -1))
    (global.get $futures)
    (global.set $futures (i32.add (global.get $futures) (i32.const 1))))

  ;; Gives a future its value. Whoever waits for it is ready.
  (func $settle (param $future i32) (param $value i32)
    (i32.store (call $at (local.get $future)) (i32.const 1))
    (i32.store offset=4 (call $at (local.get $future)) (local.get $value))
    (block $nobody
      (call $enqueue (br_on_null $nobody (table.get $waiting (local.get $future)))))
    (table.set $waiting (local.get $future) (ref.null $task)))

  ;; The value of a future, when it has one.
  (func $await (param $future i32) (result i32)
    (if (i32.eqz (i32.load (call $at (local.get $future))))
      (then (suspend $wait (local.get $future))))
    (i32.load offset=4 (call $at (local.get $future))))

  ;; Makes an async call: its function runs when the loop comes to it.
  (func $call_async (param $function (ref $async)) (param $argument i32) (result i32)
    (local $future i32)
    (local.set $future (call $future))
    (call $enqueue
      (cont.bind $new $task
        (local.get $function) (local.get $argument) (local.get $future)
        (cont.new $new (ref.func $run_async))))
    (local.get $future))

  (func $run_async (type $run_async) (param $function (ref $async)) (param $argument i32) (param $future i32)
    (call $settle (local.get $future) (call_ref $async (local.get $argument) (local.get $function))))

  ;; Tasks that are ready: a ring of 16. `$first` and `$past` only count up.

  (table $ready 16 (ref null $task))
  (global $first (mut i32) (i32.const 0))
  (global $past (mut i32) (i32.const 0))

  (func $enqueue (param $t (ref $task))
    (if (i32.eq (i32.sub (global.get $past) (global.get $first)) (table.size $ready))
      (then (unreachable)))
    (table.set $ready (i32.and (global.get $past) (i32.const 15)) (local.get $t))
    (global.set $past (i32.add (global.get $past) (i32.const 1))))

  (func $dequeue (result (ref null $task))
    (local $slot i32)
    (if (i32.eq (global.get $first) (global.get $past)) (then (return (ref.null $task))))
    (local.set $slot (i32.and (global.get $first) (i32.const 15)))
    (global.set $first (i32.add (global.get $first) (i32.const 1)))
    (table.get $ready (local.get $slot))
    (table.set $ready (local.get $slot) (ref.null $task)))

  ;; The event loop: runs what is ready; then lets the next read complete; ends when there is neither.
  (func $run_loop
    (local $t (ref null $task))
    (loop $turn
      (local.set $t (call $dequeue))
      (if (ref.is_null (local.get $t))
        (then
          (br_if $turn (call $complete_next))
          (return)))
      (call $run_task (ref.as_non_null (local.get $t)))
      (br $turn)))

  ;; Runs a task until it returns or waits.
  (func $run_task (param $t (ref $task))
    (local $future i32)
    (block $waits (result i32 (ref $task))
      (resume $task (on $wait $waits) (local.get $t))
      (return))
    (local.set $t)
    (local.set $future)
    (if (i32.eqz (ref.is_null (table.get $waiting (local.get $future)))) (then (unreachable)))
    (table.set $waiting (local.get $future) (local.get $t)))

  ;; The device

  (global $tick (mut i32) (i32.const 0))

  ;; Begins to read a block. What it holds is already in the future, which is not settled yet.
  (func $read (param $block i32) (result i32)
    (local $future i32)
    (local.set $future (call $future))
    (i32.store offset=4 (call $at (local.get $future))
      (i32.add (i32.mul (local.get $block) (i32.const 10)) (i32.const 1)))
    (i32.store offset=8 (call $at (local.get $future))
      (i32.add (global.get $tick)
        (i32.sub (i32.const 30) (i32.mul (local.get $block) (i32.const 5)))))
    (local.get $future))

  ;; Moves the clock to the read that completes first. Answers 0 where nothing is being read.
  (func $complete_next (result i32)
    (local $i i32)
    (local $soonest i32)
    (local $future i32)
    (local.set $soonest (i32.const -1))
    (loop $each
      (if (i32.lt_u (i32.load offset=8 (call $at (local.get $i))) (local.get $soonest))
        (then
          (local.set $future (local.get $i))
          (local.set $soonest (i32.load offset=8 (call $at (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (global.get $futures))))
    (if (i32.eq (local.get $soonest) (i32.const -1)) (then (return (i32.const 0))))
    (global.set $tick (local.get $soonest))
    (i32.store offset=8 (call $at (local.get $future)) (i32.const -1))
    (call $settle (local.get $future) (i32.load offset=4 (call $at (local.get $future))))
    (i32.const 1))

  ;; The program

  ;; Knows nothing of continuations, and waits.
  (func $read_now (param $block i32) (result i32)
    (call $await (call $read (local.get $block))))

  (func $copy (type $async) (param $block i32) (result i32)
    (local $held i32)
    (local.set $held (call $read_now (local.get $block)))
    (call $report (i32.const 96) (i32.const 9))
    (call $print_number (local.get $block))
    (call $print (i32.const 128) (i32.const 1))
    (local.get $held))

  (func $main (type $async) (param $nothing i32) (result i32)
    (local $a i32)
    (local $b i32)
    (local $c i32)
    (call $report (i32.const 72) (i32.const 21))
    (local.set $a (call $call_async (ref.func $copy) (i32.const 0)))
    (local.set $b (call $call_async (ref.func $copy) (i32.const 1)))
    (local.set $c (call $call_async (ref.func $copy) (i32.const 2)))
    (i32.add (call $await (local.get $a))
      (i32.add (call $await (local.get $b)) (call $await (local.get $c)))))

  (func (export "_start")
    (local $main i32)
    (local.set $main (call $call_async (ref.func $main) (i32.const 0)))
    (call $run_loop)
    (call $report (i32.const 112) (i32.const 13))
    (call $print_number (call $await (local.get $main)))
    (call $print (i32.const 128) (i32.const 1)))

  (func $report (param $text i32) (param $length i32)
    (call $print (i32.const 64) (i32.const 5))
    (call $print_number (global.get $tick))
    (call $print (local.get $text) (local.get $length)))

  ;; Printing: the vector for `fd_write` at 0, what it wrote at 8, digits up to 32.

  (func $print (param $text i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $print_number (param $n i32)
    (local $at i32)
    (local.set $at (i32.const 32))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
      (br_if $digit (local.get $n)))
    (call $print (local.get $at) (i32.sub (i32.const 32) (local.get $at)))))
