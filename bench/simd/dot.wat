;; Dot product of two vectors of 4,096 f32, with four accumulators of four lanes.
;;
;;   dot      multiply, then add
;;   dot_fma  f32x4.relaxed_madd
;;
;; Each takes a count n, computes n products, and answers with all their bits added up. One element changes in
;; between. Elements and partial sums are small whole numbers, so a product is the same however it is rounded.
(module $dot
  (memory (export "memory") 1)
  (global $x i32 (i32.const 0))
  (global $y i32 (i32.const 16384))
  (global $bytes i32 (i32.const 16384))

  ;; x[i] = i mod 17, y[i] = i mod 13
  (func $fill
    (local $i i32)
    (loop $next
      (f32.store (i32.add (global.get $x) (i32.shl (local.get $i) (i32.const 2)))
        (f32.convert_i32_u (i32.rem_u (local.get $i) (i32.const 17))))
      (f32.store (i32.add (global.get $y) (i32.shl (local.get $i) (i32.const 2)))
        (f32.convert_i32_u (i32.rem_u (local.get $i) (i32.const 13))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4096)))))

  ;; x[n mod 4096] = n mod 17
  (func $change (param $n i32)
    (f32.store
      (i32.add (global.get $x) (i32.shl (i32.and (local.get $n) (i32.const 4095)) (i32.const 2)))
      (f32.convert_i32_u (i32.rem_u (local.get $n) (i32.const 17)))))

  (func $add_lanes (param $v v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v)))
      (f32.add (f32x4.extract_lane 2 (local.get $v)) (f32x4.extract_lane 3 (local.get $v)))))

  (func $product (result f32)
    (local $x i32) (local $y i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $x (global.get $x))
    (local.set $y (global.get $y))
    (local.set $end (i32.add (local.get $x) (global.get $bytes)))
    (loop $next
      (local.set $a (f32x4.add (local.get $a)
        (f32x4.mul (v128.load (local.get $x)) (v128.load (local.get $y)))))
      (local.set $b (f32x4.add (local.get $b)
        (f32x4.mul (v128.load offset=16 (local.get $x)) (v128.load offset=16 (local.get $y)))))
      (local.set $c (f32x4.add (local.get $c)
        (f32x4.mul (v128.load offset=32 (local.get $x)) (v128.load offset=32 (local.get $y)))))
      (local.set $d (f32x4.add (local.get $d)
        (f32x4.mul (v128.load offset=48 (local.get $x)) (v128.load offset=48 (local.get $y)))))
      (local.set $y (i32.add (local.get $y) (i32.const 64)))
      (local.set $x (i32.add (local.get $x) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end))))
    (call $add_lanes (f32x4.add
      (f32x4.add (local.get $a) (local.get $b))
      (f32x4.add (local.get $c) (local.get $d)))))

  (func $product_fma (result f32)
    (local $x i32) (local $y i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $x (global.get $x))
    (local.set $y (global.get $y))
    (local.set $end (i32.add (local.get $x) (global.get $bytes)))
    (loop $next
      (local.set $a (f32x4.relaxed_madd
        (v128.load (local.get $x)) (v128.load (local.get $y)) (local.get $a)))
      (local.set $b (f32x4.relaxed_madd
        (v128.load offset=16 (local.get $x)) (v128.load offset=16 (local.get $y)) (local.get $b)))
      (local.set $c (f32x4.relaxed_madd
        (v128.load offset=32 (local.get $x)) (v128.load offset=32 (local.get $y)) (local.get $c)))
      (local.set $d (f32x4.relaxed_madd
        (v128.load offset=48 (local.get $x)) (v128.load offset=48 (local.get $y)) (local.get $d)))
      (local.set $y (i32.add (local.get $y) (i32.const 64)))
      (local.set $x (i32.add (local.get $x) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end))))
    (call $add_lanes (f32x4.add
      (f32x4.add (local.get $a) (local.get $b))
      (f32x4.add (local.get $c) (local.get $d)))))

  (func (export "dot") (param $n i32) (result i32)
    (local $sum i32)
    (call $fill)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.reinterpret_f32 (call $product))))
      (call $change (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func (export "dot_fma") (param $n i32) (result i32)
    (local $sum i32)
    (call $fill)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.reinterpret_f32 (call $product_fma))))
      (call $change (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
