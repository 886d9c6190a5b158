//! Instantiation that waits: for its start function, or for a limiter.

mod common;

use bident::{
    Accessor, Config, Engine, Error, ErrorKind, Global, GlobalType, Instance, InstancePre, Lasting,
    Linker, Permission, ResourceLimiter, ResourceLimiterAsync, Spawner, Store, Tasks, TrapCode,
    Val, ValType,
};
use common::gate::{Gate, block_on, once};
use common::{Counter, both, both_with, module, names};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// Its start function waits, then traps if the answer is 0; `n` is the answer.
const GUEST: &str = r#"(module
    (import "host" "wait" (func $wait (result i32)))
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const -1))
    (func $deep (param $depth i32) (result i32)
        (if (result i32) (local.get $depth)
            (then (call $deep (i32.sub (local.get $depth) (i32.const 1))))
            (else (call $wait))))
    (func $start
        (global.set $n (call $deep (i32.const 50)))
        (if (i32.eqz (global.get $n)) (then unreachable)))
    (start $start)
    (func (export "n") (result i32) (global.get $n)))"#;

/// What host functions wait at, and how many futures there are.
#[derive(Clone, Default)]
struct Host {
    gate: Gate,
    futures: Counter,
}

fn linker(engine: &Engine) -> Linker<Host> {
    let mut linker = Linker::new(engine);
    let wait = |store: Accessor<Host>| async move {
        let host = store.with(|caller| caller.data().clone())?;
        let counted = host.futures.counted();
        let value = host.gate.pass().await;
        drop(counted);
        Ok::<_, Error>(value)
    };
    linker.func_wrap_async("host", "wait", wait).unwrap();
    linker
}

fn guests(engine: &Engine) -> (Host, Store<Host>, InstancePre<Host>) {
    let host = Host::default();
    let store = Store::new(engine, host.clone());
    let pre = linker(engine).instantiate_pre(&module(engine, GUEST));
    (host, store, pre.unwrap())
}

fn n(store: &mut Store<Host>, instance: Instance) -> i32 {
    let n = instance.get_typed_func::<(), i32>(&mut *store, "n");
    n.unwrap().call(&mut *store, ()).unwrap()
}

/// No stack is left, and after a collection so many of the guests are there.
#[track_caller]
fn check_left(store: &mut Store<Host>, guests: usize) {
    let idle = module(store.engine(), "(module (func $f) (start $f))");
    let idle = Instance::new(&mut *store, &idle, &[]).unwrap();
    idle.release(&mut *store).unwrap();
    store.gc();
    let stats = store.stats();
    assert_eq!((stats.live, stats.bytes), (0, 0), "stacks are left");
    let (_, bytes) = store.items();
    assert_eq!(bytes, guests * (64 << 10), "a page for each guest");
}

#[test]
fn a_start_function_waits_and_goes_on() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        let waiting = module(engine, GUEST);
        for by_linker in [false, true] {
            host.gate.close();
            let instance = {
                let mut made: Pin<Box<dyn Future<Output = _> + Send>> = match by_linker {
                    false => Box::pin(pre.instantiate_async(&mut store)),
                    true => Box::pin(linker(engine).instantiate_async(&mut store, &waiting)),
                };
                assert_eq!(host.futures.live(), 0, "nothing before the first poll");
                for _ in 0..3 {
                    assert!(once(made.as_mut()).is_pending());
                    assert_eq!(host.futures.live(), 1);
                }
                host.gate.open(7);
                block_on(made).unwrap()
            };
            assert_eq!(n(&mut store, instance), 7);
        }
        // Both are kept.
        check_left(&mut store, 2);
    });
}

#[test]
fn what_need_not_wait_is_there_at_once() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        host.gate.open(3);
        let Poll::Ready(instance) = once(pin!(pre.instantiate_async(&mut store))) else {
            panic!("the gate is open");
        };
        assert_eq!(n(&mut store, instance.unwrap()), 3);
        let plain = module(
            engine,
            r#"(module (func (export "n") (result i32) (i32.const 9)))"#,
        );
        let made = linker(engine).instantiate_async(&mut store, &plain);
        let Poll::Ready(instance) = once(pin!(made)) else {
            panic!("there is no start function");
        };
        assert_eq!(n(&mut store, instance.unwrap()), 9);
    });
}

