;; Green threads: each hands over to the next in the queue by `switch`, with nobody in between.
;;
;; A thread is a continuation whose parameter is the thread that switched to it. `switch` cannot put the
;; thread it leaves into the queue, since nobody holds that thread before it has been left; so the one
;; that is switched to does it. A thread that returns gives way to `$run`, which resumes the next one: once
;; for each thread that ends, never for a step.
;;
;; Run:      bident run examples/green-threads/main.wat
;; Prints:   thread 1, step 1 of 3
;;           thread 2 starts thread 4
;;           thread 3, step 1 of 6
;;           thread 1, step 2 of 3
;;           thread 4, step 1 of 2
;;           thread 2 starts thread 5
;;           thread 3, step 2 of 6
;;           thread 1, step 3 of 3
;;           thread 4, step 2 of 2
;;           thread 5, step 1 of 2
;;           thread 3, step 3 of 6
;;           thread 5, step 2 of 2
;;           thread 3, step 4 of 6
;;           thread 3, step 5 of 6
;;           thread 3, step 6 of 6
;;           all ended: 5 threads, 9 switches
(module $green-threads
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovs i32) (param $count i32) (param $written i32) (result i32)))

  (rec
    (type $resumed (func (param $left (ref null $thread))))
    (type $thread (cont $resumed)))
  ;; What a thread does, and what it is made with before that is bound to it.
  (type $main (func (param $id i32) (param $steps i32)))
  (type $body (func
    (param $main (ref $main)) (param $id i32) (param $steps i32) (param $left (ref null $thread))))
  (type $new (cont $body))

  (tag $handover)

  (memory (export "memory") 1)
  (data (i32.const 64) "thread ")
  (data (i32.const 72) ", step ")
  (data (i32.const 80) " of ")
  (data (i32.const 88) " starts thread ")
  (data (i32.const 104) "all ended: ")
  (data (i32.const 116) " threads, ")
  (data (i32.const 128) " switches\n")

  (elem declare func $enter $worker $parent)

  ;; The run queue: a ring of 16. `$first` and `$past` only count up.

  (table $queue 16 (ref null $thread))
  (global $first (mut i32) (i32.const 0))
  (global $past (mut i32) (i32.const 0))

  (func $is_idle (result i32) (i32.eq (global.get $first) (global.get $past)))

  (func $enqueue (param $t (ref $thread))
    (if (i32.eq (i32.sub (global.get $past) (global.get $first)) (table.size $queue))
      (then (unreachable)))
    (table.set $queue (i32.and (global.get $past) (i32.const 15)) (local.get $t))
    (global.set $past (i32.add (global.get $past) (i32.const 1))))

  (func $dequeue (result (ref $thread))
    (local $slot i32)
    (local.set $slot (i32.and (global.get $first) (i32.const 15)))
    (global.set $first (i32.add (global.get $first) (i32.const 1)))
    (ref.as_non_null (table.get $queue (local.get $slot)))
    (table.set $queue (local.get $slot) (ref.null $thread)))

  ;; The scheduler

  (global $threads (mut i32) (i32.const 0))
  (global $switches (mut i32) (i32.const 0))

  ;; What a thread does whenever it gets control: queue the one that it came from. Null where it came
  ;; from `$run`.
  (func $arrive (param $left (ref null $thread))
    (block $nobody
      (call $enqueue (br_on_null $nobody (local.get $left)))))

  ;; Lets the next thread run. The caller goes on when its turn comes.
  (func $hand_over
    (if (call $is_idle) (then (return)))
    (global.set $switches (i32.add (global.get $switches) (i32.const 1)))
    (call $arrive (switch $thread $handover (call $dequeue))))

  (func $enter (type $body)
    (param $main (ref $main)) (param $id i32) (param $steps i32) (param $left (ref null $thread))
    (call $arrive (local.get $left))
    (call_ref $main (local.get $id) (local.get $steps) (local.get $main)))

  ;; Queues a new thread and answers with its number.
  (func $spawn (param $main (ref $main)) (param $steps i32) (result i32)
    (global.set $threads (i32.add (global.get $threads) (i32.const 1)))
    (call $enqueue
      (cont.bind $new $thread
        (local.get $main) (global.get $threads) (local.get $steps)
        (cont.new $new (ref.func $enter))))
    (global.get $threads))

  ;; Runs until all threads have ended.
  (func $run
    (loop $next
      (if (call $is_idle) (then (return)))
      (resume $thread (on $handover switch) (ref.null $thread) (call $dequeue))
      (br $next)))

  ;; The program

  (func $worker (type $main) (param $id i32) (param $steps i32)
    (local $step i32)
    (loop $more
      (local.set $step (i32.add (local.get $step) (i32.const 1)))
      (call $print_step (local.get $id) (local.get $step) (local.get $steps))
      (if (i32.lt_u (local.get $step) (local.get $steps))
        (then (call $hand_over) (br $more)))))

  ;; Starts as many workers as it is given steps, and ends before they do.
  (func $parent (type $main) (param $id i32) (param $steps i32)
    (loop $more
      (call $print (i32.const 64) (i32.const 7))
      (call $print_number (local.get $id))
      (call $print (i32.const 88) (i32.const 15))
      (call $print_number (call $spawn (ref.func $worker) (i32.const 2)))
      (call $print (i32.const 137) (i32.const 1))
      (call $hand_over)
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))))))

  (func (export "_start")
    (drop (call $spawn (ref.func $worker) (i32.const 3)))
    (drop (call $spawn (ref.func $parent) (i32.const 2)))
    (drop (call $spawn (ref.func $worker) (i32.const 6)))
    (call $run)
    (call $print (i32.const 104) (i32.const 11))
    (call $print_number (global.get $threads))
    (call $print (i32.const 116) (i32.const 10))
    (call $print_number (global.get $switches))
    (call $print (i32.const 128) (i32.const 10)))

  (func $print_step (param $id i32) (param $step i32) (param $steps i32)
    (call $print (i32.const 64) (i32.const 7))
    (call $print_number (local.get $id))
    (call $print (i32.const 72) (i32.const 7))
    (call $print_number (local.get $step))
    (call $print (i32.const 80) (i32.const 4))
    (call $print_number (local.get $steps))
    (call $print (i32.const 137) (i32.const 1)))

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
