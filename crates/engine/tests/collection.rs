//! Collection: what keeps a suspended continuation and what it holds, and that nothing else does.

mod common;

use bident::{Caller, Continuation, Engine, Exception, Func, Instance, Reply, Store, Val};
use common::{Counter, Guest, both, module, parked_call, returned, suspended};

/// `make(value)` gives a continuation that holds a host value, suspended some frames and some
/// continuations deep; resumed, it gives the value back. Every export keeps one in another place.
const GUEST: &str = r#"(module
    (import "host" "gc" (func $gc))
    (import "host" "read" (func $read (result externref)))
    (type $f (func (param externref) (result externref))) (type $c (cont $f))
    (type $late (func (result externref))) (type $k (cont $late))
    (type $holds (func (param (ref null $k)) (result externref))) (type $ch (cont $holds))
    (tag $t (export "t")) (tag $kept (export "kept") (param (ref null $k)))
    (tag $x (export "x") (param (ref null $k) externref))
    (table $table (export "table") 10 (ref null $k))
    (table $any (export "any") 10 contref)
    (table $exns (export "exns") 10 exnref)
    (global $global (export "global") (mut (ref null $k)) (ref.null $k))
    (elem declare func $body $nested $holder $bound $throws $id)
    (func $id (type $f) (local.get 0))
    (func $deep (param $n i32) (param $value externref) (result externref)
      (if (local.get $n) (then
        (drop (call $deep (i32.sub (local.get $n) (i32.const 1)) (ref.null extern)))
        (return (local.get $value))))
      (call $gc)
      (suspend $t)
      (call $gc)
      (local.get $value))
    (func $body (type $f) (call $deep (i32.const 3) (local.get 0)))
    (func $nested (type $f) (resume $c (local.get 0) (cont.new $c (ref.func $body))))
    (func $make (export "make") (type $f) (local.get 0) (call $suspended) (call $run))
    (func $suspended (param externref) (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $c (on $t $on) (local.get 0) (cont.new $c (ref.func $nested))))
        (unreachable)))
    (func $run (export "run") (param (ref null $k)) (result externref)
      (resume $k (local.get 0)))

    (func (export "give") (param externref) (result (ref $k)) (call $suspended (local.get 0)))
    (func (export "into table") (param externref)
      (table.set $table (i32.const 3) (call $suspended (local.get 0))))
    (func (export "from table") (result externref)
      (call $run (table.get $table (i32.const 3))))
    (func (export "into any") (param externref)
      (table.set $any (i32.const 3) (call $suspended (local.get 0))))
    (func (export "into global") (param externref)
      (global.set $global (call $suspended (local.get 0))))
    (func (export "from global") (result externref) (call $run (global.get $global)))
    ;; In a local of another suspended continuation.
    (func $holder (type $holds)
      (suspend $t)
      (call $run (local.get 0)))
    (func $hold (param externref) (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $ch (on $t $on) (call $suspended (local.get 0))
          (cont.new $ch (ref.func $holder))))
        (unreachable)))
    (func (export "into local") (param externref) (global.set $global (call $hold (local.get 0))))
    (func (export "from local") (result externref) (call $run (global.get $global)))
    ;; As a bound argument of one that never ran.
    (func $bound (type $holds) (call $run (local.get 0)))
    (func (export "into bound") (param externref)
      (global.set $global (cont.bind $ch $k (call $suspended (local.get 0))
        (cont.new $ch (ref.func $bound)))))
    (func (export "from bound") (result externref) (call $run (global.get $global)))
    ;; As payload of an exception that a table holds.
    (func $throws (param externref)
      (throw $x (call $suspended (local.get 0)) (local.get 0)))
    (func (export "into exception") (param externref)
      (local $e exnref)
      (local.set $e (block $h (result exnref)
        (try_table (catch_all_ref $h) (call $throws (local.get 0))) (unreachable)))
      (table.set $exns (i32.const 2) (local.get $e)))
    (func (export "from exception") (result externref)
      (block $h (result (ref null $k) externref)
        (try_table (catch $x $h) (throw_ref (table.get $exns (i32.const 2)))) (unreachable))
      (drop) (call $run))
    ;; On the operand stack, while the host collects.
    (func (export "operand") (param externref) (result externref)
      (call $suspended (local.get 0))
      (local.set 0 (ref.null extern))
      (call $gc)
      (call $run))
    ;; As payload of a suspension to the host.
    (func (export "payload") (param externref) (result externref)
      (suspend $kept (call $suspended (local.get 0))) (ref.null extern))
    ;; In a local while the whole activation is parked.
    (func (export "park") (param externref) (result externref)
      (local $k (ref null $k))
      (local.set $k (call $suspended (local.get 0)))
      (local.set 0 (ref.null extern))
      (drop (call $read))
      (call $run (local.get $k)))
    (func (export "clear")
      (global.set $global (ref.null $k))
      (table.fill $table (i32.const 0) (ref.null $k) (i32.const 10))
      (table.fill $any (i32.const 0) (ref.null cont) (i32.const 10))
      (table.fill $exns (i32.const 0) (ref.null exn) (i32.const 10)))
    ;; Makes one after the other and keeps none, half of them with arguments bound.
    (func (export "drop") (param $n i32) (param $value externref)
      (loop $again
        (drop (call $suspended (local.get $value)))
        (drop (cont.bind $c $k (local.get $value) (cont.new $c (ref.func $id))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n)))))"#;

