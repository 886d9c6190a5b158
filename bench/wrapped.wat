;; What transfers cost in programs that keep them in functions of their own, as compilers and libraries do.
;; Each export takes a count n; what a step costs is (time(n) - time(1)) / n.
;;
;;   inline      a generator whose `resume` and `suspend` stand in the loops themselves
;;   table       the same, with the continuation in a table
;;   resume_fn   `resume` in a function, with the table
;;   suspend_fn  `suspend` in a function
;;   both_fn     both in functions
;;   switch_fn   two fibers that hand over to each other by a function: table, exchanged stack pointer
;;   ring        a scheduler's round: eight fibers, each hands over to the next in the table
;;   walk        a walk of a tree of 1023 nodes that suspends from inside the recursion, at each node
;;
;; All but `ring` answer with n, `ring` with the number of rounds, so that whoever measures can check that
;; the work was done.
(module $wrapped
  (type $step (func (param i32) (result i32)))
  (type $steps (cont $step))
  (type $walk (func (param i32 i32)))
  (type $walker (cont $walk))
  (type $go (func))
  (type $paused (cont $go))
  (rec
    (type $turn (func (param (ref null $fiber))))
    (type $fiber (cont $turn)))

  (tag $yield (param i32) (result i32))
  (tag $visit (param i32))
  (tag $handover)

  (table $generators 4 (ref null $steps))
  (table $fibers 16 (ref null $fiber))
  ;; Stack pointer of each fiber while another runs, 4 bytes each.
  (memory 1)
  (global $stack_pointer (mut i32) (i32.const 65536))
  (global $self (mut i32) (i32.const 0))
  (global $left (mut i32) (i32.const 0))
  (global $count (mut i32) (i32.const 0))

  (elem declare func $yields $yields_fn $hands_over $goes_round $walks)

  ;; generators: each gives what it was sent, plus 1; -1 ends it

  (func $yields (type $step)
    (loop $again
      (local.set 0 (suspend $yield (i32.add (local.get 0) (i32.const 1))))
      (br_if $again (i32.ne (local.get 0) (i32.const -1))))
    (i32.const 0))

  (func $give (param i32) (result i32)
    (suspend $yield (local.get 0)))

  (func $yields_fn (type $step)
    (loop $again
      (local.set 0 (call $give (i32.add (local.get 0) (i32.const 1))))
      (br_if $again (i32.ne (local.get 0) (i32.const -1))))
    (i32.const 0))

  (func $next (param $generator i32) (param $value i32) (result i32)
    (local $k (ref $steps))
    (block $given (result i32 (ref $steps))
      (resume $steps (on $yield $given)
        (local.get $value)
        (ref.as_non_null (table.get $generators (local.get $generator))))
      (return))
    (local.set $k)
    (table.set $generators (local.get $generator) (local.get $k)))

  (func $drive (param $k (ref $steps)) (param $n i32) (result i32)
    (local $value i32)
    (loop $again
      (block $given (result i32 (ref $steps))
        (resume $steps (on $yield $given) (local.get $value) (local.get $k))
        (return))
      (local.set $k)
      (local.set $value)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value))

  (func $drive_by_next (param $generator i32) (param $n i32) (result i32)
    (local $value i32)
    (loop $again
      (local.set $value (call $next (local.get $generator) (local.get $value)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value))

  (func (export "inline") (param $n i32) (result i32)
    (call $drive (cont.new $steps (ref.func $yields)) (local.get $n)))

  (func (export "suspend_fn") (param $n i32) (result i32)
    (call $drive (cont.new $steps (ref.func $yields_fn)) (local.get $n)))

  (func (export "resume_fn") (param $n i32) (result i32)
    (table.set $generators (i32.const 1) (cont.new $steps (ref.func $yields)))
    (call $drive_by_next (i32.const 1) (local.get $n)))

  (func (export "both_fn") (param $n i32) (result i32)
    (table.set $generators (i32.const 1) (cont.new $steps (ref.func $yields_fn)))
    (call $drive_by_next (i32.const 1) (local.get $n)))

  (func (export "table") (param $n i32) (result i32)
    (local $value i32)
    (local $k (ref $steps))
    (table.set $generators (i32.const 1) (cont.new $steps (ref.func $yields)))
    (loop $again
      (block $given (result i32 (ref $steps))
        (resume $steps (on $yield $given)
          (local.get $value)
          (ref.as_non_null (table.get $generators (i32.const 1))))
        (return))
      (local.set $k)
      (local.set $value)
      (table.set $generators (i32.const 1) (local.get $k))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value))

  ;; fibers: a slot each in the table and in memory; slot 15 is where who has just switched is kept

  ;; Hands over to the fiber in a slot; comes back when another hands over to this one.
  (func $switch_to (param $slot i32)
    (local $self i32)
    (local $from (ref null $fiber))
    (local.set $self (global.get $self))
    (i32.store (i32.shl (local.get $self) (i32.const 2)) (global.get $stack_pointer))
    (global.set $self (local.get $slot))
    (local.set $from
      (switch $fiber $handover (ref.as_non_null (table.get $fibers (local.get $slot)))))
    (call $arrived (local.get $from))
    (global.set $self (local.get $self))
    (global.set $stack_pointer (i32.load (i32.shl (local.get $self) (i32.const 2)))))

  ;; Who has switched waits in the slot it had.
  (func $arrived (param $from (ref null $fiber))
    (table.set $fibers (global.get $left_by) (local.get $from)))

  (global $left_by (mut i32) (i32.const 0))

  (func $hand_over (param $slot i32)
    (global.set $left_by (global.get $self))
    (call $switch_to (local.get $slot)))

  ;; Two that hand over to each other, until none is left to do.
  (func $hands_over (type $turn)
    (call $arrived (local.get 0))
    (loop $again
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (call $hand_over (i32.xor (global.get $self) (i32.const 1)))
      (br_if $again (i32.lt_s (global.get $count) (global.get $left)))))

  ;; One of eight in a ring; the first of them counts the rounds.
  (func $goes_round (type $turn)
    (call $arrived (local.get 0))
    (loop $again
      (if (i32.eqz (global.get $self))
        (then (global.set $count (i32.add (global.get $count) (i32.const 1)))))
      (call $hand_over (i32.and (i32.add (global.get $self) (i32.const 1)) (i32.const 7)))
      (br_if $again (i32.lt_s (global.get $count) (global.get $left)))))

  ;; The main program gets slot 15's place for its first hand-over: nobody switches back to it.
  (func $start (param $body (ref $turn)) (param $fibers i32) (param $n i32) (result i32)
    (local $slot i32)
    (global.set $count (i32.const 0))
    (global.set $left (local.get $n))
    (loop $again
      (i32.store (i32.shl (local.get $slot) (i32.const 2))
        (i32.sub (i32.const 60000) (i32.shl (local.get $slot) (i32.const 10))))
      (table.set $fibers (local.get $slot) (cont.new $fiber (local.get $body)))
      (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $slot) (local.get $fibers))))
    (global.set $self (i32.const 0))
    (global.set $left_by (i32.const 15))
    (resume $fiber (on $handover switch) (ref.null $fiber) (table.get $fibers (i32.const 0)))
    (global.get $count))

  (func (export "switch_fn") (param $n i32) (result i32)
    (call $start (ref.func $hands_over) (i32.const 2) (local.get $n)))

  (func (export "ring") (param $n i32) (result i32)
    (call $start (ref.func $goes_round) (i32.const 8) (i32.shr_u (local.get $n) (i32.const 3))))

  ;; walk: node i has the children 2i and 2i + 1

  (func $walk_from (param $node i32)
    (if (i32.gt_u (local.get $node) (i32.const 1023)) (then (return)))
    (call $walk_from (i32.shl (local.get $node) (i32.const 1)))
    (suspend $visit (local.get $node))
    (call $walk_from (i32.add (i32.shl (local.get $node) (i32.const 1)) (i32.const 1))))

  (func $walks (type $walk)
    (loop $again
      (call $walk_from (local.get 0))
      (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))

  (func (export "walk") (param $n i32) (result i32)
    (local $seen i32)
    (local $k (ref null $paused))
    (block $visited (result i32 (ref $paused))
      (resume $walker (on $visit $visited)
        (i32.const 1) (i32.const -1) (cont.new $walker (ref.func $walks)))
      (return (i32.const 0)))
    (loop $again (param i32 (ref $paused))
      (local.set $k)
      (drop)
      (local.set $seen (i32.add (local.get $seen) (i32.const 1)))
      (if (i32.ge_u (local.get $seen) (local.get $n)) (then (return (local.get $seen))))
      (resume $paused (on $visit $again) (local.get $k)))
    (local.get $seen)))
