//! Memories that move when they grow: every access sees where they are, and none leaves them.

mod common;

use bident::{
    Config, Engine, ErrorKind, Func, Instance, Linker, Memory, MemoryType, Outcome, Reply, Store,
    TrapCode, Val,
};
use common::{both_with, module, parked_call};

const PAGE: usize = 65536;

fn moving() -> Config {
    Config::new().moving_memories(true)
}

const GUEST: &str = r#"(module
    (import "host" "grow" (func $host (param i32) (result i32)))
    (memory (export "memory") 1 200)
    (data (i32.const 8) "\2a")
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "load far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
    (func (export "store wide") (param i32)
      (v128.store offset=1 (local.get 0) (v128.const i64x2 -1 -1)))
    (func (export "fill") (param i32 i32)
      (memory.fill (local.get 0) (i32.const 0xab) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    ;; Reads on both sides of a growth, in a loop, whose addresses a compiler would like to keep.
    (func (export "across") (param $times i32) (param $by i32) (result i32) (local $sum i32)
      (loop $again
        (i32.store offset=16 (i32.const 0) (local.get $times))
        (drop (call $host (local.get $by)))
        (local.set $sum (i32.add (local.get $sum)
          (i32.mul (i32.load8_u (i32.const 8)) (i32.load offset=16 (i32.const 0)))))
        (drop (memory.grow (local.get $by)))
        (i32.store offset=20 (i32.const 0) (local.get $sum))
        (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
      (i32.load offset=20 (i32.const 0))))"#;

struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    /// Its host function grows the memory of whoever calls.
    fn new(engine: &Engine) -> Self {
        let mut linker: Linker<()> = Linker::new(engine);
        linker
            .func_wrap(
                "host",
                "grow",
                |mut caller: bident::Caller<'_, ()>, by: u32| {
                    let memory = caller
                        .get_export("memory")
                        .and_then(bident::Extern::into_memory);
                    let memory = memory.expect("it is exported");
                    memory.grow(&mut caller, by.into()).map(|old| old as u32)
                },
            )
            .unwrap();
        let mut store = Store::new(engine, ());
        let module = module(engine, GUEST);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Self { store, instance }
    }

    fn call(&mut self, name: &str, params: &[u32]) -> Result<Option<u32>, bident::Error> {
        let func: Func = self.instance.get_func(&mut self.store, name).unwrap();
        let params: Vec<Val> = params.iter().map(|p| Val::I32(*p as i32)).collect();
        let results = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); results];
        func.call(&mut self.store, &params, &mut results)?;
        Ok(results.first().and_then(Val::i32).map(|value| value as u32))
    }

    fn memory(&mut self) -> Memory {
        self.instance.get_memory(&mut self.store, "memory").unwrap()
    }

    #[track_caller]
    fn is_outside(&mut self, name: &str, params: &[u32]) {
        let error = self.call(name, params).unwrap_err();
        assert_eq!(
            error.trap(),
            Some(TrapCode::MemoryOutOfBounds),
            "{name} {params:?}"
        );
    }
}