/// Whether the host functions collect.
struct Host {
    collect: bool,
}

fn guest(engine: &Engine, collect: bool) -> Guest<Host> {
    Guest::new(engine, GUEST, Host { collect }, |linker| {
        let gc = |mut caller: Caller<'_, Host>| {
            if caller.data().collect {
                caller.gc();
            }
        };
        let read = || Reply::<Option<bident::ExternRef>>::Pending(());
        linker
            .func_wrap("host", "gc", gc)
            .unwrap()
            .func_wrap("host", "read", read)
            .unwrap();
    })
}

/// Runs a test where host functions collect and where they do not.
fn collecting(test: impl Fn(Guest<Host>, Counter)) {
    both(|engine| {
        for collect in [false, true] {
            test(guest(engine, collect), Counter::default());
        }
    });
}

#[track_caller]
fn is_value(results: &[Val]) {
    assert!(matches!(results, [Val::ExternRef(Some(_))]), "{results:?}");
}

#[test]
fn every_place_keeps_a_continuation_and_what_it_holds() {
    collecting(|mut guest, counter| {
        for (place, stacks) in [
            ("table", 2),
            ("any", 2),
            ("global", 2),
            ("local", 3),
            ("bound", 3),
            ("exception", 2),
        ] {
            for resumed in [true, false] {
                let into = format!("into {place}");
                guest.call(&into, &[counter.value().into()]).unwrap();
                for _ in 0..3 {
                    guest.store.gc();
                    assert_eq!(counter.live(), 1, "{place}");
                    assert_eq!(guest.store.stats().live, stacks, "{place}");
                }
                if resumed && place != "any" {
                    is_value(&guest.call(&format!("from {place}"), &[]).unwrap());
                    assert_eq!(guest.store.stats().live, 0);
                }
                guest.call("clear", &[]).unwrap();
                guest.check_freed();
                assert_eq!(counter.live(), 0, "{place}");
            }
        }
    });
}

#[test]
fn running_stacks_keep_what_is_on_them() {
    collecting(|mut guest, counter| {
        for name in ["make", "operand"] {
            is_value(&guest.call(name, &[counter.value().into()]).unwrap());
            guest.check_freed();
            assert_eq!(counter.live(), 0);
        }
        for resumed in [true, false] {
            let parked = guest.park("park", &[counter.value().into()]);
            guest.store.gc();
            assert_eq!((counter.live(), guest.store.stats().live), (1, 3));
            if resumed {
                let answer = [Val::ExternRef(None)];
                is_value(&returned(parked.resume(&mut guest.store, &answer)));
            } else {
                parked.cancel(&mut guest.store);
            }
            guest.check_freed();
            assert_eq!(counter.live(), 0);
        }
    });
}

#[test]
fn the_host_keeps_what_it_has() {
    collecting(|mut guest, counter| {
        // As a result, cloned; as a payload; inside an exception.
        for resumed in [true, false] {
            let given = guest.call("give", &[counter.value().into()]).unwrap();
            let clone = given.clone();
            drop(given);
            guest.store.gc();
            assert_eq!((counter.live(), guest.store.stats().live), (1, 2));
            if resumed {
                is_value(&guest.call("run", &clone).unwrap());
            }
            drop(clone);
            guest.check_freed();
            assert_eq!(counter.live(), 0);

            let kept = guest.tag("kept");
            let cont = guest.cont("payload");
            let outcome = cont.resume(&mut guest.store, &[counter.value().into()], &[kept]);
            let suspension = suspended(outcome);
            guest.store.gc();
            assert_eq!((counter.live(), guest.store.stats().live), (1, 3));
            let payload = suspension.values[0].clone();
            drop(suspension);
            guest.store.gc();
            assert_eq!((counter.live(), guest.store.stats().live), (1, 2));
            let values = [payload, Val::ExternRef(None)];
            let x = guest.tag("x");
            let exception = Exception::new(&mut guest.store, x, &values).unwrap();
            drop(values);
            guest.store.gc();
            assert_eq!((counter.live(), guest.store.stats().live), (1, 2));
            if resumed {
                let mut values = exception.values(&mut guest.store);
                values.truncate(1);
                is_value(&guest.call("run", &values).unwrap());
            }
            drop(exception);
            guest.check_freed();
            assert_eq!(counter.live(), 0);
        }
    });
}

