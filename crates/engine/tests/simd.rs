//! Vectors where only this machine can lose them: in frames that move, across transfers and waits, in
//! globals, on their way to the host.

mod common;

use bident::{
    Answer, Config, Engine, ErrorKind, Func, FuncType, Global, GlobalType, Linker, Payload, Reply,
    Store, TrapCode, Val, ValType,
};
use common::{Guest, assert_values, both, both_with, returned};
use std::fmt::Write;

/// Joins what `piece` gives for `0..count`.
fn join(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(" ")
}

/// Applies a function lane by lane.
fn lanes(a: u128, b: u128, f: impl Fn(u32, u32) -> u32) -> u128 {
    (0..4).fold(0, |bits, i| {
        let lane = |v: u128| (v >> (32 * i)) as u32;
        bits | u128::from(f(lane(a), lane(b))) << (32 * i)
    })
}

fn add(a: u128, b: u128) -> u128 {
    lanes(a, b, u32::wrapping_add)
}

fn splat(x: u32) -> u128 {
    (0..4).fold(0, |bits, i| bits | u128::from(x) << (32 * i))
}

/// What each frame adds to the vector that it passes on: lanes 1, 2, 3, 4.
const STEP: u128 = 0x0000_0004_0000_0003_0000_0002_0000_0001;

/// How the innermost frame gets its result, and what that adds to its vector.
const BOTTOMS: [(&str, u32); 5] = [
    ("return", 0),
    ("host", 7),
    ("wait", 100),
    ("suspend", 1000),
    ("switch", 3000),
];

/// A module with an export for each way: it recurses with `live` vectors alive across the call, which
/// differ from frame to frame, and gives the sum of all.
fn recursive(live: usize) -> String {
    let frames = |name: &str, bottom: &str| {
        format!(
            "(func ${name} (param $n i32) (param $v v128) (result v128) {locals} {sets}
               (if (result v128) (i32.eqz (local.get $n)) (then {bottom}) (else
                 (call ${name} (i32.sub (local.get $n) (i32.const 1))
                   (i32x4.add (local.get $v) (v128.const i32x4 1 2 3 4)))))
               {adds})",
            locals = join(live, |i| format!("(local $v{i} v128)")),
            sets = join(live, |i| format!(
                "(local.set $v{i} (i32x4.add (i32x4.splat (local.get $n))
                   (i32x4.mul (local.get $v) (i32x4.splat (i32.const {})))))",
                2 * i + 3
            )),
            adds = join(live, |i| format!("(i32x4.add (local.get $v{i}))")),
        )
    };
    format!(
        r#"(module
          (import "host" "host" (func $host (param v128) (result v128)))
          (import "host" "wait" (func $wait (param v128) (result v128)))
          (type $f (func (param i32 v128) (result v128))) (type $c (cont $f))
          (type $back (func (param v128) (result v128))) (type $k (cont $back))
          (type $other (func (param v128 (ref null $k)) (result v128))) (type $o (cont $other))
          (tag $t (param v128) (result v128)) (tag $s (result v128))
          (elem declare func $suspend $switch $answer)
          {returns} {hosts} {waits} {suspends} {switches}
          (func $answer (type $other)
            (resume $k (i32x4.add (local.get 0) (i32x4.splat (i32.const 3000))) (local.get 1)))
          (func (export "return") (type $f) (call $return (local.get 0) (local.get 1)))
          (func (export "host") (type $f) (call $hosts (local.get 0) (local.get 1)))
          (func (export "wait") (type $f) (call $waits (local.get 0) (local.get 1)))
          (func (export "suspend") (type $f) (local $k (ref null $k))
            (block $on (result v128 (ref $k))
              (return (resume $c (on $t $on) (local.get 0) (local.get 1)
                (cont.new $c (ref.func $suspend)))))
            (local.set $k)
            (resume $k (i32x4.add (i32x4.splat (i32.const 1000))) (local.get $k)))
          (func (export "switch") (type $f)
            (resume $c (on $s switch) (local.get 0) (local.get 1)
              (cont.new $c (ref.func $switch)))))"#,
        returns = frames("return", "(local.get $v)"),
        hosts = frames("hosts", "(call $host (local.get $v))"),
        waits = frames("waits", "(call $wait (local.get $v))"),
        suspends = frames("suspend", "(suspend $t (local.get $v))"),
        switches = frames(
            "switch",
            "(switch $o $s (local.get $v) (cont.new $o (ref.func $answer)))"
        ),
    )
}

