;; Loaded when `report` of app.wat is first called. Its imports are sync: called on the stack of whoever calls it.
(module $late
  (import "app" "sum" (func $sum (result i32)))
  (import "app" "late" (table 1 funcref))
  (elem (i32.const 0) $report)
  (func $report (result i32) (i32.mul (i32.const 2) (call $sum))))
