//! Hooks where host and WebAssembly take turns: their order, their errors.

mod common;

use bident::{
    CallHook, Continuation, Engine, Error, ErrorKind, Exception, FuncType, Outcome, Reply, Store,
    Tag, Val,
};
use common::gate::{Gate, block_on, once};
use common::{Guest, both};
use std::fmt;

const GUEST: &str = r#"(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (import "host" "park" (func $park (result i32)))
  (import "host" "wait" (func $wait (result i32)))
  (type $t (func (result i32))) (type $c (cont $t))
  (tag $yield (export "yield"))
  (elem declare func $inside)
  (func (export "twice") (result i32)
    (i32.add (call $f (i32.const 1)) (call $f (i32.const 2))))
  (func (export "park") (result i32) (call $park))
  (func (export "wait") (result i32) (call $wait))
  (func $inside (result i32) (call $f (i32.const 3)))
  (func (export "in_cont") (result i32) (resume $c (cont.new $c (ref.func $inside))))
  (func (export "suspends") (result i32) (suspend $yield) (i32.const 5))
  (func (export "caught") (result i32)
    (block $all (return (try_table (result i32) (catch_all $all) (call $f (i32.const 1)))))
    (i32.const 77))
  (func (export "traps") (result i32) unreachable))"#;

/// What was told, as letters; and at which place to fail.
#[derive(Default)]
struct Told {
    letters: String,
    fails_at: Option<CallHook>,
}

#[derive(Debug, PartialEq)]
struct Mine;

impl fmt::Display for Mine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mine")
    }
}

impl std::error::Error for Mine {}

fn letter(place: CallHook) -> char {
    match place {
        CallHook::CallingWasm => 'W',
        CallHook::ReturningFromWasm => 'w',
        CallHook::CallingHost => 'H',
        CallHook::ReturningFromHost => 'h',
    }
}

