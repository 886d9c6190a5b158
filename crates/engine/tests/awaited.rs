//! What a host function answers that it waits for: it travels with the call, and is dropped once.

mod common;

use bident::{
    Answer, Caller, Engine, Error, ErrorKind, ExternRef, FuncType, Linker, Local, Payload,
};
use bident::{ParkedCall, Reply, Val, ValType};
use common::{Counted, Counter, Guest, both, parked_call, returned_i32};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

/// Counts what this thread allocates.
struct Counting;

thread_local!(static ALLOCATIONS: Cell<usize> = const { Cell::new(0) });

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// `run` reads until it gets 0, and gives how often it did not.
const GUEST: &str = r#"(module
    (import "host" "read" (func $read (param i32) (result i32)))
    (func (export "run") (param $x i32) (result i32) (local $n i32)
      (loop $more
        (if (call $read (local.get $x))
          (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $more))))
      (local.get $n)))"#;

/// A guest whose `host.read` waits for what `payload` makes.
fn guest<P: Send + 'static>(
    engine: &Engine,
    payload: impl Fn(i32) -> P + Send + Sync + 'static,
) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker: &mut Linker<()>| {
        let read = move |x: i32| Reply::<i32, P>::Pending(payload(x));
        linker.func_wrap("host", "read", read).unwrap();
    })
}

/// A guest whose payloads are counted.
fn counted(engine: &Engine) -> (Guest<()>, Counter) {
    let counter = Counter::default();
    let made = counter.clone();
    (guest(engine, move |_| made.counted()), counter)
}

fn go_on(guest: &mut Guest<()>, parked: ParkedCall, answer: i32) -> ParkedCall {
    parked_call(parked.resume(&mut guest.store, &[Val::I32(answer)]))
}

#[test]
fn values_of_every_size_arrive() {
    fn check<P: Send + Sync + Clone + PartialEq + 'static>(engine: &Engine, value: P) {
        let given = value.clone();
        let mut guest = guest(engine, move |_| given.clone());
        let mut parked = guest.park("run", &[Val::I32(0)]);
        for _ in 0..3 {
            assert!(!parked.payload().is_none());
            assert!(parked.payload().take::<Box<Counted>>().is_none());
            assert!(parked.payload().get_mut::<P>() == Some(&mut value.clone()));
            assert!(parked.payload().take() == Some(value.clone()));
            assert!(parked.payload().is_none());
            assert!(parked.payload().take::<P>().is_none());
            parked = go_on(&mut guest, parked, 1);
        }
        let ended = parked.resume(&mut guest.store, &[Val::I32(0)]);
        assert_eq!(returned_i32(ended), 3);
    }
    #[derive(Clone, PartialEq)]
    #[repr(align(32))]
    struct Aligned(u8);
    #[derive(Clone, PartialEq)]
    struct Empty;
    both(|engine| {
        check(engine, Empty);
        check(engine, 7_u8);
        check(engine, [1_usize, 2, 3, 4, 5]);
        check(engine, [1_usize, 2, 3, 4, 5, 6]);
        check(engine, [9_u8; 4096]);
        check(engine, Aligned(3));
        check(engine, "text".to_owned());
    });
}

#[test]
fn nothing_is_awaited_where_nothing_is_said() {
    both(|engine| {
        let mut typed = guest(engine, |_| ());
        assert!(typed.park("run", &[Val::I32(0)]).payload().is_none());
        let mut dynamic = Guest::new(engine, GUEST, (), |linker: &mut Linker<()>| {
            let ty = FuncType::new([ValType::I32], [ValType::I32]);
            let read =
                |_: Caller<'_, ()>, _: &[Val], _: &mut [Val]| Ok(Answer::Pending(Payload::NONE));
            linker.func_new("host", "read", ty, read).unwrap();
        });
        assert!(dynamic.park("run", &[Val::I32(0)]).payload().is_none());
    });
}

#[test]
fn dynamically_typed_functions_hand_over_values_too() {
    both(|engine| {
        let mut guest = Guest::new(engine, GUEST, (), |linker: &mut Linker<()>| {
            let ty = FuncType::new([ValType::I32], [ValType::I32]);
            let read = |_: Caller<'_, ()>, params: &[Val], _: &mut [Val]| {
                Ok(Answer::Pending(Payload::new(params[0].clone())))
            };
            linker.func_new("host", "read", ty, read).unwrap();
        });
        let mut parked = guest.park("run", &[Val::I32(42)]);
        let value = parked.payload().take::<Val>();
        assert_eq!(value.and_then(|value| value.i32()), Some(42));
    });
}

#[test]
fn each_call_has_its_own() {
    both(|engine| {
        let mut guest = guest(engine, |x| x);
        let mut parked: Vec<_> = (0..10)
            .map(|i| (i, guest.park("run", &[Val::I32(i)])))
            .collect();
        parked.rotate_left(3);
        for (i, call) in parked {
            let mut call = go_on(&mut guest, call, 1);
            assert_eq!(call.payload().take(), Some(i));
        }
    });
}

