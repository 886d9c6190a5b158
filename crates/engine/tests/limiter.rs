//! Limiters of stores: each kind of resource; refusals and errors; in calls, continuations and tasks; ones that take
//! their time.

mod common;

use bident::{
    Engine, Error, ErrorKind, Instance, LimitReached, Memory, MemoryType, Permission,
    ResourceLimiter, ResourceLimiterAsync, Store, StoreLimits, Table, TableType, Tasks, TrapCode,
    Val,
};
use common::gate::{Gate, block_on};
use common::{Counter, both, module};
use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Bytes of a page.
const PAGE: u64 = 1 << 16;

const GROWING: &str = r#"(module
  (type $grows (func (param i32) (result i32)))
  (type $cont (cont $grows))
  (elem declare func $memory $table)
  (memory (export "memory") 1 10)
  (table (export "table") 1 10 funcref)
  (tag $catchable)
  (func $memory (export "memory_grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $table (export "table_grow") (param i32) (result i32)
    (table.grow (ref.func $table) (local.get 0)))
  (func (export "in_cont") (param i32) (result i32)
    (resume $cont (local.get 0) (cont.new $cont (ref.func $memory))))
  (func (export "caught") (param i32) (result i32)
    (block $all
      (return (try_table (result i32) (catch_all $all) (call $memory (local.get 0)))))
    (i32.const 77))
  (func (export "size") (result i32) (memory.size))
  (func (export "element") (param i32) (result i32) (ref.is_null (table.get (local.get 0)))))"#;

/// An error of the embedder's.
#[derive(Debug, PartialEq)]
struct Mine(u32);

impl fmt::Display for Mine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mine, {}", self.0)
    }
}

impl std::error::Error for Mine {}

/// Notes what it is asked, and fails beyond a size.
#[derive(Default)]
struct Notes {
    asked: Vec<(&'static str, u64, u64, Option<u64>)>,
    failed: Vec<String>,
    fails_from: Option<u64>,
}

impl Notes {
    fn note(
        &mut self,
        what: &'static str,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, Error> {
        self.asked.push((what, current, desired, maximum));
        match self.fails_from.is_some_and(|from| desired >= from) {
            true => Err(Error::new(Mine(7))),
            false => Ok(true),
        }
    }
}

impl ResourceLimiter for Notes {
    fn memory_growing(&mut self, c: u64, d: u64, m: Option<u64>) -> Result<bool, Error> {
        self.note("memory", c, d, m)
    }

    fn table_growing(&mut self, c: u64, d: u64, m: Option<u64>) -> Result<bool, Error> {
        self.note("table", c, d, m)
    }

    fn heap_growing(&mut self, c: u64, d: u64, m: u64) -> Result<bool, Error> {
        self.note("heap", c, d, Some(m))
    }

