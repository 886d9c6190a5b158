;; The module that interprets scripts; see script.rs. Comments of the form `;; @name` are where module.rs
;; puts generated text. Memory: the trace up to byte 4096, then the script, 16 bytes an instruction.
(module
  (type $plain_f (func (param i64) (result i64)))
  (type $plain (cont $plain_f))
  (rec
    (type $sym_f (func (param i64 (ref null $sym)) (result i64)))
    (type $sym (cont $sym_f)))
  (type $bound_f (func (result i64)))
  (type $bound (cont $bound_f))
  (type $half_f (func (param (ref null $sym)) (result i64)))
  (type $half (cont $half_f))
  (type $wide_f
    (func (param i32 i64 f32 f64 externref funcref i32 i64 f64 i64 f32 i64)
          (result i64 i32 i64 i64 externref i64 i32 f64 i64 i64)))
  (type $wide (cont $wide_f))
  (type $wide_mid_f
    (func (param funcref i32 i64 f64 i64 f32 i64)
          (result i64 i32 i64 i64 externref i64 i32 f64 i64 i64)))
  (type $wide_mid (cont $wide_mid_f))
  (type $wide_rest_f
    (func (param i64) (result i64 i32 i64 i64 externref i64 i32 f64 i64 i64)))
  (type $wide_rest (cont $wide_rest_f))

  ;; What is captured under tags C, R and X.
  (type $mixed_f (func (param f32 i64) (result i64)))
  (type $mixed (cont $mixed_f))
  (type $cont_f (func (param (ref null $plain)) (result i64)))
  (type $cont (cont $cont_f))
  (type $refs_f (func (param externref funcref) (result i64)))
  (type $refs (cont $refs_f))
  (type $wide_mixed_f
    (func (param f32 i64) (result i64 i32 i64 i64 externref i64 i32 f64 i64 i64)))
  (type $wide_mixed (cont $wide_mixed_f))

  (type $body_f (func (param i32 i64) (result i64)))
  (type $body_k (cont $body_f))
  (type $sym_body_f (func (param i32 i32 i64 (ref null $sym)) (result i64)))
  (type $sym_body_k (cont $sym_body_f))
  (type $site_f (func (param i32 i32 i64) (result i64)))
  (type $number_f (func (result i32)))
  (type $to_host_f (func (param i32)))
  (type $from_host_f (func (param i32 i32)))

  (import "host" "act" (func $act (param i32 i32 i64) (result i64)))
  (import "host" "leaf" (func $leaf (param i64) (result i64)))
  (import "host" "make" (func $make (param i64) (result externref)))
  (import "host" "id" (func $id (param externref) (result i32)))
  ;; @host imports

  (tag $A (export "A") (param i64) (result i64))
  (tag $B (export "B") (param i64) (result i64))
  (tag $S (export "S") (result i64))
  (tag $T (export "T") (result i64))
  (tag $C (export "C") (param i32 f64 externref) (result f32 i64))
  (tag $R (export "R") (param (ref null $plain)) (result (ref null $plain)))
  (tag $X (export "X") (param funcref externref) (result externref funcref))
  (tag $one (export "one") (param i64))
  (tag $two (export "two") (param i32 f64 externref))

  (memory (export "memory") 1)
  (table $Plain 4 (ref null $plain))
  (table $Sym 4 (ref null $sym))
  (table $Bound 4 (ref null $bound))
  (table $Half 4 (ref null $half))
  (table $Wide 4 (ref null $wide))
  (table $WideRest 4 (ref null $wide_rest))
  (table $exns 2 exnref)
  (table $numbers funcref (elem $number0 $number1 $number2 $number3))
  (table $scratch 1 funcref)
  (global $moved (mut (ref null $plain)) (ref.null $plain))
  (global $fuel (export "fuel") (mut i32) (i32.const 0))
  (global $events (export "events") (mut i32) (i32.const 0))
  (global $hash (export "hash") (mut i64) (i64.const 0))
  (export "leaf" (func $leaf))
  (elem declare func $body $sym_body $wide_body $leaf)
  ;; @function tables

  ;; -- the trace, and what the host asks for

  (func $note (param $event i64)
    (if (i32.lt_u (global.get $events) (i32.const 512))
      (then
        (i64.store (i32.shl (global.get $events) (i32.const 3)) (local.get $event))))
    (global.set $events (i32.add (global.get $events) (i32.const 1)))
    (global.set $hash
      (i64.rotl
        (i64.mul
          (i64.xor (global.get $hash) (local.get $event))
          (i64.const 0x9e3779b97f4a7c15))
        (i64.const 23))))

  (func (export "reset") (param $fuel i32)
    (table.fill $Plain (i32.const 0) (ref.null $plain) (i32.const 4))
    (table.fill $Sym (i32.const 0) (ref.null $sym) (i32.const 4))
    (table.fill $Bound (i32.const 0) (ref.null $bound) (i32.const 4))
    (table.fill $Half (i32.const 0) (ref.null $half) (i32.const 4))
    (table.fill $Wide (i32.const 0) (ref.null $wide) (i32.const 4))
    (table.fill $WideRest (i32.const 0) (ref.null $wide_rest) (i32.const 4))
    (table.fill $exns (i32.const 0) (ref.null exn) (i32.const 2))
    (global.set $moved (ref.null $plain))
    (global.set $fuel (local.get $fuel))
    (global.set $events (i32.const 0))
    (global.set $hash (i64.const 0)))

  (func $append (param $bits i64) (param $bit i32) (result i64)
    (i64.or
      (i64.shl (local.get $bits) (i64.const 1))
      (i64.extend_i32_u (local.get $bit))))

  (func (export "nulls") (result i64)
    (local $i i32)
    (local $bits i64)
    (loop $next
      ;; @nulls
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
    (local.set $bits
      (call $append (local.get $bits) (ref.is_null (table.get $exns (i32.const 0)))))
    (call $append (local.get $bits) (ref.is_null (table.get $exns (i32.const 1)))))

  (func (export "throw") (param i64)
    (throw $one (local.get 0)))

  ;; -- values made of `acc`, and folded into it

  (func $mix (param $acc i64) (param $value i64) (result i64)
    (i64.add (i64.mul (local.get $acc) (i64.const 31)) (local.get $value)))

  (func $double (param $acc i64) (result f64)
    (f64.mul
      (f64.convert_i64_s (i64.and (local.get $acc) (i64.const 0xffff)))
      (f64.const 0.5)))

  (func $single (param $acc i64) (result f32)
    (f32.demote_f64 (call $double (local.get $acc))))

  ;; Twice the float.
  (func $whole (param $float f64) (result i64)
    (i64.trunc_f64_s (f64.mul (local.get $float) (f64.const 2))))

  (func $number0 (type $number_f) (i32.const 0))
  (func $number1 (type $number_f) (i32.const 1))
  (func $number2 (type $number_f) (i32.const 2))
  (func $number3 (type $number_f) (i32.const 3))

  (func $function (export "function") (param $acc i64) (result funcref)
    (table.get $numbers (i32.and (i32.wrap_i64 (local.get $acc)) (i32.const 3))))

  (func $number (export "number") (param $function funcref) (result i64)
    (table.set $scratch (i32.const 0) (local.get $function))
    (i64.extend_i32_s (call_indirect $scratch (type $number_f) (i32.const 0))))

  (func $fold_ref (param $ref externref) (result i64)
    (i64.extend_i32_s (call $id (local.get $ref))))

  (func $fold_two (param i32 f64 externref) (result i64)
    (call $mix
      (call $mix (i64.extend_i32_s (local.get 0)) (call $whole (local.get 1)))
      (call $fold_ref (local.get 2))))

  (func $fold_wide
    (param i64 i32 i64 i64 externref i64 i32 f64 i64 i64) (result i64)
    (local $acc i64)
    (local.set $acc (call $mix (local.get 0) (i64.extend_i32_s (local.get 1))))
    (local.set $acc (call $mix (local.get $acc) (local.get 2)))
    (local.set $acc (call $mix (local.get $acc) (local.get 3)))
    (local.set $acc (call $mix (local.get $acc) (call $fold_ref (local.get 4))))
    (local.set $acc (call $mix (local.get $acc) (local.get 5)))
    (local.set $acc (call $mix (local.get $acc) (i64.extend_i32_s (local.get 6))))
    (local.set $acc (call $mix (local.get $acc) (call $whole (local.get 7))))
    (local.set $acc (call $mix (local.get $acc) (local.get 8)))
    (call $mix (local.get $acc) (local.get 9)))

  ;; -- slot words
  ;; @slots

  ;; -- continuations for the host, and from it
  ;; @host

  ;; -- functions that continuations start with, beside $body and $leaf

  ;; Puts whoever switched to it into a slot.
  (func $sym_body (export "sym_body") (type $sym_body_f)
    (param $pc i32) (param $slot i32) (param $acc i64) (param $from (ref null $sym)) (result i64)
    (call $note (i64.const 200))
    (call $note (local.get $acc))
    (table.set $Sym (local.get $slot) (local.get $from))
    (i64.add (call $body (local.get $pc) (local.get $acc)) (i64.const 1)))

  (func $wide_body (export "wide_body") (type $wide_f)
    (param $pc i32) (param $p1 i64) (param $p2 f32) (param $p3 f64) (param $p4 externref)
    (param $p5 funcref) (param $p6 i32) (param $p7 i64) (param $p8 f64) (param $p9 i64)
    (param $p10 f32) (param $p11 i64)
    (result i64 i32 i64 i64 externref i64 i32 f64 i64 i64)
    (local $acc i64)
    (local.set $acc
      (call $mix (local.get $p1) (call $whole (f64.promote_f32 (local.get $p2)))))
    (local.set $acc (call $mix (local.get $acc) (call $whole (local.get $p3))))
    (local.set $acc (call $mix (local.get $acc) (call $fold_ref (local.get $p4))))
    (local.set $acc (call $mix (local.get $acc) (call $number (local.get $p5))))
    (local.set $acc (call $mix (local.get $acc) (i64.extend_i32_s (local.get $p6))))
    (local.set $acc (call $mix (local.get $acc) (local.get $p7)))
    (local.set $acc (call $mix (local.get $acc) (call $whole (local.get $p8))))
    (local.set $acc (call $mix (local.get $acc) (local.get $p9)))
    (local.set $acc
      (call $mix (local.get $acc) (call $whole (f64.promote_f32 (local.get $p10)))))
    (local.set $acc (call $mix (local.get $acc) (local.get $p11)))
    (call $note (local.get $acc))
    (local.set $acc (call $body (local.get $pc) (local.get $acc)))
    (local.get $acc)
    (i32.wrap_i64 (local.get $acc))
    (i64.add (local.get $acc) (i64.const 1))
    (local.get $p7)
    (local.get $p4)
    (local.get $p9)
    (local.get $p6)
    (call $double (local.get $acc))
    (local.get $p1)
    (local.get $p11))

  ;; -- the interpreter of bodies

  (func $burn (param $units i32)
    (global.set $fuel
      (select
        (i32.sub (global.get $fuel) (local.get $units))
        (i32.const 0)
        (i32.gt_u (global.get $fuel) (local.get $units)))))

  ;; A body, $depth frames further down.
  (func $deep (param $depth i32) (param $pc i32) (param $acc i64) (result i64)
    (if (i32.eqz (local.get $depth))
      (then (return (call $body (local.get $pc) (local.get $acc)))))
    (i64.add
      (i64.extend_i32_u (local.get $depth))
      (call $deep
        (i32.sub (local.get $depth) (i32.const 1))
        (local.get $pc)
        (i64.add (local.get $acc) (i64.extend_i32_u (local.get $depth))))))

  (func $forever (param i64) (result i64)
    (i64.add (call $forever (i64.add (local.get 0) (i64.const 1))) (local.get 0)))

  (func $fault (param $how i32)
    (if (i32.eq (local.get $how) (i32.const 0)) (then (unreachable)))
    (if (i32.eq (local.get $how) (i32.const 1))
      (then (drop (i32.div_u (local.get $how) (i32.const 0)))))
    (if (i32.eq (local.get $how) (i32.const 2))
      (then (drop (i32.load (i32.const -16)))))
    (if (i32.eq (local.get $how) (i32.const 3))
      (then (drop (cont.new $plain (ref.null $plain_f)))))
    (drop (call $forever (i64.const 0))))

  (func $body (export "body") (type $body_f) (param $pc i32) (param $acc i64) (result i64)
    (local $at i32) (local $a i32) (local $b i32) (local $c i32)
    (local $k (ref null $plain)) (local $x externref) (local $f f64)
    (local $v i64) (local $v32 f32) (local $plain (ref null $plain))
    (local $from (ref null $sym)) (local $function funcref)
    (loop $next
      (if (i32.eqz (global.get $fuel)) (then (return (local.get $acc))))
      (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      (local.set $at (i32.add (i32.shl (local.get $pc) (i32.const 4)) (i32.const 4096)))
      (local.set $a (i32.load offset=4 (local.get $at)))
      (local.set $b (i32.load offset=8 (local.get $at)))
      (local.set $c (i32.load offset=12 (local.get $at)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      ;; @instructions
    )
    (unreachable))

  ;; -- exceptions

  (func $try0 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (block $one (result i64)
      (try_table (catch $one $one)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $acc)
    (call $note (i64.const 301))
    (call $note (local.get $acc))
    (i64.add (local.get $acc) (i64.const 1)))

  (func $try1 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (block $two (result i32 f64 externref)
      (try_table (catch $two $two)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $acc (call $fold_two))
    (call $note (i64.const 302))
    (call $note (local.get $acc))
    (i64.add (local.get $acc) (i64.const 2)))

  (func $try2 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (block $all
      (try_table (catch_all $all)
        (return (call $body (local.get $pc) (local.get $acc)))))
    (call $note (i64.const 303))
    (i64.add (local.get $acc) (i64.const 3)))

  (func $try3 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (local $exn exnref)
    (block $one (result i64 exnref)
      (try_table (catch_ref $one $one)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $exn)
    (local.set $acc)
    (table.set $exns (i32.and (local.get $c) (i32.const 1)) (local.get $exn))
    (call $note (i64.const 304))
    (call $note (local.get $acc))
    (i64.add (local.get $acc) (i64.const 4)))

  (func $try4 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (local $exn exnref)
    (block $all (result exnref)
      (try_table (catch_all_ref $all)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $exn)
    (call $note (i64.const 305))
    (call $note (local.get $acc))
    (throw_ref (local.get $exn)))

  (func $try5 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (local $exn exnref)
    (block $all (result exnref)
      (try_table (catch_all_ref $all)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $exn)
    (table.set $exns (i32.and (local.get $c) (i32.const 1)) (local.get $exn))
    (call $note (i64.const 306))
    (i64.add (local.get $acc) (i64.const 6)))

  (func $try6 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (block $all
      (block $one (result i64)
        (block $two (result i32 f64 externref)
          (try_table (catch $two $two) (catch $one $one) (catch_all $all)
            (return (call $body (local.get $pc) (local.get $acc))))
          (unreachable))
        (local.set $acc (call $fold_two))
        (call $note (i64.const 307))
        (call $note (local.get $acc))
        (return (i64.add (local.get $acc) (i64.const 7))))
      (local.set $acc)
      (call $note (i64.const 308))
      (call $note (local.get $acc))
      (return (i64.add (local.get $acc) (i64.const 8))))
    (unreachable))

  (func $try7 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (block $one (result i64)
      (try_table (catch $one $one)
        (return (call $body (local.get $pc) (local.get $acc))))
      (unreachable))
    (local.set $acc)
    (call $note (i64.const 310))
    (throw $two
      (i32.wrap_i64 (local.get $acc))
      (call $double (local.get $acc))
      (call $make (local.get $acc))))

  ;; @legacy

  ;; -- sites: one function for each instruction that resumes

  ;; A continuation returned.
  (func $returned (param $acc i64) (param $value i64) (result i64)
    (call $note (i64.const 500))
    (call $note (local.get $value))
    (i64.add (local.get $acc) (i64.mul (local.get $value) (i64.const 3))))

  ;; A continuation suspended to a clause, and is stored.
  (func $captured (param $clause i64) (param $value i64) (result i64)
    (call $note (i64.add (local.get $clause) (i64.const 400)))
    (call $note (local.get $value))
    (i64.add (local.get $clause) (i64.mul (local.get $value) (i64.const 3))))
  ;; @sites
)
