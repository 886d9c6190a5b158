;; What main.wat loads at the first call of `answer`.
(module
  (import "primary" "say" (func $say (param i32 i32 i32)))
  (import "primary" "yield" (tag $yield))
  (import "primary" "memory" (memory 1))

  (data (i32.const 128) " the late module is loaded\n")
  (data (i32.const 160) " is in the late function\n")
  (data (i32.const 192) " goes on there\n")

  (func $loaded (call $say (i32.const 45) (i32.const 128) (i32.const 27)))
  (start $loaded)

  (func (export "answer") (param $letter i32) (result i32)
    (call $say (local.get $letter) (i32.const 160) (i32.const 25))
    (suspend $yield)
    (call $say (local.get $letter) (i32.const 192) (i32.const 15))
    (i32.const 42)))
