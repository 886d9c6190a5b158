;; A stack that serves calls: it runs what it is given, says that it is idle, and is given the next.
(module $stack
  (type $run (func))
  (type $serve (func (param (ref $run))))
  (type $stack (cont $serve))
  (tag $idle (export "idle") (result (ref $run)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (elem declare func $body)
  (func $body (param $run (ref $run))
    (loop $next
      (call_ref $run (local.get $run))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (local.set $run (suspend $idle))
      (br $next)))
  (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body))))