#[test]
fn a_start_function_may_be_the_async_host_function_itself() {
    both(|engine| {
        let (host, mut store, _) = guests(engine);
        let text = r#"(module (import "host" "begin" (func $begin)) (start $begin) (memory 1))"#;
        let mut linker = linker(engine);
        let begin = |store: Accessor<Host>| async move {
            let gate = store.with(|caller| caller.data().gate.clone())?;
            gate.pass().await;
            Ok::<_, Error>(())
        };
        linker.func_wrap_async("host", "begin", begin).unwrap();
        {
            let mut made = pin!(linker.instantiate_async(&mut store, &module(engine, text)));
            assert!(once(made.as_mut()).is_pending());
            host.gate.open(1);
            block_on(made).unwrap();
        }
        check_left(&mut store, 1);
    });
}

#[test]
fn a_trap_after_a_wait_leaves_nothing() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        {
            let mut made = pin!(pre.instantiate_async(&mut store));
            assert!(once(made.as_mut()).is_pending());
            host.gate.open(0);
            let error = block_on(made).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::Unreachable));
            assert_eq!(names(&error), ["start"]);
        }
        check_left(&mut store, 0);
    });
}

#[test]
fn dropped_half_way_it_leaves_nothing() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        for polls in [0, 1, 2] {
            let mut made = Box::pin(pre.instantiate_async(&mut store));
            for _ in 0..polls {
                assert!(once(made.as_mut()).is_pending());
            }
            drop(made);
            assert_eq!(host.futures.live(), 0);
            check_left(&mut store, 0);
        }
        host.gate.open(5);
        let instance = block_on(pre.instantiate_async(&mut store)).unwrap();
        assert_eq!(n(&mut store, instance), 5);
    });
}

#[test]
fn what_others_reach_of_it_stays() {
    both(|engine| {
        let (_, mut store, _) = guests(engine);
        let text = r#"(module
            (table (export "table") 1 funcref)
            (func (export "n") (result i32) (call_indirect (result i32) (i32.const 0))))"#;
        let first = Instance::new(&mut store, &module(engine, text), &[]).unwrap();
        let mut linker = linker(engine);
        linker.instance(&mut store, "first", first).unwrap();
        let text = r#"(module
            (import "host" "wait" (func $wait (result i32)))
            (import "first" "table" (table 1 funcref))
            (memory 1)
            (data (i32.const 8) "\07")
            (func $n (result i32) (i32.load (i32.const 8)))
            (elem (i32.const 0) $n)
            (func $start (drop (call $wait)))
            (start $start))"#;
        {
            let made = linker.instantiate_async(&mut store, &module(engine, text));
            assert!(once(pin!(made)).is_pending());
        }
        check_left_with_table(&mut store);
        assert_eq!(n(&mut store, first), 7);
    });
}

fn check_left_with_table(store: &mut Store<Host>) {
    store.gc();
    assert_eq!(store.items().1, (64 << 10) + size_of::<u64>());
}

#[test]
fn many_begin_at_once_in_one_store() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        let mut tasks = Tasks::new(&store);
        let made = [(); 4].map(|()| tasks.instantiate(&mut store, &pre).unwrap());
        assert!(once(pin!(tasks.run(&mut store))).is_pending());
        assert_eq!(host.futures.live(), 4);
        store.gc();
        let [first, second, third, fourth] = made;
        assert!(tasks.cancel(&mut store, &fourth));
        third.throw(Error::msg("no"));
        assert!(once(pin!(tasks.run(&mut store))).is_pending());
        assert_eq!(host.futures.live(), 2);
        host.gate.open(6);
        block_on(tasks.run(&mut store));
        for made in [first, second] {
            let instance = block_on(made).unwrap();
            assert_eq!(n(&mut store, instance), 6);
        }
        let thrown = block_on(third).unwrap_err();
        assert!(thrown.to_string().starts_with("no\n"), "{thrown}");
        let error = block_on(fourth).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        check_left(&mut store, 2);
        // One without a start function, and one that fails before.
        let plain = module(
            engine,
            r#"(module (func (export "n") (result i32) (i32.const 9)))"#,
        );
        let plain = linker(engine).instantiate_pre(&plain).unwrap();
        let task = tasks.instantiate(&mut store, &plain).unwrap();
        block_on(tasks.run(&mut store));
        let instance = block_on(task).unwrap();
        assert_eq!(n(&mut store, instance), 9);
        let misfit = module(
            engine,
            r#"(module (memory 1) (data (i32.const 65536) "x"))"#,
        );
        let misfit = linker(engine).instantiate_pre(&misfit).unwrap();
        let error = tasks.instantiate(&mut store, &misfit).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        let mut other = Store::new(engine, Host::default());
        let error = tasks.instantiate(&mut other, &pre).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(tasks.is_empty());
    });
}