#[test]
fn accesses_end_with_the_memory() {
    both_with(moving(), |engine| {
        let mut guest = Guest::new(engine);
        for pages in [1, 3, 16, 17, 40, 200] {
            let size = (pages * PAGE) as u32;
            assert_eq!(guest.call("load", &[8]).unwrap(), Some(42));
            assert_eq!(guest.call("load", &[size - 4]).unwrap(), Some(0));
            guest.call("store wide", &[size - 17]).unwrap();
            assert_eq!(guest.call("load", &[size - 4]).unwrap(), Some(u32::MAX));
            for at in [size - 3, size, size + 4096, u32::MAX - 3, u32::MAX] {
                guest.is_outside("load", &[at]);
            }
            guest.is_outside("store wide", &[size - 16]);
            guest.is_outside("load far", &[0]);
            guest.is_outside("load far", &[u32::MAX]);
            guest.is_outside("fill", &[size - 4, 5]);
            let memory = guest.memory();
            assert_eq!(memory.data(&guest.store).len(), pages * PAGE);
            assert!(
                memory.data(&guest.store)[size as usize - 16..]
                    .iter()
                    .all(|b| *b == 0xff)
            );
            let more = match pages {
                1 => 2,
                3 => 13,
                16 => 1,
                17 => 23,
                _ => 160,
            };
            let old = guest.call("grow", &[more]).unwrap();
            assert_eq!(
                old,
                Some(if pages == 200 { u32::MAX } else { pages as u32 })
            );
            // What is new is zero, what was there is still there.
            if pages < 200 {
                let data = memory.data(&guest.store);
                assert!(data[pages * PAGE..].iter().all(|byte| *byte == 0));
                assert_eq!(data[8], 42);
            }
        }
    });
}

#[test]
fn code_finds_a_memory_that_has_moved_meanwhile() {
    both_with(moving(), |engine| {
        for (times, by) in [(3, 1), (5, 7), (2, 40)] {
            let mut guest = Guest::new(engine);
            let sum = 42 * (1..=times).sum::<u32>();
            assert_eq!(guest.call("across", &[times, by]).unwrap(), Some(sum));
            let memory = guest.memory();
            let data = memory.data(&guest.store);
            assert_eq!(data[20..24], sum.to_le_bytes());
            assert_eq!(data.len(), (1 + 2 * times * by) as usize * PAGE);
        }
    });
}

#[test]
fn what_is_parked_finds_it_too() {
    const WAITS: &str = r#"(module
        (import "host" "wait" (func $wait (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32)
          (i32.store (i32.const 60000) (i32.const 7))
          (i32.store (i32.const 4) (i32.add (call $wait) (i32.load (i32.const 60000))))
          (i32.load (i32.const 4))))"#;
    both_with(moving(), |engine| {
        let mut linker: Linker<()> = Linker::new(engine);
        linker
            .func_wrap("host", "wait", || Reply::<u32>::Pending(()))
            .unwrap();
        let mut store = Store::new(engine, ());
        let instance = linker
            .instantiate(&mut store, &module(engine, WAITS))
            .unwrap();
        let run = instance.get_func(&mut store, "run").unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let calls: Vec<_> = (0..5)
            .map(|_| parked_call(run.start(&mut store, &[])))
            .collect();
        for (n, call) in (1..).zip(calls) {
            let before = memory.data_ptr(&store);
            memory.grow(&mut store, 3 * n).unwrap();
            // Later there is room, or the mapping can grow where it is.
            assert!(n > 3 || memory.data_ptr(&store) != before, "{n}");
            let outcome = call.resume(&mut store, &[Val::I32(100)]).unwrap();
            let Outcome::Returned(results) = outcome else {
                panic!("it waits once")
            };
            assert_eq!(results[0].i32(), Some(107));
        }
    });
}

