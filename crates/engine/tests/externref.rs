//! Host values that WebAssembly holds: how long they live.

mod common;

use bident::{
    Answer, Engine, ExternRef, FuncType, Global, GlobalType, Lasting, Linker, Owned, Payload, Trace,
};
use bident::{Store, Val, ValType};
use common::{Counted, Counter, Guest, both, parked_call, returned};

const GUEST: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (import "host" "look" (func $look (param externref)))
    (table $t (export "table") 10 externref)
    (global $g (export "global") (mut externref) (ref.null extern))
    (func (export "ignore") (param externref))
    (func (export "show") (param externref) (call $look (local.get 0)))
    (func (export "store") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
    (func (export "remember") (param externref) (global.set $g (local.get 0)))
    (func (export "share") (result externref)
      (local externref)
      (local.set 0 (global.get $g))
      (drop (call $read))
      (local.get 0))
    (func $keep (export "keep") (param $depth i32) (param $value externref) (result externref)
      (if (local.get $depth) (then
        (drop (call $keep (i32.sub (local.get $depth) (i32.const 1)) (ref.null extern)))
        (return (local.get $value))))
      (drop (call $read))
      (local.get $value)))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker: &mut Linker<()>| {
        let read = FuncType::new([], [ValType::I32]);
        let look = FuncType::new([ValType::EXTERNREF], []);
        linker
            .func_new("host", "read", read, |_, _, _| {
                Ok(Answer::Pending(Payload::NONE))
            })
            .unwrap()
            .func_new("host", "look", look, |_, params, _| {
                assert!(matches!(params, [Val::ExternRef(Some(_))]));
                Ok(Answer::Ready)
            })
            .unwrap();
    })
}

#[test]
fn what_a_call_passed_goes_when_nothing_holds_it() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        for name in ["ignore", "show"] {
            for _ in 0..5 {
                guest.call(name, &[counter.value().into()]).unwrap();
            }
            guest.store.gc();
            assert_eq!(counter.live(), 0, "{name}");
        }
    });
}

#[test]
fn tables_hold_values_until_they_are_overwritten() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        for i in 0..10 {
            let params = [Val::I32(i), counter.value().into()];
            guest.call("store", &params).unwrap();
        }
        guest.store.gc();
        assert_eq!(counter.live(), 10);
        guest
            .call("store", &[Val::I32(3), Val::ExternRef(None)])
            .unwrap();
        let table = guest.instance.get_table(&mut guest.store, "table").unwrap();
        table
            .set(&mut guest.store, 4, counter.value().into())
            .unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 9);
        drop(guest);
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn globals_hold_values_until_they_are_overwritten() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        let ty = GlobalType {
            content: ValType::EXTERNREF,
            mutable: true,
        };
        let own = Global::new(&mut guest.store, ty, counter.value().into()).unwrap();
        guest.call("remember", &[counter.value().into()]).unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 2);
        guest.call("remember", &[Val::ExternRef(None)]).unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        own.set(&mut guest.store, Val::ExternRef(None)).unwrap();
        guest.store.gc();
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn a_parked_stack_alone_keeps_a_value() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        let parked: Vec<_> = [0, 1, 10, 500]
            .into_iter()
            .map(|depth| guest.park("keep", &[Val::I32(depth), counter.value().into()]))
            .collect();
        guest.store.gc();
        assert_eq!(counter.live(), 4);
        for (i, call) in parked.into_iter().enumerate() {
            let results = returned(call.resume(&mut guest.store, &[Val::I32(0)]));
            let [Val::ExternRef(Some(value))] = &results[..] else {
                panic!("{results:?}");
            };
            assert!(value.data().is::<Counted>());
            drop(results);
            guest.store.gc();
            assert_eq!(counter.live(), 3 - i);
        }
    });
}

