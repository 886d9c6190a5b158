//! Calls with a region of the second stack: who has the pointer when, and what becomes of regions.

mod common;

use bident::{
    Answer, Caller, Config, Engine, Error, ErrorKind, Exception, Extern, Func, FuncType, Global,
    GlobalType, Instance, Linker, Memory, MemoryType, Outcome, ParkedCall, Payload, Reply,
    SecondStack, SecondStackOptions, Store, TypedOutcome, Val, ValType,
};
use common::{Guest, Random, both, module, parked_call, returned, returned_i32};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where the main stack of [`GUEST`] begins.
const HOME: i32 = 65536;

/// `work(id, rounds)` keeps `id` in its frame across waits, whose answers come into the frame, too; what
/// it gives tells whether both were kept. `host.wait` parks; `host.back` calls back; `host.fail` fails.
const BODY: &str = r#"
    (tag $tag (export "tag"))
    (func $push (param $bytes i32) (result i32)
      (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get $bytes)))
      (global.get $__stack_pointer))
    (func $pop (param $frame i32) (param $bytes i32)
      (global.set $__stack_pointer (i32.add (local.get $frame) (local.get $bytes))))
    (func (export "work") (param $id i32) (param $rounds i32) (result i32)
      (local $frame i32) (local $sum i32)
      (local.set $frame (call $push (i32.const 32)))
      (i32.store (local.get $frame) (local.get $id))
      (loop $again
        (i32.store offset=8 (local.get $frame) (i32.const -1))
        (call $wait (i32.add (local.get $frame) (i32.const 8)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $frame))))
        (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
        (br_if $again (local.get $rounds)))
      (call $pop (local.get $frame) (i32.const 32))
      (i32.add (local.get $sum) (i32.mul (i32.const 1000) (i32.load (local.get $frame)))))
    (func (export "plain") (param $id i32) (result i32) (local $frame i32)
      (local.set $frame (call $push (i32.const 32)))
      (i32.store (local.get $frame) (local.get $id))
      (call $pop (local.get $frame) (i32.const 32))
      (local.get $frame))
    (func (export "outer") (param $id i32) (result i32) (local $frame i32)
      (local.set $frame (call $push (i32.const 32)))
      (i32.store (local.get $frame) (local.get $id))
      (call $back (local.get $id))
      (call $wait (local.get $frame))
      (call $back (local.get $id))
      (call $pop (local.get $frame) (i32.const 32))
      (i32.load (local.get $frame)))
    (func (export "trap") (param $waits i32)
      (drop (call $push (i32.const 32)))
      (if (local.get $waits) (then (call $wait (global.get $__stack_pointer))))
      unreachable)
    (func (export "fail") (param $waits i32)
      (drop (call $push (i32.const 32)))
      (if (local.get $waits) (then (call $wait (global.get $__stack_pointer))))
      (call $fail (local.get $waits)))
    (func (export "throw") (param $waits i32)
      (drop (call $push (i32.const 32)))
      (if (local.get $waits) (then (call $wait (global.get $__stack_pointer))))
      (throw $tag))
    (func (export "catch") (result i32) (local $frame i32)
      (local.set $frame (call $push (i32.const 32)))
      (i32.store (local.get $frame) (i32.const 77))
      (block $caught
        (try_table (catch $tag $caught)
          (drop (call $push (i32.const 64)))
          (call $wait (global.get $__stack_pointer))))
      (global.set $__stack_pointer (local.get $frame))
      (call $wait (local.get $frame))
      (call $pop (local.get $frame) (i32.const 32))
      (i32.load (local.get $frame))))"#;

const IMPORTS: &str = r#"(module
    (import "host" "wait" (func $wait (param i32)))
    (import "host" "back" (func $back (param i32)))
    (import "host" "fail" (func $fail (param i32)))"#;

const GUEST: &str = r#"
    (memory (export "memory") 2)
    (global $__stack_pointer (mut i32) (i32.const 65536))"#;

#[derive(Default)]
struct Host {
    /// What `host.back` began or goes on with.
    inner: Option<ParkedCall>,
    seen: Vec<i32>,
}

