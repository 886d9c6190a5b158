//! Structures and arrays: what keeps them, and that nothing else does; where their memory ends.

mod common;

use bident::{
    AnyKind, AnyRef, Caller, Config, Engine, ErrorKind, ExternRef, Func, Reply, Store, TrapCode,
    Val,
};
use common::{Counter, Guest, both, both_with, parked_call, returned, suspended};
use std::time::{Duration, Instant};

/// `into X` makes a box that holds a host value, with its only reference in place X; `from X` gives the
/// value back.
const GUEST: &str = r#"(module
    (import "host" "gc" (func $gc))
    (import "host" "wait" (func $wait))
    (rec
      (type $box (struct (field $value (mut externref)) (field $next (mut (ref null $box)))
        (field $cont (mut (ref null $k))) (field $exn (mut exnref))))
      (type $late (func (result externref)))
      (type $k (cont $late)))
    (type $row (array (mut (ref null $box))))
    (type $any (array (mut anyref)))
    (type $holds (func (param (ref null $box)) (result externref))) (type $ch (cont $holds))
    (type $takes (func (param (ref null $k)) (result externref))) (type $ct (cont $takes))
    (tag $t (export "t")) (tag $give (export "give") (param (ref null $box)))
    (tag $x (param (ref null $box)))
    (table $table 10 (ref null $box)) (table $exns 10 exnref)
    (global $kept (mut (ref null $box)) (ref.null $box))
    (global $any (mut anyref) (ref.null any))
    (global $cont (mut (ref null $k)) (ref.null $k))
    (elem declare func $body $giver)
    (elem $segment (ref null $box)
      (item (struct.new_default $box)) (item (struct.new_default $box)))

    (func $box (param externref) (result (ref $box))
      (struct.new $box (local.get 0) (ref.null $box) (ref.null $k) (ref.null exn)))
    ;; Makes what was freed be used again.
    (func $churn (export "churn")
      (local $i i32)
      (call $gc)
      (loop $l
        (drop (call $box (ref.null extern)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))
    (func $open (param $b (ref null $box)) (result externref)
      (call $churn) (struct.get $box $value (local.get $b)))

    (func (export "into table") (param externref)
      (table.set $table (i32.const 3) (call $box (local.get 0))))
    (func (export "from table") (result externref) (call $open (table.get $table (i32.const 3))))
    (func (export "into global") (param externref) (global.set $kept (call $box (local.get 0))))
    (func (export "from global") (result externref) (call $open (global.get $kept)))
    (func (export "into array") (param externref)
      (local $row (ref null $row))
      (local.set $row (array.new_default $row (i32.const 5000)))
      (array.set $row (local.get $row) (i32.const 4567) (call $box (local.get 0)))
      (global.set $any (local.get $row)))
    (func (export "from array") (result externref)
      (call $open (array.get $row (ref.cast (ref $row) (global.get $any)) (i32.const 4567))))
    (func (export "into any") (param externref)
      (global.set $any (array.new_fixed $any 3 (ref.i31 (i32.const 1)) (call $box (local.get 0))
        (any.convert_extern (local.get 0)))))
    (func (export "from any") (result externref)
      (local $a (ref null $any))
      (local.set $a (ref.cast (ref $any) (global.get $any)))
      (call $churn)
      (if (i32.ne (i32.const 1) (i31.get_u (ref.cast i31ref (array.get $any (local.get $a) (i32.const 0)))))
        (then (unreachable)))
      (drop (call $open (ref.cast (ref $box) (array.get $any (local.get $a) (i32.const 1)))))
      (extern.convert_any (array.get $any (local.get $a) (i32.const 2))))
    (func (export "into chain") (param externref)
      (global.set $kept (call $box (ref.null extern)))
      (struct.set $box $next (global.get $kept) (call $box (local.get 0))))
    (func (export "from chain") (result externref)
      (call $open (struct.get $box $next (global.get $kept))))
    (func (export "into segment") (param externref)
      (local $row (ref null $row))
      (call $churn)
      (local.set $row (array.new_elem $row $segment (i32.const 0) (i32.const 2)))
      (struct.set $box $value (array.get $row (local.get $row) (i32.const 1)) (local.get 0)))
    (func (export "from segment") (result externref)
      (call $churn)
      (call $open (array.get $row
        (array.new_elem $row $segment (i32.const 1) (i32.const 1)) (i32.const 0))))

    ;; On a suspended stack, in a frame below others and in an operand.
    (func $deep (param $n i32) (param $b (ref null $box)) (result externref)
      (if (local.get $n) (then
        (drop (call $deep (i32.sub (local.get $n) (i32.const 1)) (call $box (ref.null extern))))
        (return (call $open (local.get $b)))))
      (suspend $t)
      (ref.null extern))
    (func $body (type $holds) (call $deep (i32.const 40) (local.get 0)))
    (func $suspended (param externref) (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $ch (on $t $on) (call $box (local.get 0)) (cont.new $ch (ref.func $body))))
        (unreachable)))
    (func (export "into stack") (param externref)
      (global.set $cont (call $suspended (local.get 0))))
    (func $run (result externref) (resume $k (global.get $cont)))
    (func (export "from stack") (result externref) (call $churn) (call $run))
    (func (export "into bound") (param externref)
      (global.set $cont (cont.bind $ch $k (call $box (local.get 0)) (cont.new $ch (ref.func $body)))))
    (func (export "from bound") (result externref)
      (call $churn)
      (global.set $cont (block $on (result (ref $k))
        (drop (resume $k (on $t $on) (global.get $cont))) (unreachable)))
      (call $churn) (call $run))
    ;; In a box in a continuation in a box.
    (func (export "into both") (param externref)
      (global.set $kept (call $box (ref.null extern)))
      (struct.set $box $cont (global.get $kept) (call $suspended (local.get 0))))
    (func (export "from both") (result externref)
      (call $churn) (resume $k (struct.get $box $cont (global.get $kept))))
    (func (export "into exception") (param externref)
      (global.set $kept (call $box (ref.null extern)))
      (struct.set $box $exn (global.get $kept) (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $x (call $box (local.get 0)))) (unreachable))))
    (func (export "from exception") (result externref)
      (call $churn)
      (block $h (result (ref null $box))
        (try_table (catch $x $h) (throw_ref (struct.get $box $exn (global.get $kept)))) (unreachable))
      (call $open))

    (func $giver (export "giver") (type $late)
      (suspend $give (call $box (ref.null extern))) (ref.null extern))
    (func (export "park") (param externref) (result externref)
      (local $b (ref null $box))
      (local.set $b (call $box (local.get 0)))
      (call $wait)
      (call $open (local.get $b)))
    (func (export "make") (param externref) (result (ref $box)) (call $box (local.get 0)))
    (func (export "open") (param (ref null $box)) (result externref) (call $open (local.get 0)))
    ;; Cycles: two boxes; a box and a continuation; a box, an exception and a continuation.
    (func (export "cycles") (param externref)
      (local $a (ref null $box)) (local $b (ref null $box))
      (local.set $a (call $box (local.get 0)))
      (local.set $b (call $box (local.get 0)))
      (struct.set $box $next (local.get $a) (local.get $b))
      (struct.set $box $next (local.get $b) (local.get $a))
      (struct.set $box $cont (local.get $a)
        (block $on (result (ref $k))
          (drop (resume $ch (on $t $on) (local.get $a) (cont.new $ch (ref.func $body))))
          (unreachable)))
      (struct.set $box $exn (local.get $b) (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $x (local.get $b))) (unreachable))))
    (func (export "clear")
      (global.set $kept (ref.null $box)) (global.set $any (ref.null any))
      (global.set $cont (ref.null $k))
      (table.fill $table (i32.const 0) (ref.null $box) (i32.const 10))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    guest_of(engine, GUEST)
}