#[test]
fn memories_of_64_bits_and_of_small_pages() {
    const OTHERS: &str = r#"(module
        (memory $wide i64 1 5)
        (memory $bytes 10 9010 (pagesize 1))
        (memory $none 0)
        (func (export "wide") (param i64) (result i32) (i32.load $wide offset=16 (local.get 0)))
        (func (export "far") (param i64) (result i32)
          (i32.load $wide offset=0xfffffffffffffff0 (local.get 0)))
        (func (export "byte") (param i32) (result i32) (i32.load8_u $bytes (local.get 0)))
        (func (export "none") (param i32) (result i32) (i32.load8_u $none (local.get 0)))
        (func (export "grow") (param i32) (result i32)
          (drop (memory.grow $wide (i64.const 1)))
          (memory.grow $bytes (local.get 0))))"#;
    both_with(moving().custom_page_sizes(true), |engine| {
        let module = module(engine, OTHERS);
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let ends = [
            (PAGE as u64, 10),
            (2 * PAGE as u64, 3010),
            (3 * PAGE as u64, 6010),
        ];
        for (wide, bytes) in ends {
            let mut call = |name: &str, param: Val| {
                let func = instance.get_func(&mut store, name).unwrap();
                let mut results = [Val::I32(-7)];
                match func.call(&mut store, &[param], &mut results) {
                    Ok(()) => results[0].i32(),
                    Err(error) => {
                        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
                        None
                    }
                }
            };
            assert_eq!(call("wide", Val::I64(wide as i64 - 20)), Some(0));
            for at in [
                wide as i64 - 19,
                wide as i64,
                i64::MAX,
                i64::MIN,
                -1,
                -16,
                -20,
            ] {
                assert_eq!(call("wide", Val::I64(at)), None, "{at}");
            }
            for at in [0, 15, 16, wide as i64, -1, i64::MIN] {
                let end = (at as u64).checked_add(0xffff_ffff_ffff_fff0);
                assert!(end.is_none() || end.unwrap() > wide);
                assert_eq!(call("far", Val::I64(at)), None, "{at}");
            }
            assert_eq!(call("byte", Val::I32(bytes - 1)), Some(0));
            for at in [bytes, bytes + 1, i32::MAX, -1] {
                assert_eq!(call("byte", Val::I32(at)), None, "{at}");
            }
            assert_eq!(call("none", Val::I32(0)), None);
            assert_eq!(call("grow", Val::I32(3000)), Some(bytes));
        }
    });
}

#[test]
fn one_of_another_instance_is_found_where_it_is() {
    let user = r#"(module (import "a" "memory" (memory 1))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    both_with(moving(), |engine| {
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        let user = module(engine, user);
        let user = Instance::new(&mut store, &user, &[memory.into()]).unwrap();
        let load = user.get_typed_func::<u32, u32>(&mut store, "load").unwrap();
        for round in 1..6_u8 {
            let last = memory.data_size(&store) - 1;
            memory.data_mut(&mut store)[last] = round;
            assert_eq!(
                load.call(&mut store, last as u32).unwrap(),
                u32::from(round)
            );
            load.call(&mut store, last as u32 + 1).unwrap_err();
            memory.grow(&mut store, u64::from(round) * 2).unwrap();
            assert_eq!(
                load.call(&mut store, last as u32).unwrap(),
                u32::from(round)
            );
        }
    });
}

#[test]
fn nobody_reads_what_a_guest_before_wrote() {
    both_with(moving(), |engine| {
        for round in 0..30_usize {
            let mut guests: Vec<_> = (0..4).map(|_| Guest::new(engine)).collect();
            for (n, guest) in guests.iter_mut().enumerate() {
                let pages = 1 + (round + n) * 7 % 40;
                guest.call("grow", &[pages as u32 - 1]).unwrap();
                let memory = guest.memory();
                let data = memory.data(&guest.store);
                assert_eq!(data.len(), pages * PAGE);
                let others = data.iter().enumerate().filter(|(_, byte)| **byte != 0);
                assert_eq!(others.collect::<Vec<_>>(), [(8, &42)]);
                let all = (pages * PAGE) as u32;
                guest.call("fill", &[0, all]).unwrap();
            }
        }
    });
}

#[test]
fn limits_hold() {
    let engine = Engine::new(&moving().max_memory_size(10 * PAGE as u64)).unwrap();
    let mut store = Store::new(&engine, ());
    let error = Memory::new(&mut store, MemoryType::new(11, None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let memory = Memory::new(&mut store, MemoryType::new(4, None)).unwrap();
    assert_eq!(memory.grow(&mut store, 6).unwrap(), 4);
    assert_eq!(
        memory.grow(&mut store, 1).unwrap_err().kind(),
        ErrorKind::Limit
    );
    assert_eq!(memory.grow(&mut store, 0).unwrap(), 10);
}