fn define(linker: &mut Linker<Host>) {
    linker
        .func_wrap("host", "wait", |address: u32| {
            Reply::<(), _>::Pending(address)
        })
        .unwrap();
    linker.func_wrap("host", "back", back).unwrap();
    linker
        .func_wrap("host", "fail", |how: i32| -> Result<(), Error> {
            match how {
                0 => Err(Error::msg("failed")),
                _ => panic!("failed badly"),
            }
        })
        .unwrap();
}

/// The first time starts a call and notes where a plain one has its frame, the second time ends it.
fn back(mut caller: Caller<'_, Host>, id: i32) -> Result<(), Error> {
    let instance = caller.instance().unwrap();
    let plain = instance.get_typed_func::<i32, i32>(&mut caller, "plain")?;
    let frame = plain.call(&mut caller, id)?;
    caller.data_mut().seen.push(frame);
    match caller.data_mut().inner.take() {
        None => {
            let work = instance.get_func(&mut caller, "work").unwrap();
            let call = parked_call(work.start(&mut caller, &[Val::I32(id + 1), Val::I32(1)]));
            caller.data_mut().inner = Some(call);
        }
        Some(mut call) => {
            let memory = instance.get_memory(&mut caller, "memory").unwrap();
            answer(&mut caller, memory, &mut call, 5);
            let result = returned_i32(call.resume(&mut caller, &[]));
            caller.data_mut().seen.push(result);
        }
    }
    Ok(())
}

/// Writes the answer of `host.wait` where the call waits for it; gives the address.
fn answer(
    store: &mut impl bident::AsContextMut,
    memory: Memory,
    call: &mut ParkedCall,
    value: i32,
) -> u32 {
    let address = call.payload().take::<u32>().unwrap();
    memory
        .write(store, address as usize, &value.to_le_bytes())
        .unwrap();
    address
}

struct Test {
    guest: Guest<Host>,
    second: SecondStack,
    memory: Memory,
}

impl Test {
    fn new(engine: &Engine) -> Self {
        Self::with(engine, &SecondStackOptions::new().region_size(4096))
    }

    fn with(engine: &Engine, options: &SecondStackOptions) -> Self {
        let wat = format!("{IMPORTS}{GUEST}{BODY}");
        let mut guest = Guest::new(engine, &wat, Host::default(), define);
        let second = SecondStack::new(&mut guest.store, &guest.instance, options).unwrap();
        let memory = guest.instance.get_memory(&mut guest.store, "memory");
        Self {
            memory: memory.unwrap(),
            guest,
            second,
        }
    }

    fn pointer(&mut self) -> i32 {
        let pointer = self.second.pointer(&self.guest.store);
        pointer.get(&mut self.guest.store).i32().unwrap()
    }

    fn work(&mut self, id: i32, rounds: i32) -> ParkedCall {
        self.guest.park("work", &[Val::I32(id), Val::I32(rounds)])
    }

    fn go_on(&mut self, mut call: ParkedCall, value: i32) -> Result<Outcome, Error> {
        answer(&mut self.guest.store, self.memory, &mut call, value);
        match value % 2 {
            0 => call.resume_word(&mut self.guest.store, 0),
            _ => call.resume(&mut self.guest.store, &[]),
        }
    }

    /// No call has a region or a stack, and the pointer is where it began.
    #[track_caller]
    fn check_idle(&mut self) {
        self.check_used(0);
        self.guest.check_idle();
    }

    #[track_caller]
    fn check_used(&mut self, used: u32) {
        assert_eq!(self.pointer(), HOME, "the pointer");
        assert_eq!(self.second.used_regions(&self.guest.store), used, "regions");
    }
}