    fn stacks_growing(&mut self, c: u64, d: u64, m: u64) -> Result<bool, Error> {
        self.note("stacks", c, d, Some(m))
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.failed.push(error.to_string());
        Ok(())
    }
}

fn store(engine: &Engine, limiter: impl ResourceLimiter) -> Store<()> {
    let mut store = Store::new(engine, ());
    store.limiter(limiter);
    store
}

fn instance(store: &mut Store<()>, text: &str) -> Instance {
    let module = module(store.engine(), text);
    Instance::new(store, &module, &[]).unwrap()
}

fn call(store: &mut Store<()>, instance: Instance, name: &str, by: u32) -> Result<i32, Error> {
    let func = instance.get_typed_func::<u32, i32>(&mut *store, name)?;
    func.call(store, by)
}

#[test]
fn a_limiter_is_asked_with_sizes_before_anything_grows() {
    both(|engine| {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let mut store = store(engine, notes.clone());
        let instance = instance(&mut store, GROWING);
        let stacks = |asked: &(&str, u64, u64, Option<u64>)| asked.0 == "stacks";
        let seen = || {
            let mut notes = notes.lock().unwrap();
            let mut seen = std::mem::take(&mut notes.asked);
            seen.retain(|asked| !stacks(asked));
            seen
        };
        let max = Some(10 * PAGE);
        let made = [("table", 0, 1, Some(10)), ("memory", 0, PAGE, max)];
        assert_eq!(seen(), made);
        assert_eq!(call(&mut store, instance, "memory_grow", 2).unwrap(), 1);
        assert_eq!(call(&mut store, instance, "in_cont", 3).unwrap(), 3);
        let grown = [
            ("memory", PAGE, 3 * PAGE, max),
            ("memory", 3 * PAGE, 6 * PAGE, max),
        ];
        assert_eq!(seen(), grown);
        assert_eq!(call(&mut store, instance, "table_grow", 4).unwrap(), 1);
        assert_eq!(seen(), [("table", 1, 5, Some(10))]);
        // Nothing grows.
        assert_eq!(call(&mut store, instance, "memory_grow", 0).unwrap(), 6);
        assert_eq!(seen(), []);
        // Its type forbids it: nobody is asked, but told.
        assert_eq!(call(&mut store, instance, "memory_grow", 5).unwrap(), -1);
        assert_eq!(seen(), []);
        assert_eq!(
            notes.lock().unwrap().failed,
            ["a memory cannot grow by 5 pages"]
        );
        // By the host.
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        assert_eq!(memory.grow(&mut store, 1).unwrap(), 6);
        assert_eq!(seen(), [("memory", 6 * PAGE, 7 * PAGE, max)]);
    });
}

#[test]
fn a_refused_growth_is_minus_one_and_changes_nothing() {
    both(|engine| {
        let limits = StoreLimits::new().memory_size(3 * PAGE).table_elements(2);
        let mut store = store(engine, limits);
        let instance = instance(&mut store, GROWING);
        for name in ["memory_grow", "in_cont", "caught"] {
            assert_eq!(call(&mut store, instance, name, 3).unwrap(), -1, "{name}");
        }
        assert_eq!(call(&mut store, instance, "table_grow", 2).unwrap(), -1);
        assert_eq!(call(&mut store, instance, "in_cont", 2).unwrap(), 1);
        assert_eq!(call(&mut store, instance, "table_grow", 1).unwrap(), 1);
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let error = memory.grow(&mut store, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(memory.size(&store), 3);
        let table = instance.get_table(&mut store, "table").unwrap();
        let error = table.grow(&mut store, 1, Val::FuncRef(None)).unwrap_err();
        assert_eq!((error.kind(), table.size(&store)), (ErrorKind::Limit, 2));
        // What was raised counts.
        let raised = StoreLimits::new().memory_size(4 * PAGE);
        *store.limiter_mut::<StoreLimits>().unwrap() = raised;
        assert_eq!(call(&mut store, instance, "memory_grow", 1).unwrap(), 3);
        assert!(store.limiter_mut::<Notes>().is_none());
    });
}

#[test]
fn an_error_of_the_limiter_ends_the_call_and_is_its_source() {
    both(|engine| {
        let notes = Notes {
            fails_from: Some(4 * PAGE),
            ..Notes::default()
        };
        let mut store = store(engine, notes);
        let instance = instance(&mut store, GROWING);
        for name in ["memory_grow", "in_cont", "caught"] {
            let error = call(&mut store, instance, name, 3).unwrap_err();
            let source = error.source().and_then(|source| source.downcast_ref());
            assert_eq!(source, Some(&Mine(7)), "{name}");
            assert!(!error.backtrace().is_empty(), "{name}");
        }
        assert_eq!(call(&mut store, instance, "memory_grow", 2).unwrap(), 1);
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let error = memory.grow(&mut store, 1).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(7)));
    });
}

#[test]
fn growth_failures_trap_if_asked() {
    both(|engine| {
        let limits = StoreLimits::new().memory_size(3 * PAGE).table_elements(2);
        let mut store = store(engine, limits.trap_on_grow_failure(true));
        let instance = instance(&mut store, GROWING);
        let error = call(&mut store, instance, "memory_grow", 3).unwrap_err();
        let reached = error.downcast_ref::<LimitReached>().unwrap();
        let text = "a memory size in bytes of 262144 exceeds the store's limit of 196608";
        assert_eq!(reached.to_string(), text);
        let error = call(&mut store, instance, "table_grow", 2).unwrap_err();
        assert!(error.downcast_ref::<LimitReached>().is_some());
        // Beyond the maximum of the type, too.
        let error = call(&mut store, instance, "memory_grow", 30).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let size = instance
            .get_typed_func::<(), i32>(&mut store, "size")
            .unwrap();
        assert_eq!(size.call(&mut store, ()).unwrap(), 1);
    });
}

