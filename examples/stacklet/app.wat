;; What a compiler makes of a program whose `next` and `load` are plain functions to it: nothing here knows of
;; promises. `report` calls a function of another module, through the table, and has it loaded when it is missing.
(module $app
  (type $number (func (result i32)))
  (import "host" "next" (func $next (result i32)))
  (import "host" "load" (func $load))
  (table (export "late") 1 funcref)
  (func $sum (export "sum") (result i32)
    (local $sum i32)
    (local $next i32)
    (block $end
      (loop $more
        (br_if $end (i32.eqz (local.tee $next (call $next))))
        (local.set $sum (i32.add (local.get $sum) (local.get $next)))
        (br $more)))
    (local.get $sum))
  (func (export "report") (result i32)
    (if (ref.is_null (table.get (i32.const 0))) (then (call $load)))
    (call_indirect (type $number) (i32.const 0)))
  (func (export "half") (param $of i32) (param $parts i32) (result i32)
    (i32.div_s (local.get $of) (local.get $parts))))
