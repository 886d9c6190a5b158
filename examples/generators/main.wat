;; Generators: functions that suspend with each value they produce, made of one another.
;;
;; A generator is a continuation without parameters. To take its next value is to resume it until it
;; suspends with `$yield`, however deep in calls that happens: the walk below suspends inside a recursion.
;; A generator that reads another one resumes it on top of its own stack, so the values of the inner
;; one never reach the outer one's consumer.
;;
;; Run:      bident run examples/generators/main.wat
;; Prints:   walk 20 30 40 50 60 70 80
;;           filter 20 40 60 80
;;           zip 21 32 43 54 65 76 87
;;           first 0 1 1 2 3 5 8 13 21 34
(module $generators
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovs i32) (param $count i32) (param $written i32) (result i32)))

  (type $body (func))
  (type $generator (cont $body))

  ;; What a generator is made with, before that is bound to it.
  (type $walk_body (func (param $node i32)))
  (type $walk_new (cont $walk_body))
  (type $test (func (param i32) (result i32)))
  (type $filter_body (func (param $keep (ref $test)) (param $source (ref $generator))))
  (type $filter_new (cont $filter_body))
  (type $merge (func (param i32 i32) (result i32)))
  (type $zip_body (func (param $merge (ref $merge)) (param $a (ref $generator)) (param $b (ref $generator))))
  (type $zip_new (cont $zip_body))

  (tag $yield (param i32))

  (memory (export "memory") 1)
  (data (i32.const 64) "walk")
  (data (i32.const 72) "filter")
  (data (i32.const 80) "zip")
  (data (i32.const 88) "first")
  (data (i32.const 96) " \n")

  (elem declare func $walk $filter $zip $count_up $fibonacci $is_multiple_of_20 $add)

  ;; The next value, and what is left of the generator: null, and no value, if it has ended.
  (func $next (param $g (ref $generator)) (result i32 (ref null $generator))
    (block $yielded (result i32 (ref $generator))
      (resume $generator (on $yield $yielded) (local.get $g))
      (return (i32.const 0) (ref.null $generator))))

  ;; Keys of the tree below a node, in order.
  (func $walk (type $walk_body) (param $node i32)
    (if (i32.eqz (local.get $node)) (then (return)))
    (call $walk (i32.load (local.get $node)))
    (suspend $yield (i32.load offset=4 (local.get $node)))
    (call $walk (i32.load offset=8 (local.get $node))))

  (func $walk_of (param $tree i32) (result (ref $generator))
    (cont.bind $walk_new $generator (local.get $tree) (cont.new $walk_new (ref.func $walk))))

  ;; The values of a generator that pass a test.
  (func $filter (type $filter_body) (param $keep (ref $test)) (param $source (ref $generator))
    (local $rest (ref null $generator))
    (local $value i32)
    (local.set $rest (local.get $source))
    (loop $each
      (call $next (ref.as_non_null (local.get $rest)))
      (local.set $rest)
      (local.set $value)
      (if (ref.is_null (local.get $rest)) (then (return)))
      (if (call_ref $test (local.get $value) (local.get $keep))
        (then (suspend $yield (local.get $value))))
      (br $each)))

  (func $filter_of (param $keep (ref $test)) (param $source (ref $generator)) (result (ref $generator))
    (cont.bind $filter_new $generator
      (local.get $keep) (local.get $source)
      (cont.new $filter_new (ref.func $filter))))

  ;; One value made of each two, until either generator ends.
  (func $zip (type $zip_body)
    (param $merge (ref $merge)) (param $a (ref $generator)) (param $b (ref $generator))
    (local $a_rest (ref null $generator))
    (local $b_rest (ref null $generator))
    (local $a_value i32)
    (local $b_value i32)
    (local.set $a_rest (local.get $a))
    (local.set $b_rest (local.get $b))
    (loop $each
      (call $next (ref.as_non_null (local.get $a_rest)))
      (local.set $a_rest)
      (local.set $a_value)
      (if (ref.is_null (local.get $a_rest)) (then (return)))
      (call $next (ref.as_non_null (local.get $b_rest)))
      (local.set $b_rest)
      (local.set $b_value)
      (if (ref.is_null (local.get $b_rest)) (then (return)))
      (suspend $yield (call_ref $merge (local.get $a_value) (local.get $b_value) (local.get $merge)))
      (br $each)))

  (func $zip_of
    (param $merge (ref $merge)) (param $a (ref $generator)) (param $b (ref $generator))
    (result (ref $generator))
    (cont.bind $zip_new $generator
      (local.get $merge) (local.get $a) (local.get $b)
      (cont.new $zip_new (ref.func $zip))))

  ;; Two that never end. Whoever has enough lets go of them.
  (func $count_up (type $body)
    (local $n i32)
    (loop $more
      (suspend $yield (local.tee $n (i32.add (local.get $n) (i32.const 1))))
      (br $more)))

  (func $fibonacci (type $body)
    (local $a i32)
    (local $b i32)
    (local.set $b (i32.const 1))
    (loop $more
      (suspend $yield (local.get $a))
      (local.get $b)
      (local.set $b (i32.add (local.get $a) (local.get $b)))
      (local.set $a)
      (br $more)))

  (func $is_multiple_of_20 (type $test) (i32.eqz (i32.rem_u (local.get 0) (i32.const 20))))
  (func $add (type $merge) (i32.add (local.get 0) (local.get 1)))

  ;; Prints a name and at most so many values of a generator.
  (func $show (param $name i32) (param $length i32) (param $g (ref $generator)) (param $most i32)
    (local $rest (ref null $generator))
    (local $value i32)
    (local.set $rest (local.get $g))
    (call $print (local.get $name) (local.get $length))
    (block $ended
      (loop $each
        (br_if $ended (i32.eqz (local.get $most)))
        (call $next (ref.as_non_null (local.get $rest)))
        (local.set $rest)
        (local.set $value)
        (br_if $ended (ref.is_null (local.get $rest)))
        (call $print (i32.const 96) (i32.const 1))
        (call $print_number (local.get $value))
        (local.set $most (i32.sub (local.get $most) (i32.const 1)))
        (br $each)))
    (call $print (i32.const 97) (i32.const 1)))

  (func (export "_start")
    (local $tree i32)
    (local.set $tree (call $insert (local.get $tree) (i32.const 50)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 30)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 70)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 20)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 40)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 60)))
    (local.set $tree (call $insert (local.get $tree) (i32.const 80)))
    (call $show (i32.const 64) (i32.const 4) (call $walk_of (local.get $tree)) (i32.const -1))
    (call $show (i32.const 72) (i32.const 6)
      (call $filter_of (ref.func $is_multiple_of_20) (call $walk_of (local.get $tree)))
      (i32.const -1))
    (call $show (i32.const 80) (i32.const 3)
      (call $zip_of (ref.func $add)
        (call $walk_of (local.get $tree))
        (cont.new $generator (ref.func $count_up)))
      (i32.const -1))
    (call $show (i32.const 88) (i32.const 5) (cont.new $generator (ref.func $fibonacci)) (i32.const 10)))

  ;; A binary search tree: left, key, right at offsets 0, 4, 8 of a node; the address 0 is the empty tree.

  (global $free (mut i32) (i32.const 1024))

  (func $insert (param $node i32) (param $key i32) (result i32)
    (if (i32.eqz (local.get $node))
      (then
        (local.set $node (global.get $free))
        (global.set $free (i32.add (local.get $node) (i32.const 12)))
        (i32.store offset=4 (local.get $node) (local.get $key))
        (return (local.get $node))))
    (if (i32.lt_u (local.get $key) (i32.load offset=4 (local.get $node)))
      (then
        (i32.store (local.get $node) (call $insert (i32.load (local.get $node)) (local.get $key))))
      (else
        (i32.store offset=8 (local.get $node)
          (call $insert (i32.load offset=8 (local.get $node)) (local.get $key)))))
    (local.get $node))

  ;; Printing: the vector for `fd_write` at 0, what it wrote at 8, digits up to 32.

  (func $print (param $text i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $print_number (param $n i32)
    (local $at i32)
    (local.set $at (i32.const 32))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
      (br_if $digit (local.get $n)))
    (call $print (local.get $at) (i32.sub (i32.const 32) (local.get $at)))))
