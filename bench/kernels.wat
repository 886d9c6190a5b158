;; What stack switching costs: one kernel per export. Each takes a count n, and what it measures costs
;; (time(n) - time(1)) / n.
;;
;;   yield        suspend to the resumer and be resumed, with nothing to carry
;;   generator    the same where each suspension carries an i32, which the resumer adds up
;;   switch       one of two continuations switches to the other
;;   create       make a continuation, run it to its end, let it go
;;   deep         suspend past eight resumes that handle another tag, and be resumed
;;   live_start   start n continuations that suspend at once, and keep them all
;;   live_finish  run those n to their ends
;;   live         both
;;
;; `generator` answers with the sum of 1 to n modulo 2^32, `create`, `live_finish` and `live` with n, so that
;; whoever measures can check that the work was done.
(module $kernels
  (type $job (func))
  (type $parked (cont $job))
  (type $steps (func (param $n i32)))
  (type $stepper (cont $steps))
  (rec
    (type $turn (func (param (ref null $partner))))
    (type $partner (cont $turn)))

  (tag $pause)
  (tag $produce (param i32))
  (tag $never)
  (tag $handover)

  (table $kept 0 (ref null $parked))
  (global $left (mut i32) (i32.const 0))
  (global $ran (mut i32) (i32.const 0))

  (elem declare func $pauses $produces $runs $descends $first $second $pauses_once)

  ;; yield

  (func $pauses (type $steps) (param $n i32)
    (loop $again
      (suspend $pause)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  ;; Resumes until the continuation has returned.
  (func $drive (param $k (ref $parked))
    (local.get $k)
    (loop $again (param (ref $parked))
      (resume $parked (on $pause $again))))

  (func (export "yield") (param $n i32)
    (block $paused (result (ref $parked))
      (resume $stepper (on $pause $paused) (local.get $n) (cont.new $stepper (ref.func $pauses)))
      (return))
    (call $drive))

  ;; generator

  (func $produces (type $steps) (param $n i32)
    (loop $again
      (suspend $produce (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func (export "generator") (param $n i32) (result i32)
    (local $sum i32)
    (local $k (ref null $parked))
    (block $produced (result i32 (ref $parked))
      (resume $stepper (on $produce $produced) (local.get $n) (cont.new $stepper (ref.func $produces)))
      (return (i32.const 0)))
    (loop $again (param i32 (ref $parked))
      (local.set $k)
      (local.set $sum (i32.add (local.get $sum)))
      (resume $parked (on $produce $again) (local.get $k)))
    (local.get $sum))

  ;; switch: the first switches to the second, which is new, and from then on each to the one it came from.

  (func $hands_over (param $other (ref $partner))
    (loop $again
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (local.set $other (ref.as_non_null (switch $partner $handover (local.get $other))))
      (br_if $again (i32.gt_s (global.get $left) (i32.const 0)))))

  (func $first (type $turn) (param $nobody (ref null $partner))
    (call $hands_over (cont.new $partner (ref.func $second))))

  (func $second (type $turn) (param $other (ref null $partner))
    (call $hands_over (ref.as_non_null (local.get $other))))

  (func (export "switch") (param $n i32)
    (global.set $left (local.get $n))
    (resume $partner (on $handover switch) (ref.null $partner) (cont.new $partner (ref.func $first))))

  ;; create

  (func $runs (type $job)
    (global.set $ran (i32.add (global.get $ran) (i32.const 1))))

  (func (export "create") (param $n i32) (result i32)
    (global.set $ran (i32.const 0))
    (loop $again
      (resume $parked (cont.new $parked (ref.func $runs)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.get $ran))

  ;; deep: each level is a continuation that resumes the next one, and the last one suspends.

  (func $descends (type $steps) (param $levels i32)
    (if (i32.eqz (local.get $levels))
      (then (call $pauses (global.get $left)) (return)))
    (block $not_ours (result (ref $parked))
      (resume $stepper (on $never $not_ours)
        (i32.sub (local.get $levels) (i32.const 1))
        (cont.new $stepper (ref.func $descends)))
      (return))
    (unreachable))

  (func (export "deep") (param $n i32)
    (global.set $left (local.get $n))
    (block $paused (result (ref $parked))
      (resume $stepper (on $pause $paused) (i32.const 8) (cont.new $stepper (ref.func $descends)))
      (return))
    (call $drive))

  ;; live

  (func $pauses_once (type $job)
    (suspend $pause)
    (global.set $ran (i32.add (global.get $ran) (i32.const 1))))

  (func $live_start (export "live_start") (param $n i32)
    (local $i i32)
    (local $k (ref $parked))
    (global.set $ran (i32.const 0))
    ;; The table only grows, by what is missing.
    (if (i32.gt_u (local.get $n) (table.size $kept))
      (then
        (if (i32.lt_s
              (table.grow $kept (ref.null $parked) (i32.sub (local.get $n) (table.size $kept)))
              (i32.const 0))
          (then (unreachable)))))
    (loop $again
      (block $paused (result (ref $parked))
        (resume $parked (on $pause $paused) (cont.new $parked (ref.func $pauses_once)))
        (unreachable))
      (local.set $k)
      (table.set $kept (local.get $i) (local.get $k))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n)))))

  (func $live_finish (export "live_finish") (param $n i32) (result i32)
    (local $i i32)
    (loop $again
      (resume $parked (table.get $kept (local.get $i)))
      (table.set $kept (local.get $i) (ref.null $parked))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (global.get $ran))

  (func (export "live") (param $n i32) (result i32)
    (call $live_start (local.get $n))
    (call $live_finish (local.get $n))))
