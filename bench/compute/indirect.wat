;; A million calls through a table of eight small functions, n times. Gives what they made of a number.
(module
  (type $step (func (param i32) (result i32)))
  (table funcref (elem $f0 $f1 $f2 $f3 $f4 $f5 $f6 $f7))
  (func $f0 (type $step) (i32.add (local.get 0) (i32.const 7)))
  (func $f1 (type $step) (i32.xor (local.get 0) (i32.const 0x5bd1e995)))
  (func $f2 (type $step) (i32.rotl (local.get 0) (i32.const 5)))
  (func $f3 (type $step) (i32.sub (local.get 0) (i32.const 99)))
  (func $f4 (type $step) (i32.mul (local.get 0) (i32.const 31)))
  (func $f5 (type $step) (i32.or (local.get 0) (i32.const 1)))
  (func $f6 (type $step) (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 13))))
  (func $f7 (type $step) (i32.add (local.get 0) (i32.shl (local.get 0) (i32.const 3))))
  (func (export "run") (param $n i32) (result i32) (local $value i32) (local $i i32)
    (loop $again
      (local.set $i (i32.const 1000000))
      (loop $calls
        (local.set $value
          (call_indirect (type $step) (local.get $value) (i32.and (local.get $i) (i32.const 7))))
        (br_if $calls (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value)))
