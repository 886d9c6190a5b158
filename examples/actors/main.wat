;; Actors: each has a mailbox and a stack, shares nothing with the others, and waits in `$receive`.
;;
;; An actor that finds its mailbox empty suspends with `$wait`. A message to it puts it back into the run
;; queue, and it goes on in `$receive`. Suspended actors cost their stacks and nothing else; those that
;; still wait when nobody is left to write to them go with the program.
;;
;; Run:      bident run examples/actors/main.wat
;; Prints:   ping gets 11
;;           ping gets 21
;;           ping gets 31
;;           ring of 100: the token made 1000 hops and stops at actor 3
;;           actors started 103, ended 102, waiting 1
(module $actors
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovs i32) (param $count i32) (param $written i32) (result i32)))

  (type $behaviour (func (param $argument i32)))
  (type $body (func))
  (type $actor (cont $body))
  (type $new (cont $behaviour))

  (tag $wait)

  (memory (export "memory") 1)
  (data (i32.const 64) "ping gets ")
  (data (i32.const 80) "ring of ")
  (data (i32.const 96) ": the token made ")
  (data (i32.const 120) " hops and stops at actor ")
  (data (i32.const 152) "actors started ")
  (data (i32.const 168) ", ended ")
  (data (i32.const 184) ", waiting ")
  (data (i32.const 200) "\n")

  (elem declare func $ping $pong $member $starter)

  ;; Actors: 128 of them. `$stacks` holds the one that waits or is queued. A mailbox is 64 bytes from 1024
  ;; on: messages taken, messages put, and a ring of 7 messages, each a sender and a value.

  (table $stacks 128 (ref null $actor))
  (global $started (mut i32) (i32.const 0))
  (global $ended (mut i32) (i32.const 0))
  (global $self (mut i32) (i32.const -1))

  (func $mailbox (param $id i32) (result i32)
    (i32.add (i32.const 1024) (i32.shl (local.get $id) (i32.const 6))))

  (func $slot (param $mailbox i32) (param $number i32) (result i32)
    (i32.add (i32.add (local.get $mailbox) (i32.const 8))
      (i32.shl (i32.rem_u (local.get $number) (i32.const 7)) (i32.const 3))))

  ;; Actors that can run: a ring of 128 bytes at 512. An actor is in it at most once, so it is never too full.

  (global $first (mut i32) (i32.const 0))
  (global $past (mut i32) (i32.const 0))

  (func $enqueue (param $id i32)
    (i32.store8 offset=512 (i32.and (global.get $past) (i32.const 127)) (local.get $id))
    (global.set $past (i32.add (global.get $past) (i32.const 1))))

  ;; Runs actors until all have ended or wait.
  (func $run
    (loop $next
      (if (i32.eq (global.get $first) (global.get $past)) (then (return)))
      (call $run_one (i32.load8_u offset=512 (i32.and (global.get $first) (i32.const 127))))
      (br $next)))

  (func $run_one (param $id i32)
    (local $a (ref null $actor))
    (global.set $first (i32.add (global.get $first) (i32.const 1)))
    (global.set $self (local.get $id))
    (local.set $a (table.get $stacks (local.get $id)))
    (table.set $stacks (local.get $id) (ref.null $actor))
    (block $waits (result (ref $actor))
      (resume $actor (on $wait $waits) (local.get $a))
      (global.set $ended (i32.add (global.get $ended) (i32.const 1)))
      (return))
    (local.set $a)
    (table.set $stacks (local.get $id) (local.get $a)))

  ;; What actors do: spawn, send, receive.

  (func $spawn (param $behaviour (ref $behaviour)) (param $argument i32) (result i32)
    (local $id i32)
    (local.set $id (global.get $started))
    (global.set $started (i32.add (local.get $id) (i32.const 1)))
    (table.set $stacks (local.get $id)
      (cont.bind $new $actor (local.get $argument) (cont.new $new (local.get $behaviour))))
    (call $enqueue (local.get $id))
    (local.get $id))

  ;; Whoever is sent something goes into the run queue, if its mailbox was empty and it waits for that.
  (func $send (param $to i32) (param $value i32)
    (local $box i32)
    (local $taken i32)
    (local $put i32)
    (local $slot i32)
    (local.set $box (call $mailbox (local.get $to)))
    (local.set $taken (i32.load (local.get $box)))
    (local.set $put (i32.load offset=4 (local.get $box)))
    (if (i32.eq (i32.sub (local.get $put) (local.get $taken)) (i32.const 7)) (then (unreachable)))
    (local.set $slot (call $slot (local.get $box) (local.get $put)))
    (i32.store (local.get $slot) (global.get $self))
    (i32.store offset=4 (local.get $slot) (local.get $value))
    (i32.store offset=4 (local.get $box) (i32.add (local.get $put) (i32.const 1)))
    (if (i32.load8_u offset=256 (local.get $to))
      (then
        (i32.store8 offset=256 (local.get $to) (i32.const 0))
        (call $enqueue (local.get $to)))))

  ;; The oldest message of the actor that runs: its sender and its value. A byte at 256 on says who waits.
  (func $receive (result i32 i32)
    (local $box i32)
    (local $taken i32)
    (local $slot i32)
    (local.set $box (call $mailbox (global.get $self)))
    (local.set $taken (i32.load (local.get $box)))
    (if (i32.eq (local.get $taken) (i32.load offset=4 (local.get $box)))
      (then
        (i32.store8 offset=256 (global.get $self) (i32.const 1))
        (suspend $wait)))
    (i32.store (local.get $box) (i32.add (local.get $taken) (i32.const 1)))
    (local.set $slot (call $slot (local.get $box) (local.get $taken)))
    (i32.load (local.get $slot))
    (i32.load offset=4 (local.get $slot)))

  ;; Ping and pong: one sends 10, 20, 30, the other answers each with one more, and then waits for ever.

  (func $ping (type $behaviour) (param $pong i32)
    (local $value i32)
    (loop $more
      (call $send (local.get $pong) (local.tee $value (i32.add (local.get $value) (i32.const 10))))
      (call $print (i32.const 64) (i32.const 10))
      (call $print_number (call $receive_value))
      (call $print (i32.const 200) (i32.const 1))
      (br_if $more (i32.lt_u (local.get $value) (i32.const 30)))))

  (func $pong (type $behaviour) (param $nothing i32)
    (local $from i32)
    (local $value i32)
    (loop $more
      (call $receive)
      (local.set $value)
      (local.set $from)
      (call $send (local.get $from) (i32.add (local.get $value) (i32.const 1)))
      (br $more)))

  (func $receive_value (result i32)
    (local $value i32)
    (call $receive)
    (local.set $value)
    (drop)
    (local.get $value))

  ;; A ring: each member first gets its neighbour, then tokens. A token counts down with each hop; where it
  ;; comes to 0, a -1 goes round, which ends those that it passes.

  (func $member (type $behaviour) (param $size i32)
    (local $neighbour i32)
    (local $token i32)
    (local.set $neighbour (call $receive_value))
    (loop $more
      (local.set $token (call $receive_value))
      (if (i32.gt_s (local.get $token) (i32.const 0))
        (then
          (call $send (local.get $neighbour) (i32.sub (local.get $token) (i32.const 1)))
          (br $more)))
      (call $send (local.get $neighbour) (i32.const -1))
      (if (i32.eqz (local.get $token))
        (then
          (call $report_stop (local.get $size))
          ;; The -1 comes back here last.
          (drop (call $receive_value))))))

  (func $starter (type $behaviour) (param $size i32)
    (local $first i32)
    (local $last i32)
    (local $next i32)
    (local.set $first (call $spawn (ref.func $member) (local.get $size)))
    (local.set $last (local.get $first))
    (loop $more
      (local.set $next (call $spawn (ref.func $member) (local.get $size)))
      (call $send (local.get $last) (local.get $next))
      (local.set $last (local.get $next))
      (br_if $more
        (i32.lt_u (i32.sub (local.get $next) (local.get $first)) (i32.sub (local.get $size) (i32.const 1)))))
    (call $send (local.get $last) (local.get $first))
    (call $send (local.get $first) (i32.const 1000)))

  (func (export "_start")
    (drop (call $spawn (ref.func $ping) (call $spawn (ref.func $pong) (i32.const 0))))
    (drop (call $spawn (ref.func $starter) (i32.const 100)))
    (call $run)
    (call $print (i32.const 152) (i32.const 15))
    (call $print_number (global.get $started))
    (call $print (i32.const 168) (i32.const 8))
    (call $print_number (global.get $ended))
    (call $print (i32.const 184) (i32.const 10))
    (call $print_number (i32.sub (global.get $started) (global.get $ended)))
    (call $print (i32.const 200) (i32.const 1)))

  (func $report_stop (param $size i32)
    (call $print (i32.const 80) (i32.const 8))
    (call $print_number (local.get $size))
    (call $print (i32.const 96) (i32.const 17))
    (call $print_number (i32.const 1000))
    (call $print (i32.const 120) (i32.const 25))
    (call $print_number (global.get $self))
    (call $print (i32.const 200) (i32.const 1)))

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