#[test]
fn a_parked_call_that_ends_without_running_lets_go() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        let mut park = |depth| guest.park("keep", &[Val::I32(depth), counter.value().into()]);
        let (cancelled, dropped, kept) = (park(1), park(2), park(3));
        cancelled.cancel(&mut guest.store);
        drop(dropped);
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        drop(kept);
        guest.store.gc();
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn values_go_by_themselves_as_they_grow_in_number() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        let kept = guest.park("keep", &[Val::I32(5), counter.value().into()]);
        let ignore = guest.func("ignore");
        let mut most = 0;
        for _ in 0..20_000 {
            let value = counter.value();
            ignore
                .call(&mut guest.store, &[value.into()], &mut [])
                .unwrap();
            most = most.max(counter.live());
        }
        assert!(most < 3000, "{most} lived at once");
        let results = returned(kept.resume(&mut guest.store, &[Val::I32(0)]));
        assert!(matches!(results[..], [Val::ExternRef(Some(_))]));
    });
}

#[test]
fn a_collection_while_arguments_are_written_spares_them() {
    let many = "externref ".repeat(40);
    let gets: String = (0..40).map(|i| format!("local.get {i} ")).collect();
    let wat = format!(r#"(module (func (export "id") (param {many}) (result {many}) {gets}))"#);
    both(|engine| {
        let mut guest = Guest::plain(engine, &wat);
        let id = guest.func("id");
        // At some call, the collection comes between two arguments.
        for round in 0..200 {
            let params: Vec<Val> = (0..40)
                .map(|i| ExternRef::new(round * 40 + i).into())
                .collect();
            let mut results = vec![Val::I32(0); 40];
            id.call(&mut guest.store, &params, &mut results).unwrap();
            common::assert_values(&results, &params);
        }
    });
}

#[test]
fn a_host_function_collects_while_webassembly_waits() {
    let wat = r#"(module
        (import "host" "make" (func $make (result externref)))
        (import "host" "gc" (func $gc))
        (func (export "go") (result externref externref externref)
          (local $a externref)
          (local.set $a (call $make))
          (call $make)
          (call $gc)
          (local.get $a)
          (call $gc)
          (call $make)
          (call $gc)))"#;
    both(|engine| {
        let counter = Counter::default();
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let make = counter.clone();
            linker
                .func_wrap("host", "make", move || Some(make.value()))
                .unwrap()
                .func_wrap("host", "gc", |mut caller: bident::Caller<'_, ()>| {
                    caller.gc()
                })
                .unwrap();
        });
        let results = guest.call("go", &[]).unwrap();
        assert_eq!(counter.live(), 3);
        drop(results);
        guest.store.gc();
        assert_eq!(counter.live(), 0);
    });
}

#[test]
fn a_value_passes_from_activation_to_activation() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        let parked = guest.park("keep", &[Val::I32(0), counter.value().into()]);
        guest.store.gc();
        let value = returned(parked.resume(&mut guest.store, &[Val::I32(0)])).remove(0);
        let parked = parked_call(guest.start("keep", &[Val::I32(9), value]));
        guest.store.gc();
        assert_eq!(counter.live(), 1);
        parked.cancel(&mut guest.store);
        guest.store.gc();
        assert_eq!(counter.live(), 0);
    });
}

