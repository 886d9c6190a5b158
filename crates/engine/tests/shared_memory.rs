//! One memory, several stores and threads: atomic accesses, waiting, growth, and who frees it.

mod common;

use bident::{
    AddressType, Config, Engine, Error, ErrorKind, Instance, Memory, MemoryType, Module,
    SharedMemory, Store, TrapCode, Val, WaitResult,
};
use common::{Guest, both, both_with, module};
use std::thread;
use std::time::{Duration, Instant};

const PAGE: usize = 65536;

fn memory(engine: &Engine, min: u64, max: u64) -> SharedMemory {
    SharedMemory::new(engine, MemoryType::new(min, Some(max)).to_be_shared()).unwrap()
}

/// An instance, in a store of its own, of a module that imports the memory.
struct User {
    store: Store<()>,
    instance: Instance,
}

impl User {
    fn new(module: &Module, memory: &SharedMemory) -> Self {
        let mut store = Store::new(module.engine(), ());
        let memory = memory.in_store(&mut store).unwrap();
        let instance = Instance::new(&mut store, module, &[memory.into()]).unwrap();
        Self { store, instance }
    }

    fn call(&mut self, name: &str, params: &[Val]) -> Result<Vec<Val>, Error> {
        let func = self.instance.get_func(&mut self.store, name).expect(name);
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, params, &mut results)?;
        Ok(results)
    }

    fn call_i32(&mut self, name: &str, params: &[i32]) -> i32 {
        let params: Vec<Val> = params.iter().map(|x| Val::I32(*x)).collect();
        self.call(name, &params).unwrap()[0].i32().unwrap()
    }
}

/// Engines that move stacks, that start them small, and with quicker code.
fn engines(test: impl Fn(&Engine)) {
    both_with(Config::new().smallest_stacks(true), &test);
    test(&Engine::new(&Config::new().stress(false).quick_code(true)).unwrap());
}

/// A lock as C libraries have them, taken at many depths of the stack.
const MUTEX: &str = r#"(module
    (import "host" "memory" (memory 1 10 shared))
    (func $lock
        (if (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 64) (i32.const 0) (i32.const 1)))
            (then (return)))
        (loop $again
            (if (i32.eqz (i32.atomic.rmw.xchg (i32.const 64) (i32.const 2))) (then (return)))
            (drop (memory.atomic.wait32 (i32.const 64) (i32.const 2) (i64.const -1)))
            (br $again)))
    (func $unlock
        (if (i32.eq (i32.atomic.rmw.xchg (i32.const 64) (i32.const 0)) (i32.const 2))
            (then (drop (memory.atomic.notify (i32.const 64) (i32.const 1))))))
    (func $deep (param $n i32) (result i32) (local i64 i64 i64 i64 i64 i64)
        (if (i32.eqz (local.get $n))
            (then
                (call $lock)
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (call $unlock)
                (return (i32.const 0))))
        (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
    (func (export "run") (param $times i32) (result i32) (local $sum i32)
        (loop $again
            (local.set $sum (i32.add (local.get $sum)
                (call $deep (i32.and (local.get $times) (i32.const 63)))))
            (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
        (local.get $sum)))"#;

#[test]
fn a_mutex_holds_on_stacks_that_grow() {
    engines(|engine| {
        let memory = memory(engine, 1, 10);
        let module = module(engine, MUTEX);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (memory, module) = (memory.clone(), &module);
                scope.spawn(move || {
                    let sum = User::new(module, &memory).call_i32("run", &[2000]);
                    assert_eq!(sum, (1..=2000).map(|n| n & 63).sum::<i32>());
                });
            }
        });
        let mut count = [0; 4];
        memory.read(0, &mut count).unwrap();
        assert_eq!(u32::from_le_bytes(count), 6000);
        assert_eq!(memory.load::<u32>(64).unwrap(), 0, "unlocked");
    });
}

