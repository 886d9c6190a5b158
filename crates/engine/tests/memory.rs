//! Linear memories.

mod common;

use bident::{Caller, Config, Engine, Error, ErrorKind, Instance, Memory, MemoryType};
use bident::{Reply, Store, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, module, returned_i32};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn pages(min: u64, max: Option<u64>) -> MemoryType {
    MemoryType::new(min, max)
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
            assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
            let error = memory.read(&guest.store, offset, &mut buffer).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
            let text = format!("3 bytes at {offset} are beyond the 65536 of the memory");
            assert!(error.to_string().ends_with(&text), "{error}");
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

/// Kinds of accesses: ending of the load's name, type, width in bytes.
const ACCESSES: [(&str, ValType, u32); 7] = [
    ("8_u", ValType::I32, 1),
    ("16_u", ValType::I32, 2),
    ("", ValType::I32, 4),
    ("", ValType::I64, 8),
    ("", ValType::F32, 4),
    ("", ValType::F64, 8),
    ("", ValType::V128, 16),
];

/// A load and a store of each kind, with no offset and with the largest one.
fn accesses() -> String {
    let mut wat = "(module (memory (export \"memory\") 1 3)".to_owned();
    for (op, ty, _) in ACCESSES {
        let store = op.trim_end_matches("_u");
        for (name, offset) in [("", 0), (" far", u32::MAX)] {
            wat += &format!(
                "(func (export \"{ty}.load{op}{name}\") (param i32) (result {ty})
                   ({ty}.load{op} offset={offset} (local.get 0)))
                 (func (export \"{ty}.store{op}{name}\") (param i32 {ty})
                   ({ty}.store{store} offset={offset} (local.get 0) (local.get 1)))"
            );
        }
    }
    wat + ")"
}

#[test]
fn a_memory_ends_where_it_ends() {
    both(|engine| {
        let mut guest = Guest::plain(engine, &accesses());
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        for pages in 1..=3 {
            let end = pages * 65536;
            let last: [u8; 16] = std::array::from_fn(|i| i as u8 + 1);
            memory
                .write(&mut guest.store, end as usize - 16, &last)
                .unwrap();
            for (op, ty, width) in ACCESSES {
                check_end(&mut guest, op, ty, end, width);
            }
            // A store that reaches beyond the end has written nothing.
            assert_eq!(memory.data(&guest.store)[end as usize - 16..], last);
            if pages < 3 {
                memory.grow(&mut guest.store, 1).unwrap();
            }
        }
        guest.check_idle();
    });
}

fn check_end(guest: &mut Guest<()>, op: &str, ty: ValType, end: u32, width: u32) {
    let out_of_bounds = |result: Result<Vec<Val>, Error>| {
        let trap = result.unwrap_err().trap();
        assert_eq!(trap, Some(TrapCode::MemoryOutOfBounds));
    };
    let mut load = |address: u32, far: &str| {
        let name = format!("{ty}.load{op}{far}");
        guest.call(&name, &[Val::I32(address as i32)])
    };
    // The last but one is not aligned.
    for address in [0, end - width - 1, end - width] {
        load(address, "").unwrap();
    }
    for address in end - width + 1..end + 9 {
        out_of_bounds(load(address, ""));
    }
    for address in [0x7fff_ffff, 0x8000_0000, u32::MAX - 8, u32::MAX] {
        out_of_bounds(load(address, ""));
    }
    for address in [0, 1, u32::MAX] {
        out_of_bounds(load(address, " far"));
    }
    for address in [end - width + 1, end, u32::MAX] {
        for far in ["", " far"] {
            let name = format!("{ty}.store{op}{far}");
            let params = [Val::I32(address as i32), Val::default_for(ty)];
            out_of_bounds(guest.call(&name, &params));
        }
    }
}

#[test]
fn every_parked_stack_sees_memory_grow() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (memory (export "memory") 1)
        (func $use (export "use") (param $depth i32) (result i32)
          (local $before i32)
          (if (local.get $depth) (then
            (return (call $use (i32.sub (local.get $depth) (i32.const 1))))))
          (local.set $before (i32.load (i32.const 0)))
          (i32.store (i32.mul (i32.const 65536) (call $read)) (i32.const 77))
          (i32.add (local.get $before) (memory.size)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap();
        });
        let parked: Vec<_> = (0..20)
            .map(|i| guest.park("use", &[Val::I32(i % 10)]))
            .collect();
        for (i, call) in parked.into_iter().enumerate() {
            // Half are resumed after the page they write to exists, half before.
            let page = i as i32 / 2 + 1;
            if i % 2 == 0 {
                let outcome = call.resume(&mut guest.store, &[Val::I32(page)]);
                let error = outcome.unwrap_err();
                assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
                assert_values(&guest.call("grow", &[]).unwrap(), &[Val::I32(page)]);
            } else {
                let outcome = call.resume(&mut guest.store, &[Val::I32(page)]);
                assert_eq!(returned_i32(outcome), page + 1);
            }
        }
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        assert_eq!(memory.size(&guest.store), 11);
        assert_eq!(memory.data(&guest.store)[10 * 65536], 77);
        guest.check_idle();
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
fn an_empty_memory_has_no_byte() {
    both(|engine| {
        let wat = r#"(module (memory 0)
            (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "fill") (param i32)
              (memory.fill (local.get 0) (i32.const 0) (i32.const 0))))"#;
        let mut guest = Guest::plain(engine, wat);
        for address in [0, 1, -1] {
            let error = guest.call("get", &[Val::I32(address)]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        }
        guest.call("fill", &[Val::I32(0)]).unwrap();
        let error = guest.call("fill", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
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
