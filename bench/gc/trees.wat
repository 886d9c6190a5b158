;; Binary trees: one of depth 16 that lives throughout, beside many short-lived ones of depths from 4 to 16.
;; A round makes as many nodes at each depth, some 900,000 in all. The answer counts the nodes that were found.
(module
  (type $node (sub final (struct (field $left (ref null $node)) (field $right (ref null $node)))))
  (global $long (mut (ref null $node)) (ref.null $node))

  (func $make (param $depth i32) (result (ref $node))
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new $node (ref.null $node) (ref.null $node)))))
    (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
    (struct.new $node (call $make (local.get $depth)) (call $make (local.get $depth))))

  (func $count (param $node (ref $node)) (result i32)
    (local $left (ref null $node))
    (local.set $left (struct.get $node $left (local.get $node)))
    (if (ref.is_null (local.get $left)) (then (return (i32.const 1))))
    (i32.add
      (i32.const 1)
      (i32.add
        (call $count (ref.as_non_null (local.get $left)))
        (call $count (ref.as_non_null (struct.get $node $right (local.get $node)))))))

  (func (export "run") (param $rounds i32) (result i32)
    (local $found i32) (local $depth i32) (local $trees i32)
    (global.set $long (call $make (i32.const 16)))
    (loop $round
      (local.set $depth (i32.const 4))
      (loop $depths
        (local.set $trees (i32.shl (i32.const 1) (i32.sub (i32.const 16) (local.get $depth))))
        (loop $next
          (local.set $found (i32.add (local.get $found) (call $count (call $make (local.get $depth)))))
          (br_if $next (local.tee $trees (i32.sub (local.get $trees) (i32.const 1)))))
        (local.set $depth (i32.add (local.get $depth) (i32.const 2)))
        (br_if $depths (i32.le_u (local.get $depth) (i32.const 16))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $found) (call $count (ref.as_non_null (global.get $long))))))
