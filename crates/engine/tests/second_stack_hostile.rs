//! Calls that use more than their region, allocators that lie, limits: traps and errors, and nobody else
//! is harmed.

mod common;

use bident::{
    AsContextMut, Caller, Engine, Error, ErrorKind, Linker, Memory, Outcome, ParkedCall, Reply,
    SecondStack, SecondStackOptions, TrapCode, Val,
};
use common::{Guest, both, parked_call, returned_i32};
use std::panic::{AssertUnwindSafe, catch_unwind};

const HOME: i32 = 65536;
const SIZE: u32 = 4096;
/// What a call has of a region.
const ROOM: i32 = (SIZE - SecondStackOptions::GUARD) as i32;

/// `work(id)` keeps `id` in its frame while it waits. `deep(bytes)` has a frame of so many, and writes at
/// its low end; `brief(bytes, waits)` has left such a frame before it waits; `lift` has its pointer above
/// its region; `sink(bytes)` traps in such a frame.
const CALLS: &str = r#"
    (func (export "work") (param $id i32) (result i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $__stack_pointer) (i32.const 16)))
      (global.set $__stack_pointer (local.get $frame))
      (i32.store (local.get $frame) (local.get $id))
      (call $wait (local.get $frame))
      (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16)))
      (i32.load (local.get $frame)))
    (func $dig (param $bytes i32)
      (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get $bytes)))
      (i64.store (global.get $__stack_pointer) (i64.const -1)))
    (func $climb (param $bytes i32)
      (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get $bytes))))
    (func (export "deep") (param $bytes i32) (result i32)
      (call $dig (local.get $bytes))
      (call $wait (global.get $__stack_pointer))
      (call $climb (local.get $bytes))
      (i32.const 1))
    (func (export "brief") (param $bytes i32) (param $waits i32) (result i32)
      (call $dig (local.get $bytes))
      (call $climb (local.get $bytes))
      (if (local.get $waits) (then (call $wait (global.get $__stack_pointer))))
      (i32.const 1))
    (func (export "lift") (result i32)
      (call $climb (i32.const 16))
      (call $wait (global.get $__stack_pointer))
      (call $climb (i32.const -16))
      (i32.const 1))
    (func (export "sink") (param $bytes i32)
      (call $dig (local.get $bytes))
      unreachable))"#;

const IMPORTS: &str = r#"(module
    (import "host" "wait" (func $wait (param i32)))
    (import "host" "later" (func $later (result i32)))
    (import "host" "again" (func $again))
    (import "host" "panic" (func $panic))
    (memory (export "memory") 4 8)
    (tag $tag)
    (global $__stack_pointer (mut i32) (i32.const 65536))"#;

#[derive(Default)]
struct Host {
    /// How often `host.again` may start a call.
    again: u32,
    calls: Vec<ParkedCall>,
}

fn define(linker: &mut Linker<Host>) {
    linker
        .func_wrap("host", "wait", |address: u32| {
            Reply::<(), _>::Pending(address)
        })
        .unwrap();
    linker
        .func_wrap("host", "later", || Reply::<i32>::Pending(()))
        .unwrap();
    linker.func_wrap("host", "again", again).unwrap();
    linker
        .func_wrap("host", "panic", || -> () { panic!("of the allocator") })
        .unwrap();
}

/// Starts a call of the instance that calls it.
fn again(mut caller: Caller<'_, Host>) -> Result<(), Error> {
    if caller.data().again == 0 {
        return Ok(());
    }
    caller.data_mut().again -= 1;
    let instance = caller.instance().unwrap();
    let work = instance.get_func(&mut caller, "work").unwrap();
    if let Outcome::Parked(call) = work.start(&mut caller, &[Val::I32(99)])? {
        caller.data_mut().calls.push(call);
    }
    Ok(())
}

struct Test {
    guest: Guest<Host>,
    second: SecondStack,
}

fn options() -> SecondStackOptions {
    SecondStackOptions::new().region_size(SIZE)
}