fn guest(engine: &Engine) -> (Guest<Told>, Gate) {
    let mut store = Store::new(engine, Told::default());
    store.call_hook(|mut store, place| {
        let told = store.data_mut();
        told.letters.push(letter(place));
        match told.fails_at == Some(place) {
            true => Err(Error::new(Mine)),
            false => Ok(()),
        }
    });
    let gate = Gate::new();
    let at_gate = gate.clone();
    let guest = Guest::within(store, GUEST, |linker| {
        linker.func_wrap("host", "f", |n: i32| n).unwrap();
        let park = || Reply::<i32>::Pending(());
        linker.func_wrap("host", "park", park).unwrap();
        let wait = move || {
            let gate = at_gate.clone();
            async move { gate.pass().await }
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
    });
    (guest, gate)
}

impl Guest<Told> {
    fn told(&mut self) -> String {
        std::mem::take(&mut self.store.data_mut().letters)
    }

    fn fail_at(&mut self, place: CallHook) {
        self.store.data_mut().fails_at = Some(place);
    }
}

#[test]
fn each_entry_has_its_return() {
    both(|engine| {
        let (mut guest, gate) = guest(engine);
        assert_eq!(guest.told(), "", "no start function");
        assert_eq!(guest.i32("twice", &[]), 3);
        assert_eq!(guest.told(), "WHhHhw");
        assert_eq!(guest.i32("in_cont", &[]), 3);
        assert_eq!(guest.told(), "WHhw", "transfers are WebAssembly's own");
        guest.error("traps", &[]);
        assert_eq!(guest.told(), "Ww");
        // Parked, and resumed.
        let park = guest.instance.get_func(&mut guest.store, "park").unwrap();
        let Outcome::Parked(call) = park.start(&mut guest.store, &[]).unwrap() else {
            panic!("it parks");
        };
        assert_eq!(guest.told(), "WHhw");
        let outcome = call.resume(&mut guest.store, &[Val::I32(1)]).unwrap();
        assert!(matches!(outcome, Outcome::Returned(_)));
        assert_eq!(guest.told(), "Ww");
        // A future: polls of what is waited for are the host's anyway.
        let wait = guest
            .instance
            .get_typed_func::<(), i32>(&mut guest.store, "wait")
            .unwrap();
        let mut call = Box::pin(wait.call_async(&mut guest.store, ()));
        assert!(once(call.as_mut()).is_pending());
        gate.open(4);
        assert_eq!(block_on(call).unwrap(), 4);
        assert_eq!(guest.told(), "WHhwWw");
        // A continuation of the host's.
        let suspends = guest
            .instance
            .get_func(&mut guest.store, "suspends")
            .unwrap();
        let tag = guest.instance.get_tag(&mut guest.store, "yield").unwrap();
        let cont = Continuation::new(&mut guest.store, &suspends).unwrap();
        let Outcome::Suspended(suspended) = cont.resume(&mut guest.store, &[], &[tag]).unwrap()
        else {
            panic!("it suspends");
        };
        suspended
            .continuation
            .resume(&mut guest.store, &[], &[])
            .unwrap();
        assert_eq!(guest.told(), "WwWw");
    });
}

#[test]
fn an_error_of_the_hook_ends_the_call_and_nothing_is_left() {
    both(|engine| {
        use CallHook::{CallingHost, CallingWasm, ReturningFromHost, ReturningFromWasm};
        for (place, told) in [
            (CallingWasm, "W"),
            (CallingHost, "WHw"),
            (ReturningFromHost, "WHhw"),
            (ReturningFromWasm, "WHhw"),
        ] {
            let (mut guest, _) = guest(engine);
            guest.fail_at(place);
            let error = guest.error("caught", &[]);
            assert_eq!(error.downcast_ref(), Some(&Mine), "{place:?}");
            assert_eq!(guest.told(), told, "{place:?}");
            // Calls that park, or would go on.
            let park = guest.instance.get_func(&mut guest.store, "park").unwrap();
            let error = park.start(&mut guest.store, &[]).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Mine), "{place:?}");
            let wait = guest
                .instance
                .get_typed_func::<(), i32>(&mut guest.store, "wait")
                .unwrap();
            let error = block_on(wait.call_async(&mut guest.store, ())).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Mine), "{place:?}");
            guest.store.gc();
            assert_eq!(guest.store.stats().live, 0, "{place:?}: stacks are left");
            guest.store.data_mut().fails_at = None;
            assert_eq!(guest.i32("in_cont", &[]), 3);
        }
        let (mut guest, _) = guest(engine);
        let park = guest.instance.get_func(&mut guest.store, "park").unwrap();
        let Outcome::Parked(call) = park.start(&mut guest.store, &[]).unwrap() else {
            panic!("it parks");
        };
        guest.fail_at(CallingWasm);
        let error = call.resume(&mut guest.store, &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine));
        guest.store.gc();
        assert_eq!(guest.store.stats().live, 0);
    });
}

#[test]
fn no_webassembly_catches_an_exception_of_the_hook() {
    both(|engine| {
        let (mut guest, _) = guest(engine);
        let tag = Tag::new(&mut guest.store, FuncType::new([], [])).unwrap();
        guest.store.call_hook(move |mut store, place| match place {
            CallHook::CallingHost => Err(Exception::new(&mut store, tag, &[])?.into()),
            _ => Ok(()),
        });
        let error = guest.error("caught", &[]);
        assert_eq!(error.kind(), ErrorKind::Host);
        let source = std::error::Error::source(&error).unwrap();
        assert!(
            source
                .downcast_ref::<Error>()
                .unwrap()
                .exception()
                .is_some()
        );
    });
}

#[test]
fn a_hook_may_call_and_may_panic() {
    both(|engine| {
        let (mut guest, _) = guest(engine);
        let twice = guest
            .instance
            .get_typed_func::<(), i32>(&mut guest.store, "twice")
            .unwrap();
        guest.store.call_hook(move |mut store, place| {
            if place == CallHook::CallingHost {
                let sum = twice.call(&mut store, ())?;
                store.data_mut().letters.push_str(&sum.to_string());
            }
            Ok(())
        });
        assert_eq!(guest.i32("in_cont", &[]), 3);
        assert_eq!(guest.told(), "3", "what it calls is not told of");
        guest.store.call_hook(|_, place| {
            assert!(place != CallHook::ReturningFromHost, "no");
            Ok(())
        });
        let called = std::panic::AssertUnwindSafe(|| guest.i32("in_cont", &[]));
        let panic = std::panic::catch_unwind(called).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no"));
        guest.store.call_hook(|_, _| Ok(()));
        assert_eq!(guest.i32("in_cont", &[]), 3);
    });
}