#[test]
fn a_guest_has_others_made_and_waits_for_them() {
    both(|engine| {
        let (host, mut store, pre) = guests(engine);
        let mut tasks = Tasks::new(&store);
        let spawner: Spawner = tasks.spawner();
        let mut linker = linker(engine);
        let load = move |store: Accessor<Host>| {
            let (spawner, pre) = (spawner.clone(), pre.clone());
            async move {
                let made = store.with(|caller| spawner.instantiate(caller, &pre))??;
                let instance = made.await?;
                store.with(|caller| {
                    let n = instance.get_typed_func::<(), i32>(&mut *caller, "n")?;
                    n.call(caller, ())
                })?
            }
        };
        linker.func_wrap_async("host", "load", load).unwrap();
        let text = r#"(module
            (import "host" "load" (func $load (result i32)))
            (func (export "run") (result i32) (call $load)))"#;
        let instance = linker
            .instantiate(&mut store, &module(engine, text))
            .unwrap();
        let run = instance
            .get_typed_func::<(), i32>(&mut store, "run")
            .unwrap();
        let running = [(); 3].map(|()| tasks.spawn(&run, ()).unwrap());
        assert!(once(pin!(tasks.run(&mut store))).is_pending());
        store.gc();
        host.gate.open(8);
        block_on(tasks.run(&mut store));
        for task in running {
            assert_eq!(block_on(task).unwrap(), 8);
        }
        drop(tasks);
        check_left(&mut store, 3);
    });
}

#[test]
fn a_start_function_takes_turns() {
    both_with(Config::new().epoch_interruption(true), |engine| {
        let mut store = Store::new(engine, Host::default());
        let text = r#"(module
            (import "host" "over" (global $over (mut i32)))
            (func $start (loop $l (br_if $l (i32.eqz (global.get $over)))))
            (start $start))"#;
        let ty = GlobalType {
            content: ValType::I32,
            mutable: true,
        };
        let over = Global::new(&mut store, ty, Val::I32(0)).unwrap();
        store.set_epoch_deadline(0);
        store.epoch_deadline_yield(0);
        let mut linker = linker(engine);
        linker.define("host", "over", over).unwrap();
        let pre = linker.instantiate_pre(&module(engine, text)).unwrap();
        let mut tasks = Tasks::new(&store);
        let [mut made, mut other] = [(); 2].map(|()| tasks.instantiate(&mut store, &pre).unwrap());
        for _ in 0..10 {
            assert!(once(pin!(tasks.run(&mut store))).is_pending());
        }
        over.set(&mut store, Val::I32(1)).unwrap();
        block_on(tasks.run(&mut store));
        assert!(made.try_take().unwrap().is_ok() && other.try_take().unwrap().is_ok());
        // By itself, it is pending and wakes its waker.
        over.set(&mut store, Val::I32(0)).unwrap();
        let mut made = Box::pin(pre.instantiate_async(&mut store));
        assert!(once(made.as_mut()).is_pending());
    });
}

#[test]
fn a_start_function_waits_for_a_module_that_is_loaded_late() {
    both(|engine| {
        let (_, mut store, _) = guests(engine);
        let mut linker = linker(engine);
        let wanted = Arc::new(Mutex::new(None));
        let want = wanted.clone();
        linker
            .lazy("late", "first", move |_, load| {
                *want.lock().unwrap() = Some(load.clone());
                Ok(None)
            })
            .unwrap();
        let text = r#"(module
            (import "late" "f" (func $f (result i32)))
            (global $n (mut i32) (i32.const -1))
            (func $start (global.set $n (call $f)))
            (start $start)
            (func (export "n") (result i32) (global.get $n)))"#;
        let pre = linker.instantiate_pre(&module(engine, text)).unwrap();
        assert!(once(pin!(pre.instantiate_async(&mut store))).is_pending());
        let mut tasks = Tasks::new(&store);
        let made = tasks.instantiate(&mut store, &pre).unwrap();
        assert!(once(pin!(tasks.run(&mut store))).is_pending());
        let load = wanted.lock().unwrap().take().unwrap();
        let late = module(
            engine,
            r#"(module (func (export "f") (result i32) (i32.const 4)))"#,
        );
        load.finish(&mut store, Ok(late)).unwrap();
        block_on(tasks.run(&mut store));
        let instance = block_on(made).unwrap();
        assert_eq!(n(&mut store, instance), 4);
    });
}

