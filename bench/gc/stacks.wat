;; Suspended stacks, each with a reference to an object that nothing else has: `start` makes n of them, `finish`
;; lets them go on, and answers with the sum of what the objects hold, from 0 to n - 1.
;;
;; `fill` makes n objects that nothing refers to, and `words` n stacks that hold eight numbers each, made by the
;; kind of words, but no reference. What a collection keeps of the objects, it keeps by mistake.
(module
  (type $object (sub final (struct (field $value i64))))
  (type $job (func))
  (type $parked (cont $job))

  (tag $pause)
  (table $kept 0 (ref null $parked))
  (global $next (mut i64) (i64.const 0))
  (global $sum (mut i64) (i64.const 0))
  (global $seed (mut i64) (i64.const 88172645463325252))
  (global $kind (mut i32) (i32.const 0))
  (elem declare func $holds_reference $holds_integers $holds_singles $holds_doubles)

  (func $holds_reference (type $job)
    (local $own (ref $object))
    (local.set $own (struct.new $object (global.get $next)))
    (global.set $next (i64.add (global.get $next) (i64.const 1)))
    (suspend $pause)
    (global.set $sum (i64.add (global.get $sum) (struct.get $object $value (local.get $own)))))

  ;; Starts a continuation, and keeps it.
  (func $start_one (param $job (ref $job)) (param $at i32)
    (local $k (ref null $parked))
    (block $paused (result (ref $parked))
      (resume $parked (on $pause $paused) (cont.new $parked (local.get $job)))
      (unreachable))
    (local.set $k)
    (table.set $kept (local.get $at) (local.get $k)))

  (func $start_all (param $job (ref $job)) (param $n i32)
    (local $i i32)
    (if (i32.lt_s
          (table.grow $kept (ref.null $parked) (i32.sub (local.get $n) (table.size $kept)))
          (i32.const 0))
      (then (unreachable)))
    (loop $again
      (call $start_one (local.get $job) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n)))))

  (func (export "start") (param $n i32)
    (call $start_all (ref.func $holds_reference) (local.get $n)))

  (func (export "finish") (result i64)
    (local $i i32)
    (loop $again
      (resume $parked (table.get $kept (local.get $i)))
      (table.set $kept (local.get $i) (ref.null $parked))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (table.size $kept))))
    (global.get $sum))

  ;; Made by mistake

  (func (export "fill") (param $n i32)
    (loop $again
      (drop (struct.new $object (i64.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func $random (result i64)
    (local $x i64)
    (local.set $x (global.get $seed))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
    (global.set $seed (local.get $x))
    (local.get $x))

  ;; The next integer of a kind:
  ;;   0  below a million: lengths, positions, counters
  ;;   1  any of 32 bits
  ;;   2  any of 64 bits
  ;;   3  made to look like references
  (func $integer (result i64)
    (if (i32.eqz (global.get $kind))
      (then (return (i64.rem_u (call $random) (i64.const 1000000)))))
    (if (i32.eq (global.get $kind) (i32.const 1))
      (then (return (i64.and (call $random) (i64.const 0xffffffff)))))
    (if (i32.eq (global.get $kind) (i32.const 2))
      (then (return (call $random))))
    (i64.add
      (i64.const 0x50000002)
      (i64.shl (i64.rem_u (call $random) (i64.const 1000000)) (i64.const 4))))

  (func $holds_integers (type $job)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local $e i64) (local $f i64) (local $g i64) (local $h i64)
    (local.set $a (call $integer)) (local.set $b (call $integer))
    (local.set $c (call $integer)) (local.set $d (call $integer))
    (local.set $e (call $integer)) (local.set $f (call $integer))
    (local.set $g (call $integer)) (local.set $h (call $integer))
    (suspend $pause)
    (global.set $sum (i64.xor (global.get $sum)
      (i64.xor
        (i64.xor (i64.xor (local.get $a) (local.get $b)) (i64.xor (local.get $c) (local.get $d)))
        (i64.xor (i64.xor (local.get $e) (local.get $f)) (i64.xor (local.get $g) (local.get $h)))))))

  ;; From 0 to a million.
  (func $single (result f32)
    (f32.mul (f32.convert_i64_u (i64.and (call $random) (i64.const 0xffffff))) (f32.const 0.0625)))
  (func $double (result f64)
    (f64.mul (f64.convert_i64_u (i64.and (call $random) (i64.const 0xffffff))) (f64.const 0.0625)))

  (func $holds_singles (type $job)
    (local $a f32) (local $b f32) (local $c f32) (local $d f32)
    (local $e f32) (local $f f32) (local $g f32) (local $h f32)
    (local.set $a (call $single)) (local.set $b (call $single))
    (local.set $c (call $single)) (local.set $d (call $single))
    (local.set $e (call $single)) (local.set $f (call $single))
    (local.set $g (call $single)) (local.set $h (call $single))
    (suspend $pause)
    (global.set $sum (i64.trunc_sat_f32_s
      (f32.add
        (f32.add (f32.add (local.get $a) (local.get $b)) (f32.add (local.get $c) (local.get $d)))
        (f32.add (f32.add (local.get $e) (local.get $f)) (f32.add (local.get $g) (local.get $h)))))))

  (func $holds_doubles (type $job)
    (local $a f64) (local $b f64) (local $c f64) (local $d f64)
    (local $e f64) (local $f f64) (local $g f64) (local $h f64)
    (local.set $a (call $double)) (local.set $b (call $double))
    (local.set $c (call $double)) (local.set $d (call $double))
    (local.set $e (call $double)) (local.set $f (call $double))
    (local.set $g (call $double)) (local.set $h (call $double))
    (suspend $pause)
    (global.set $sum (i64.trunc_sat_f64_s
      (f64.add
        (f64.add (f64.add (local.get $a) (local.get $b)) (f64.add (local.get $c) (local.get $d)))
        (f64.add (f64.add (local.get $e) (local.get $f)) (f64.add (local.get $g) (local.get $h)))))))

  ;; Kinds from 4 on: 4 numbers of 32 bits with a point, 5 of 64.
  (func (export "words") (param $n i32) (param $kind i32)
    (global.set $kind (local.get $kind))
    (if (i32.lt_u (local.get $kind) (i32.const 4))
      (then (return (call $start_all (ref.func $holds_integers) (local.get $n)))))
    (if (i32.eq (local.get $kind) (i32.const 4))
      (then (return (call $start_all (ref.func $holds_singles) (local.get $n)))))
    (call $start_all (ref.func $holds_doubles) (local.get $n))))
