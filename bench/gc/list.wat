;; A linked list of 500,000 cells, in each round made anew, reversed in place, walked, and dropped.
;; The answer is the sum of what the walks saw.
(module
  (type $cell (sub final (struct (field $value i32) (field $next (mut (ref null $cell))))))

  (func $make (param $length i32) (result (ref null $cell))
    (local $list (ref null $cell))
    (loop $next
      (local.set $list (struct.new $cell (local.get $length) (local.get $list)))
      (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))
    (local.get $list))

  (func $reverse (param $list (ref null $cell)) (result (ref null $cell))
    (local $done (ref null $cell)) (local $rest (ref null $cell))
    (loop $next
      (if (i32.eqz (ref.is_null (local.get $list)))
        (then
          (local.set $rest (struct.get $cell $next (local.get $list)))
          (struct.set $cell $next (local.get $list) (local.get $done))
          (local.set $done (local.get $list))
          (local.set $list (local.get $rest))
          (br $next))))
    (local.get $done))

  (func $sum (param $list (ref null $cell)) (result i32)
    (local $sum i32)
    (loop $next
      (if (i32.eqz (ref.is_null (local.get $list)))
        (then
          (local.set $sum (i32.add
            (i32.mul (local.get $sum) (i32.const 31))
            (struct.get $cell $value (local.get $list))))
          (local.set $list (struct.get $cell $next (local.get $list)))
          (br $next))))
    (local.get $sum))

  (func (export "run") (param $rounds i32) (result i32)
    (local $sum i32)
    (loop $round
      (local.set $sum (i32.add (local.get $sum) (call $sum (call $reverse (call $make (i32.const 500000))))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