#[test]
fn the_number_of_instances_memories_and_tables_is_limited() {
    both(|engine| {
        let module = module(engine, "(module (memory 1) (table 1 funcref))");
        let limits = || StoreLimits::new();
        for (limits, what) in [
            (limits().instances(2), "instances"),
            (limits().memories(2), "memories"),
            (limits().tables(2), "tables"),
        ] {
            let mut store = store(engine, limits);
            let first = Instance::new(&mut store, &module, &[]).unwrap();
            Instance::new(&mut store, &module, &[]).unwrap();
            let error = Instance::new(&mut store, &module, &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{what}");
            assert!(!error.is_of_system());
            assert!(error.to_string().contains(what), "{error}");
            // What nobody can reach does not count.
            use bident::Lasting;
            first.release(&mut store).unwrap();
            Instance::new(&mut store, &module, &[]).unwrap();
        }
        let mut store = store(engine, limits().memories(1).tables(1).memory_size(PAGE));
        let two = MemoryType::new(2, None);
        assert_eq!(
            Memory::new(&mut store, two).unwrap_err().kind(),
            ErrorKind::Limit
        );
        Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        let error = Memory::new(&mut store, MemoryType::new(1, None)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let ty = TableType::new(bident::RefType::FUNC, 1, None);
        Table::new(&mut store, ty, Val::FuncRef(None)).unwrap();
        let error = Table::new(&mut store, ty, Val::FuncRef(None)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
    });
}

/// Keeps 16 bytes for each step in a list; and makes large garbage.
const OBJECTS: &str = r#"(module
  (type $node (struct (field (ref null $node))))
  (type $bytes (array (mut i8)))
  (func (export "keep") (param $n i32) (result i32) (local $list (ref null $node))
    (loop $more
      (local.set $list (struct.new $node (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (ref.is_null (local.get $list)))
  (func (export "litter") (param $n i32) (result i32)
    (loop $more
      (drop (array.new_default $bytes (i32.const 100000)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 1)))"#;

#[test]
fn objects_are_limited_and_garbage_does_not_count() {
    both(|engine| {
        let mut store = store(engine, StoreLimits::new().heap_size(1 << 20));
        let instance = instance(&mut store, OBJECTS);
        assert_eq!(call(&mut store, instance, "keep", 1000).unwrap(), 0);
        let error = call(&mut store, instance, "keep", 200_000).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::HeapMemoryExhausted));
        // Ten times the limit, but never much at once.
        assert_eq!(call(&mut store, instance, "litter", 100).unwrap(), 1);
        assert_eq!(call(&mut store, instance, "keep", 1000).unwrap(), 0);
    });
    // An error, also in a constant expression.
    both(|engine| {
        let notes = Arc::new(Mutex::new(Notes {
            fails_from: Some(1 << 20),
            ..Notes::default()
        }));
        let mut store = store(engine, notes.clone());
        let instance = instance(&mut store, OBJECTS);
        let error = call(&mut store, instance, "keep", 200_000).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(7)));
        let asked = std::mem::take(&mut notes.lock().unwrap().asked);
        let heap: Vec<_> = asked.iter().filter(|asked| asked.0 == "heap").collect();
        assert!(heap.len() < 100, "it is not asked for each object");
        assert!(heap.windows(2).all(|two| two[0].2 == two[1].1), "{heap:?}");
        let text = "(module (type $b (array i8))
            (global (ref $b) (array.new_default $b (i32.const 2000000))))";
        let module = common::module(engine, text);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(7)));
    });
}

/// Recursion, and continuations that are kept in a table.
const STACKS: &str = r#"(module
  (type $f (func))
  (type $cont (cont $f))
  (tag $wait)
  (table $kept 100000 (ref null $cont))
  (elem declare func $waits)
  (func $waits (suspend $wait))
  (func $dive (export "dive") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $dive (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "keep") (param $n i32) (result i32)
    (loop $more
      (table.set $kept (local.get $n) (block $on (result (ref $cont))
        (resume $cont (on $wait $on) (cont.new $cont (ref.func $waits)))
        unreachable))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 1))
  (func (export "litter") (param $n i32) (result i32)
    (loop $more
      (drop (cont.new $cont (ref.func $waits)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 1)))"#;

#[test]
fn stacks_are_limited_and_garbage_does_not_count() {
    both(|engine| {
        let mut store = store(engine, StoreLimits::new().stack_size(256 << 10));
        let instance = instance(&mut store, STACKS);
        assert_eq!(call(&mut store, instance, "dive", 100).unwrap(), 100);
        let error = call(&mut store, instance, "dive", 100_000).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::StackMemoryExhausted));
        assert_eq!(call(&mut store, instance, "litter", 3000).unwrap(), 1);
        assert_eq!(call(&mut store, instance, "keep", 100).unwrap(), 1);
        let error = call(&mut store, instance, "keep", 1000).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::StackMemoryExhausted));
    });
    both(|engine| {
        let notes = Arc::new(Mutex::new(Notes {
            fails_from: Some(256 << 10),
            ..Notes::default()
        }));
        let mut store = store(engine, notes.clone());
        let instance = instance(&mut store, STACKS);
        for name in ["dive", "keep"] {
            let error = call(&mut store, instance, name, 90_000).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Mine(7)), "{name}");
        }
        let asked = std::mem::take(&mut notes.lock().unwrap().asked);
        let stacks = asked.iter().filter(|asked| asked.0 == "stacks").count();
        assert!((1..100).contains(&stacks), "{stacks}: not for each stack");
        // Where there is no stack at all, the call does not begin.
        let mut none = store_without_stacks(engine);
        let dive = common::module(engine, STACKS);
        let instance = Instance::new(&mut none, &dive, &[]).unwrap();
        let error = call(&mut none, instance, "dive", 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
    });
}