/// What is attached to an exception lives as long as that does, whoever has it.
#[test]
fn an_exception_keeps_what_is_attached_to_it() {
    collecting(|mut guest, counter| {
        let values = [Val::ContRef(None), Val::ExternRef(None)];
        let x = guest.tag("x");
        let exception = Exception::new(&mut guest.store, x, &values).unwrap();
        assert!(exception.attached(&guest.store).is_none());
        for _ in 0..2 {
            exception.attach(&mut guest.store, counter.value());
        }
        let weak = exception.downgrade(&guest.store);
        let table = guest.instance.get_export(&mut guest.store, "exns");
        let table = table.unwrap().into_table().unwrap();
        table
            .set(&mut guest.store, 0, exception.clone().into())
            .unwrap();
        drop(exception);
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        let found = weak.upgrade(&mut guest.store).unwrap();
        assert!(found.attached(&guest.store).is_some());
        let mut other = Store::new(guest.store.engine(), ());
        assert!(weak.upgrade(&mut other).is_none());
        guest.call("clear", &[]).unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        drop(found);
        guest.check_freed();
        assert_eq!(counter.live(), 0);
        assert!(weak.upgrade(&mut guest.store).is_none());
    });
}

/// A continuation that holds itself, and two that hold each other, are garbage.
#[test]
fn cycles_are_freed() {
    const WAT: &str = r#"(module
        (type $f (func)) (type $c (cont $f))
        (type $g (func (param (ref null $c)))) (type $cg (cont $g))
        (tag $t (result (ref null $c)))
        (global $a (mut (ref null $c)) (ref.null $c))
        (elem declare func $holds)
        (func $holds (type $f) (local $other (ref null $c))
          (local.set $other (suspend $t))
          (drop (suspend $t))
          (resume $c (local.get $other)))
        (func $new (result (ref $cg))
          (block $on (result (ref $cg))
            (resume $c (on $t $on) (cont.new $c (ref.func $holds))) (unreachable)))
        ;; Gives it a reference; what comes back takes one again, of no use.
        (func $tell (param (ref $cg) (ref null $c)) (result (ref $c))
          (block $on (result (ref $cg))
            (resume $cg (on $t $on) (local.get 1) (local.get 0)) (unreachable))
          (call $bind))
        (func $bind (param (ref $cg)) (result (ref $c))
          (cont.bind $cg $c (ref.null $c) (local.get 0)))
        ;; Each is told of one that is told of the one before.
        (func (export "list") (param $n i32)
          (loop $again
            (global.set $a (call $tell (call $new) (global.get $a)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n))))
        (func (export "run") (resume $c (global.get $a)))
        (func (export "clear") (global.set $a (ref.null $c))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, WAT);
        for length in [1, 2, 10_000] {
            guest.call("list", &[Val::I32(length)]).unwrap();
            guest.store.gc();
            assert_eq!(guest.store.stats().live, length as usize);
            // The last has nothing to resume.
            let error = guest.error("run", &[]);
            let code = bident::TrapCode::NullContinuationReference;
            assert_eq!(error.trap(), Some(code));
            guest.check_freed();
            guest.call("clear", &[]).unwrap();
            guest.call("list", &[Val::I32(length)]).unwrap();
            guest.call("clear", &[]).unwrap();
            guest.check_freed();
        }
    });
}

/// While continuations switch to each other, each is held by nothing but what it was switched with: a
/// parameter of the other. So is the host value that goes to and fro; and both go on a suspended chain.
#[test]
fn what_switches_carry_is_kept() {
    const WAT: &str = r#"(module
        (import "host" "gc" (func $gc))
        (rec (type $f (func (param externref (ref null $c)) (result externref)))
             (type $c (cont $f)))
        (type $late (func (result externref))) (type $k (cont $late))
        (tag $sw (result externref)) (tag $t)
        (global $rounds (mut i32) (i32.const 0))
        (elem declare func $plays)
        (func $wait (if (i32.rem_u (global.get $rounds) (i32.const 2)) (then (suspend $t))))
        (func $plays (type $f)
          (loop $again
            (call $gc)
            (call $wait)
            (call $gc)
            (if (i32.eqz (global.get $rounds)) (then (return (local.get 0))))
            (global.set $rounds (i32.sub (global.get $rounds) (i32.const 1)))
            (switch $c $sw (local.get 0)
              (if (result (ref null $c)) (ref.is_null (local.get 1))
                (then (cont.new $c (ref.func $plays))) (else (local.get 1))))
            (local.set 1) (local.set 0)
            (br $again))
          (unreachable))
        ;; What suspends is resumed with nothing else in a local; the first is bound before.
        (func (export "go") (param $rounds i32) (param $value externref) (result externref)
          (local $k (ref null $k))
          (global.set $rounds (local.get $rounds))
          (local.set $k (cont.bind $c $k (local.get $value) (ref.null $c)
            (cont.new $c (ref.func $plays))))
          (local.set $value (ref.null extern))
          (call $gc)
          (loop $again
            (block $on (result (ref $k))
              (return (resume $k (on $sw switch) (on $t $on) (local.get $k))))
            (local.set $k)
            (call $gc)
            (br $again))
          (unreachable)))"#;
    both(|engine| {
        let counter = Counter::default();
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            let gc = |mut caller: Caller<'_, ()>| caller.gc();
            linker.func_wrap("host", "gc", gc).unwrap();
        });
        for rounds in [0, 1, 2, 3, 101] {
            let params = [Val::I32(rounds), counter.value().into()];
            is_value(&guest.call("go", &params).unwrap());
            drop(params);
            // The other player was left, if there was one.
            guest.check_freed();
            assert_eq!(counter.live(), 0);
        }
    });
}

