;; The primes below a million, n times. Gives their number.
(module
  (memory 16)
  (func $sieve (result i32) (local $i i32) (local $j i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1000000))
    (local.set $i (i32.const 2))
    (loop $numbers
      (if (i32.eqz (i32.load8_u (local.get $i)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.shl (local.get $i) (i32.const 1)))
          (block $done
            (loop $multiples
              (br_if $done (i32.ge_u (local.get $j) (i32.const 1000000)))
              (i32.store8 (local.get $j) (i32.const 1))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $multiples)))))
      (br_if $numbers (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000000))))
    (local.get $count))
  (func (export "run") (param $n i32) (result i32) (local $count i32)
    (loop $again
      (local.set $count (call $sieve))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $count)))