#[test]
fn a_hundred_calls_end_in_any_order() {
    both(|engine| {
        let mut test = Test::new(engine);
        let mut random = Random(17);
        let mut calls: Vec<_> = (0..100)
            .map(|id| (id, 1 + id % 3, 0, test.work(id, 1 + id % 3)))
            .collect();
        test.check_used(100);
        while !calls.is_empty() {
            let next = random.below(calls.len());
            let (id, rounds, sum, call) = calls.swap_remove(next);
            let value = random.below(100) as i32;
            match test.go_on(call, value).unwrap() {
                Outcome::Parked(call) => calls.push((id, rounds - 1, sum + value, call)),
                Outcome::Returned(results) => {
                    assert_eq!(rounds, 1);
                    assert_eq!(results[0].i32(), Some(1000 * id + sum + value));
                }
                Outcome::Suspended(_) => unreachable!(),
            }
            test.check_used(calls.len() as u32);
        }
        assert_eq!(
            test.second.regions(&test.guest.store),
            128,
            "as pages have room for"
        );
        test.check_idle();
    });
}

#[test]
fn calls_that_do_not_wait_use_one_region_after_the_other() {
    both(|engine| {
        let mut test = Test::new(engine);
        let frames: Vec<_> = (0..5)
            .map(|id| returned_i32(test.guest.start("plain", &[Val::I32(id)])))
            .collect();
        assert!(frames.iter().all(|frame| *frame == frames[0]), "{frames:?}");
        assert!(frames[0] > 2 * HOME, "in the pages that were added");
        // A plain call has the main stack, whoever waits.
        let waiting = test.work(1, 1);
        assert_eq!(test.guest.i32("plain", &[1]), HOME - 32);
        assert_eq!(returned_i32(test.go_on(waiting, 3)), 1003);
        let plain = test
            .guest
            .func("plain")
            .typed::<i32, i32>(&mut test.guest.store);
        match plain.unwrap().start(&mut test.guest.store, 4).unwrap() {
            TypedOutcome::Returned(frame) => assert_eq!(frame, frames[0]),
            TypedOutcome::Parked(_) => unreachable!(),
        }
        test.check_idle();
    });
}

#[test]
fn every_end_puts_the_pointer_back_and_gives_the_region_back() {
    both(|engine| {
        let mut test = Test::new(engine);
        let other = test.work(9, 1);
        for waits in [0, 1] {
            for name in ["trap", "fail", "throw"] {
                let mut end = || {
                    let started = test.guest.start(name, &[Val::I32(waits)])?;
                    let Outcome::Parked(call) = started else {
                        panic!("{name} neither waits nor fails");
                    };
                    test.check_used(2);
                    test.go_on(call, 0)
                };
                match catch_unwind(AssertUnwindSafe(&mut end)) {
                    Ok(ended) => assert!(ended.is_err(), "{name} {waits}"),
                    Err(_) => assert_eq!((name, waits), ("fail", 1)),
                }
                test.check_used(1);
            }
        }
        let calls = [1, 2, 3].map(|id| test.work(id, 1));
        test.check_used(4);
        let [cancelled, dropped, failed] = calls;
        cancelled.cancel(&mut test.guest.store);
        test.check_used(3);
        drop(dropped);
        test.check_used(2);
        let error = failed.throw(&mut test.guest.store, Error::msg("not there"));
        assert_eq!(format!("{:#}", error.unwrap_err()), "not there");
        test.check_used(1);
        assert_eq!(returned_i32(test.go_on(other, 1)), 9001);
        test.check_idle();
    });
}

#[test]
fn exceptions_go_into_calls_and_out_of_them() {
    both(|engine| {
        let mut test = Test::new(engine);
        let tag = test.guest.tag("tag");
        let exception = Exception::new(&mut test.guest.store, tag, &[]).unwrap();
        let call = test.guest.park("catch", &[]);
        let between = test.work(5, 1);
        let call = parked_call(call.throw(&mut test.guest.store, exception.clone().into()));
        test.check_used(2);
        assert_eq!(returned_i32(test.go_on(between, 1)), 5001);
        let address = 77;
        assert_eq!(returned_i32(test.go_on(call, address)), 77);

        let call = test.work(1, 1);
        let error = call.throw(&mut test.guest.store, exception.into());
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Exception);
        test.check_idle();
    });
}

#[test]
fn calls_that_host_functions_begin_have_regions_of_their_own() {
    both(|engine| {
        let mut test = Test::new(engine);
        let plain = returned_i32(test.guest.start("plain", &[Val::I32(0)]));
        let call = test.guest.park("outer", &[Val::I32(1)]);
        test.check_used(2);
        // A plain call of the host function goes on below the frame of the call that is interrupted.
        assert_eq!(test.guest.store.data().seen, [plain - 32]);
        assert_eq!(returned_i32(test.go_on(call, 3)), 3);
        assert_eq!(test.guest.store.data().seen, [plain - 32, plain - 32, 2005]);
        test.check_idle();
    });
}