fn sum(live: usize, depth: u32, v: u128, bottom: u32) -> u128 {
    let (mut total, mut v) = (splat(bottom), v);
    for n in (0..=depth).rev() {
        for i in 0..live as u32 {
            let product = lanes(v, splat(2 * i + 3), u32::wrapping_mul);
            total = add(total, add(product, splat(n)));
        }
        if n > 0 {
            v = add(v, STEP);
        }
    }
    add(total, v)
}

fn with_host(engine: &Engine, wat: &str) -> Guest<()> {
    Guest::new(engine, wat, (), |linker| {
        linker
            .func_wrap("host", "host", |v: u128| add(v, splat(7)))
            .unwrap();
        linker
            .func_wrap("host", "wait", |v: u128| Reply::<u128, u128>::Pending(v))
            .unwrap();
    })
}

#[test]
fn vectors_survive_growth_at_every_depth() {
    both(|engine| {
        for live in [0, 1, 2, 3, 7, 15, 16, 17, 30] {
            let mut guest = with_host(engine, &recursive(live));
            let before = guest.store.stats().moves;
            for (i, depth) in (0..24).chain([100, 400]).enumerate() {
                for (way, bottom) in BOTTOMS {
                    let v = u128::MAX / (i as u128 + 3);
                    let params = [Val::I32(depth as i32), v.into()];
                    let results = if way == "wait" {
                        let mut parked = guest.park(way, &params);
                        let asked: u128 = parked.payload().take().unwrap();
                        let answer = add(asked, splat(bottom));
                        returned(parked.resume(&mut guest.store, &[answer.into()]))
                    } else {
                        guest.call(way, &params).unwrap()
                    };
                    let expected = sum(live, depth, v, bottom);
                    assert_eq!(
                        results[0].v128(),
                        Some(expected),
                        "{way}: {live} vectors, depth {depth}"
                    );
                }
            }
            assert!(guest.store.stats().moves > before);
            guest.check_freed();
        }
    });
}

/// More than registers hold, among others, through each kind of call, block and branch.
#[test]
fn many_vectors_pass_through_calls_and_blocks() {
    use ValType::{F32, I64, V128};
    for count in [1, 8, 9, 20, 99] {
        let types: Vec<_> = [V128, V128, I64, V128, F32]
            .into_iter()
            .cycle()
            .take(count)
            .collect();
        let list = |word: &str| join(count, |i| format!("({word} {})", types[i]));
        let (params, results) = (list("param"), list("result"));
        let get = join(count, |i| format!("local.get {i}"));
        let set = join(count, |i| format!("local.set {}", count - 1 - i));
        let wat = format!(
            r#"(module
              (type $f (func {params} {results})) (import "host" "id" (func $host (type $f)))
              (table funcref (elem $id))
              (func $id (type $f) {get})
              (func $tail (type $f) {get} return_call $id)
              (func (export "call") (type $f) {get} call $tail)
              (func (export "indirect") (type $f) {get} (call_indirect (type $f) (i32.const 0)))
              (func (export "reference") (type $f) {get} (call_ref $f (ref.func $id)))
              (func (export "host") (type $f) {get} call $host)
              (func (export "blocks") (type $f) (local $i i32)
                {get}
                (loop $again (type $f)
                  (block (type $f) (br_if 0 (i32.const 1)) unreachable)
                  {set} {get}
                  (if (type $f) (i32.and (local.get $i) (i32.const 1))
                    (then {set} {get}) (else (br 0)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $again (i32.lt_u (local.get $i) (i32.const 4))))
                (block $a (type $f) (block $b (type $f)
                  (br_table $a $b (i32.const 1)))))
              (func (export "select") (type $f)
                {selects}))"#,
            selects = join(count, |i| format!(
                "(select (result {ty}) (local.get {i}) (local.get {i}) (i32.const {bit}))",
                ty = types[i],
                bit = i % 2
            )),
        );
        both(|engine| {
            let mut guest = Guest::new(engine, &wat, (), |linker| {
                let ty = FuncType::new(types.clone(), types.clone());
                let id = |_: bident::Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
                    results.clone_from_slice(params);
                    Ok(Answer::Ready)
                };
                linker.func_new("host", "id", ty, id).unwrap();
            });
            for (seed, way) in ["call", "indirect", "reference", "host", "blocks", "select"]
                .into_iter()
                .enumerate()
            {
                let values = guest.values(&types, seed * 100);
                assert_values(&guest.call(way, &values).unwrap(), &values);
            }
        });
    }
}

