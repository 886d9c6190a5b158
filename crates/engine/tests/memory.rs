//! Linear memories.

mod common;

use bident::{Caller, Config, Engine, ErrorKind, Limits, Memory, MemoryType, Store};
use bident::{Instance, Val};
use common::{Guest, both, module};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn pages(min: u64, max: Option<u64>) -> MemoryType {
    MemoryType {
        limits: Limits { min, max },
    }
}

#[test]
fn a_memory_is_read_and_written_from_both_sides() {
    let wat = r#"(module (memory (export "memory") 1)
        (data (i32.const 3) "abc")
        (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "put") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        assert_eq!(memory.data(&guest.store)[..7], *b"\0\0\0abc\0");
        memory.data_mut(&mut guest.store)[4] = b'x';
        assert_eq!(
            guest.call("get", &[Val::I32(4)]).unwrap()[0].i32(),
            Some(120)
        );
        guest.call("put", &[Val::I32(5), Val::I32(121)]).unwrap();
        let mut buffer = [0; 3];
        memory.read(&guest.store, 3, &mut buffer).unwrap();
        assert_eq!(buffer, *b"axy");
        memory.write(&mut guest.store, 65533, b"end").unwrap();
        assert_eq!(
            guest.call("get", &[Val::I32(65535)]).unwrap()[0].i32(),
            Some(100)
        );
        for offset in [65534, usize::MAX, usize::MAX - 1] {
            let error = memory.write(&mut guest.store, offset, b"end").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            let error = memory.read(&guest.store, offset, &mut buffer).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
    });
}

#[test]
fn a_memory_grows_in_place() {
    let wat = r#"(module (memory (export "memory") 1 4)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size)))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        let start = memory.data_ptr(&guest.store);
        assert_eq!(
            guest.call("grow", &[Val::I32(1)]).unwrap()[0].i32(),
            Some(1)
        );
        assert_eq!(memory.grow(&mut guest.store, 1).unwrap(), 2);
        assert_eq!(memory.grow(&mut guest.store, 0).unwrap(), 3);
        assert_eq!(guest.call("size", &[]).unwrap()[0].i32(), Some(3));
        assert_eq!(memory.data_size(&guest.store), 3 * 65536);
        assert_eq!(memory.ty(&guest.store), pages(3, Some(4)));
        for delta in [2, u64::MAX, u64::MAX - 2] {
            let error = memory.grow(&mut guest.store, delta).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit);
        }
        for delta in [2, -1] {
            let failed = guest.call("grow", &[Val::I32(delta)]).unwrap();
            assert_eq!(failed[0].i32(), Some(-1));
        }
        assert_eq!(memory.data_ptr(&guest.store), start);
        assert_eq!(memory.size(&guest.store), 3);
    });
}

#[test]
fn a_memory_over_the_limit_is_refused_with_the_numbers() {
    let engine = Engine::new(&Config::new().max_memory_size(64 << 20)).unwrap();
    let mut store = Store::new(&engine, ());
    // 100 MiB.
    let module = module(&engine, "(module (memory 1600))");
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let text = error.to_string();
    for number in ["1600 pages", "104857600 bytes", "67108864 bytes"] {
        assert!(text.contains(number), "{text}");
    }
    let memory = Memory::new(&mut store, pages(1024, None)).unwrap();
    let error = memory.grow(&mut store, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("1024 pages"), "{error}");
}

#[test]
fn a_type_that_makes_no_sense_is_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    for (ty, kind) in [
        (pages(2, Some(1)), ErrorKind::Usage),
        (pages(65537, None), ErrorKind::Limit),
        (pages(u64::MAX, None), ErrorKind::Limit),
        (pages(u64::MAX / 65536 + 1, None), ErrorKind::Limit),
    ] {
        let error = Memory::new(&mut store, ty).unwrap_err();
        assert_eq!(error.kind(), kind, "{ty:?}: {error}");
    }
    Memory::new(&mut store, pages(0, Some(0))).unwrap();
}

#[test]
fn the_largest_memory_can_be_had() {
    // Pages that nobody touches cost nothing.
    both(|engine| {
        let wat = r#"(module (memory (export "memory") 65536)
            (func (export "last") (result i32)
              (i32.store8 (i32.const -1) (i32.const 7)) (i32.load8_u (i32.const -1)))
            (func (export "beyond") (result i32) (i32.load16_u (i32.const -1))))"#;
        let mut guest = Guest::plain(engine, wat);
        assert_eq!(guest.call("last", &[]).unwrap()[0].i32(), Some(7));
        assert!(guest.call("beyond", &[]).is_err());
    });
}

#[test]
fn many_memories_live_side_by_side() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memories: Vec<_> = (0..200)
        .map(|_| Memory::new(&mut store, pages(1, None)).unwrap())
        .collect();
    for (i, memory) in memories.iter().enumerate() {
        memory.data_mut(&mut store)[0] = i as u8;
    }
    for (i, memory) in memories.iter().enumerate() {
        assert_eq!(memory.data(&store)[0], i as u8);
    }
}

#[test]
fn a_host_function_uses_memory_beside_its_data() {
    let wat = r#"(module (import "host" "log" (func $log (param i32 i32)))
        (memory (export "memory") 1) (data (i32.const 10) "hello")
        (func (export "go") (call $log (i32.const 10) (i32.const 5))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, String::new(), |linker| {
            let log = |mut caller: Caller<'_, String>, at: u32, length: u32| {
                let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
                let (bytes, text) = memory.data_and_store_mut(&mut caller);
                let bytes = &mut bytes[at as usize..][..length as usize];
                text.push_str(str::from_utf8(bytes).unwrap());
                bytes.make_ascii_uppercase();
            };
            linker.func_wrap("host", "log", log).unwrap();
        });
        guest.call("go", &[]).unwrap();
        guest.call("go", &[]).unwrap();
        assert_eq!(guest.store.data(), "helloHELLO");
    });
}

#[test]
fn a_memory_of_another_store_is_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let other = Store::new(&engine, ());
    let memory = Memory::new(&mut store, pages(1, None)).unwrap();
    let size = || memory.size(&other);
    assert!(catch_unwind(AssertUnwindSafe(size)).is_err());
}