#[test]
fn wrong_values_leave_a_call_its_region() {
    both(|engine| {
        let mut test = Test::new(engine);
        let call = test.work(1, 1);
        let mut error = call
            .resume(&mut test.guest.store, &[Val::I32(1)])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        test.check_used(1);
        let other = test.work(2, 1);
        let call = error.take_parked().unwrap();
        assert_eq!(returned_i32(test.go_on(call, 1)), 1001);
        assert_eq!(returned_i32(test.go_on(other, 1)), 2001);
        // Wrong parameters take none.
        let error = test.guest.start("work", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        test.check_idle();
    });
}

#[test]
fn parked_calls_outlive_their_store() {
    both(|engine| {
        let mut test = Test::new(engine);
        let calls = [1, 2].map(|id| test.work(id, 1));
        drop(test);
        let mut other = Test::new(engine);
        for call in calls {
            let error = call.resume(&mut other.guest.store, &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
        other.check_idle();
    });
}

/// Host functions, memory and pointer for instances that share them.
fn shared(store: &mut Store<Host>) -> (Linker<Host>, Global) {
    let mut linker = Linker::new(store.engine());
    define(&mut linker);
    let memory = Memory::new(&mut *store, MemoryType::new(2, None)).unwrap();
    let ty = GlobalType {
        content: ValType::I32,
        mutable: true,
    };
    let pointer = Global::new(&mut *store, ty, Val::I32(HOME)).unwrap();
    let host = [
        ("memory", Extern::Memory(memory)),
        ("__stack_pointer", Extern::Global(pointer)),
    ];
    for (name, item) in host {
        linker.define("env", name, item).unwrap();
    }
    (linker, pointer)
}

#[test]
fn instances_that_share_the_pointer_share_the_stack() {
    let wat = format!(
        r#"{IMPORTS}
        (import "env" "memory" (memory 2))
        (import "env" "__stack_pointer" (global $__stack_pointer (mut i32)))
        (export "memory" (memory 0)){BODY}"#
    );
    both(|engine| {
        let mut store = Store::new(engine, Host::default());
        let (linker, pointer) = shared(&mut store);
        let module = module(engine, &wat);
        let mut instances: Vec<Instance> = (0..2)
            .map(|_| linker.instantiate(&mut store, &module).unwrap())
            .collect();
        let options = SecondStackOptions::new().region_size(4096);
        let second = SecondStack::new(&mut store, &instances[1], &options).unwrap();
        let again = SecondStack::new(&mut store, &instances[0], &options).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::Usage);
        instances.push(linker.instantiate(&mut store, &module).unwrap());

        let mut calls = Vec::new();
        for (id, instance) in instances.iter().enumerate() {
            assert_eq!(SecondStack::of(&store, instance), Some(second));
            let work = instance.get_func(&mut store, "work").unwrap();
            let params = [Val::I32(id as i32), Val::I32(1)];
            calls.push(parked_call(work.start(&mut store, &params)));
            assert_eq!(pointer.get(&mut store).i32(), Some(HOME));
        }
        assert_eq!(second.used_regions(&store), 3);
        let memory = instances[0].get_memory(&mut store, "memory").unwrap();
        for (id, mut call) in calls.into_iter().enumerate() {
            answer(&mut store, memory, &mut call, 7);
            let result = returned_i32(call.resume(&mut store, &[]));
            assert_eq!(result, 1000 * id as i32 + 7);
        }
        assert_eq!(second.used_regions(&store), 0);
    });
}

#[test]
fn an_instance_without_the_pointer_joins() {
    let calls = r#"(module
        (import "c" "work" (func $work (param i32 i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $work (local.get 0) (i32.const 1))))"#;
    both(|engine| {
        let mut test = Test::new(engine);
        let mut linker = Linker::new(engine);
        let store = &mut test.guest.store;
        linker
            .instance(&mut *store, "c", test.guest.instance)
            .unwrap();
        let caller = linker
            .instantiate(&mut *store, &module(engine, calls))
            .unwrap();
        let run = caller.get_func(&mut *store, "run").unwrap();
        assert_eq!(SecondStack::of(&*store, &caller), None);
        test.second.join(&mut *store, &caller).unwrap();
        assert_eq!(SecondStack::of(&*store, &caller), Some(test.second));
        let a = parked_call(run.start(&mut *store, &[Val::I32(1)]));
        let b = parked_call(run.start(&mut *store, &[Val::I32(2)]));
        test.check_used(2);
        assert_eq!(returned_i32(test.go_on(a, 3)), 1003);
        assert_eq!(returned_i32(test.go_on(b, 4)), 2004);
        test.check_idle();

        // Not one that has another.
        let wat = format!("{IMPORTS}{GUEST}{BODY}");
        let mut linker = Linker::new(engine);
        define(&mut linker);
        let store = &mut test.guest.store;
        let other = linker
            .instantiate(&mut *store, &module(engine, &wat))
            .unwrap();
        SecondStack::new(&mut *store, &other, &SecondStackOptions::new()).unwrap();
        let error = test.second.join(&mut *store, &other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    });
}

#[test]
fn a_chain_of_continuations_parks_on_one_region() {
    let wat = r#"(module
        (type $func (func (param i32) (result i32)))
        (type $cont (cont $func))
        (import "host" "wait" (func $wait (param i32)))
        (memory (export "memory") 2)
        (global $__stack_pointer (mut i32) (i32.const 65536))
        (elem declare func $work)
        (func $work (type $func) (local $frame i32)
          (global.set $__stack_pointer
            (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
          (i32.store (local.get $frame) (local.get 0))
          (call $wait (i32.add (local.get $frame) (i32.const 8)))
          (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16)))
          (i32.add (i32.load offset=8 (local.get $frame))
                   (i32.mul (i32.const 1000) (i32.load (local.get $frame)))))
        (func (export "run") (type $func)
          (resume $cont (local.get 0) (cont.new $cont (ref.func $work)))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let ty = FuncType::new([ValType::I32], []);
            let wait = |_: Caller<'_, ()>, values: &[Val], _: &mut [Val]| {
                let address = values[0].i32().unwrap() as u32;
                Ok(Answer::Pending(Payload::new(address)))
            };
            linker.func_new("host", "wait", ty, wait).unwrap();
        });
        let options = SecondStackOptions::new();
        let second = SecondStack::new(&mut guest.store, &guest.instance, &options).unwrap();
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        let calls = [1, 2, 3].map(|id| guest.park("run", &[Val::I32(id)]));
        for (id, mut call) in (1..).zip(calls) {
            answer(&mut guest.store, memory, &mut call, 10 * id);
            assert_eq!(returned_i32(call.resume(&mut guest.store, &[])), 1010 * id);
        }
        assert_eq!(second.used_regions(&guest.store), 0);
        guest.check_freed();
    });
}

#[test]
fn functions_of_the_host_have_no_region() {
    both(|engine| {
        let mut test = Test::new(engine);
        let own = Func::wrap(&mut test.guest.store, || Reply::<i32>::Pending(())).unwrap();
        let call = parked_call(own.start(&mut test.guest.store, &[]));
        test.check_used(0);
        let results = returned(call.resume(&mut test.guest.store, &[Val::I32(3)]));
        assert_eq!(results[0].i32(), Some(3));
        test.check_idle();
    });
}

#[test]
fn a_memory_of_another_kind_has_no_second_stack() {
    let engine = Engine::new(&Config::new().custom_page_sizes(true)).unwrap();
    for memory in ["i64 2", "131072 (pagesize 1)"] {
        let wat = format!(
            r#"(module (memory {memory}) (memory 2)
                (global (export "__stack_pointer") (mut i32) (i32.const 65536)))"#
        );
        let mut guest = Guest::plain(&engine, &wat);
        let options = SecondStackOptions::new();
        let error = SecondStack::new(&mut guest.store, &guest.instance, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("32-bit positions"), "{error}");
    }
}