#[test]
fn typed_functions_take_and_give_vectors() {
    both(|engine| {
        let wat = r#"(module
          (import "host" "one" (func $one (param v128) (result v128)))
          (import "host" "mixed"
            (func $mixed (param i32 v128 f64 v128) (result i32 v128 f32)))
          (import "host" "eight" (func $eight
            (param v128 v128 v128 v128 v128 v128 v128 v128) (result v128)))
          (import "host" "none" (func $none (param v128)))
          (func (export "one") (param v128) (result v128) (call $one (local.get 0)))
          (func (export "mixed") (param v128) (result i32 v128 f32)
            (call $mixed (i32.const -5) (local.get 0) (f64.const 1.5) (v128.const i64x2 1 2)))
          (func (export "eight") (param v128) (result v128)
            (call $none (local.get 0))
            (call $eight (local.get 0) (v128.const i64x2 1 0) (v128.const i64x2 2 0)
              (v128.const i64x2 3 0) (v128.const i64x2 4 0) (v128.const i64x2 5 0)
              (v128.const i64x2 6 0) (v128.const i64x2 7 0))))"#;
        let mut guest = Guest::new(engine, wat, 0u128, |linker| {
            linker.func_wrap("host", "one", |v: u128| !v).unwrap();
            linker
                .func_wrap("host", "mixed", |a: i32, v: u128, x: f64, w: u128| {
                    (a - 1, v ^ w, x as f32)
                })
                .unwrap();
            #[expect(clippy::too_many_arguments, reason = "as many as there can be")]
            fn sum(a: u128, b: u128, c: u128, d: u128, e: u128, f: u128, g: u128, h: u128) -> u128 {
                a + b + c + d + e + f + g + h
            }
            linker.func_wrap("host", "eight", sum).unwrap();
            linker
                .func_wrap(
                    "host",
                    "none",
                    |mut caller: bident::Caller<'_, u128>, v: u128| *caller.data_mut() = v,
                )
                .unwrap();
        });
        const V: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;
        let one = guest.func("one");
        let one = one.typed::<u128, u128>(&mut guest.store).unwrap();
        assert_eq!(one.call(&mut guest.store, V).unwrap(), !V);
        let mixed = guest.func("mixed");
        let mixed = mixed.typed::<(u128,), (i32, u128, f32)>(&mut guest.store);
        let results = mixed.unwrap().call(&mut guest.store, (V,)).unwrap();
        assert_eq!(results, (-6, V ^ (2 << 64 | 1), 1.5));
        let eight = guest.func("eight");
        let eight = eight.typed::<u128, u128>(&mut guest.store).unwrap();
        assert_eq!(eight.call(&mut guest.store, V).unwrap(), V + 28);
        assert_eq!(*guest.store.data(), V);
        assert!(
            guest
                .func("one")
                .typed::<u64, u128>(&mut guest.store)
                .is_err()
        );
    });
}

