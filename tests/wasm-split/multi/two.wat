(module
 (type $0 (func (param i32)))
 (type $1 (func (param i32) (result i32)))
 (type $2 (func (param i32 i32 i32 i32) (result i32)))
 (import "primary" "memory" (memory $0 1))
 (import "primary" "table" (table $0 3 funcref))
 (import "primary" "global" (global $reports (mut i32)))
 (import "primary" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
 (import "primary" "print" (func $print (param i32)))
 (elem $0 (i32.const 0) $report)
 (elem $1 (i32.const 2) $twice)
 (func $report (param $number i32)
  (global.set $reports
   (i32.add
    (global.get $reports)
    (i32.const 1)
   )
  )
  (call $print
   (call_indirect $0 (type $1)
    (local.get $number)
    (i32.const 1)
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
 (func $twice (param $number i32) (result i32)
  (i32.mul
   (local.get $number)
   (i32.const 2)
  )
 )
)
