(module
 (type $0 (func (param i32) (result i32)))
 (import "primary" "table" (table $0 3 funcref))
 (elem $0 (i32.const 1) $square)
 (func $square (param $number i32) (result i32)
  (i32.mul
   (local.get $number)
   (local.get $number)
  )
 )
)
