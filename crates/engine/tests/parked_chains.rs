//! Chains that stand still, parked in a call of the host or suspended: what collections leave alone
//! meanwhile, what moves and transfers change, and what becomes of them with their store.

mod common;

use bident::{Caller, Engine, Error, ExternRef, ParkedCall, Reply, Store, Tag, Val};
use common::{Counter, Guest, Random, both, parked_call, returned, suspended};

/// `nested(value, n)` parks n + 1 stacks, each of which has left the value to nothing but an exception and a
/// suspended continuation in its locals. Answered, each takes it from both and gives it back.
const GUEST: &str = r#"(module
    (import "host" "gc" (func $gc))
    (import "host" "read" (func $read (result externref)))
    (type $f (func (param externref i32) (result externref))) (type $c (cont $f))
    (type $late (func (result externref))) (type $k (cont $late))
    (tag $t (export "t")) (tag $x (param externref))
    (global $word (mut i64) (i64.const 0))
    (elem declare func $nested $keeper)
    (func (export "word") (param i64) (global.set $word (local.get 0)))
    (func $keeper (type $f) (suspend $t) (local.get 0))
    (func $suspended (param externref) (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $c (on $t $on)
          (local.get 0) (i32.const 0) (cont.new $c (ref.func $keeper))))
        (unreachable)))
    (func $caught (param externref) (result exnref)
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $x (local.get 0)))
        (unreachable)))
    (func $nested (export "nested") (type $f)
      (local $k (ref null $k)) (local $e exnref)
      (local.set $k (call $suspended (local.get 0)))
      (local.set $e (call $caught (local.get 0)))
      (if (local.get 1)
        (then (drop (resume $c (local.get 0) (i32.sub (local.get 1) (i32.const 1))
          (cont.new $c (ref.func $nested)))))
        (else
          (local.set 0 (ref.null extern))
          (if (ref.is_null (call $read)) (then (unreachable)))))
      (drop (block $h (result externref)
        (try_table (catch $x $h) (throw_ref (local.get $e)))
        (unreachable)))
      (call $gc)
      (resume $k (local.get $k)))
    ;; The same below a suspension to the host.
    (func (export "again") (type $f)
      (drop (resume $c (local.get 0) (local.get 1) (cont.new $c (ref.func $nested))))
      (suspend $t)
      (call $read))
    ;; Makes n of everything, and keeps none.
    (func (export "churn") (param $n i32) (param $value externref)
      (loop $again
        (drop (call $caught (local.get $value)))
        (drop (call $suspended (local.get $value)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n)))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker| {
        let gc = |mut caller: Caller<'_, ()>| caller.gc();
        let read = || Reply::<Option<ExternRef>>::Pending(());
        linker
            .func_wrap("host", "gc", gc)
            .unwrap()
            .func_wrap("host", "read", read)
            .unwrap();
    })
}

fn params(value: ExternRef, depth: i32) -> [Val; 2] {
    [value.into(), Val::I32(depth)]
}

/// Answers a parked chain.
#[track_caller]
fn answer(guest: &mut Guest<()>, call: ParkedCall) -> Vec<Val> {
    let answer = Val::from(ExternRef::new(()));
    returned(call.resume(&mut guest.store, &[answer]))
}

#[track_caller]
fn is_value(results: &[Val]) {
    assert!(matches!(results, [Val::ExternRef(Some(_))]), "{results:?}");
}

#[test]
fn collections_leave_parked_chains_alone() {
    both(|engine| {
        let counter = Counter::default();
        let mut guest = guest(engine);
        for depth in [0, 1, 2, 5, 30] {
            let call = guest.park("nested", &params(counter.value(), depth));
            guest.store.gc();
            // Each stack has another, which is suspended.
            assert_eq!(guest.store.stats().live as i32, 2 * (depth + 1));
            let churn = [Val::I32(2000), counter.value().into()];
            guest.call("churn", &churn).unwrap();
            drop(churn);
            guest.store.gc();
            assert_eq!(guest.store.stats().live as i32, 2 * (depth + 1));
            assert_eq!(counter.live(), 1);
            is_value(&answer(&mut guest, call));
            guest.check_freed();
            assert_eq!(counter.live(), 0);
        }
    });
}