/// No collection is asked for: memory stays bounded all the same.
#[test]
fn a_million_dropped_continuations_go_by_themselves() {
    both(|engine| {
        let counter = Counter::default();
        let mut guest = guest(engine, false);
        for _ in 0..50 {
            // Three stacks each time: two of a suspended chain, one that never ran.
            let params = [Val::I32(10_000), counter.value().into()];
            guest.call("drop", &params).unwrap();
            let bytes = guest.store.stats().bytes;
            assert!(bytes <= 32 << 20, "{bytes}");
        }
        guest.check_freed();
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn the_host_drops_continuations_in_a_loop() {
    both(|engine| {
        let mut guest = guest(engine, false);
        let func = guest.func("make");
        for i in 0..100_000 {
            drop(Continuation::new(&mut guest.store, &func).unwrap());
            if i % 1000 == 0 {
                let bytes = guest.store.stats().bytes;
                assert!(bytes <= 32 << 20, "{bytes}");
            }
        }
        guest.check_freed();
    });
}

/// A collection from a host function that stands at every point of a chain, with a continuation held
/// only by a frame of each kind: running, waiting, suspended, parked.
#[test]
fn collections_at_every_point_of_many_chains() {
    collecting(|mut guest, counter| {
        let mut parked = Vec::new();
        let mut kept = Vec::new();
        for _ in 0..20 {
            parked.push(guest.park("park", &[counter.value().into()]));
            kept.push(guest.call("give", &[counter.value().into()]).unwrap());
            guest.call("into table", &[counter.value().into()]).unwrap();
            is_value(&guest.call("from table", &[]).unwrap());
        }
        guest.store.gc();
        assert_eq!(counter.live(), 40);
        for (parked, kept) in parked.into_iter().zip(kept) {
            is_value(&guest.call("run", &kept).unwrap());
            let answer = [Val::ExternRef(None)];
            is_value(&returned(parked.resume(&mut guest.store, &answer)));
        }
        guest.check_freed();
        assert_eq!(counter.live(), 0);
    });
}

/// What one instance made and suspended, another one resumes, when the handle to the first is gone.
#[test]
fn a_continuation_outlives_the_handle_to_its_instance() {
    const MAKER: &str = r#"(module
        (type $late (func (result i32))) (type $k (cont $late))
        (import "host" "read" (func $read (result i32)))
        (tag $t)
        (memory 1) (data (i32.const 0) "\2a")
        (elem declare func $body)
        (func $body (type $late) (suspend $t) (i32.add (call $read) (i32.load (i32.const 0))))
        (func (export "make") (result (ref $k))
          (block $on (result (ref $k))
            (drop (resume $k (on $t $on) (cont.new $k (ref.func $body)))) (unreachable))))"#;
    const USER: &str = r#"(module
        (type $late (func (result i32))) (type $k (cont $late))
        (func (export "use") (param (ref null $k)) (result i32) (resume $k (local.get 0))))"#;
    both(|engine| {
        let mut store = Store::new(engine, ());
        let kept = {
            let read = Func::wrap(&mut store, || Reply::<i32>::Pending(())).unwrap();
            let maker = module(engine, MAKER);
            let maker = Instance::new(&mut store, &maker, &[read.into()]).unwrap();
            let make = maker.get_func(&mut store, "make").unwrap();
            let mut results = [Val::I32(0)];
            make.call(&mut store, &[], &mut results).unwrap();
            results
        };
        store.gc();
        let mut user = Guest::within(store, USER, |_| ());
        let parked = parked_call(user.start("use", &kept));
        user.store.gc();
        let results = returned(parked.resume(&mut user.store, &[Val::I32(8)]));
        assert_eq!(results[0].i32(), Some(50));
        drop(kept);
        user.check_freed();
    });
}
