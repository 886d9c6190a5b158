;; A hash map from numbers to arrays, with chains of entries, that doubles as it fills. It lives throughout; a
;; round does 200,000 operations with keys below 65,536: half look up, three eighths put a new array of up to 31
;; numbers, one eighth removes. The answer is made of what was found.
(module
  (type $numbers (sub final (array (mut i32))))
  (type $entry (sub final (struct
    (field $key i32) (field $value (mut (ref $numbers))) (field $next (mut (ref null $entry))))))
  (type $buckets (sub final (array (mut (ref null $entry)))))
  (type $map (sub final (struct (field $buckets (mut (ref $buckets))) (field $size (mut i32)))))

  (global $seed (mut i32) (i32.const 12345))

  (func $random (result i32)
    (local $x i32)
    (local.set $x (global.get $seed))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
    (global.set $seed (local.get $x))
    (local.get $x))

  (func $slot (param $buckets (ref $buckets)) (param $key i32) (result i32)
    (i32.and
      (i32.shr_u (i32.mul (local.get $key) (i32.const 0x9e3779b1)) (i32.const 8))
      (i32.sub (array.len (local.get $buckets)) (i32.const 1))))

  (func $find (param $map (ref $map)) (param $key i32) (result (ref null $entry))
    (local $buckets (ref $buckets)) (local $entry (ref null $entry))
    (local.set $buckets (struct.get $map $buckets (local.get $map)))
    (local.set $entry (array.get $buckets
      (local.get $buckets) (call $slot (local.get $buckets) (local.get $key))))
    (loop $next
      (if (i32.eqz (ref.is_null (local.get $entry)))
        (then
          (if (i32.ne (struct.get $entry $key (local.get $entry)) (local.get $key))
            (then
              (local.set $entry (struct.get $entry $next (local.get $entry)))
              (br $next))))))
    (local.get $entry))

  (func $put (param $map (ref $map)) (param $key i32) (param $value (ref $numbers))
    (local $entry (ref null $entry)) (local $buckets (ref $buckets)) (local $slot i32)
    (local.set $entry (call $find (local.get $map) (local.get $key)))
    (if (i32.eqz (ref.is_null (local.get $entry)))
      (then
        (struct.set $entry $value (local.get $entry) (local.get $value))
        (return)))
    (if (i32.ge_u (struct.get $map $size (local.get $map)) (array.len (struct.get $map $buckets (local.get $map))))
      (then (call $double (local.get $map))))
    (local.set $buckets (struct.get $map $buckets (local.get $map)))
    (local.set $slot (call $slot (local.get $buckets) (local.get $key)))
    (array.set $buckets (local.get $buckets) (local.get $slot)
      (struct.new $entry (local.get $key) (local.get $value)
        (array.get $buckets (local.get $buckets) (local.get $slot))))
    (struct.set $map $size (local.get $map)
      (i32.add (struct.get $map $size (local.get $map)) (i32.const 1))))

  (func $double (param $map (ref $map))
    (local $old (ref $buckets)) (local $new (ref $buckets)) (local $i i32) (local $slot i32)
    (local $entry (ref null $entry)) (local $next (ref null $entry))
    (local.set $old (struct.get $map $buckets (local.get $map)))
    (local.set $new (array.new_default $buckets (i32.mul (array.len (local.get $old)) (i32.const 2))))
    (loop $buckets
      (local.set $entry (array.get $buckets (local.get $old) (local.get $i)))
      (loop $chain
        (if (i32.eqz (ref.is_null (local.get $entry)))
          (then
            (local.set $next (struct.get $entry $next (local.get $entry)))
            (local.set $slot (call $slot (local.get $new) (struct.get $entry $key (local.get $entry))))
            (struct.set $entry $next (local.get $entry)
              (array.get $buckets (local.get $new) (local.get $slot)))
            (array.set $buckets (local.get $new) (local.get $slot) (local.get $entry))
            (local.set $entry (local.get $next))
            (br $chain))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $buckets (i32.lt_u (local.get $i) (array.len (local.get $old)))))
    (struct.set $map $buckets (local.get $map) (local.get $new)))

  (func $remove (param $map (ref $map)) (param $key i32)
    (local $buckets (ref $buckets)) (local $slot i32)
    (local $entry (ref null $entry)) (local $before (ref null $entry))
    (local.set $buckets (struct.get $map $buckets (local.get $map)))
    (local.set $slot (call $slot (local.get $buckets) (local.get $key)))
    (local.set $entry (array.get $buckets (local.get $buckets) (local.get $slot)))
    (loop $next
      (if (ref.is_null (local.get $entry)) (then (return)))
      (if (i32.ne (struct.get $entry $key (local.get $entry)) (local.get $key))
        (then
          (local.set $before (local.get $entry))
          (local.set $entry (struct.get $entry $next (local.get $entry)))
          (br $next))))
    (if (ref.is_null (local.get $before))
      (then
        (array.set $buckets (local.get $buckets) (local.get $slot)
          (struct.get $entry $next (local.get $entry))))
      (else
        (struct.set $entry $next (local.get $before)
          (struct.get $entry $next (local.get $entry)))))
    (struct.set $map $size (local.get $map)
      (i32.sub (struct.get $map $size (local.get $map)) (i32.const 1))))

  (func $look_up (param $map (ref $map)) (param $key i32) (result i32)
    (local $entry (ref null $entry)) (local $value (ref $numbers))
    (local.set $entry (call $find (local.get $map) (local.get $key)))
    (if (ref.is_null (local.get $entry)) (then (return (i32.const 1))))
    (local.set $value (struct.get $entry $value (local.get $entry)))
    (i32.add
      (array.len (local.get $value))
      (array.get $numbers (local.get $value) (i32.const 0))))

  (func (export "run") (param $rounds i32) (result i32)
    (local $map (ref $map)) (local $left i32) (local $found i32) (local $key i32) (local $random i32)
    (global.set $seed (i32.const 12345))
    (local.set $map (struct.new $map (array.new_default $buckets (i32.const 16)) (i32.const 0)))
    (loop $round
      (local.set $left (i32.const 200000))
      (loop $next
        (local.set $random (call $random))
        (local.set $key (i32.and (i32.shr_u (local.get $random) (i32.const 8)) (i32.const 0xffff)))
        (if (i32.and (local.get $random) (i32.const 1))
          (then
            (local.set $found (i32.add
              (i32.mul (local.get $found) (i32.const 31))
              (call $look_up (local.get $map) (local.get $key)))))
          (else
            (if (i32.and (local.get $random) (i32.const 6))
              (then
                (call $put (local.get $map) (local.get $key)
                  (array.new $numbers (local.get $random)
                    (i32.add (i32.const 1)
                      (i32.rem_u (i32.shr_u (local.get $random) (i32.const 24)) (i32.const 31))))))
              (else (call $remove (local.get $map) (local.get $key))))))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $found) (struct.get $map $size (local.get $map)))))
