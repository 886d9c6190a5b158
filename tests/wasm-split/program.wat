;; A program to be split by `split`.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $reports (mut i32) (i32.const 0))
  (table $table 3 funcref)
  (elem (i32.const 0) $square $add_reports $twice)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")

  (func $print_char (param $char i32)
    (i32.store8 (i32.const 16) (local.get $char))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $print (param $number i32)
    (block $one_digit
      (br_if $one_digit (i32.lt_u (local.get $number) (i32.const 10)))
      (call $print (i32.div_u (local.get $number) (i32.const 10))))
    (call $print_char
      (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10)))))
  (func $add_reports (param $number i32) (result i32)
    (i32.add (local.get $number) (global.get $reports)))

  ;; These go.
  (func $square (export "square") (param $number i32) (result i32)
    (i32.mul (local.get $number) (local.get $number)))
  (func $twice (param $number i32) (result i32)
    (i32.mul (local.get $number) (i32.const 2)))
  (func $report (param $number i32)
    (global.set $reports (i32.add (global.get $reports) (i32.const 1)))
    (call $print (call $square (local.get $number)))
    ;; The late module calls the system: `memory` is the main module's.
    (i32.store8 (i32.const 16) (i32.const 10))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $through_table (param $entry i32) (param $number i32)
    (call $print (call_indirect (type $unary) (local.get $number) (local.get $entry)))
    (call $print_char (i32.const 10)))
  (func (export "_start")
    (call $through_table (i32.const 2) (i32.const 21))
    (call $report (i32.const 5))
    (call $report (i32.const 7))
    (call $through_table (i32.const 0) (i32.const 4))
    (call $through_table (i32.const 1) (i32.const 100))))