fn guest_of(engine: &Engine, wat: &str) -> Guest<()> {
    Guest::new(engine, wat, (), |linker| {
        let gc = |mut caller: Caller<'_, ()>| caller.gc();
        linker.func_wrap("host", "gc", gc).unwrap();
        let wait = || Reply::<()>::Pending(());
        linker.func_wrap("host", "wait", wait).unwrap();
    })
}

const PLACES: [&str; 11] = [
    "table",
    "global",
    "array",
    "any",
    "chain",
    "segment",
    "stack",
    "bound",
    "both",
    "exception",
    "global",
];

#[track_caller]
fn is_7(values: &[Val]) {
    let Val::ExternRef(Some(value)) = &values[0] else {
        panic!("expected the value: {values:?}");
    };
    assert_eq!(value.data().downcast_ref::<i32>(), Some(&7));
}

fn seven() -> Val {
    Val::ExternRef(Some(ExternRef::new(7)))
}

#[test]
fn every_place_keeps_an_object() {
    both(|engine| {
        let mut guest = guest(engine);
        for place in PLACES {
            guest.call(&format!("into {place}"), &[seven()]).unwrap();
            guest.store.gc();
            let values = guest.call(&format!("from {place}"), &[]).unwrap();
            is_7(&values);
        }
        guest.call("clear", &[]).unwrap();
        guest.check_freed();
    });
}