/// What a trace gives, each value a number: those that only these owners lead to, and for each owner those that
/// it is the first to lead to.
fn traced(guest: &mut Guest<()>, owners: &[Owned<'_>]) -> (Vec<i32>, Vec<Vec<i32>>) {
    let number = |value: &ExternRef| *value.data().downcast_ref::<i32>().expect("a number");
    let store = &mut guest.store;
    let trace = Trace::begin(&mut *store);
    for owner in owners {
        trace.count(&mut *store, *owner);
    }
    let mut shared = Vec::new();
    let found = trace.share(&mut *store, |value| {
        shared.extend(value.is_only_clone().then(|| number(value)));
    });
    assert!(found);
    let each = owners.iter().map(|owner| {
        let mut own = Vec::new();
        assert!(trace.reach(&mut *store, *owner, |value| own.push(number(value))));
        own.sort_unstable();
        own
    });
    let each = each.collect();
    trace.end(&mut *store);
    shared.sort_unstable();
    (shared, each)
}

#[test]
fn a_trace_tells_which_call_leads_to_a_value() {
    both(|engine| {
        let mut guest = guest(engine);
        let calls: Vec<_> = (0..20)
            .map(|i| guest.park("keep", &[Val::I32(i), ExternRef::new(i).into()]))
            .collect();
        let owners: Vec<_> = calls.iter().map(Owned::Call).collect();
        let all: Vec<_> = (0..20).collect();
        let each: Vec<_> = (0..20).map(|i| vec![i]).collect();
        assert_eq!(traced(&mut guest, &owners), (all.clone(), each.clone()));
        // A collection has nothing to do with it, and a call that is no owner leads to nothing.
        guest.store.gc();
        assert_eq!(
            traced(&mut guest, &owners[1..]),
            (all[1..].to_vec(), each[1..].to_vec())
        );
        for (i, call) in calls.into_iter().enumerate() {
            let results = returned(call.resume(&mut guest.store, &[Val::I32(0)]));
            assert_eq!(number_in(&results), i as i32);
        }
        assert_eq!(traced(&mut guest, &[]), (vec![], vec![]));
    });
}

fn number_in(results: &[Val]) -> i32 {
    let [Val::ExternRef(Some(value))] = results else {
        panic!("{results:?}");
    };
    *value.data().downcast_ref().expect("a number")
}

#[test]
fn a_value_that_something_else_has_is_not_shared() {
    both(|engine| {
        let mut guest = guest(engine);
        let mine = ExternRef::new(1);
        let call = guest.park("keep", &[Val::I32(3), mine.clone().into()]);
        assert_eq!(traced(&mut guest, &[Owned::Call(&call)]).0, []);
        drop(mine);
        let alone = (vec![1], vec![vec![1]]);
        assert_eq!(traced(&mut guest, &[Owned::Call(&call)]), alone);

        // A global that the embedder keeps, and the stacks of two calls.
        let value = ExternRef::new(2).into();
        guest.call("remember", &[value]).unwrap();
        let (a, b) = (guest.park("share", &[]), guest.park("share", &[]));
        let owners = [&call, &a, &b].map(Owned::Call);
        let kept = (vec![1], vec![vec![1], vec![], vec![]]);
        assert_eq!(traced(&mut guest, &owners), kept);
        guest.call("remember", &[Val::ExternRef(None)]).unwrap();
        let both = (vec![1, 2], vec![vec![1], vec![2], vec![]]);
        assert_eq!(traced(&mut guest, &owners), both);
        // One of them is no owner.
        assert_eq!(traced(&mut guest, &owners[..2]).0, [1]);
        drop(b);
        let owners = [&call, &a].map(Owned::Call);
        assert_eq!(traced(&mut guest, &owners).0, [1, 2]);
    });
}

#[test]
fn a_handle_with_a_clone_that_is_not_counted_is_a_root() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let mut kept = |value: i32| {
            let ty = GlobalType {
                content: ValType::EXTERNREF,
                mutable: true,
            };
            let global = Global::new(&mut store, ty, ExternRef::new(value).into()).unwrap();
            let kept = global.keep(&mut store).unwrap();
            global.release(&mut store).unwrap();
            kept
        };
        let (a, b) = (kept(1), kept(2));
        let mut shared = |owners: &[Owned<'_>]| {
            let trace = Trace::begin(&mut store);
            owners
                .iter()
                .for_each(|owner| trace.count(&mut store, *owner));
            let mut shared = Vec::new();
            let found = trace.share(&mut store, |value| {
                shared.push(*value.data().downcast_ref::<i32>().expect("a number"));
            });
            trace.end(&mut store);
            assert!(found);
            shared.sort_unstable();
            shared
        };
        assert_eq!(shared(&[Owned::Item(&a), Owned::Item(&b)]), [1, 2]);
        assert_eq!(shared(&[Owned::Item(&a)]), [1]);
        let clone = a.clone();
        assert_eq!(shared(&[Owned::Item(&a), Owned::Item(&b)]), [2]);
        let both = [Owned::Item(&a), Owned::Item(&clone), Owned::Item(&b)];
        assert_eq!(shared(&both), [1, 2]);
    });
}