#[test]
fn it_goes_when_the_call_goes_on_or_ends() {
    both(|engine| {
        let (mut guest, counter) = counted(engine);
        let parked = guest.park("run", &[Val::I32(0)]);
        assert_eq!(counter.live(), 1);
        let parked = go_on(&mut guest, parked, 1);
        assert_eq!(counter.live(), 1, "the second took the place of the first");
        let ended = parked.resume(&mut guest.store, &[Val::I32(0)]);
        assert_eq!((returned_i32(ended), counter.live()), (1, 0));

        guest.park("run", &[Val::I32(0)]).cancel(&mut guest.store);
        assert_eq!(counter.live(), 0, "cancelled");
        drop(guest.park("run", &[Val::I32(0)]));
        assert_eq!(counter.live(), 0, "dropped");
        let parked = guest.park("run", &[Val::I32(0)]);
        parked
            .throw(&mut guest.store, Error::msg("no"))
            .unwrap_err();
        assert_eq!(counter.live(), 0, "failed");
        let parked = guest.park("run", &[Val::I32(0)]);
        parked.resume(&mut guest.store, &[Val::I64(0)]).unwrap_err();
        assert_eq!(counter.live(), 0, "wrong answer");
        guest.check_idle();

        let mut parked = guest.park("run", &[Val::I32(0)]);
        drop(guest);
        assert!(parked.payload().get_mut::<Counted>().is_some());
        drop(parked);
        assert_eq!(counter.live(), 0, "after its store");
    });
}

#[test]
fn it_goes_at_once_where_the_call_may_not_park() {
    both(|engine| {
        let (mut guest, counter) = counted(engine);
        let error = guest.error("run", &[0]);
        assert_eq!((error.kind(), counter.live()), (ErrorKind::Barrier, 0));
        let mut parked = guest.park("run", &[Val::I32(0)]);
        assert!(parked.payload().get_mut::<Counted>().is_some());
    });
}

/// Panics when dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        resume_unwind(Box::new("dropped"));
    }
}

#[test]
fn a_drop_that_panics_is_a_panic_of_whoever_causes_it() {
    both(|engine| {
        let mut guest = guest(engine, |_| Bomb);
        let panics = |what: &mut dyn FnMut()| catch_unwind(AssertUnwindSafe(what)).is_err();
        assert!(panics(&mut || drop(guest.call("run", &[Val::I32(0)]))));
        let mut parked = Some(guest.park("run", &[Val::I32(0)]));
        assert!(panics(&mut || {
            let _ = (parked.take()).map(|parked| parked.resume(&mut guest.store, &[Val::I32(1)]));
        }));
        parked = Some(guest.park("run", &[Val::I32(0)]));
        assert!(panics(&mut || drop(parked.take())));
        guest.check_idle();
    });
}

#[test]
fn a_wait_allocates_nothing() {
    let engine = &Engine::default();
    fn allocations<P: Send + 'static>(engine: &Engine, value: fn(i32) -> P) -> usize {
        let mut guest = guest(engine, value);
        let mut parked = guest.park("run", &[Val::I32(0)]);
        parked = go_on(&mut guest, parked, 1);
        let before = ALLOCATIONS.get();
        for _ in 0..100 {
            parked.payload().take::<P>();
            parked = go_on(&mut guest, parked, 1);
        }
        ALLOCATIONS.get() - before
    }
    assert_eq!(allocations(engine, |_| ()), 0);
    assert_eq!(allocations(engine, |x| x), 0);
    assert_eq!(allocations(engine, |x| [x as usize; 5]), 0);
    assert_eq!(allocations(engine, |x| [x as usize; 6]), 100);
}

#[test]
fn a_local_value_stays_on_its_thread() {
    let value = Rc::new(1);
    let watch = Rc::downgrade(&value);
    let mut payload = Payload::new(Local::new(value));
    let mut payload = std::thread::spawn(move || {
        let local = payload.take::<Local<Rc<i32>>>().unwrap();
        Payload::new(local.into_inner().expect_err("another thread"))
    })
    .join()
    .unwrap();
    let value = payload.take::<Local<Rc<i32>>>().unwrap().into_inner();
    assert_eq!(*value.unwrap(), 1);
    assert_eq!(watch.strong_count(), 0);

    drop(Local::new(Rc::new(2)));
    let leaked = Rc::new(3);
    let local = Local::new(leaked.clone());
    std::thread::spawn(move || drop(local)).join().unwrap();
    assert_eq!(Rc::strong_count(&leaked), 2, "not touched elsewhere");
}

#[test]
fn a_host_value_in_it_stays() {
    both(|engine| {
        let counter = Counter::default();
        let value = counter.value();
        let mut guest = guest(engine, move |_| value.clone());
        let mut parked = guest.park("run", &[Val::I32(0)]);
        guest.store.gc();
        let value = parked.payload().take::<ExternRef>().unwrap();
        assert!(value.data().is::<Counted>());
        drop((parked, guest, value));
        assert_eq!(counter.live(), 0);
    });
}