#[test]
fn no_place_keeps_it_for_longer() {
    both(|engine| {
        let mut guest = guest(engine);
        for place in PLACES {
            if place == "segment" {
                continue;
            }
            let counter = Counter::default();
            let value = Val::ExternRef(Some(counter.value()));
            guest.call(&format!("into {place}"), &[value]).unwrap();
            guest.store.gc();
            assert_eq!(counter.live(), 1, "{place}");
            guest.call("clear", &[]).unwrap();
            guest.store.gc();
            assert_eq!(counter.live(), 0, "{place}");
        }
        guest.check_freed();
    });
}

#[test]
fn cycles_of_all_kinds_go() {
    both(|engine| {
        let mut guest = guest(engine);
        let counter = Counter::default();
        for _ in 0..20 {
            let value = Val::ExternRef(Some(counter.value()));
            guest.call("cycles", &[value]).unwrap();
        }
        guest.store.gc();
        assert_eq!(counter.live(), 0);
        guest.check_freed();
    });
}

#[test]
fn a_parked_call_keeps_what_its_frames_have() {
    both(|engine| {
        let mut guest = guest(engine);
        let parked = guest.park("park", &[seven()]);
        guest.call("churn", &[]).unwrap();
        guest.store.gc();
        let outcome = parked.resume(&mut guest.store, &[]);
        is_7(&returned(outcome));

        let counter = Counter::default();
        let parked = guest.park("park", &[Val::ExternRef(Some(counter.value()))]);
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        drop(parked);
        guest.store.gc();
        assert_eq!(counter.live(), 0);
        let parked = parked_call(guest.start("park", &[seven()]));
        drop(parked);
        guest.check_freed();
    });
}

