;; Blurs a grey image of 256 by 256 pixels: each becomes the mean of the nine around it, with the weights
;;
;;   1 2 1
;;   2 4 2   / 16
;;   1 2 1
;;
;; `blur` does that n times and answers with the sum of all pixels. The first and the last row stay as they
;; are, and the first and the last sixteen columns. Sixteen pixels at once, in lanes of 16 bits.
(module $blur
  (memory (export "memory") 2)
  (global $pixels i32 (i32.const 65536))

  ;; Both images, the one to read and the one to write, are the same noise.
  (func $fill
    (local $i i32) (local $seed i32)
    (local.set $seed (i32.const 1))
    (loop $next
      (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $i) (i32.shr_u (local.get $seed) (i32.const 24)))
      (i32.store8 offset=65536 (local.get $i) (i32.shr_u (local.get $seed) (i32.const 24)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (global.get $pixels)))))

  (func $sum (param $image i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u (i32.add (local.get $image) (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (global.get $pixels))))
    (local.get $sum))

  (func $pass (param $from i32) (param $to i32)
    (local $row i32) (local $column i32) (local $p i32)
    (local $left v128) (local $middle v128) (local $right v128)
    (local $low v128) (local $high v128)
    (local.set $row (i32.const 1))
    (loop $rows
      (local.set $column (i32.const 16))
      (loop $columns
        (local.set $p (i32.add (local.get $from)
          (i32.add (i32.shl (local.get $row) (i32.const 8)) (local.get $column))))

        ;; the row itself, twice
        (local.set $left (v128.load (i32.sub (local.get $p) (i32.const 1))))
        (local.set $middle (v128.load (local.get $p)))
        (local.set $right (v128.load offset=1 (local.get $p)))
        (local.set $low (i16x8.shl
          (i16x8.add
            (i16x8.add
              (i16x8.extend_low_i8x16_u (local.get $left))
              (i16x8.extend_low_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $middle)) (i32.const 1)))
          (i32.const 1)))
        (local.set $high (i16x8.shl
          (i16x8.add
            (i16x8.add
              (i16x8.extend_high_i8x16_u (local.get $left))
              (i16x8.extend_high_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $middle)) (i32.const 1)))
          (i32.const 1)))

        ;; the row above
        (local.set $left (v128.load (i32.sub (local.get $p) (i32.const 257))))
        (local.set $middle (v128.load (i32.sub (local.get $p) (i32.const 256))))
        (local.set $right (v128.load (i32.sub (local.get $p) (i32.const 255))))
        (local.set $low (i16x8.add (local.get $low)
          (i16x8.add
            (i16x8.add
              (i16x8.extend_low_i8x16_u (local.get $left))
              (i16x8.extend_low_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $middle)) (i32.const 1)))))
        (local.set $high (i16x8.add (local.get $high)
          (i16x8.add
            (i16x8.add
              (i16x8.extend_high_i8x16_u (local.get $left))
              (i16x8.extend_high_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $middle)) (i32.const 1)))))

        ;; the row below
        (local.set $left (v128.load offset=255 (local.get $p)))
        (local.set $middle (v128.load offset=256 (local.get $p)))
        (local.set $right (v128.load offset=257 (local.get $p)))
        (local.set $low (i16x8.add (local.get $low)
          (i16x8.add
            (i16x8.add
              (i16x8.extend_low_i8x16_u (local.get $left))
              (i16x8.extend_low_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $middle)) (i32.const 1)))))
        (local.set $high (i16x8.add (local.get $high)
          (i16x8.add
            (i16x8.add
              (i16x8.extend_high_i8x16_u (local.get $left))
              (i16x8.extend_high_i8x16_u (local.get $right)))
            (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $middle)) (i32.const 1)))))

        ;; rounded, in sixteenths
        (v128.store
          (i32.add (local.get $to)
            (i32.add (i32.shl (local.get $row) (i32.const 8)) (local.get $column)))
          (i8x16.narrow_i16x8_u
            (i16x8.shr_u
              (i16x8.add (local.get $low) (v128.const i16x8 8 8 8 8 8 8 8 8)) (i32.const 4))
            (i16x8.shr_u
              (i16x8.add (local.get $high) (v128.const i16x8 8 8 8 8 8 8 8 8)) (i32.const 4))))
        (local.set $column (i32.add (local.get $column) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $column) (i32.const 240))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $row) (i32.const 255)))))

  (func (export "blur") (param $n i32) (result i32)
    (local $from i32) (local $to i32) (local $other i32)
    (call $fill)
    (local.set $to (global.get $pixels))
    (loop $again
      (call $pass (local.get $from) (local.get $to))
      (local.set $other (local.get $from))
      (local.set $from (local.get $to))
      (local.set $to (local.get $other))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum (local.get $from))))