#[test]
fn globals_and_constant_expressions_hold_vectors() {
    both(|engine| {
        let wat = r#"(module
          (import "host" "g" (global $in v128)) (import "host" "m" (global $m (mut v128)))
          (global $c v128 (v128.const i32x4 1 2 3 4))
          (global $copy (export "copy") v128 (global.get $in))
          (global $small (mut i32) (i32.const 1))
          (global $own (export "own") (mut v128) (global.get $c))
          (func (export "turn") (result v128)
            (global.set $own (i32x4.add (global.get $own) (global.get $m)))
            (global.set $small (i32.const -1))
            (global.set $m (i32x4.add (global.get $c) (global.get $copy)))
            (global.get $own)))"#;
        let mut store = Store::new(engine, ());
        let global = |store: &mut Store<()>, mutable, value: u128| {
            let content = ValType::V128;
            Global::new(store, GlobalType { content, mutable }, value.into()).unwrap()
        };
        let (constant, variable) = (1 << 127 | 5, 0xffff_ffff);
        let fixed = global(&mut store, false, constant);
        let shared = global(&mut store, true, variable);
        let mut guest = Guest::within(store, wat, |linker| {
            linker.define("host", "g", fixed).unwrap();
            linker.define("host", "m", shared).unwrap();
        });
        let get = |guest: &mut Guest<()>, name: &str| {
            let global = guest.instance.get_global(&mut guest.store, name).unwrap();
            global.get(&mut guest.store).v128().unwrap()
        };
        assert_eq!(get(&mut guest, "copy"), constant);
        assert_eq!(get(&mut guest, "own"), STEP);
        let own = add(STEP, variable);
        assert_values(&guest.call("turn", &[]).unwrap(), &[own.into()]);
        assert_eq!(get(&mut guest, "own"), own);
        let changed = shared.get(&mut guest.store).v128();
        assert_eq!(changed, Some(add(STEP, constant)));
        shared.set(&mut guest.store, u128::MAX.into()).unwrap();
        let error = shared.set(&mut guest.store, Val::I64(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let own = add(own, u128::MAX);
        assert_values(&guest.call("turn", &[]).unwrap(), &[own.into()]);
    });
}

/// Words that look like references, of every kind that a collection knows, keep at most garbage.
#[test]
fn vectors_that_look_like_references_do_no_harm() {
    both(|engine| {
        let wat = r#"(module
          (import "host" "wait" (func $wait (param v128) (result v128)))
          (import "host" "host" (func $host (param v128) (result v128)))
          (tag $x (param v128 v128))
          (global (export "g") (mut v128) (v128.const i64x2 0 0))
          (func (export "throw") (param v128) (global.set 0 (local.get 0))
            (throw $x (local.get 0) (local.get 0)))
          (func (export "wait") (param v128) (result v128)
            (i32x4.add (call $wait (local.get 0)) (local.get 0))))"#;
        let mut guest = with_host(engine, wat);
        for tag in [0u64, 0xE8F1 << 48, 0xE8F2 << 48] {
            for index in 0..40 {
                let word = tag | (index % 4) << 32 | index;
                let bits = u128::from(word) << 64 | u128::from(word);
                let error = guest.call("throw", &[bits.into()]).unwrap_err();
                let exception = error.exception().expect("thrown");
                let parked = guest.park("wait", &[bits.into()]);
                guest.store.gc();
                let values = exception.values(&mut guest.store);
                assert_values(&values, &[bits.into(), bits.into()]);
                let mut error = parked.resume_word(&mut guest.store, word).unwrap_err();
                let parked = error.take_parked().expect("a word is no vector");
                let results = returned(parked.resume(&mut guest.store, &[STEP.into()]));
                assert_eq!(results[0].v128(), Some(add(STEP, bits)));
            }
        }
        guest.check_freed();
    });
}