#[test]
fn the_host_keeps_what_it_holds() {
    both(|engine| {
        let mut guest = guest(engine);
        let counter = Counter::default();
        let value = Val::ExternRef(Some(counter.value()));
        let made = guest.call("make", &[value]).unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        let opened = guest.call("open", &made).unwrap();
        assert!(matches!(opened[0], Val::ExternRef(Some(_))));
        let Val::AnyRef(Some(any)) = made[0].clone() else {
            panic!("an object: {made:?}");
        };
        assert_eq!(any.kind(&guest.store), AnyKind::Struct);
        assert_eq!(any.len(&guest.store), 4);
        any.set(&mut guest.store, 1, made[0].clone()).unwrap();
        let next = any.get(&mut guest.store, 1);
        assert!(matches!(next, Some(Val::AnyRef(Some(next))) if next.same(&any)));
        assert!(any.get(&mut guest.store, 4).is_none());
        let wrong = any.set(&mut guest.store, 1, Val::I32(1)).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Usage);
        drop((any, made, opened));
        guest.store.gc();
        assert_eq!(counter.live(), 0);

        let cont = guest.cont("giver");
        let give = guest.tag("give");
        let given = suspended(cont.resume(&mut guest.store, &[], &[give]));
        guest.call("churn", &[]).unwrap();
        assert!(matches!(given.values[0], Val::AnyRef(Some(_))));
        let opened = guest.call("open", &given.values).unwrap();
        assert!(matches!(opened[0], Val::ExternRef(None)));
        drop((cont, given));
        guest.check_freed();
    });
}

/// Small integers, values of the host, and objects as such values.
#[test]
fn what_crosses_comes_back_the_same() {
    both(|engine| {
        let mut guest = Guest::new(
            engine,
            r#"(module
              (import "host" "same" (func $same (param anyref) (result anyref)))
              (type $s (struct (field i32)))
              (func (export "any") (param anyref) (result anyref) (call $same (local.get 0)))
              (func (export "object") (result externref)
                (extern.convert_any (struct.new $s (i32.const 5))))
              (func (export "number") (param externref) (result i32)
                (struct.get $s 0 (ref.cast (ref $s) (any.convert_extern (local.get 0)))))
              (func (export "i31") (param i31ref) (result i32) (i31.get_s (local.get 0)))
              (func (export "kind") (param anyref) (result i32)
                (i32.add (ref.test eqref (local.get 0)) (ref.test (ref i31) (local.get 0)))))"#,
            (),
            |linker| {
                let same = |any: Option<AnyRef>| any;
                linker.func_wrap("host", "same", same).unwrap();
            },
        );
        let value = ExternRef::new("host");
        let any = AnyRef::from_extern(&mut guest.store, value.clone()).unwrap();
        assert_eq!(any.kind(&guest.store), AnyKind::Extern);
        let back = guest.call("any", &[any.clone().into()]).unwrap();
        let Val::AnyRef(Some(back)) = &back[0] else {
            panic!("{back:?}");
        };
        assert!(back.to_extern(&mut guest.store).ptr_eq(&value));
        let kind = guest.call("kind", &[any.into()]).unwrap();
        assert_eq!(kind[0].i32(), Some(0));

        for number in [0, 1, -1, (1 << 30) - 1, -(1 << 30)] {
            let any = AnyRef::new_i31(number).expect("31 bits");
            let back = guest.call("any", &[any.clone().into()]).unwrap();
            assert!(matches!(&back[0], Val::AnyRef(Some(a)) if a.i31() == Some(number)));
            let read = guest.call("i31", &[any.into()]).unwrap();
            assert_eq!(read[0].i32(), Some(number));
        }
        assert!(AnyRef::new_i31(1 << 30).is_none());

        let object = guest.call("object", &[]).unwrap();
        guest.store.gc();
        let number = guest.call("number", &object).unwrap();
        assert_eq!(number[0].i32(), Some(5));
        let Val::ExternRef(Some(object)) = &object[0] else {
            panic!("{object:?}");
        };
        let any = object.data().downcast_ref::<AnyRef>().expect("an object");
        let field = any.get(&mut guest.store, 0).and_then(|v| v.i32());
        assert_eq!(field, Some(5));

        let mut other = Store::new(engine, ());
        let func = Func::wrap(&mut other, |any: Option<AnyRef>| any.is_some() as i32).unwrap();
        let mut results = [Val::I32(0)];
        let foreign = func.call(&mut other, &[any.clone().into()], &mut results);
        assert_eq!(foreign.unwrap_err().kind(), ErrorKind::Usage);
    });
}

