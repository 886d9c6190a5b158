;; Two tasks need a function that is not there yet: the first that calls it loads its module, late.wat, on its
;; own stack, which is a continuation here; the second finds it loaded. The late function suspends like any
;; other: its task waits in the middle of it while the other goes on. Needs `--lazy late=examples/lazy/late.wat`.
;;
;; Prints:
;;   A calls
;;   - the late module is loaded
;;   A is in the late function
;;   B calls
;;   B is in the late function
;;   A goes on there
;;   A has got 42
;;   B goes on there
;;   B has got 42
(module
  (import "late" "answer" (func $answer (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))

  (type $task (func (param i32)))
  (type $new (cont $task))
  (type $rest (func))
  (type $waiting (cont $rest))
  ;; What the late module imports from here.
  (tag $yield (export "yield"))
  (memory (export "memory") 1)

  ;; At 0 two buffers for `fd_write`: the letter at 24, and a text.
  (data (i32.const 0) "\18\00\00\00\01\00\00\00")
  (data (i32.const 32) " calls\n")
  (data (i32.const 48) " has got 42\n")
  (data (i32.const 64) " has got something else\n")

  (func $say (export "say") (param $letter i32) (param $text i32) (param $length i32)
    (i32.store8 (i32.const 24) (local.get $letter))
    (i32.store (i32.const 8) (local.get $text))
    (i32.store (i32.const 12) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 16))))

  (func $run (param $letter i32)
    (call $say (local.get $letter) (i32.const 32) (i32.const 7))
    (if (i32.eq (call $answer (local.get $letter)) (i32.const 42))
      (then (call $say (local.get $letter) (i32.const 48) (i32.const 12)))
      (else (call $say (local.get $letter) (i32.const 64) (i32.const 24)))))
  (elem declare func $run)

  ;; Runs a task until it yields for the first time.
  (func $start (param $letter i32) (result (ref $waiting))
    (block $yielded (result (ref $waiting))
      (resume $new (on $yield $yielded)
        (local.get $letter) (cont.new $new (ref.func $run)))
      unreachable))

  (func (export "_start")
    (local $a (ref null $waiting))
    (local $b (ref null $waiting))
    (local.set $a (call $start (i32.const 65)))
    (local.set $b (call $start (i32.const 66)))
    (resume $waiting (local.get $a))
    (resume $waiting (local.get $b))))