#[test]
fn a_pending_answer_of_several_vectors() {
    both(|engine| {
        let wat = r#"(module
          (import "host" "read" (func $read (result v128 i32 v128)))
          (func (export "f") (result v128 i32 v128) call $read))"#;
        let mut guest = Guest::new(engine, wat, (), |linker: &mut Linker<()>| {
            let ty = FuncType::new([], [ValType::V128, ValType::I32, ValType::V128]);
            linker
                .func_new("host", "read", ty, |_, _, _| {
                    Ok(Answer::Pending(Payload::NONE))
                })
                .unwrap();
        });
        let values = [Val::from(u128::MAX), Val::I32(-1), STEP.into()];
        let parked = guest.park("f", &[]);
        let wrong = [Val::I64(1), Val::I32(-1), STEP.into()];
        let mut error = parked.resume(&mut guest.store, &wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let parked = error.take_parked().expect("still parked");
        let mut error = parked.resume_word(&mut guest.store, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let parked = error.take_parked().expect("still parked");
        assert_values(&returned(parked.resume(&mut guest.store, &values)), &values);
    });
}

#[test]
fn vectors_are_not_words() {
    let mut store = Store::new(&Engine::default(), ());
    let ty = FuncType::new([ValType::V128], []);
    let refused = Func::of_words(&mut store, ty, |_, _, _| Ok(Reply::Ready(0)));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Usage);
    let func = Func::wrap(&mut store, |v: u128| v).unwrap();
    assert_eq!(func.words(&store).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(func.ty(&store).to_string(), "(v128) -> (v128)");
}

/// Loads and stores of vectors: what follows the name of the type, and how many bytes they touch.
const ACCESSES: [(&str, u64); 22] = [
    ("load", 16),
    ("load8x8_s", 8),
    ("load8x8_u", 8),
    ("load16x4_s", 8),
    ("load16x4_u", 8),
    ("load32x2_s", 8),
    ("load32x2_u", 8),
    ("load8_splat", 1),
    ("load16_splat", 2),
    ("load32_splat", 4),
    ("load64_splat", 8),
    ("load32_zero", 4),
    ("load64_zero", 8),
    ("load8_lane", 1),
    ("load16_lane", 2),
    ("load32_lane", 4),
    ("load64_lane", 8),
    ("store", 16),
    ("store8_lane", 1),
    ("store16_lane", 2),
    ("store32_lane", 4),
    ("store64_lane", 8),
];

#[test]
fn a_vector_does_not_reach_beyond_the_end_of_a_memory() {
    for (index, end, size) in [
        ("i32", 65536, "1"),
        ("i64", 65536, "1"),
        ("i32", 1003, "1003 (pagesize 1)"),
        ("i64", 1003, "1003 (pagesize 1)"),
    ] {
        let memories = format!("(memory $other 1) (memory $m (export \"m\") {index} {size})");
        let mut wat = format!("(module {memories}");
        for (op, _) in ACCESSES {
            let vector = match op.contains("lane") || op.starts_with("store") {
                true => "(local.get 1)",
                false => "",
            };
            let lane = if op.contains("lane") { "1" } else { "" };
            let result = if op.starts_with("load") {
                "(result v128)"
            } else {
                ""
            };
            for offset in [0, 3, 0xffff_fff0u32] {
                let _ = write!(
                    wat,
                    "(func (export \"{op} {offset}\") (param {index} v128) {result}
                       (v128.{op} $m offset={offset} {lane} (local.get 0) {vector}))"
                );
            }
        }
        wat += ")";
        both_with(Config::new().custom_page_sizes(true), |engine| {
            let mut guest = Guest::plain(engine, &wat);
            let memory = guest.instance.get_memory(&mut guest.store, "m").unwrap();
            memory.data_mut(&mut guest.store)[end as usize - 16..].fill(0xa5);
            let before = memory.data(&guest.store).to_vec();
            let at = |address: u64| match index {
                "i32" => Val::I32(address as u32 as i32),
                _ => Val::I64(address as i64),
            };
            let filling = Val::from(u128::from_le_bytes([0xa5; 16]));
            for (op, width) in ACCESSES {
                for offset in [0, 3] {
                    let name = format!("{op} {offset}");
                    let last = end - width - offset;
                    guest.call(&name, &[at(last), filling.clone()]).unwrap();
                    for address in [last + 1, end - offset, end, u64::MAX, u64::MAX - 7] {
                        let result = guest.call(&name, &[at(address), 0u128.into()]);
                        let trap = result.expect_err(&name).trap();
                        assert_eq!(trap, Some(TrapCode::MemoryOutOfBounds), "{name}");
                    }
                }
                let far = format!("{op} {}", 0xffff_fff0u32);
                for address in [0, end, u64::MAX] {
                    let result = guest.call(&far, &[at(address), 0u128.into()]);
                    assert_eq!(
                        result.unwrap_err().trap(),
                        Some(TrapCode::MemoryOutOfBounds)
                    );
                }
            }
            assert!(
                memory.data(&guest.store) == before,
                "nothing was written in part"
            );
        });
    }
}

/// A function for each operator, of two vectors or three.
fn operators(list: &[(&str, usize)]) -> String {
    let mut wat = "(module".to_owned();
    for (name, params) in list {
        let _ = write!(
            wat,
            "(func (export \"{name}\") {} (result v128) ({name} {}))",
            "(param v128)".repeat(*params),
            join(*params, |i| format!("(local.get {i})"))
        );
    }
    wat + ")"
}

fn floats(values: [f32; 4]) -> u128 {
    let bits = values.map(f32::to_bits);
    (0..4).fold(0, |all, i| all | u128::from(bits[i]) << (32 * i))
}