impl Test {
    fn new(engine: &Engine, more: &str, options: &SecondStackOptions) -> Self {
        match Self::made(engine, more, options) {
            Ok(test) => test,
            Err(error) => panic!("{error}"),
        }
    }

    fn made(engine: &Engine, more: &str, options: &SecondStackOptions) -> Result<Self, Error> {
        let wat = format!("{IMPORTS}{more}{CALLS}");
        let mut guest = Guest::new(engine, &wat, Host::default(), define);
        let second = SecondStack::new(&mut guest.store, &guest.instance, options)?;
        Ok(Self { guest, second })
    }

    fn work(&mut self, id: i32) -> ParkedCall {
        self.guest.park("work", &[Val::I32(id)])
    }

    fn resume(&mut self, call: ParkedCall) -> Result<Outcome, Error> {
        call.resume(&mut self.guest.store, &[])
    }

    #[track_caller]
    fn check_ends(&mut self, calls: impl IntoIterator<Item = (i32, ParkedCall)>) {
        for (id, call) in calls {
            assert_eq!(returned_i32(self.resume(call)), id);
        }
    }

    /// The call fails as one that has exhausted its region, or whose region was overwritten.
    #[track_caller]
    fn check_trap(&mut self, outcome: Result<Outcome, Error>, words: &[&str]) {
        let error = outcome.expect_err("a trap");
        assert_eq!(error.trap(), Some(TrapCode::SecondStackOverflow), "{error}");
        let text = format!("{error:#}");
        for word in words {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
        self.check_home();
    }

    #[track_caller]
    fn check_home(&mut self) {
        let pointer = self.second.pointer(&self.guest.store);
        assert_eq!(pointer.get(&mut self.guest.store).i32(), Some(HOME));
    }

    #[track_caller]
    fn check_idle(&mut self) {
        self.check_home();
        assert_eq!(self.second.used_regions(&self.guest.store), 0);
        self.guest.check_idle();
    }
}

#[test]
fn a_call_may_use_all_of_its_region() {
    both(|engine| {
        let mut test = Test::new(engine, "", &options());
        let other = test.work(1);
        let call = test.guest.park("deep", &[Val::I32(ROOM)]);
        test.check_ends([(1, call)]);
        let full = [Val::I32(ROOM), Val::I32(0)];
        assert_eq!(returned_i32(test.guest.start("brief", &full)), 1);
        test.check_ends([(1, other)]);
        test.check_idle();
    });
}

#[test]
fn overflow_is_a_trap_where_the_call_parks_or_ends() {
    both(|engine| {
        let mut test = Test::new(engine, "", &options());
        let (deeper, sizes) = (Val::I32(ROOM + 16), "has 4032 bytes");
        let other = test.work(1);
        let outcome = test.guest.start("deep", std::slice::from_ref(&deeper));
        test.check_trap(
            outcome,
            &["second stack exhausted", "`deep`", sizes, "pointer"],
        );
        for waits in [0, 1] {
            let outcome = test
                .guest
                .start("brief", &[deeper.clone(), Val::I32(waits)]);
            test.check_trap(outcome, &["`brief`", sizes, "wrote below"]);
        }
        let outcome = test.guest.start("lift", &[]);
        test.check_trap(outcome, &["`lift`", sizes, "pointer"]);
        // The region next to it is the other's, which may have been hit.
        let outcome = test.resume(other);
        test.check_trap(outcome, &["`work`", "another call"]);
        test.check_idle();
    });
}

#[test]
fn a_trap_of_a_call_that_parks_has_its_frames() {
    both(|engine| {
        let mut test = Test::new(engine, "", &options());
        let error = test
            .guest
            .start("deep", &[Val::I32(ROOM + 16)])
            .unwrap_err();
        assert_eq!(common::names(&error), ["deep"]);
        test.check_idle();
    });
}

#[test]
fn calls_that_were_overwritten_trap_and_others_go_on() {
    both(|engine| {
        for (name, bytes, spoilt) in [
            ("deep", ROOM + 16, 1..2),
            ("deep", ROOM + 6000, 0..2),
            ("sink", ROOM + 16, 1..2),
        ] {
            let mut test = Test::new(engine, "", &options());
            let mut calls: Vec<_> = (0..2).map(|id| test.work(id)).collect();
            // Between them and those above: regions are handed out from the lowest on.
            let above: Vec<_> = (0..2).map(|_| test.work(7)).collect();
            let [between, last] = <[_; 2]>::try_from(above).unwrap();
            between.cancel(&mut test.guest.store);
            let error = test.guest.start(name, &[Val::I32(bytes)]).unwrap_err();
            let expected = match name {
                "sink" => TrapCode::Unreachable,
                _ => TrapCode::SecondStackOverflow,
            };
            assert_eq!(error.trap(), Some(expected));
            for (id, call) in calls.drain(..).enumerate() {
                let outcome = test.resume(call);
                match spoilt.contains(&id) {
                    true => test.check_trap(outcome, &["`work`", "another call"]),
                    false => assert_eq!(returned_i32(outcome), id as i32),
                }
            }
            test.check_ends([(7, last)]);
            // Their regions are as good as new.
            let calls: Vec<_> = (0..4).map(|id| (id, test.work(id))).collect();
            test.check_ends(calls);
            test.check_idle();
        }
    });
}

/// An honest allocator, if what `wat` does before it allows.
fn allocator(wat: &str) -> String {
    format!(
        r#"(global $next (export "next") (mut i32) (i32.const 131073))
        (global $freed (export "freed") (mut i32) (i32.const 0))
        (func (export "malloc") (param $size i32) (result i32) (local $block i32)
          {wat}
          (local.set $block (global.get $next))
          (global.set $next (i32.add (local.get $block) (local.get $size)))
          (local.get $block))
        (func (export "free") (param i32)
          (if (i32.eq (global.get $freed) (i32.const 2)) (then unreachable))
          (global.set $freed (i32.add (global.get $freed) (i32.const 1))))"#
    )
}

#[test]
fn regions_of_an_allocator_are_aligned_used_again_and_freed() {
    both(|engine| {
        let mut test = Test::new(engine, &allocator(""), &options());
        for _ in 0..3 {
            let mut calls: Vec<_> = (0..3).map(|id| (id, test.work(id))).collect();
            for (_, call) in &mut calls {
                assert_eq!(call.payload().take::<u32>().unwrap() % 16, 0);
            }
            test.check_ends(calls);
        }
        let store = &mut test.guest.store;
        assert_eq!(test.second.regions(&*store), 3);
        let waiting = parked_call(
            test.guest
                .instance
                .get_func(&mut *store, "work")
                .unwrap()
                .start(&mut *store, &[Val::I32(5)]),
        );
        test.second.trim(&mut *store).unwrap();
        assert_eq!(test.second.regions(&*store), 1);
        assert_eq!(
            test.guest
                .instance
                .get_global(&mut *store, "freed")
                .unwrap()
                .get(&mut *store)
                .i32(),
            Some(2)
        );
        test.check_ends([(5, waiting)]);
        // `free` traps now.
        let error = test.second.trim(&mut test.guest.store).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        test.second.trim(&mut test.guest.store).unwrap();
        assert_eq!(test.second.regions(&test.guest.store), 0);
        test.check_idle();
    });
}

#[test]
fn what_an_allocator_does_wrong_is_an_error_of_the_call() {
    let cases = [
        (
            "(return (i32.const 0))",
            ErrorKind::Limit,
            "has no 4111 bytes",
        ),
        (
            "(return (i32.const -16))",
            ErrorKind::Usage,
            "end beyond the 262144",
        ),
        (
            "(return (i32.const 260000))",
            ErrorKind::Usage,
            "end beyond the 262144",
        ),
        (
            "unreachable",
            ErrorKind::Trap(TrapCode::Unreachable),
            "malloc",
        ),
        ("(throw $tag)", ErrorKind::Exception, "exception"),
        ("(drop (call $later))", ErrorKind::Barrier, "host.later"),
        (
            "(drop (i32.load (i32.const -1)))",
            ErrorKind::Trap(TrapCode::MemoryOutOfBounds),
            "malloc",
        ),
    ];
    both(|engine| {
        for (body, kind, words) in cases {
            let options = options().max_regions(3);
            let mut test = Test::new(engine, &allocator(body), &options);
            // More often than regions may be: what was not made does not count.
            for _ in 0..5 {
                let error = test.guest.start("work", &[Val::I32(1)]).unwrap_err();
                assert_eq!(error.kind(), kind, "{body}: {error}");
                assert!(error.to_string().contains(words), "{body}: {error}");
            }
            assert_eq!(test.second.regions(&test.guest.store), 0);
            // Plain calls need none.
            let full = [ROOM, 0];
            assert_eq!(test.guest.i32("brief", &full), 1);
            test.check_idle();
        }
    });
}

#[test]
fn regions_that_overlap_are_refused() {
    both(|engine| {
        for between in [0, 1, SIZE / 2, SIZE - 1] {
            let body = format!("(local.set $size (i32.const {between}))",);
            let mut test = Test::new(engine, &allocator(&body), &options());
            let first = test.work(1);
            let error = test.guest.start("work", &[Val::I32(2)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains("overlap"), "{error}");
            test.check_ends([(1, first)]);
            test.check_idle();
        }
    });
}

#[test]
fn an_allocator_that_calls_back_gets_regions_too() {
    both(|engine| {
        let mut test = Test::new(engine, &allocator("(call $again)"), &options());
        test.guest.store.data_mut().again = 3;
        let call = test.work(1);
        let inner = std::mem::take(&mut test.guest.store.data_mut().calls);
        assert_eq!(test.second.used_regions(&test.guest.store), 4);
        test.check_ends([(1, call)]);
        test.check_ends(inner.into_iter().map(|call| (99, call)));

        // Without an end, the limit of regions is one.
        let options = options().max_regions(8);
        let mut test = Test::new(engine, &allocator("(call $again)"), &options);
        test.guest.store.data_mut().again = u32::MAX;
        let error = test.guest.start("work", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        test.guest.store.data_mut().again = 0;
        let calls: Vec<_> = (0..8).map(|id| (id, test.work(id))).collect();
        test.check_ends(calls);
        test.check_idle();

        // So is the host stack.
        let many = self::options().max_regions(u32::MAX);
        let mut test = Test::new(engine, &allocator("(call $again)"), &many);
        test.guest.store.data_mut().again = u32::MAX;
        let error = test.guest.start("work", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::HostStackOverflow), "{error}");
        test.guest.store.data_mut().again = 0;
        let call = test.work(1);
        test.check_ends([(1, call)]);
        test.check_idle();
    });
}

#[test]
fn a_panic_in_an_allocator_passes() {
    both(|engine| {
        let options = options().max_regions(1);
        let mut test = Test::new(engine, &allocator("(call $panic)"), &options);
        for _ in 0..3 {
            let start = || test.guest.start("work", &[Val::I32(1)]);
            assert!(catch_unwind(AssertUnwindSafe(start)).is_err());
        }
        test.check_idle();
    });
}

#[test]
fn limits_are_errors_until_a_region_is_given_back() {
    let page = 65536;
    let sources = [
        ("all 3 regions", options().max_regions(3)),
        (
            "has no room for another",
            options().range(page + 1..page + 4 * SIZE),
        ),
        ("cannot grow", options().new_pages().region_size(100_000)),
    ];
    both(|engine| {
        for (words, options) in &sources {
            let mut test = Test::new(engine, "", options);
            let mut calls: Vec<_> = Vec::new();
            let error = loop {
                let id = calls.len() as i32;
                match test.guest.start("work", &[Val::I32(id)]) {
                    Ok(Outcome::Parked(call)) => calls.push((id, call)),
                    Ok(_) => unreachable!(),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::Limit);
            assert!(error.to_string().contains(words), "{error}");
            // Four pages more, of which each region takes two; three regions elsewhere.
            assert_eq!(calls.len(), if words == &"cannot grow" { 2 } else { 3 });
            test.check_ends([calls.swap_remove(1)]);
            let again = test.work(9);
            test.check_ends(calls);
            test.check_ends([(9, again)]);
            test.check_idle();
        }
    });
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let kept = r#"(global (export "fixed") i32 (i32.const 1))
        (global (export "float") (mut f32) (f32.const 1))
        (func (export "malloc") (param i64) (result i32) (i32.const 0))
        (func (export "free") (param i32))"#;
    let new = SecondStackOptions::new;
    let cases = [
        (new().region_size(16), "16 bytes"),
        (new().region_size(u32::MAX), "4294967295 bytes"),
        (new().range(0..1000), "no room"),
        (new().range(5000..5000), "no room"),
        (new().range(0..1 << 16).pointer_export("none"), "`none`"),
        (new().range(0..1 << 16).pointer_export("memory"), "`memory`"),
        (
            new().range(0..1 << 16).pointer_export("fixed"),
            "immutable i32",
        ),
        (
            new().range(0..1 << 16).pointer_export("float"),
            "mutable f32",
        ),
        (new().range(0..1 << 16).pointer_index(7), "position 7"),
        (new().range(0..1 << 16).pointer_index(u32::MAX), "position"),
        (new().allocator("nothing", "free"), "`nothing`"),
        (new(), "expected a function (i32) -> (i32)"),
    ];
    both(|engine| {
        for (options, words) in &cases {
            let error = Test::made(engine, kept, options).err().expect(words);
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains(words), "{error}");
        }
        // A range beyond the memory, which may grow later, is an error of the call.
        let mut test = Test::new(engine, kept, &new().range(1 << 20..1 << 21));
        let error = test.guest.start("work", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let memory: Memory = test
            .guest
            .instance
            .get_memory(&mut test.guest.store, "memory")
            .unwrap();
        assert!(memory.grow(test.guest.store.context_mut(), 4).is_ok());
        test.check_idle();
    });
}

#[test]
fn the_pointer_is_found_by_name_or_named() {
    let module = |global: &str| format!(r#"(module (memory 1) {global} (func (export "call")))"#);
    let found = [
        r#"(global $__stack_pointer (mut i32) (i32.const 1))"#,
        r#"(global (export "__stack_pointer") (mut i32) (i32.const 1))"#,
        // The export goes before the name section.
        r#"(global $__stack_pointer i32 (i32.const 2))
           (global (export "__stack_pointer") (mut i32) (i32.const 1))"#,
    ];
    let refused = [
        ("", "pointer_index"),
        ("(global $other (mut i32) (i32.const 1))", "pointer_index"),
        (
            "(global $__stack_pointer (mut i64) (i64.const 1))",
            "mutable i64",
        ),
        (
            r#"(global (@name "__stack_pointer") (mut i32) (i32.const 1))
               (global (@name "__stack_pointer") (mut i32) (i32.const 2))"#,
            "0 and 1",
        ),
    ];
    both(|engine| {
        for global in found {
            let mut guest = Guest::plain(engine, &module(global));
            let options = SecondStackOptions::new();
            let second = SecondStack::new(&mut guest.store, &guest.instance, &options).unwrap();
            let pointer = second.pointer(&guest.store);
            assert_eq!(pointer.get(&mut guest.store).i32(), Some(1), "{global}");
            let again = SecondStack::new(&mut guest.store, &guest.instance, &options);
            assert!(again.unwrap_err().to_string().contains("already"));
        }
        for (global, words) in refused {
            let mut guest = Guest::plain(engine, &module(global));
            let options = SecondStackOptions::new();
            let made = SecondStack::new(&mut guest.store, &guest.instance, &options);
            let error = made.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains(words), "{error}");
        }
        let wat = "(module (global $__stack_pointer (mut i32) (i32.const 1)))";
        let mut guest = Guest::plain(engine, wat);
        let options = SecondStackOptions::new();
        let made = SecondStack::new(&mut guest.store, &guest.instance, &options);
        assert!(made.unwrap_err().to_string().contains("no memory"));
    });
}
