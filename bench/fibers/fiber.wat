;; Fibers for C: what `fiber.h` declares. A fiber has a slot in a table for its continuation, and a stack in
;; linear memory: `__stack_pointer` is exchanged at each transfer.
(module
  (import "program" "memory" (memory 1))
  (import "program" "__indirect_function_table" (table $functions 1 funcref))
  (import "program" "__stack_pointer" (global $stack_pointer (mut i32)))

  (type $entry (func (param i32) (result i32)))
  (type $start (func (param i32 i32) (result i32)))
  (type $fresh (cont $start))
  (type $fiber (cont $entry))
  (tag $yield (param i32) (result i32))

  (table $fibers 64 (ref null $fiber))
  (global $made (mut i32) (i32.const 0))
  (elem declare func $starts)

  (func $starts (type $start)
    (call_indirect $functions (type $entry) (local.get 1) (local.get 0)))

  ;; struct fiber { int slot; char *stack; }
  (func (export "new") (param $fiber i32) (param $entry i32) (param $stack i32)
    (i32.store (local.get $fiber) (global.get $made))
    (i32.store offset=4 (local.get $fiber) (local.get $stack))
    (table.set $fibers (global.get $made)
      (cont.bind $fresh $fiber (local.get $entry) (cont.new $fresh (ref.func $starts))))
    (global.set $made (i32.add (global.get $made) (i32.const 1))))

  (func (export "resume") (param $fiber i32) (param $value i32) (result i32)
    (local $mine i32)
    (local $k (ref $fiber))
    (local.set $mine (global.get $stack_pointer))
    (global.set $stack_pointer (i32.load offset=4 (local.get $fiber)))
    (block $yielded (result i32 (ref $fiber))
      (resume $fiber (on $yield $yielded)
        (local.get $value)
        (ref.as_non_null (table.get $fibers (i32.load (local.get $fiber)))))
      (global.set $stack_pointer (local.get $mine))
      (return))
    (local.set $k)
    (table.set $fibers (i32.load (local.get $fiber)) (local.get $k))
    (i32.store offset=4 (local.get $fiber) (global.get $stack_pointer))
    (global.set $stack_pointer (local.get $mine)))

  (func (export "yield") (param $value i32) (result i32)
    (suspend $yield (local.get $value))))