fn doubles(values: [f64; 2]) -> u128 {
    u128::from(values[0].to_bits()) | u128::from(values[1].to_bits()) << 64
}

fn bytes(values: [i8; 16]) -> u128 {
    u128::from_le_bytes(values.map(|byte| byte as u8))
}

/// Each operator where implementations differ, and what the deterministic profile says.
#[test]
fn relaxed_operators_are_deterministic_where_asked() {
    const NAN: f32 = f32::NAN;
    let one = 1.0 + f32::EPSILON;
    let (first, second) = (i8::MIN, i8::MAX);
    let mut minus = [0; 16];
    minus[..4].fill(-128);
    let mut sevens = [0; 16];
    sevens[..4].fill(-128);
    let low = |bits: u128| splat(bits as u32);
    let cases: &[(&str, &[u128], u128)] = &[
        (
            "i8x16.relaxed_swizzle",
            &[
                bytes([9; 16]),
                bytes([first, second, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17]),
            ],
            bytes([0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0]),
        ),
        (
            "i32x4.relaxed_trunc_f32x4_s",
            &[floats([NAN, 3e9, -3e9, -1.5])],
            0xffff_ffff_8000_0000_7fff_ffff_0000_0000,
        ),
        (
            "i32x4.relaxed_trunc_f32x4_u",
            &[floats([NAN, 5e9, -1.0, 3e9])],
            0xb2d0_5e00_0000_0000_ffff_ffff_0000_0000,
        ),
        (
            "i32x4.relaxed_trunc_f64x2_s_zero",
            &[doubles([f64::NAN, 1e10])],
            0x7fff_ffff_0000_0000,
        ),
        (
            "i32x4.relaxed_trunc_f64x2_u_zero",
            &[doubles([-1.0, 1e10])],
            0xffff_ffff_0000_0000,
        ),
        // Rounded twice: nothing is left.
        (
            "f32x4.relaxed_madd",
            &[
                floats([one; 4]),
                floats([one; 4]),
                floats([-(one * one); 4]),
            ],
            0,
        ),
        (
            "f32x4.relaxed_nmadd",
            &[
                floats([-one; 4]),
                floats([one; 4]),
                floats([-(one * one); 4]),
            ],
            0,
        ),
        (
            "f64x2.relaxed_madd",
            &[
                doubles([f64::MAX, 0.0]),
                doubles([2.0, 1.0]),
                doubles([f64::NEG_INFINITY, 1.0]),
            ],
            doubles([f64::NAN, 1.0]),
        ),
        (
            "f64x2.relaxed_nmadd",
            &[
                doubles([-f64::MAX, 0.0]),
                doubles([2.0, 1.0]),
                doubles([-f64::MAX, 1.0]),
            ],
            doubles([f64::INFINITY, 1.0]),
        ),
        (
            "i8x16.relaxed_laneselect",
            &[u128::MAX, 0, low(0x0f80_00ff)],
            low(0x0f80_00ff),
        ),
        (
            "i16x8.relaxed_laneselect",
            &[u128::MAX, 0, low(0x8001_0080)],
            low(0x8001_0080),
        ),
        (
            "i32x4.relaxed_laneselect",
            &[u128::MAX, 0, low(0x8000_0001)],
            low(0x8000_0001),
        ),
        (
            "i64x2.relaxed_laneselect",
            &[u128::MAX, 0, 1 << 127 | 3],
            1 << 127 | 3,
        ),
        (
            "f32x4.relaxed_min",
            &[floats([NAN, 1.0, 0.0, -0.0]), floats([1.0, NAN, -0.0, 0.0])],
            floats([NAN, NAN, -0.0, -0.0]),
        ),
        (
            "f32x4.relaxed_max",
            &[floats([NAN, 1.0, 0.0, -0.0]), floats([1.0, NAN, -0.0, 0.0])],
            floats([NAN, NAN, 0.0, 0.0]),
        ),
        (
            "f64x2.relaxed_min",
            &[doubles([1.0, 0.0]), doubles([f64::NAN, -0.0])],
            doubles([f64::NAN, -0.0]),
        ),
        (
            "f64x2.relaxed_max",
            &[doubles([f64::NAN, -0.0]), doubles([1.0, 0.0])],
            doubles([f64::NAN, 0.0]),
        ),
        (
            "i16x8.relaxed_q15mulr_s",
            &[low(0x8000_4000), low(0x8000_8000)],
            low(0x7fff_c000),
        ),
        // Signed, and each sum of two saturates.
        (
            "i16x8.relaxed_dot_i8x16_i7x16_s",
            &[bytes(minus), bytes(sevens)],
            0x7fff_7fff,
        ),
        (
            "i32x4.relaxed_dot_i8x16_i7x16_add_s",
            &[bytes(minus), bytes(sevens), splat(1)],
            splat(1) - 1 + 0xffff,
        ),
    ];
    let list: Vec<_> = cases.iter().map(|case| (case.0, case.1.len())).collect();
    for quick in [false, true] {
        let config = Config::new().deterministic(true).quick_code(quick);
        both_with(config, |engine| {
            let mut guest = Guest::plain(engine, &operators(&list));
            for (name, params, expected) in cases {
                let params: Vec<_> = params.iter().map(|v| Val::from(*v)).collect();
                let results = guest.call(name, &params).unwrap();
                let got = results[0].v128().unwrap();
                assert_eq!(got, *expected, "{name}: {got:#034x}, not {expected:#034x}");
            }
        });
    }
}