#[test]
fn parked_chains_end_in_any_order_between_collections() {
    both(|engine| {
        let counter = Counter::default();
        let mut guest = guest(engine);
        let mut random = Random(0x5EED);
        let mut parked: Vec<(usize, ParkedCall)> = Vec::new();
        for _ in 0..150 {
            if parked.is_empty() || random.below(2) == 0 {
                let depth = random.below(4);
                let params = params(counter.value(), depth as i32);
                parked.push((depth + 1, guest.park("nested", &params)));
            } else {
                let (stacks, call) = parked.swap_remove(random.below(parked.len()));
                match random.below(4) {
                    0 => drop(call),
                    1 => call.cancel(&mut guest.store),
                    2 => {
                        let error = Error::new(std::fmt::Error);
                        let error = call.throw(&mut guest.store, error).unwrap_err();
                        assert_eq!(error.backtrace().len(), stacks);
                    }
                    _ => is_value(&answer(&mut guest, call)),
                }
            }
            guest.store.gc();
            let stacks: usize = parked.iter().map(|(stacks, _)| 2 * stacks).sum();
            let live = guest.store.stats().live;
            if cfg!(debug_assertions) {
                assert_eq!(live, stacks);
                assert_eq!(counter.live(), parked.len());
            } else {
                // Frames have slots that nothing was written to yet, and a block that is used again has
                // words there of its last use, which may be references. Filling freed blocks and keeping
                // no idle records, as debug builds do, makes a release build exact, too.
                assert!((stacks..=stacks + 2).contains(&live), "{live} of {stacks}");
                let (values, right) = (counter.live(), parked.len());
                assert!((right..=right + 4).contains(&values), "{values} of {right}");
            }
        }
        drop(parked);
        guest.check_freed();
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn a_continuation_of_the_host_parks_with_what_it_holds() {
    both(|engine| {
        let counter = Counter::default();
        let mut guest = guest(engine);
        let tags: [Tag; 1] = [guest.tag("t")];
        for depth in [0, 1, 7] {
            let cont = guest.cont("again");
            let outcome = cont.resume(&mut guest.store, &params(counter.value(), depth), &tags);
            let call = parked_call(outcome);
            guest.store.gc();
            assert_eq!(guest.store.stats().live as i32, 2 * (depth + 1) + 1);
            // The stacks inside end; the one at the root suspends, parks, and ends.
            let answer = [Val::from(ExternRef::new(()))];
            let outcome = call.resume(&mut guest.store, &answer);
            let continuation = suspended(outcome).continuation;
            guest.store.gc();
            assert_eq!((guest.store.stats().live, counter.live()), (1, 0));
            let call = parked_call(continuation.resume(&mut guest.store, &[], &tags));
            guest.store.gc();
            assert_eq!(guest.store.stats().live, 1);
            is_value(&returned(call.resume(&mut guest.store, &answer)));
            guest.check_freed();
        }
    });
}

#[test]
fn no_number_does_anything_to_a_parked_chain() {
    both(|engine| {
        let counter = Counter::default();
        for uses in (1..5).chain(u32::MAX - 30..u32::MAX - 26) {
            // The first eight are nobody's.
            for record in 8..16_u64 {
                let word = u64::from(uses) << 32 | record << 6;
                let mut guest = guest(engine);
                guest.call("word", &[Val::I64(word as i64)]).unwrap();
                let call = guest.park("nested", &params(counter.value(), 2));
                guest.store.gc();
                assert_eq!((guest.store.stats().live, counter.live()), (6, 1));
                is_value(&answer(&mut guest, call));
                let call = guest.park("nested", &params(counter.value(), 2));
                guest.store.gc();
                drop(call);
                guest.call("word", &[Val::I64(0)]).unwrap();
                guest.check_freed();
                assert_eq!(counter.live(), 0);
            }
        }
    });
}

#[test]
fn a_store_is_dropped_with_everything_alive() {
    both(|engine| {
        let counter = Counter::default();
        let mut guest = guest(engine);
        let tags = [guest.tag("t")];
        let parked: Vec<_> = (0..4)
            .map(|depth| guest.park("nested", &params(counter.value(), depth)))
            .collect();
        let cont = guest.cont("again");
        let begun = cont.resume(&mut guest.store, &params(counter.value(), 2), &tags);
        let answer = [Val::from(ExternRef::new(()))];
        let begun = parked_call(begun).resume(&mut guest.store, &answer);
        let suspension = suspended(begun);
        let other = parked_call(guest.start("nested", &params(counter.value(), 3)));
        let fresh = guest.cont("nested");
        drop(other);
        assert!(counter.live() > 4);
        // On another thread, as a server would.
        let Guest { store, instance } = guest;
        std::thread::spawn(move || drop(store)).join().unwrap();
        assert_eq!(counter.live(), 0);
        let mut next = Store::new(engine, ());
        assert!(fresh.is_used(&next) && suspension.continuation.is_used(&next));
        next.gc();
        drop((instance, parked, fresh, suspension, cont));
    });
}

/// Twenty stacks that switch to each other from depths that change all the time. The first half of the
/// table has those that never ran.
const SWITCHES: &str = r#"(module
    (import "host" "gc" (func $gc))
    (rec (type $f (func (param (ref null $k)) (result i32))) (type $k (cont $f)))
    (tag $t (result i32))
    (table $waiting 40 (ref null $k))
    (global $random (mut i32) (i32.const 12345))
    (global $from (mut i32) (i32.const 0))
    (global $next (mut i32) (i32.const 0))
    (global $hops (export "hops") (mut i32) (i32.const 0))
    (elem declare func $worker)
    (func $below (param $end i32) (result i32)
      (global.set $random (i32.add (i32.const 12345)
        (i32.mul (global.get $random) (i32.const 1103515245))))
      (i32.rem_u (i32.shr_u (global.get $random) (i32.const 8)) (local.get $end)))
    ;; Takes one that waits; null if a few draws find none.
    (func $take (result (ref null $k)) (local $i i32) (local $draws i32) (local $k (ref null $k))
      (loop $again
        (local.set $i (call $below (i32.const 40)))
        (local.set $k (table.get $waiting (local.get $i)))
        (table.set $waiting (local.get $i) (ref.null $k))
        (local.set $draws (i32.add (local.get $draws) (i32.const 1)))
        (br_if $again (i32.and
          (ref.is_null (local.get $k)) (i32.lt_u (local.get $draws) (i32.const 1000)))))
      (local.get $k))
    (func $keep (param $k (ref null $k))
      (if (i32.eqz (ref.is_null (local.get $k)))
        (then (table.set $waiting (global.get $from) (local.get $k)))))
    (func $hop (param $id i32) (local $k (ref null $k))
      (if (i32.eqz (call $below (i32.const 8))) (then (call $gc)))
      (local.set $k (call $take))
      (if (ref.is_null (local.get $k)) (then (return)))
      (global.set $from (i32.add (local.get $id) (i32.const 20)))
      (global.set $hops (i32.add (global.get $hops) (i32.const 1)))
      (call $keep (switch $k $t (local.get $k))))
    ;; Each frame has values of its own below the switch.
    (func $deep (param $id i32) (param $n i32) (result i32) (local $below i32)
      (if (i32.eqz (local.get $n)) (then (call $hop (local.get $id)) (return (i32.const 0))))
      (local.set $below (call $deep (local.get $id) (i32.sub (local.get $n) (i32.const 1))))
      (i32.add (local.get $below) (local.get $n)))
    (func $worker (type $f) (local $id i32) (local $rounds i32) (local $n i32)
      (call $keep (local.get 0))
      (local.set $id (global.get $next))
      (global.set $next (i32.add (global.get $next) (i32.const 1)))
      (loop $again
        (local.set $n (call $below (i32.const 300)))
        (if (i32.ne
            (call $deep (local.get $id) (local.get $n))
            (i32.shr_u (i32.mul (local.get $n) (i32.add (local.get $n) (i32.const 1))) (i32.const 1)))
          (then (unreachable)))
        (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $rounds) (i32.const 20))))
      (i32.const 1))
    (func (export "run") (result i32) (local $i i32) (local $k (ref null $k)) (local $ended i32)
      (loop $make
        (table.set $waiting (local.get $i) (cont.new $k (ref.func $worker)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $make (i32.lt_u (local.get $i) (i32.const 20))))
      (loop $again
        (local.set $k (call $take))
        (if (i32.eqz (ref.is_null (local.get $k))) (then
          (local.set $ended (i32.add (local.get $ended)
            (resume $k (on $t switch) (ref.null $k) (local.get $k))))
          (br $again))))
      (local.get $ended)))"#;

#[test]
fn stacks_of_many_depths_switch_between_collections() {
    both(|engine| {
        let mut guest = Guest::new(engine, SWITCHES, (), |linker| {
            let gc = |mut caller: Caller<'_, ()>| caller.gc();
            linker.func_wrap("host", "gc", gc).unwrap();
        });
        assert_eq!(guest.i32("run", &[]), 20);
        let hops = guest.instance.get_global(&mut guest.store, "hops").unwrap();
        assert!(hops.get(&mut guest.store).i32() > Some(300));
        guest.check_freed();
    });
}

/// The older instructions around suspensions: what is caught, and thrown again, outlives them.
const OLDER: &str = r#"(module
    (import "host" "gc" (func $gc))
    (type $f (func (result i32))) (type $k (cont $f))
    (tag $t) (tag $x (param i32)) (tag $y)
    (elem declare func $body $thrower $delegates)
    (func $thrower (type $f) (suspend $t) (throw $x (i32.const 5)))
    (func $deep (param $n i32)
      (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
        (else (suspend $t))))
    ;; Suspended inside of two handlers, on a stack that grows meanwhile; then both exceptions again.
    (func $body (type $f)
      try (result i32)
        try (result i32)
          (resume $k (cont.new $k (ref.func $thrower)))
        catch $x
          (drop)
          (call $deep (i32.const 500))
          try (result i32)
            (throw $y)
          catch $y
            (suspend $t)
            (call $deep (i32.const 2000))
            rethrow 1
          end
        end
      catch $x
        (i32.add (i32.const 100))
      end)
    ;; Out of a stack in which nothing catches, past the handlers between.
    (func $delegates (type $f)
      try $outer (result i32)
        try (result i32)
          try (result i32)
            (call $deep (i32.const 700))
            (resume $k (cont.new $k (ref.func $thrower)))
          delegate $outer
        catch_all
          (i32.const -1)
        end
      catch $x
        (suspend $t)
        (i32.add (i32.const 200))
      end)
    (func $drive (param $k (ref $k)) (result i32)
      (loop $again
        (block $on (result (ref $k))
          (return (resume $k (on $t $on) (local.get $k))))
        (local.set $k)
        (call $gc)
        (br $again))
      (unreachable))
    (func (export "rethrow") (result i32) (call $drive (cont.new $k (ref.func $body))))
    (func (export "delegate") (result i32) (call $drive (cont.new $k (ref.func $delegates))))
    (func (export "delegate out") (result i32)
      try (result i32)
        try (result i32)
          (call $drive (cont.new $k (ref.func $thrower)))
        delegate 0
      catch $x
      end))"#;

#[test]
fn older_handlers_outlive_suspensions_and_moves() {
    both(|engine| {
        let mut guest = Guest::new(engine, OLDER, (), |linker| {
            let gc = |mut caller: Caller<'_, ()>| caller.gc();
            linker.func_wrap("host", "gc", gc).unwrap();
        });
        for (name, result) in [("rethrow", 105), ("delegate", 205), ("delegate out", 5)] {
            assert_eq!(guest.i32(name, &[]), result, "{name}");
            guest.check_freed();
        }
    });
}