const LIST: &str = r#"(module
    (type $link (struct (field (ref null $link)) (field i32)))
    (type $bytes (array (mut i8))) (type $words (array (mut i64)))
    (type $vectors (array (mut v128))) (type $v (struct (field i8) (field (mut v128)) (field i64)))
    (global $list (mut (ref null $link)) (ref.null $link))
    (global $array (mut anyref) (ref.null any))
    (func (export "grow") (param $n i32)
      (loop $l
        (global.set $list (struct.new $link (global.get $list) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "length") (result i32)
      (local $n i32) (local $at (ref null $link))
      (local.set $at (global.get $list))
      (block $end
        (loop $l
          (br_if $end (ref.is_null (local.get $at)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (local.set $at (struct.get $link 0 (local.get $at)))
          (br $l)))
      (local.get $n))
    (func (export "waste") (param $n i32)
      (loop $l
        (drop (struct.new $link (ref.null $link) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "drop") (global.set $list (ref.null $link)) (global.set $array (ref.null any)))
    (func (export "bytes") (param i32) (global.set $array (array.new_default $bytes (local.get 0))))
    (func (export "words") (param i32)
      (global.set $array (array.new $words (i64.const 1) (local.get 0))))
    (func (export "vectors") (param $n i32) (result i64)
      (local $a (ref null $vectors)) (local $s (ref null $v))
      (local.set $a (array.new $vectors (v128.const i64x2 3 4) (local.get $n)))
      (array.fill $vectors (local.get $a) (i32.const 1) (v128.const i64x2 5 6) (i32.const 1))
      (array.set $vectors (local.get $a) (i32.const 2) (v128.const i64x2 7 8))
      (local.set $s (struct.new $v (i32.const 1) (v128.const i64x2 9 10) (i64.const 11)))
      (i64.add (struct.get $v 2 (local.get $s))
        (i64.add (i64x2.extract_lane 1 (struct.get $v 1 (local.get $s)))
          (i64.add (i64x2.extract_lane 1 (array.get $vectors (local.get $a) (i32.const 0)))
            (i64.add (i64x2.extract_lane 1 (array.get $vectors (local.get $a) (i32.const 1)))
              (i64x2.extract_lane 1 (array.get $vectors (local.get $a) (i32.const 2)))))))))"#;

#[test]
fn a_list_of_ten_million_links() {
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    let mut guest = Guest::plain(&engine, LIST);
    guest.call("grow", &[Val::I32(10_000_000)]).unwrap();
    guest.store.gc();
    assert_eq!(guest.i32("length", &[]), 10_000_000);
    guest.call("drop", &[]).unwrap();
    guest.store.gc();
    guest.call("grow", &[Val::I32(1000)]).unwrap();
    assert_eq!(guest.i32("length", &[]), 1000);
}

#[test]
fn vectors_in_objects() {
    both(|engine| {
        let mut guest = Guest::plain(engine, LIST);
        let sum = guest.call("vectors", &[Val::I32(9)]).unwrap();
        assert_eq!(sum[0].i64(), Some(11 + 10 + 4 + 6 + 8));
    });
}

#[test]
fn the_limit_is_a_trap_and_then_there_is_room_again() {
    both_with(Config::new().max_heap_memory(1 << 20), |engine| {
        let mut guest = Guest::plain(engine, LIST);
        let full = guest.error("grow", &[10_000_000]);
        assert_eq!(full.trap(), Some(TrapCode::HeapMemoryExhausted));
        let length = guest.i32("length", &[]);
        assert!(length > 40_000, "{length}");
        // What is there stays, and is whole.
        assert_eq!(guest.i32("length", &[]), length);
        guest.call("drop", &[]).unwrap();
        guest.call("grow", &[Val::I32(1000)]).unwrap();
        assert_eq!(guest.i32("length", &[]), 1000);
    });
}

#[test]
fn lengths_that_cannot_be_are_traps() {
    both_with(Config::new().max_heap_memory(64 << 20), |engine| {
        let mut guest = Guest::plain(engine, LIST);
        for name in ["bytes", "words"] {
            for length in [-1, i32::MAX, i32::MIN, 1 << 29, 64 << 20] {
                let error = guest.error(name, &[length]);
                assert_eq!(
                    error.trap(),
                    Some(TrapCode::HeapMemoryExhausted),
                    "{length}"
                );
            }
        }
        // Large ones come and go, each in the room of the one before.
        for length in [40 << 20, 33 << 10, 60 << 20, 1 << 20, 50 << 20] {
            guest.call("bytes", &[Val::I32(length)]).unwrap();
            guest.call("drop", &[]).unwrap();
        }
    });
    let largest = Config::new().max_heap_memory(usize::MAX);
    let engine = Engine::new(&largest).unwrap();
    let mut guest = Guest::plain(&engine, LIST);
    let error = guest.error("bytes", &[-1]);
    assert_eq!(error.trap(), Some(TrapCode::HeapMemoryExhausted));
}

/// A heap that is nearly full: collections come often, but not for every few objects.
#[test]
fn nearly_full_costs_no_more_than_a_constant() {
    let config = Config::new().stress(false).max_heap_memory(16 << 20);
    let engine = Engine::new(&config).unwrap();
    let time = |links: i32| {
        let mut guest = Guest::plain(&engine, LIST);
        guest.call("grow", &[Val::I32(links)]).unwrap();
        let start = Instant::now();
        let ended = guest.call("waste", &[Val::I32(2_000_000)]);
        if let Err(error) = ended {
            assert_eq!(error.trap(), Some(TrapCode::HeapMemoryExhausted));
        }
        start.elapsed()
    };
    for links in [900_000, 990_000, 1_015_000, 1_040_000] {
        let took = time(links);
        assert!(took < Duration::from_secs(20), "{links}: {took:?}");
    }
}

/// Instructions on parts of arrays, before and after a collection. The array has no reference elsewhere, and the
/// optimiser keeps whatever word it can use again.
const PARTS: &str = r#"(module
    (import "host" "gc" (func $gc))
    (type $a (array (mut i32))) (type $f (array (mut funcref)))
    (data $d "\01\00\00\00\02\00\00\00") (elem $e funcref (ref.null func) (ref.null func))
    (func $make (result (ref $a)) (array.new $a (i32.const 1) (i32.const 10)))
    (func $makef (result (ref $f)) (array.new $f (ref.func $clobber) (i32.const 10)))
    (elem declare func $clobber)
    (func $clobber (local $i i32)
      (call $gc)
      (loop $l
        (drop (array.new $a (i32.const 1234) (i32.const 10)))
        (drop (array.new $f (ref.null func) (i32.const 10)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))
    (func (export "fill") (param $p i32) (result i32) (local $x (ref $a))
      (local.set $x (call $make))
      (array.fill $a (local.get $x) (local.get $p) (i32.const 7) (i32.const 2))
      (call $clobber)
      (array.fill $a (local.get $x) (local.get $p) (i32.const 8) (i32.const 1))
      (array.get $a (local.get $x) (i32.add (local.get $p) (i32.const 1))))
    (func (export "copy") (param $p i32) (result i32) (local $x (ref $a)) (local $y (ref $a))
      (local.set $x (call $make))
      (local.set $y (call $make))
      (array.copy $a $a (local.get $y) (local.get $p) (local.get $x) (local.get $p) (i32.const 5))
      (call $clobber)
      (array.copy $a $a (local.get $y) (local.get $p) (local.get $x) (local.get $p) (i32.const 5))
      (i32.add (i32.const 6) (array.get $a (local.get $y) (local.get $p))))
    (func (export "data") (param $p i32) (result i32) (local $x (ref $a))
      (local.set $x (call $make))
      (array.init_data $a $d (local.get $x) (local.get $p) (i32.const 0) (i32.const 2))
      (call $clobber)
      (array.init_data $a $d (local.get $x) (local.get $p) (i32.const 0) (i32.const 1))
      (i32.add (i32.const 5) (array.get $a (local.get $x) (i32.add (local.get $p) (i32.const 1)))))
    (func (export "elem") (param $p i32) (result i32) (local $x (ref $f))
      (local.set $x (call $makef))
      (array.init_elem $f $e (local.get $x) (local.get $p) (i32.const 0) (i32.const 2))
      (call $clobber)
      (array.init_elem $f $e (local.get $x) (local.get $p) (i32.const 0) (i32.const 1))
      (select (i32.const 3) (i32.const 7)
        (ref.is_null (array.get $f (local.get $x) (i32.add (local.get $p) (i32.const 2))))))
    (func (export "fill copied") (param $p i32) (result i32) (local $x (ref $a)) (local $y (ref $a))
      (local.set $y (call $make))
      (local.set $x (call $make))
      (array.fill $a (local.get $x) (local.get $p) (i32.const 7) (i32.const 5))
      (call $clobber)
      (array.copy $a $a (local.get $y) (i32.const 0) (local.get $x) (local.get $p) (i32.const 5))
      (array.get $a (local.get $y) (i32.const 0))))"#;

#[test]
fn what_instructions_on_parts_share_keeps_the_array() {
    both(|engine| {
        let mut guest = guest_of(engine, PARTS);
        for name in ["fill", "copy", "data", "elem", "fill copied"] {
            assert_eq!(guest.i32(name, &[3]), 7, "{name}");
        }
    });
}

/// Which object it is, and arrays of 16-bit integers as a whole.
#[test]
fn objects_have_an_identity_and_arrays_of_units_are_copied() {
    both(|engine| {
        let mut guest = Guest::new(
            engine,
            r#"(module
              (type $units (array (mut i16)))
              (type $fixed (array i16))
              (type $words (array (mut i32)))
              (func (export "units") (result anyref) (array.new $units (i32.const 0x1FFFF) (i32.const 5)))
              (func (export "fixed") (result anyref) (array.new $fixed (i32.const 7) (i32.const 5)))
              (func (export "words") (result anyref) (array.new $words (i32.const 7) (i32.const 5)))
              (func (export "same") (param anyref) (result anyref) (local.get 0)))"#,
            (),
            |_| {},
        );
        let mut make = |name: &str, params: &[Val]| {
            let made = guest.call(name, params).unwrap();
            match &made[0] {
                Val::AnyRef(Some(any)) => any.clone(),
                other => panic!("an object: {other:?}"),
            }
        };
        let [units, fixed, words] = ["units", "fixed", "words"].map(|name| make(name, &[]));
        let again = make("same", &[units.clone().into()]);
        assert_eq!(again.identity(), units.identity());
        assert_ne!(fixed.identity(), units.identity());
        assert!(AnyRef::new_i31(5).unwrap().identity().is_none());

        let store = &mut guest.store;
        assert!(units.write_u16(&mut *store, 3, &[1, 0xD83D]));
        let mut read = [9; 5];
        assert!(again.read_u16(&*store, 0, &mut read));
        assert_eq!(read, [0xFFFF, 0xFFFF, 0xFFFF, 1, 0xD83D]);
        assert!(units.write_u16(&mut *store, 5, &[]));
        assert!(!units.write_u16(&mut *store, 4, &[2, 2]));
        assert!(!units.read_u16(&*store, u32::MAX, &mut read));
        assert!(!units.read_u16(&*store, 6, &mut []));
        assert!(!fixed.write_u16(&mut *store, 0, &[2]));
        assert!(fixed.read_u16(&*store, 0, &mut read));
        assert_eq!(read, [7; 5]);
        assert!(!words.read_u16(&*store, 0, &mut read));
        assert!(!words.write_u16(&mut *store, 0, &[2]));
    });
}
