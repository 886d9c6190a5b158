;; Binary trees of depth 14, built in linear memory, counted and given up, n times. Gives the number of nodes.
(module
  (memory 16)
  (global $next (mut i32) (i32.const 8))
  (func $build (param $depth i32) (result i32) (local $node i32)
    (local.set $node (global.get $next))
    (global.set $next (i32.add (local.get $node) (i32.const 8)))
    (if (local.get $depth)
      (then
        (i32.store (local.get $node) (call $build (i32.sub (local.get $depth) (i32.const 1))))
        (i32.store offset=4 (local.get $node) (call $build (i32.sub (local.get $depth) (i32.const 1)))))
      (else (i64.store (local.get $node) (i64.const 0))))
    (local.get $node))
  (func $count (param $node i32) (result i32)
    (if (result i32) (local.get $node)
      (then (i32.add (i32.const 1) (i32.add
        (call $count (i32.load (local.get $node)))
        (call $count (i32.load offset=4 (local.get $node))))))
      (else (i32.const 0))))
  (func (export "run") (param $n i32) (result i32) (local $nodes i32)
    (loop $again
      (global.set $next (i32.const 8))
      (local.set $nodes (call $count (call $build (i32.const 14))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $nodes)))