/// One cell, full or empty.
const CHANNEL: &str = r#"(module
    (import "host" "memory" (memory 1 10 shared))
    (func $await (param $state i32)
        (loop $again
            (if (i32.ne (i32.atomic.load (i32.const 0)) (local.get $state))
                (then
                    (drop (memory.atomic.wait32 (i32.const 0)
                        (i32.sub (i32.const 1) (local.get $state)) (i64.const -1)))
                    (br $again)))))
    (func $tell (param $state i32)
        (i32.atomic.store (i32.const 0) (local.get $state))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
    (func (export "produce") (param $n i32) (result i32)
        (loop $again
            (call $await (i32.const 0))
            (i64.store offset=8 (i32.const 0) (i64.extend_i32_u (local.get $n)))
            (call $tell (i32.const 1))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 0))
    (func (export "consume") (param $n i32) (result i32) (local $sum i32)
        (loop $again
            (call $await (i32.const 1))
            (local.set $sum (i32.add (local.get $sum)
                (i32.wrap_i64 (i64.load offset=8 (i32.const 0)))))
            (call $tell (i32.const 0))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"#;

#[test]
fn a_producer_and_a_consumer_wait_for_each_other() {
    engines(|engine| {
        let memory = memory(engine, 1, 10);
        let module = module(engine, CHANNEL);
        thread::scope(|scope| {
            let (theirs, module) = (memory.clone(), &module);
            scope.spawn(move || User::new(module, &theirs).call_i32("produce", &[1000]));
            let sum = User::new(module, &memory).call_i32("consume", &[1000]);
            assert_eq!(sum, 1000 * 1001 / 2);
        });
    });
}

/// Reads the last byte of the memory, over and over, as it learns of its size.
const READER: &str = r#"(module
    (import "host" "memory" (memory 1 200 shared))
    (func (export "follow") (param $to i32) (result i32) (local $pages i32)
        (loop $again
            (local.set $pages (memory.size))
            (drop (i32.load8_u (i32.sub (i32.shl (local.get $pages) (i32.const 16)) (i32.const 1))))
            (memory.fill (i32.sub (i32.shl (local.get $pages) (i32.const 16)) (i32.const 16))
                (i32.const 7) (i32.const 16))
            (br_if $again (i32.lt_u (local.get $pages) (local.get $to))))
        (local.get $pages))
    (func (export "grow") (param $times i32) (result i32) (local $grown i32)
        (loop $again
            (local.set $grown (i32.add (local.get $grown)
                (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
        (local.get $grown))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;

#[test]
fn others_see_a_memory_grow() {
    both(|engine| {
        let memory = memory(engine, 1, 200);
        let start = memory.data_ptr();
        let module = module(engine, READER);
        let mut last = User::new(&module, &memory);
        let error = last.call("load", &[Val::I32(65536)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        thread::scope(|scope| {
            let module = &module;
            let reader = memory.clone();
            scope.spawn(move || {
                assert_eq!(User::new(module, &reader).call_i32("follow", &[200]), 200)
            });
            let growers = [memory.clone(), memory.clone()].map(|memory| {
                scope.spawn(move || User::new(module, &memory).call_i32("grow", &[150]))
            });
            let grown = growers.map(|grower| grower.join().unwrap());
            assert_eq!(grown.iter().sum::<i32>(), 199, "no page counts twice");
        });
        assert_eq!(last.call_i32("load", &[199 * 65536]), 0);
        assert_eq!(last.call_i32("load", &[200 * 65536 - 4]), 0x0707_0707);
        let error = last.call("load", &[Val::I32(200 * 65536 - 3)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        assert_eq!((memory.size(), memory.data_ptr()), (200, start));
        assert_eq!(memory.grow(1).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(memory.grow(0).unwrap(), 200);
    });
}

#[test]
fn users_are_dropped_in_every_order() {
    let engine = Engine::default();
    let module = module(&engine, READER);
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let memory = memory(&engine, 1, 2);
        memory.write(0, b"abcd").unwrap();
        let mut users = [0, 1].map(|_| Some(User::new(&module, &memory)));
        let mut memory = Some(memory);
        for dropped in order {
            match dropped {
                2 => memory = None,
                i => users[i] = None,
            }
            for user in users.iter_mut().flatten() {
                assert_eq!(user.call_i32("load", &[0]), 0x6463_6261);
            }
            if let Some(memory) = &memory {
                assert_eq!(memory.load::<u8>(3).unwrap(), b'd');
            }
        }
    }
}

#[test]
fn a_store_has_a_shared_memory_once() {
    let engine = Engine::default();
    let memory = memory(&engine, 1, 2);
    let mut store = Store::new(&engine, ());
    let a = memory.in_store(&mut store).unwrap();
    let b = memory.in_store(&mut store).unwrap();
    assert_eq!(a, b);
    let again = a.shared(&store).unwrap().expect("shared");
    assert!(again.is_same(&memory));
    // Of a memory that the instance defines, too.
    let module = module(&engine, r#"(module (memory (export "m") 1 2 shared))"#);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let own = instance.get_memory(&mut store, "m").unwrap();
    let shared = own.shared(&store).unwrap().expect("shared");
    assert!(!shared.is_same(&memory));
    assert_eq!(shared.in_store(&mut store).unwrap(), own);
    let plain = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    assert!(plain.shared(&store).unwrap().is_none());
    let other = Store::new(&engine, ());
    assert_eq!(a.shared(&other).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn the_host_reads_and_writes_without_borrowing() {
    let engine = Engine::default();
    let shared = memory(&engine, 1, 2);
    let mut store = Store::new(&engine, ());
    let memory = shared.in_store(&mut store).unwrap();
    memory.write(&mut store, 10, b"hello").unwrap();
    let mut bytes = [0; 7];
    shared.read(9, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0hello\0");
    shared.write(PAGE - 3, b"end").unwrap();
    memory.read(&store, PAGE - 3, &mut bytes[..3]).unwrap();
    assert_eq!(&bytes[..3], b"end");
    assert!(memory.data(&store).is_empty() && memory.data_mut(&mut store).is_empty());
    assert_eq!(memory.data_size(&store), PAGE);
    for error in [
        shared.write(PAGE - 2, b"end").unwrap_err(),
        shared.read(usize::MAX, &mut bytes).unwrap_err(),
        memory.write(&mut store, PAGE, b"x").unwrap_err(),
        shared.load::<u8>(PAGE as u64).unwrap_err(),
        shared.load::<u64>(PAGE as u64 - 4).unwrap_err(),
        shared.store(u64::MAX, 0u32).unwrap_err(),
        shared.notify(PAGE as u64, 1).unwrap_err(),
    ] {
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds), "{error}");
    }
    for error in [
        shared.load::<u16>(1).unwrap_err(),
        shared.fetch_add(2, 1u32).unwrap_err(),
        shared.wait64(4, 0, None).unwrap_err(),
        shared.notify(2, 1).unwrap_err(),
    ] {
        assert_eq!(error.trap(), Some(TrapCode::UnalignedAtomic), "{error}");
    }
    assert_eq!(shared.swap(16, 5u64).unwrap(), 0);
    assert_eq!(shared.fetch_add(16, 2u8).unwrap(), 5);
    assert_eq!(shared.compare_exchange(16, 7u32, 9).unwrap(), 7);
    shared.store(20, 1u16).unwrap();
    assert_eq!(shared.load::<u64>(16).unwrap(), 0x1_0000_0009);
}

#[test]
fn imports_are_shared_where_modules_say_so() {
    let engine = Engine::default();
    let shared = module(&engine, r#"(module (import "" "m" (memory 1 2 shared)))"#);
    let plain = module(&engine, r#"(module (import "" "m" (memory 1 2)))"#);
    let larger = module(&engine, r#"(module (import "" "m" (memory 2 2 shared)))"#);
    let smaller = module(&engine, r#"(module (import "" "m" (memory 1 1 shared)))"#);
    let wide = module(
        &engine,
        r#"(module (import "" "m" (memory i64 1 2 shared)))"#,
    );
    let mut store = Store::new(&engine, ());
    let memory = memory(&engine, 1, 2);
    let ours = memory.in_store(&mut store).unwrap();
    let unshared = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    Instance::new(&mut store, &shared, &[ours.into()]).unwrap();
    for (module, given) in [
        (&shared, unshared),
        (&plain, ours),
        (&larger, ours),
        (&smaller, ours),
        (&wide, ours),
    ] {
        let error = Instance::new(&mut store, module, &[given.into()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Link, "{error}");
    }
    let error = Instance::new(&mut store, &plain, &[ours.into()]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("a shared memory of 1..2 pages was given"),
        "{text}"
    );
    memory.grow(1).unwrap();
    Instance::new(&mut store, &larger, &[ours.into()]).unwrap();
}

#[test]
fn types_that_make_no_sense_are_refused() {
    let engine = Engine::new(&Config::new().max_memory_size(1 << 20)).unwrap();
    let shared = |min, max| MemoryType::new(min, max).to_be_shared();
    for (ty, kind) in [
        (MemoryType::new(1, Some(2)), ErrorKind::Usage),
        (shared(1, None), ErrorKind::Usage),
        (shared(3, Some(2)), ErrorKind::Usage),
        (shared(1, Some(2)).with_pages_of_a_byte(), ErrorKind::Usage),
        (shared(17, Some(100)), ErrorKind::Limit),
    ] {
        let error = SharedMemory::new(&engine, ty).unwrap_err();
        assert_eq!(error.kind(), kind, "{ty:?}: {error}");
        let mut store = Store::new(&engine, ());
        match Memory::new(&mut store, ty) {
            Ok(_) => assert!(!ty.shared),
            Err(error) => assert_eq!(error.kind(), kind, "{ty:?}: {error}"),
        }
    }
    // A maximum is no more than a promise.
    let memory = SharedMemory::new(&engine, shared(1, Some(65536))).unwrap();
    assert_eq!(memory.grow(15).unwrap(), 1);
    assert_eq!(memory.grow(1).unwrap_err().kind(), ErrorKind::Limit);
    let huge = MemoryType::new64(0, Some(1 << 48)).to_be_shared();
    let memory = SharedMemory::new(&engine, huge).unwrap();
    assert_eq!(memory.ty().address, AddressType::I64);
    assert_eq!(memory.grow(u64::MAX).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(memory.grow(16).unwrap(), 0);
}

#[test]
fn there_can_be_a_thousand() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memories: Vec<SharedMemory> = (0..1000).map(|_| memory(&engine, 1, 65536)).collect();
    for (i, memory) in memories.iter().enumerate() {
        memory.store(8, i as u32).unwrap();
        memory.in_store(&mut store).unwrap();
    }
    for (i, memory) in memories.iter().enumerate() {
        assert_eq!(memory.load::<u32>(8).unwrap(), i as u32);
    }
}

#[test]
fn segments_and_bulk_operations_reach_shared_memories() {
    both(|engine| {
        let memory = memory(engine, 1, 10);
        let module = module(
            engine,
            r#"(module
            (import "host" "memory" (memory $shared 1 10 shared))
            (memory $own (export "own") 1)
            (data (memory $shared) (i32.const 100) "0123456789")
            (data $passive "passive")
            (func (export "run")
                (memory.copy (i32.const 102) (i32.const 100) (i32.const 8))
                (memory.init $passive (i32.const 200) (i32.const 0) (i32.const 7))
                (memory.fill (i32.const 300) (i32.const 97) (i32.const 3))
                (memory.copy $own $shared (i32.const 0) (i32.const 200) (i32.const 7))
                (memory.copy $shared $own (i32.const 400) (i32.const 3) (i32.const 4)))
            (func (export "beyond") (param i32)
                (memory.fill (local.get 0) (i32.const 1) (i32.const 2))))"#,
        );
        let mut user = User::new(&module, &memory);
        user.call("run", &[]).unwrap();
        let read = |at, length| {
            let mut bytes = vec![0; length];
            memory.read(at, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(read(100, 10), "0101234567");
        assert_eq!(read(200, 7), "passive");
        assert_eq!(read(299, 5), "\0aaa\0");
        assert_eq!(read(400, 4), "sive");
        user.call("beyond", &[Val::I32(65534)]).unwrap();
        let error = user.call("beyond", &[Val::I32(65535)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
    });
}

#[test]
fn accesses_of_wide_memories_trap_where_they_should() {
    both(|engine| {
        let ty = MemoryType::new64(1, Some(3)).to_be_shared();
        let memory = SharedMemory::new(engine, ty).unwrap();
        let module = module(
            engine,
            r#"(module
            (import "host" "memory" (memory i64 1 3 shared))
            (func (export "load") (param i64) (result i64) (i64.atomic.load offset=8 (local.get 0)))
            (func (export "far") (param i64) (result i64)
                (i64.atomic.load offset=0xfffffffffffffff8 (local.get 0)))
            (func (export "add") (param i64 i64) (result i64)
                (i64.atomic.rmw16.add_u (local.get 0) (local.get 1)))
            (func (export "wait") (param i64) (result i32)
                (memory.atomic.wait64 offset=16 (local.get 0) (i64.const 0) (i64.const 0)))
            (func (export "notify") (param i64) (result i32)
                (memory.atomic.notify offset=0xfffffffffffffffc (local.get 0) (i32.const 1)))
            (func (export "size") (result i64) (memory.size)))"#,
        );
        let mut user = User::new(&module, &memory);
        let mut trap = |name: &str, params: &[i64]| {
            let params: Vec<Val> = params.iter().map(|x| Val::I64(*x)).collect();
            user.call(name, &params)
                .map_err(|error| error.trap().expect("a trap"))
        };
        let outside = Err(TrapCode::MemoryOutOfBounds);
        let value =
            |results: Result<Vec<Val>, TrapCode>| results.map(|values| values[0].i64().unwrap());
        assert_eq!(value(trap("load", &[65520])), Ok(0));
        assert_eq!(value(trap("load", &[65528])), outside);
        assert_eq!(value(trap("load", &[-8])), outside);
        assert!(value(trap("load", &[i64::MAX])).is_err());
        assert_eq!(value(trap("load", &[1])), Err(TrapCode::UnalignedAtomic));
        assert_eq!(value(trap("far", &[8])), outside);
        assert_eq!(value(trap("add", &[6, 0x1_ffff])), Ok(0));
        assert_eq!(value(trap("add", &[6, 2])), Ok(0xffff));
        assert_eq!(value(trap("add", &[7, 2])), Err(TrapCode::UnalignedAtomic));
        assert_eq!(trap("wait", &[65512]).unwrap()[0].i32(), Some(2));
        assert_eq!(trap("wait", &[65520]).map(drop), outside.map(drop));
        assert_eq!(trap("notify", &[4]).map(drop), outside.map(drop));
        memory.grow(1).unwrap();
        assert_eq!(value(trap("size", &[])), Ok(2));
        assert_eq!(value(trap("load", &[65528])), Ok(0));
        assert_eq!(memory.load::<u64>(0).unwrap(), 1 << 48);
    });
}

/// Every atomic instruction, by name, with the type of its values and its width.
fn instructions() -> Vec<(String, &'static str, u64, usize)> {
    let mut all = Vec::new();
    let widths = [
        ("i32", 4, ""),
        ("i32", 1, "8"),
        ("i32", 2, "16"),
        ("i64", 8, ""),
    ];
    let narrow = [("i64", 1, "8"), ("i64", 2, "16"), ("i64", 4, "32")];
    for (ty, width, bits) in widths.into_iter().chain(narrow) {
        let suffix = if bits.is_empty() { "" } else { "_u" };
        all.push((format!("{ty}.atomic.load{bits}{suffix}"), ty, width, 0));
        all.push((format!("{ty}.atomic.store{bits}"), ty, width, 1));
        for op in ["add", "sub", "and", "or", "xor", "xchg", "cmpxchg"] {
            let name = format!("{ty}.atomic.rmw{bits}.{op}{suffix}");
            all.push((name, ty, width, if op == "cmpxchg" { 2 } else { 1 }));
        }
    }
    all
}

/// A module with a function for each, whose result nobody uses or somebody does.
fn every_instruction(memory: &str, index: &str) -> String {
    let mut wat = format!("(module (memory {memory}) ");
    for (name, ty, _, operands) in instructions() {
        let operands = format!("({ty}.const 3)").repeat(operands);
        let access = format!("({name} offset=8 (local.get 0) {operands})");
        let (drop, result) = match name.contains("store") {
            true => (access.clone(), String::new()),
            false => (format!("(drop {access})"), format!("(result {ty})")),
        };
        wat += &format!("(func (export \"{name}\") (param {index}) {result} {access})");
        wat += &format!("(func (export \"{name} unused\") (param {index}) {drop})");
    }
    wat + ")"
}

#[test]
fn every_instruction_traps_beyond_the_end_and_off_its_alignment() {
    let memories = [
        ("1", "i32"),
        ("1 1 shared", "i32"),
        ("i64 1", "i64"),
        ("i64 1 2 shared", "i64"),
    ];
    engines(|engine| {
        for (memory, index) in memories {
            let mut guest = Guest::plain(engine, &every_instruction(memory, index));
            for (name, _, width, _) in instructions() {
                for name in [name.clone(), name + " unused"] {
                    let mut call = |at: u64| {
                        let at = match index {
                            "i32" => Val::I32(at as i32),
                            _ => Val::I64(at as i64),
                        };
                        guest.call(&name, &[at]).map_err(|error| error.trap())
                    };
                    let last = 65536 - 8 - width;
                    assert!(call(last).is_ok(), "{name}");
                    let outside = Some(TrapCode::MemoryOutOfBounds);
                    for at in [last + width, 0xffff_fff8 - 8, 0x7fff_fff8] {
                        assert_eq!(call(at).unwrap_err(), outside, "{name} at {at}");
                    }
                    if index == "i64" {
                        for at in [1 << 33, 1 << 48, u64::MAX - 15, u64::MAX - 7] {
                            assert_eq!(call(at).unwrap_err(), outside, "{name} at {at}");
                        }
                    }
                    if width > 1 {
                        let unaligned = Some(TrapCode::UnalignedAtomic);
                        assert_eq!(call(width / 2).unwrap_err(), unaligned, "{name}");
                        assert_eq!(call(last - 1).unwrap_err(), unaligned, "{name}");
                    }
                }
            }
        }
    });
}

/// Waits at address 0, for what is there.
const WAITER: &str = r#"(module
    (import "host" "memory" (memory 1 10 shared))
    (func (export "wait") (param $timeout i64) (result i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $timeout)))
    (func (export "notify") (param i32) (result i32)
        (memory.atomic.notify (i32.const 0) (local.get 0))))"#;

/// Notifies until somebody was there.
fn wake_one(memory: &SharedMemory) {
    while memory.notify(0, 1).unwrap() == 0 {
        thread::yield_now();
    }
}

#[test]
fn waits_end_by_notification_time_or_another_value() {
    both(|engine| {
        let memory = memory(engine, 1, 10);
        let module = module(engine, WAITER);
        let mut user = User::new(&module, &memory);
        let mut wait = |timeout| user.call("wait", &[Val::I64(timeout)]).unwrap()[0].i32();
        let began = Instant::now();
        assert_eq!(wait(20_000_000), Some(2));
        assert!(began.elapsed() >= Duration::from_millis(20));
        assert_eq!(wait(0), Some(2));
        thread::scope(|scope| {
            let memory = &memory;
            scope.spawn(|| wake_one(memory));
            assert_eq!(wait(i64::MAX), Some(0));
            scope.spawn(|| wake_one(memory));
            assert_eq!(wait(i64::MIN), Some(0));
            scope.spawn(|| wake_one(memory));
            assert_eq!(memory.wait32(0, 0, None).unwrap(), WaitResult::Woken);
        });
        memory.store(0, 1u32).unwrap();
        assert_eq!(wait(-1), Some(1));
        let soon = Some(Duration::from_millis(1));
        assert_eq!(memory.wait64(0, 1, soon).unwrap(), WaitResult::TimedOut);
        assert_eq!(memory.wait64(0, 2, None).unwrap(), WaitResult::NotEqual);
        assert_eq!(memory.notify(0, u32::MAX).unwrap(), 0, "nobody is left");
    });
}

#[test]
fn waiting_where_nobody_else_can_be_traps() {
    both(|engine| {
        let wat = r#"(module (memory 1)
            (func (export "wait") (param i32) (result i32)
                (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1)))
            (func (export "notify") (param i32) (result i32)
                (memory.atomic.notify (local.get 0) (i32.const 1)))
            (func (export "add") (param i32) (result i32)
                (i32.atomic.rmw.add (local.get 0) (i32.const 1))))"#;
        let mut guest = Guest::plain(engine, wat);
        let error = guest.call("wait", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::ExpectedSharedMemory));
        assert_eq!(
            guest.call("notify", &[Val::I32(0)]).unwrap()[0].i32(),
            Some(0)
        );
        guest.call("add", &[Val::I32(4)]).unwrap();
        assert_eq!(guest.call("add", &[Val::I32(4)]).unwrap()[0].i32(), Some(1));
        let error = guest.call("add", &[Val::I32(-4)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        guest.check_idle();
    });
}