#[test]
fn what_is_wrong_is_said_at_the_first_poll() {
    both(|engine| {
        let (_, mut store, pre) = guests(engine);
        let missing = module(engine, r#"(module (import "host" "none" (func)))"#);
        let made = linker(engine).instantiate_async(&mut store, &missing);
        assert_eq!(block_on(made).unwrap_err().kind(), ErrorKind::Link);
        let mut other = Store::new(&Engine::default(), Host::default());
        let made = pre.instantiate_async(&mut other);
        assert_eq!(block_on(made).unwrap_err().kind(), ErrorKind::Usage);
        // Where the thread is kept nothing may wait.
        let error = pre.instantiate(&mut store).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        check_left(&mut store, 0);
    });
}

/// The sizes, with the most that the type allows.
type Asked = Arc<Mutex<Vec<(u64, Option<u64>)>>>;

/// Waits at a gate; allows up to so much.
struct Slow {
    gate: Gate,
    futures: Counter,
    asked: Asked,
    most: u64,
}

impl ResourceLimiter for Slow {
    fn memory_growing(&mut self, _: u64, desired: u64, _: Option<u64>) -> Result<bool, Error> {
        Ok(desired <= self.most)
    }

    fn table_growing(&mut self, _: u64, desired: u64, _: Option<u64>) -> Result<bool, Error> {
        Ok(desired <= self.most)
    }
}

impl Slow {
    fn ask(&self, current: u64, desired: u64, maximum: Option<u64>) -> Permission {
        assert_eq!(current, 0);
        self.asked.lock().unwrap().push((desired, maximum));
        let (gate, counted) = (self.gate.clone(), self.futures.counted());
        let within = desired <= self.most;
        Box::pin(async move {
            let value = gate.pass().await;
            drop(counted);
            match value {
                0 => Err(Error::msg("the quota is out of reach")),
                _ => Ok(within),
            }
        })
    }
}

impl ResourceLimiterAsync for Slow {
    fn memory_growing_async(&mut self, c: u64, d: u64, m: Option<u64>) -> Permission {
        self.ask(c, d, m)
    }

    fn table_growing_async(&mut self, c: u64, d: u64, m: Option<u64>) -> Permission {
        self.ask(c, d, m)
    }
}

type Made<'a> = Pin<Box<dyn Future<Output = Result<Instance, Error>> + Send + 'a>>;

fn instantiate<'a>(linker: &Linker<Host>, store: &'a mut Store<Host>, text: &str) -> Made<'a> {
    let module = module(store.engine(), text);
    Box::pin(linker.instantiate_async(store, &module))
}

#[test]
fn a_limiter_may_take_its_time() {
    const PAGE: u64 = 64 << 10;
    both(|engine| {
        let (host, mut store, _) = guests(engine);
        let (gate, asked) = (Gate::new(), Asked::default());
        store.limiter_async(Slow {
            gate: gate.clone(),
            futures: host.futures.clone(),
            asked: asked.clone(),
            most: 2 * PAGE,
        });
        let linker = linker(engine);
        // First the limiter, then the start function.
        let text = r#"(module
            (import "host" "wait" (func $wait (result i32)))
            (memory 2 5) (table 3 funcref)
            (global $n (mut i32) (i32.const 0))
            (func $start (global.set $n (call $wait)))
            (start $start)
            (func (export "n") (result i32) (global.get $n)))"#;
        let instance = {
            let mut made = instantiate(&linker, &mut store, text);
            assert!(once(made.as_mut()).is_pending());
            assert_eq!(*asked.lock().unwrap(), [(3, None)]);
            gate.open(1);
            assert!(once(made.as_mut()).is_pending());
            assert_eq!(
                *asked.lock().unwrap(),
                [(3, None), (2 * PAGE, Some(5 * PAGE))]
            );
            host.gate.open(2);
            block_on(made).unwrap()
        };
        assert_eq!(n(&mut store, instance), 2);
        // It refuses, and it fails.
        let text = "(module (memory 1) (memory 3))";
        let error = block_on(instantiate(&linker, &mut store, text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let said = "memory 1: the store's limiter refuses a memory of 196608 bytes";
        assert_eq!(error.to_string(), said);
        gate.open(0);
        let error = block_on(instantiate(&linker, &mut store, text)).unwrap_err();
        assert_eq!(error.to_string(), "the quota is out of reach");
        // Dropped half-way.
        gate.close();
        let mut made = instantiate(&linker, &mut store, text);
        assert!(once(made.as_mut()).is_pending());
        assert_eq!(host.futures.live(), 1);
        drop(made);
        assert_eq!(host.futures.live(), 0);
        // Where the thread is kept, the other methods are asked.
        let seen = asked.lock().unwrap().len();
        let small = module(engine, "(module (memory 1))");
        let small = linker.instantiate(&mut store, &small).unwrap();
        assert_eq!(asked.lock().unwrap().len(), seen);
        small.release(&mut store).unwrap();
        instance.release(&mut store).unwrap();
        check_left(&mut store, 0);
    });
}