/// Whatever NaNs go in, and however much code there is, which decides how it is compiled.
#[test]
fn nans_are_canonical_where_asked() {
    const QUIET: u32 = 0xffe1_2345;
    let scalar = |op: &str| {
        format!(
            "(func (export \"{op}\") (param f32 f32) (result f32) ({op} (local.get 0) (local.get 1)))"
        )
    };
    let vector = [
        ("f32x4.add", 2),
        ("f32x4.min", 2),
        ("f32x4.sqrt", 1),
        ("f32x4.ceil", 1),
    ];
    // How much work it is, with one sum after the other, or with as many blocks that locals may live
    // through.
    let long = |count: usize, blocks: usize| {
        format!(
            "(func (export \"long\") (param f32 f32) (result f32) {} {} {} (local.get 0) {})",
            "(local f32)".repeat(blocks),
            "(block (br_if 0 (f32.eq (local.get 1) (f32.const 1))))".repeat(blocks),
            join(blocks, |i| format!("(drop (local.get {}))", i + 2)),
            "local.get 1 f32.add local.get 0 f32.mul ".repeat(count)
        )
    };
    for (quick, count, blocks) in [
        (false, 10, 0),
        (false, 3_000, 0),
        (false, 10, 1_100),
        (true, 10, 0),
        (true, 3_000, 0),
    ] {
        let config = Config::new().deterministic(true).quick_code(quick);
        let engine = Engine::new(&config.stress(false)).unwrap();
        let functions = [
            "f32.add", "f32.sub", "f32.mul", "f32.div", "f32.min", "f32.max",
        ];
        let text = operators(&vector);
        let text = text.strip_suffix(')').unwrap();
        let text = format!(
            "{text} {} {})",
            functions.map(scalar).join(" "),
            long(count, blocks)
        );
        let mut guest = Guest::plain(&engine, &text);
        for name in functions.into_iter().chain(["long"]) {
            for params in [[QUIET, 0], [0, QUIET], [QUIET, QUIET]] {
                let results = guest.call(name, &params.map(Val::F32)).unwrap();
                assert_values(&results, &[Val::F32(0x7fc0_0000)]);
            }
        }
        let results = guest.call("f32.div", &[Val::F32(0), Val::F32(0)]).unwrap();
        assert_values(&results, &[Val::F32(0x7fc0_0000)]);
        for (name, params) in vector {
            let params = vec![Val::from(splat(QUIET)); params];
            let results = guest.call(name, &params).unwrap();
            assert_values(&results, &[splat(0x7fc0_0000).into()]);
        }
    }
}

#[test]
fn values_of_vectors_convert() {
    let value = Val::from(STEP);
    assert_eq!((value.v128(), value.ty()), (Some(STEP), ValType::V128));
    assert_eq!(value.i64(), None);
    assert_eq!(Val::default_for(ValType::V128).v128(), Some(0));
    let store = Store::new(&Engine::default(), ());
    assert!(value.matches(&store, ValType::V128) && !value.matches(&store, ValType::I64));
    assert!(!Val::I64(0).matches(&store, ValType::V128));
}
