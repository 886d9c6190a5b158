(module
 (type $i32_=>_none (func (param i32)))
 (type $i32_=>_i32 (func (param i32) (result i32)))
 (type $i32_i32_i32_i32_=>_i32 (func (param i32 i32 i32 i32) (result i32)))
 (import "primary" "memory" (memory $0 1))
 (import "primary" "table" (table $table 4 funcref))
 (import "primary" "global" (global $reports (mut i32)))
 (import "primary" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
 (import "primary" "print" (func $print (param i32)))
 (elem $0 (i32.const 0) $square)
 (elem $1 (i32.const 2) $twice $report)
 (func $report (param $number i32)
  (global.set $reports
   (i32.add
    (global.get $reports)
    (i32.const 1)
   )
  )
  (call $print
   (call $square
    (local.get $number)
   )
  )
  (i32.store8
   (i32.const 16)
   (i32.const 10)
  )
  (drop
   (call $fd_write
    (i32.const 1)
    (i32.const 0)
    (i32.const 1)
    (i32.const 8)
   )
  )
 )
 (func $square (param $number i32) (result i32)
  (i32.mul
   (local.get $number)
   (local.get $number)
  )
 )
 (func $twice (param $number i32) (result i32)
  (i32.mul
   (local.get $number)
   (i32.const 2)
  )
 )
)
