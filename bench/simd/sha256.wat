;; SHA-256. `sha256` hashes a message of n blocks, each the bytes 0 to 63, and answers with the first word of the
;; digest. The words of a block are computed in lanes; the rounds, each of which needs the one before, are not.
;;
;;       0  the block, 64 bytes    256  constants of the rounds    512  words    768  words + constants
(module $sha256
  (memory (export "memory") 1)
  (global $a (mut i32) (i32.const 0x6a09e667)) (global $b (mut i32) (i32.const 0xbb67ae85))
  (global $c (mut i32) (i32.const 0x3c6ef372)) (global $d (mut i32) (i32.const 0xa54ff53a))
  (global $e (mut i32) (i32.const 0x510e527f)) (global $f (mut i32) (i32.const 0x9b05688c))
  (global $g (mut i32) (i32.const 0x1f83d9ab)) (global $h (mut i32) (i32.const 0x5be0cd19))
  (data (i32.const 256)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")

  ;; The words 0 to 63 at 512, and each with its constant at 768.
  (func $words
    (local $p i32) (local $w v128) (local $x v128)
    ;; 16 of the block, whose bytes come the other way round
    (loop $first
      (v128.store offset=512 (local.get $p) (local.tee $w
        (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12
          (v128.load (local.get $p)) (v128.const i32x4 0 0 0 0))))
      (v128.store offset=768 (local.get $p)
        (i32x4.add (local.get $w) (v128.load offset=256 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (br_if $first (i32.lt_u (local.get $p) (i32.const 64))))
    ;; 48 more: w[i] = w[i-16] + s0(w[i-15]) + w[i-7] + s1(w[i-2])
    (loop $next
      (local.set $x (v128.load offset=452 (local.get $p)))
      (local.set $w (i32x4.add
        (i32x4.add (v128.load offset=448 (local.get $p)) (v128.load offset=484 (local.get $p)))
        (v128.xor
          (v128.xor
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 7)) (i32x4.shl (local.get $x) (i32.const 25)))
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 18)) (i32x4.shl (local.get $x) (i32.const 14))))
          (i32x4.shr_u (local.get $x) (i32.const 3)))))
      ;; Two of the four are whole with this; they are what the other two need.
      (local.set $x (v128.load64_zero offset=504 (local.get $p)))
      (local.set $w (i32x4.add (local.get $w)
        (v128.xor
          (v128.xor
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 17)) (i32x4.shl (local.get $x) (i32.const 15)))
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 19)) (i32x4.shl (local.get $x) (i32.const 13))))
          (i32x4.shr_u (local.get $x) (i32.const 10)))))
      (local.set $x (i8x16.shuffle 16 17 18 19 20 21 22 23 0 1 2 3 4 5 6 7
        (local.get $w) (v128.const i32x4 0 0 0 0)))
      (local.set $w (i32x4.add (local.get $w)
        (v128.xor
          (v128.xor
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 17)) (i32x4.shl (local.get $x) (i32.const 15)))
            (v128.or
              (i32x4.shr_u (local.get $x) (i32.const 19)) (i32x4.shl (local.get $x) (i32.const 13))))
          (i32x4.shr_u (local.get $x) (i32.const 10)))))
      (v128.store offset=512 (local.get $p) (local.get $w))
      (v128.store offset=768 (local.get $p)
        (i32x4.add (local.get $w) (v128.load offset=256 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $p) (i32.const 256)))))

  ;; All rounds of one block, eight in a turn: after those, each local is where it was.
  (func $block
    (local $p i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (call $words)
    (local.set $a (global.get $a))
    (local.set $b (global.get $b))
    (local.set $c (global.get $c))
    (local.set $d (global.get $d))
    (local.set $e (global.get $e))
    (local.set $f (global.get $f))
    (local.set $g (global.get $g))
    (local.set $h (global.get $h))
    (loop $turn
      (local.set $h (i32.add
        (i32.add
          (i32.add (local.get $h) (i32.load offset=768 (local.get $p)))
          (i32.xor (local.get $g) (i32.and (local.get $e) (i32.xor (local.get $f) (local.get $g)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $e) (i32.const 6)) (i32.rotr (local.get $e) (i32.const 11)))
          (i32.rotr (local.get $e) (i32.const 25)))))
      (local.set $d (i32.add (local.get $d) (local.get $h)))
      (local.set $h (i32.add
        (i32.add (local.get $h) (i32.or (i32.and (local.get $a) (local.get $b)) (i32.and (local.get $c) (i32.or (local.get $a) (local.get $b)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $a) (i32.const 2)) (i32.rotr (local.get $a) (i32.const 13)))
          (i32.rotr (local.get $a) (i32.const 22)))))
      (local.set $g (i32.add
        (i32.add
          (i32.add (local.get $g) (i32.load offset=772 (local.get $p)))
          (i32.xor (local.get $f) (i32.and (local.get $d) (i32.xor (local.get $e) (local.get $f)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $d) (i32.const 6)) (i32.rotr (local.get $d) (i32.const 11)))
          (i32.rotr (local.get $d) (i32.const 25)))))
      (local.set $c (i32.add (local.get $c) (local.get $g)))
      (local.set $g (i32.add
        (i32.add (local.get $g) (i32.or (i32.and (local.get $h) (local.get $a)) (i32.and (local.get $b) (i32.or (local.get $h) (local.get $a)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $h) (i32.const 2)) (i32.rotr (local.get $h) (i32.const 13)))
          (i32.rotr (local.get $h) (i32.const 22)))))
      (local.set $f (i32.add
        (i32.add
          (i32.add (local.get $f) (i32.load offset=776 (local.get $p)))
          (i32.xor (local.get $e) (i32.and (local.get $c) (i32.xor (local.get $d) (local.get $e)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $c) (i32.const 6)) (i32.rotr (local.get $c) (i32.const 11)))
          (i32.rotr (local.get $c) (i32.const 25)))))
      (local.set $b (i32.add (local.get $b) (local.get $f)))
      (local.set $f (i32.add
        (i32.add (local.get $f) (i32.or (i32.and (local.get $g) (local.get $h)) (i32.and (local.get $a) (i32.or (local.get $g) (local.get $h)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $g) (i32.const 2)) (i32.rotr (local.get $g) (i32.const 13)))
          (i32.rotr (local.get $g) (i32.const 22)))))
      (local.set $e (i32.add
        (i32.add
          (i32.add (local.get $e) (i32.load offset=780 (local.get $p)))
          (i32.xor (local.get $d) (i32.and (local.get $b) (i32.xor (local.get $c) (local.get $d)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $b) (i32.const 6)) (i32.rotr (local.get $b) (i32.const 11)))
          (i32.rotr (local.get $b) (i32.const 25)))))
      (local.set $a (i32.add (local.get $a) (local.get $e)))
      (local.set $e (i32.add
        (i32.add (local.get $e) (i32.or (i32.and (local.get $f) (local.get $g)) (i32.and (local.get $h) (i32.or (local.get $f) (local.get $g)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $f) (i32.const 2)) (i32.rotr (local.get $f) (i32.const 13)))
          (i32.rotr (local.get $f) (i32.const 22)))))
      (local.set $d (i32.add
        (i32.add
          (i32.add (local.get $d) (i32.load offset=784 (local.get $p)))
          (i32.xor (local.get $c) (i32.and (local.get $a) (i32.xor (local.get $b) (local.get $c)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $a) (i32.const 6)) (i32.rotr (local.get $a) (i32.const 11)))
          (i32.rotr (local.get $a) (i32.const 25)))))
      (local.set $h (i32.add (local.get $h) (local.get $d)))
      (local.set $d (i32.add
        (i32.add (local.get $d) (i32.or (i32.and (local.get $e) (local.get $f)) (i32.and (local.get $g) (i32.or (local.get $e) (local.get $f)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $e) (i32.const 2)) (i32.rotr (local.get $e) (i32.const 13)))
          (i32.rotr (local.get $e) (i32.const 22)))))
      (local.set $c (i32.add
        (i32.add
          (i32.add (local.get $c) (i32.load offset=788 (local.get $p)))
          (i32.xor (local.get $b) (i32.and (local.get $h) (i32.xor (local.get $a) (local.get $b)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $h) (i32.const 6)) (i32.rotr (local.get $h) (i32.const 11)))
          (i32.rotr (local.get $h) (i32.const 25)))))
      (local.set $g (i32.add (local.get $g) (local.get $c)))
      (local.set $c (i32.add
        (i32.add (local.get $c) (i32.or (i32.and (local.get $d) (local.get $e)) (i32.and (local.get $f) (i32.or (local.get $d) (local.get $e)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $d) (i32.const 2)) (i32.rotr (local.get $d) (i32.const 13)))
          (i32.rotr (local.get $d) (i32.const 22)))))
      (local.set $b (i32.add
        (i32.add
          (i32.add (local.get $b) (i32.load offset=792 (local.get $p)))
          (i32.xor (local.get $a) (i32.and (local.get $g) (i32.xor (local.get $h) (local.get $a)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $g) (i32.const 6)) (i32.rotr (local.get $g) (i32.const 11)))
          (i32.rotr (local.get $g) (i32.const 25)))))
      (local.set $f (i32.add (local.get $f) (local.get $b)))
      (local.set $b (i32.add
        (i32.add (local.get $b) (i32.or (i32.and (local.get $c) (local.get $d)) (i32.and (local.get $e) (i32.or (local.get $c) (local.get $d)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $c) (i32.const 2)) (i32.rotr (local.get $c) (i32.const 13)))
          (i32.rotr (local.get $c) (i32.const 22)))))
      (local.set $a (i32.add
        (i32.add
          (i32.add (local.get $a) (i32.load offset=796 (local.get $p)))
          (i32.xor (local.get $h) (i32.and (local.get $f) (i32.xor (local.get $g) (local.get $h)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $f) (i32.const 6)) (i32.rotr (local.get $f) (i32.const 11)))
          (i32.rotr (local.get $f) (i32.const 25)))))
      (local.set $e (i32.add (local.get $e) (local.get $a)))
      (local.set $a (i32.add
        (i32.add (local.get $a) (i32.or (i32.and (local.get $b) (local.get $c)) (i32.and (local.get $d) (i32.or (local.get $b) (local.get $c)))))
        (i32.xor
          (i32.xor (i32.rotr (local.get $b) (i32.const 2)) (i32.rotr (local.get $b) (i32.const 13)))
          (i32.rotr (local.get $b) (i32.const 22)))))
      (local.set $p (i32.add (local.get $p) (i32.const 32)))
      (br_if $turn (i32.lt_u (local.get $p) (i32.const 256))))
    (global.set $a (i32.add (global.get $a) (local.get $a)))
    (global.set $b (i32.add (global.get $b) (local.get $b)))
    (global.set $c (i32.add (global.get $c) (local.get $c)))
    (global.set $d (i32.add (global.get $d) (local.get $d)))
    (global.set $e (i32.add (global.get $e) (local.get $e)))
    (global.set $f (i32.add (global.get $f) (local.get $f)))
    (global.set $g (i32.add (global.get $g) (local.get $g)))
    (global.set $h (i32.add (global.get $h) (local.get $h))))

  (func (export "sha256") (param $n i32) (result i32)
    (local $p i32) (local $bits i64)
    (local.set $bits (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 9)))
    (loop $bytes
      (i32.store8 (local.get $p) (local.get $p))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $p) (i32.const 64))))
    (loop $again
      (call $block)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ;; the end: one bit, zeros, and the number of bits, its bytes the other way round
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
    (i32.store8 (i32.const 0) (i32.const 0x80))
    (local.set $p (i32.const 63))
    (loop $length
      (i64.store8 (local.get $p) (local.get $bits))
      (local.set $bits (i64.shr_u (local.get $bits) (i64.const 8)))
      (br_if $length (i32.ge_u (local.tee $p (i32.sub (local.get $p) (i32.const 1))) (i32.const 56))))
    (call $block)
    (global.get $a)))