/// Where the code that asks a store for its deadline has no room for all registers, nobody can be asked for more stack at
/// that moment, but is right afterwards.
#[test]
fn a_guest_that_is_interrupted_everywhere_meets_no_limit_early() {
    use bident::{Config, UpdateDeadline};
    common::both_with(Config::new().epoch_interruption(true), |engine| {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let mut store = store(engine, notes.clone());
        let instance = instance(&mut store, STACKS);
        store.set_epoch_deadline(0);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(0)));
        for depth in [10, 100, 1000, 3000, 5000, 9000] {
            let dived = call(&mut store, instance, "dive", depth);
            assert_eq!(dived.unwrap(), depth as i32);
        }
        let asked = std::mem::take(&mut notes.lock().unwrap().asked);
        let stacks = asked.iter().filter(|asked| asked.0 == "stacks").count();
        assert!(stacks > 1, "{asked:?}");
        store.limiter(StoreLimits::new().stack_size(64 << 10));
        let error = call(&mut store, instance, "dive", 9000).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::StackMemoryExhausted));
        notes.lock().unwrap().fails_from = Some(0);
        store.limiter(notes);
        let error = call(&mut store, instance, "dive", 9000).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(7)));
    });
}

fn store_without_stacks(engine: &Engine) -> Store<()> {
    store(engine, StoreLimits::new().stack_size(0))
}

