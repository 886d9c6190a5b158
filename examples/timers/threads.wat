;; Green threads that sleep. The scheduler is that of ../green-threads, with one more place for a thread to
;; be: asleep. Where no thread can run it asks the host to wait, and the host parks this one activation with
;; all threads in it until the earliest of them is due.
;;
;; crates/engine/examples/timers.rs is the host.
(module $threads
  ;; Milliseconds since the host started.
  (import "host" "now" (func $now (result i64)))
  ;; Answers when so many milliseconds have passed.
  (import "host" "wait" (func $wait (param $ms i64)))
  ;; Prints that a thread has woken for the nth time.
  (import "host" "woke" (func $woke (param $thread i32) (param $n i32)))

  (rec
    (type $resumed (func (param $left (ref null $thread))))
    (type $thread (cont $resumed)))
  (type $body (func (param $id i32) (param $ms i64) (param $times i32) (param $left (ref null $thread))))
  (type $new (cont $body))

  (tag $handover)
  ;; To `$run`, from a thread that goes to sleep when no other can run. It is resumed as if by a switch.
  (tag $idle (result (ref null $thread)))

  (elem declare func $ticker)

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

  ;; The sleepers: as many as can be queued, and when each is due at 8 times its place in memory. The first
  ;; `$sleepers` places are taken, in no order.

  (memory 1)
  (table $asleep 16 (ref null $thread))
  (global $sleepers (mut i32) (i32.const 0))

  (func $due (param $place i32) (result i64) (i64.load (i32.shl (local.get $place) (i32.const 3))))

  (func $put_to_sleep (param $t (ref $thread)) (param $due i64)
    (table.set $asleep (global.get $sleepers) (local.get $t))
    (i64.store (i32.shl (global.get $sleepers) (i32.const 3)) (local.get $due))
    (global.set $sleepers (i32.add (global.get $sleepers) (i32.const 1))))

  ;; Takes a sleeper out; the last one moves to its place.
  (func $take (param $place i32) (result (ref $thread))
    (local $last i32)
    (local.set $last (i32.sub (global.get $sleepers) (i32.const 1)))
    (ref.as_non_null (table.get $asleep (local.get $place)))
    (table.set $asleep (local.get $place) (table.get $asleep (local.get $last)))
    (table.set $asleep (local.get $last) (ref.null $thread))
    (i64.store (i32.shl (local.get $place) (i32.const 3)) (call $due (local.get $last)))
    (global.set $sleepers (local.get $last)))

  ;; The place of the sleeper that is due first; there must be one.
  (func $earliest (result i32)
    (local $place i32)
    (local $found i32)
    (loop $each
      (if (i64.lt_s (call $due (local.get $place)) (call $due (local.get $found)))
        (then (local.set $found (local.get $place))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $place) (global.get $sleepers))))
    (local.get $found))

  ;; The scheduler

  ;; When the thread that is being left wants to run again; 0: as soon as it can.
  (global $wants (mut i64) (i64.const 0))

  ;; Puts the thread that was left where it wants to be.
  (func $arrive (param $left (ref null $thread))
    (block $nobody
      (local.get $left)
      (br_on_null $nobody)
      (if (param (ref $thread)) (i64.eqz (global.get $wants))
        (then (call $enqueue))
        (else (call $put_to_sleep (global.get $wants))))
      (global.set $wants (i64.const 0))))

  (func $sleep (param $ms i64)
    (global.set $wants (i64.add (call $now) (local.get $ms)))
    (call $arrive
      (if (result (ref null $thread)) (call $is_idle)
        (then (suspend $idle))
        (else (switch $thread $handover (call $dequeue))))))

  ;; Runs until all threads have ended.
  (func $run
    (loop $next
      (if (i32.eqz (call $is_idle))
        (then (call $run_one) (br $next)))
      (if (global.get $sleepers)
        (then (call $wait_for_sleepers) (br $next)))))

  ;; Runs threads until one ends, or none can run.
  (func $run_one
    (block $idles (result (ref $thread))
      (resume $thread (on $handover switch) (on $idle $idles) (ref.null $thread) (call $dequeue))
      (return))
    (call $arrive))

  ;; Waits for the earliest sleeper, and queues all that are due by then.
  (func $wait_for_sleepers
    (local $now i64)
    (local $place i32)
    (call $wait (i64.sub (call $due (call $earliest)) (call $now)))
    (local.set $now (call $now))
    (loop $more
      (if (i32.eqz (global.get $sleepers)) (then (return)))
      (local.set $place (call $earliest))
      (if (i64.le_s (call $due (local.get $place)) (local.get $now))
        (then
          (call $enqueue (call $take (local.get $place)))
          (br $more)))))

  ;; A thread that sleeps so many milliseconds, so many times.
  (func $ticker (type $body)
    (param $id i32) (param $ms i64) (param $times i32) (param $left (ref null $thread))
    (local $n i32)
    (call $arrive (local.get $left))
    (loop $more
      (call $sleep (local.get $ms))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (call $woke (local.get $id) (local.get $n))
      (br_if $more (i32.lt_u (local.get $n) (local.get $times)))))

  ;; Queues a ticker.
  (func (export "spawn") (param $id i32) (param $ms i64) (param $times i32)
    (call $enqueue
      (cont.bind $new $thread
        (local.get $id) (local.get $ms) (local.get $times)
        (cont.new $new (ref.func $ticker)))))

  (func (export "run") (call $run)))
