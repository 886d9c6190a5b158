//! Panics of the embedder's destructors: they reach whoever called, wherever the store drops a value, and
//! leave the store whole.

mod common;

use bident::{Config, Engine, Exception, ExternRef, Func, FuncType, Linker, Tag, Val, ValType};
use common::{Counter, Guest, both};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

fn grenade() -> Val {
    ExternRef::new(Grenade).into()
}

/// What a panic of the destructor passes through.
#[track_caller]
fn panics<R>(f: impl FnOnce() -> R) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("it panics");
    assert_eq!(panic.downcast_ref(), Some(&"a destructor panics"));
}

const GUEST: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (tag $e) (tag $t)
    (elem declare func $idle)
    (import "host" "nothing" (func $nothing))
    (func (export "take") (param externref))
    (func $idle (type $f) (suspend $t))
    (func (export "throw") (param $n i32)
      (loop $again
        (block $caught (try_table (catch $e $caught) (throw $e)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n))))
    (func (export "create") (param $n i32)
      (loop $again
        (block $on (result (ref $k))
          (resume $k (on $t $on) (cont.new $k (ref.func $idle)))
          (unreachable))
        (drop)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n))))
    (func $deep (export "deep") (param $n i32)
      (if (local.get $n) (then
        (call $deep (i32.sub (local.get $n) (i32.const 1)))
        (call $nothing)))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker: &mut Linker<()>| {
        linker.func_wrap("host", "nothing", || ()).unwrap();
    })
}

#[test]
fn a_collection_frees_all_before_it_panics() {
    both(|engine| {
        let (mut guest, counter) = (guest(engine), Counter::default());
        for value in [
            grenade(),
            counter.value().into(),
            grenade(),
            counter.value().into(),
        ] {
            // In stress mode each call collects what the last one passed.
            let _ = catch_unwind(AssertUnwindSafe(|| guest.call("take", &[value])));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| guest.store.gc()));
        assert_eq!(counter.live(), 0);
        guest.store.gc();
        guest.check_idle();
    });
}

#[test]
fn a_collection_that_the_embedder_asks_for_panics() {
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    let mut guest = guest(&engine);
    guest.call("take", &[grenade()]).unwrap();
    panics(|| guest.store.gc());
    guest.store.gc();
    guest.check_idle();
}

/// Collections that WebAssembly causes: by an exception, by a continuation, by a stack that must grow.
#[test]
fn a_collection_below_webassembly_panics_where_it_was_called() {
    let config = Config::new().max_stack_memory(64 << 10).stress(false);
    let engine = Engine::new(&config).unwrap();
    for (name, n) in [("throw", 5_000), ("create", 5_000), ("deep", 3_000)] {
        let mut guest = guest(&engine);
        let counter = Counter::default();
        guest.call("take", &[grenade()]).unwrap();
        guest.call("take", &[counter.value().into()]).unwrap();
        panics(|| guest.call(name, &[Val::I32(n)]));
        assert_eq!(counter.live(), 0, "{name}");
        guest.call("create", &[Val::I32(10)]).unwrap();
        guest.check_freed();
    }
}

#[test]
fn a_value_attached_to_an_exception_panics() {
    both(|engine| {
        let mut guest = guest(engine);
        let tag = Tag::new(&mut guest.store, FuncType::new([], [])).unwrap();
        let exception = Exception::new(&mut guest.store, tag, &[]).unwrap();
        exception.attach(&mut guest.store, ExternRef::new(Grenade));
        panics(|| exception.attach(&mut guest.store, ExternRef::new(())));
        exception.attach(&mut guest.store, ExternRef::new(Grenade));
        drop(exception);
        panics(|| guest.store.gc());
        guest.check_idle();
    });
}

#[test]
fn a_store_drops_everything_before_it_panics() {
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    let mut guest = guest(&engine);
    let counter = Counter::default();
    for value in [grenade(), counter.value().into(), grenade()] {
        guest.call("take", &[value]).unwrap();
    }
    let (kept, grenade) = (counter.value(), Grenade);
    Func::wrap(&mut guest.store, move || {
        let _both = (&kept, &grenade);
    })
    .unwrap();
    panics(|| drop(guest));
    assert_eq!(counter.live(), 0);
}

/// The results of a dynamically typed host function, and what it leaves behind where it panics.
#[test]
fn a_result_that_panics_ends_the_call() {
    both(|engine| {
        let mut store = bident::Store::new(engine, ());
        let ty = FuncType::new([], [ValType::I32]);
        let func = Func::new(&mut store, ty, |_, _, results| {
            results[0] = grenade();
            Ok(bident::Answer::Ready)
        })
        .unwrap();
        panics(|| func.call(&mut store, &[], &mut [Val::I32(0)]));
        let seven = Func::wrap(&mut store, || 7).unwrap();
        let mut results = [Val::I32(0)];
        seven.call(&mut store, &[], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(7));
    });
}