#[test]
fn tasks_of_all_sets_are_counted() {
    both(|engine| {
        let mut store = store(engine, StoreLimits::new().tasks(3));
        let instance = instance(&mut store, GROWING);
        let grow = instance
            .get_typed_func::<u32, i32>(&mut store, "memory_grow")
            .unwrap();
        let (mut one, two) = (Tasks::new(&store), Tasks::new(&store));
        let first = one.spawn(&grow, 1).unwrap();
        let _second = one.spawn(&grow, 1).unwrap();
        let _third = two.spawn(&grow, 1).unwrap();
        let error = two.spawn(&grow, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let error = block_on(one.spawner().spawn(&grow, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        block_on(one.run(&mut store));
        assert_eq!(block_on(first).unwrap(), 1);
        let fourth = two.spawn(&grow, 1).unwrap();
        let _fifth = one.spawn(&grow, 1).unwrap();
        assert!(one.spawn(&grow, 1).is_err());
        // A set that is gone has none.
        drop(two);
        assert_eq!(block_on(fourth).unwrap_err().kind(), ErrorKind::Cancelled);
        let _more = [one.spawn(&grow, 1).unwrap(), one.spawn(&grow, 1).unwrap()];
        assert!(one.spawn(&grow, 1).is_err());
    });
}

/// A limiter that waits at a gate, whose value says whether it allows; below 0 it fails.
struct Slow {
    gate: Gate,
    futures: Counter,
    asked: Arc<Mutex<Vec<(u64, u64)>>>,
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
    fn ask(&self, current: u64, desired: u64) -> Permission {
        self.asked.lock().unwrap().push((current, desired));
        let (gate, counted) = (self.gate.clone(), self.futures.counted());
        let within = desired <= self.most;
        Box::pin(async move {
            let value = gate.pass().await;
            drop(counted);
            match value {
                0.. => Ok(within && value > 0),
                _ => Err(Error::new(Mine(9))),
            }
        })
    }
}

impl ResourceLimiterAsync for Slow {
    fn memory_growing_async(&mut self, c: u64, d: u64, _: Option<u64>) -> Permission {
        self.ask(c, d)
    }

    fn table_growing_async(&mut self, c: u64, d: u64, _: Option<u64>) -> Permission {
        self.ask(c, d)
    }
}

struct Slowly {
    store: Store<()>,
    instance: Instance,
    gate: Gate,
    futures: Counter,
    asked: Arc<Mutex<Vec<(u64, u64)>>>,
}

fn slowly(engine: &Engine, most: u64) -> Slowly {
    let mut store = Store::new(engine, ());
    let (gate, futures, asked) = (Gate::new(), Counter::default(), Arc::default());
    store.limiter_async(Slow {
        gate: gate.clone(),
        futures: futures.clone(),
        asked: Arc::clone(&asked),
        most,
    });
    let instance = instance(&mut store, GROWING);
    Slowly {
        store,
        instance,
        gate,
        futures,
        asked,
    }
}

#[test]
fn a_task_waits_for_its_limiter_and_others_go_on() {
    both(|engine| {
        let mut slow = slowly(engine, 4 * PAGE);
        let store = &mut slow.store;
        let mut func = |name| {
            slow.instance
                .get_typed_func::<u32, i32>(&mut *store, name)
                .unwrap()
        };
        let (grow, inside, table) = (func("memory_grow"), func("in_cont"), func("table_grow"));
        let null = func("element");
        let size = slow
            .instance
            .get_typed_func::<(), i32>(&mut *store, "size")
            .unwrap();
        let mut tasks = Tasks::new(&*store);
        let first = tasks.spawn(&grow, 1).unwrap();
        let second = tasks.spawn(&inside, 1).unwrap();
        let other = tasks.spawn(&size, ()).unwrap();
        let gate = slow.gate.clone();
        block_on(tasks.run_until(&mut *store, async { assert_eq!(other.await.unwrap(), 1) }));
        assert!(!first.has_ended() && !second.has_ended());
        assert_eq!(slow.futures.live(), 2);
        gate.open(1);
        block_on(tasks.run(&mut *store));
        assert_eq!(
            [block_on(first).unwrap(), block_on(second).unwrap()],
            [1, 2]
        );
        // The second was asked about again, as the memory had grown meanwhile.
        let asked = std::mem::take(&mut *slow.asked.lock().unwrap());
        assert_eq!(
            asked,
            [(PAGE, 2 * PAGE), (PAGE, 2 * PAGE), (2 * PAGE, 3 * PAGE)]
        );
        // Those that would exceed the limit together do not.
        gate.close();
        let both = [
            tasks.spawn(&grow, 1).unwrap(),
            tasks.spawn(&inside, 1).unwrap(),
        ];
        block_on(tasks.run_until(&mut *store, async { gate.open(1) }));
        block_on(tasks.run(&mut *store));
        assert_eq!(both.map(|task| block_on(task).unwrap()), [3, -1]);
        // A table, whose new elements nobody else has meanwhile.
        gate.close();
        let task = tasks.spawn(&table, 2).unwrap();
        assert!(common::gate::once(std::pin::pin!(tasks.run(&mut *store))).is_pending());
        store.gc();
        gate.open(1);
        block_on(tasks.run(&mut *store));
        assert_eq!(block_on(task).unwrap(), 1);
        assert_eq!(null.call(&mut *store, 2).unwrap(), 0);
    });
}

#[test]
fn a_limiter_that_takes_its_time_may_refuse_and_fail() {
    both(|engine| {
        let mut slow = slowly(engine, 4 * PAGE);
        let store = &mut slow.store;
        let grow = slow
            .instance
            .get_typed_func::<u32, i32>(&mut *store, "caught")
            .unwrap();
        for (value, result) in [(0, Some(-1)), (-1, None), (1, Some(1))] {
            slow.gate.close();
            let mut call = Box::pin(grow.call_async(&mut *store, 1));
            assert!(common::gate::once(call.as_mut()).is_pending());
            slow.gate.open(value);
            match (block_on(call), result) {
                (Ok(size), Some(result)) => assert_eq!(size, result),
                (Err(error), None) => {
                    assert_eq!(error.downcast_ref(), Some(&Mine(9)));
                    assert!(!error.backtrace().is_empty());
                }
                (ended, _) => panic!("{ended:?}"),
            }
        }
        // A gate that is open: the call does not even park.
        let mut call = Box::pin(grow.call_async(&mut *store, 1));
        assert!(common::gate::once(call.as_mut()).is_ready());
    });
}

#[test]
fn a_call_that_cannot_wait_asks_the_limiter_that_need_not() {
    both(|engine| {
        let mut slow = slowly(engine, 2 * PAGE);
        assert_eq!(
            call(&mut slow.store, slow.instance, "in_cont", 1).unwrap(),
            1
        );
        assert_eq!(
            call(&mut slow.store, slow.instance, "in_cont", 1).unwrap(),
            -1
        );
        let memory = slow.instance.get_memory(&mut slow.store, "memory").unwrap();
        assert_eq!(
            memory.grow(&mut slow.store, 1).unwrap_err().kind(),
            ErrorKind::Limit
        );
        assert_eq!(*slow.asked.lock().unwrap(), []);
    });
}

#[test]
fn a_cancelled_task_drops_what_its_limiter_waits_for() {
    both(|engine| {
        let mut slow = slowly(engine, 4 * PAGE);
        let store = &mut slow.store;
        let table = slow
            .instance
            .get_typed_func::<u32, i32>(&mut *store, "table_grow")
            .unwrap();
        let mut tasks = Tasks::new(&*store);
        let task = tasks.spawn(&table, 1).unwrap();
        assert!(common::gate::once(std::pin::pin!(tasks.run(&mut *store))).is_pending());
        assert_eq!(slow.futures.live(), 1);
        assert!(tasks.cancel(&mut *store, &task));
        assert_eq!(slow.futures.live(), 0);
        slow.gate.open(1);
        block_on(tasks.run(&mut *store));
        let elements = slow.instance.get_table(&mut *store, "table").unwrap();
        assert_eq!(elements.size(&*store), 1);
        // So does a whole store.
        slow.gate.close();
        let _task = tasks.spawn(&table, 1).unwrap();
        assert!(common::gate::once(std::pin::pin!(tasks.run(&mut *store))).is_pending());
        drop(tasks);
        drop(slow.store);
        assert_eq!(slow.futures.live(), 0);
    });
}

#[test]
fn a_limiter_that_panics_does_so_to_who_called() {
    struct Panics;
    impl ResourceLimiter for Panics {
        fn memory_growing(&mut self, current: u64, _: u64, _: Option<u64>) -> Result<bool, Error> {
            assert!(current == 0, "too much");
            Ok(true)
        }
        fn table_growing(&mut self, _: u64, _: u64, _: Option<u64>) -> Result<bool, Error> {
            Ok(true)
        }
    }
    both(|engine| {
        let mut store = store(engine, Panics);
        let instance = instance(&mut store, GROWING);
        for name in ["memory_grow", "in_cont", "caught"] {
            let called = std::panic::AssertUnwindSafe(|| call(&mut store, instance, name, 1));
            let panic = std::panic::catch_unwind(called).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"too much"));
        }
        let size = instance
            .get_typed_func::<(), i32>(&mut store, "size")
            .unwrap();
        assert_eq!(size.call(&mut store, ()).unwrap(), 1);
    });
}
