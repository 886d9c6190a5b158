;; Products of square matrices of 96 rows, n times. Gives the sum of the diagonal, as an integer.
(module
  (memory 8)
  (func $fill (param $base i32) (local $i i32)
    (loop $next
      (f64.store (i32.add (local.get $base) (i32.shl (local.get $i) (i32.const 3)))
        (f64.convert_i32_u (i32.rem_u (local.get $i) (i32.const 7))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9216)))))
  (func $multiply (param $to i32) (param $a i32) (param $b i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum f64)
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (local.set $k (i32.const 0))
        (local.set $sum (f64.const 0))
        (loop $terms
          (local.set $sum (f64.add (local.get $sum) (f64.mul
            (f64.load (i32.add (local.get $a) (i32.shl (i32.add (i32.mul (local.get $i) (i32.const 96)) (local.get $k)) (i32.const 3))))
            (f64.load (i32.add (local.get $b) (i32.shl (i32.add (i32.mul (local.get $k) (i32.const 96)) (local.get $j)) (i32.const 3)))))))
          (br_if $terms (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 96))))
        (f64.store (i32.add (local.get $to) (i32.shl (i32.add (i32.mul (local.get $i) (i32.const 96)) (local.get $j)) (i32.const 3))) (local.get $sum))
        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 96))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 96)))))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum f64)
    (call $fill (i32.const 0))
    (call $fill (i32.const 73728))
    (loop $again
      (call $multiply (i32.const 147456) (i32.const 0) (i32.const 73728))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $diagonal
      (local.set $sum (f64.add (local.get $sum)
        (f64.load (i32.add (i32.const 147456) (i32.shl (i32.mul (local.get $i) (i32.const 97)) (i32.const 3))))))
      (br_if $diagonal (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 96))))
    (i32.trunc_f64_u (local.get $sum))))
