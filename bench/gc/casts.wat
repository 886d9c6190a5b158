;; Field access and casts: 4,096 shapes of four subtypes, one of them below another, and small integers among
;; them, visited in an order that is not predictable. A round visits 1,000,000. Little is allocated.
(module
  (type $shape (sub (struct (field $scale (mut i32)))))
  (type $square (sub $shape (struct (field $scale (mut i32)) (field $side i32))))
  (type $box (sub final $square (struct (field $scale (mut i32)) (field $side i32) (field $height i32))))
  (type $circle (sub final $shape (struct (field $scale (mut i32)) (field $radius i32))))
  (type $point (sub final $shape (struct (field $scale (mut i32)))))
  (type $shapes (sub final (array (mut (ref null eq)))))

  (func $make (param $i i32) (result (ref eq))
    (local $kind i32)
    (local.set $kind (i32.rem_u (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 5)))
    (if (i32.eqz (local.get $kind)) (then (return (ref.i31 (local.get $i)))))
    (if (i32.eq (local.get $kind) (i32.const 1))
      (then (return (struct.new $square (i32.const 1) (local.get $i)))))
    (if (i32.eq (local.get $kind) (i32.const 2))
      (then (return (struct.new $box (i32.const 1) (local.get $i) (i32.const 3)))))
    (if (i32.eq (local.get $kind) (i32.const 3))
      (then (return (struct.new $circle (i32.const 1) (local.get $i)))))
    (struct.new $point (i32.const 1)))

  (func $area (param $shape (ref eq)) (result i32)
    (local $square (ref null $square))
    (block $is_small (result (ref i31))
      (block $is_circle (result (ref $circle))
        (block $is_box (result (ref $box))
          (block $is_square (result (ref $square))
            (local.get $shape)
            (br_on_cast $is_small (ref eq) (ref i31))
            (br_on_cast $is_circle (ref eq) (ref $circle))
            (br_on_cast $is_square (ref eq) (ref $square))
            (return (struct.get $shape $scale (ref.cast (ref $shape)))))
          (ref.as_non_null (local.tee $square))
          (br_on_cast $is_box (ref $square) (ref $box))
          (drop)
          (return (i32.mul
            (struct.get $square $scale (local.get $square))
            (struct.get $square $side (local.get $square)))))
        (return (i32.mul (struct.get $box $height) (struct.get $square $side (local.get $square)))))
      (return (struct.get $circle $radius)))
    (i31.get_u))

  (func (export "run") (param $rounds i32) (result i32)
    (local $shapes (ref $shapes)) (local $i i32) (local $sum i32) (local $at i32)
    (local $shape (ref eq))
    (local.set $shapes (array.new_default $shapes (i32.const 4096)))
    (loop $fill
      (array.set $shapes (local.get $shapes) (local.get $i) (call $make (local.get $i)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
    (loop $round
      (local.set $i (i32.const 1000000))
      (loop $next
        (local.set $at (i32.and
          (i32.add (i32.mul (local.get $at) (i32.const 1664525)) (i32.const 1013904223))
          (i32.const 0xfffffff)))
        (local.set $shape (ref.as_non_null (array.get $shapes (local.get $shapes)
          (i32.and (i32.shr_u (local.get $at) (i32.const 12)) (i32.const 4095)))))
        (local.set $sum (i32.add
          (i32.mul (local.get $sum) (i32.const 31))
          (call $area (local.get $shape))))
        (if (ref.test (ref $shape) (local.get $shape))
          (then
            (struct.set $shape $scale (ref.cast (ref $shape) (local.get $shape))
              (i32.and (local.get $i) (i32.const 7)))))
        (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
