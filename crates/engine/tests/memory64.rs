//! Memories and tables with 64-bit positions.

mod common;

use bident::{AddressType, Config, Engine, ErrorKind, Instance, Memory, MemoryType, Module};
use bident::{RefType, Store, Table, TableType, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, both_with, module};

/// Kinds of accesses: ending of the load's name, type, width in bytes.
const ACCESSES: [(&str, ValType, u64); 4] = [
    ("8_u", ValType::I32, 1),
    ("16_u", ValType::I64, 2),
    ("", ValType::F32, 4),
    ("", ValType::I64, 8),
];

/// Offsets of instructions: also those that no machine instruction holds.
const OFFSETS: [u64; 9] = [
    0,
    1,
    65535,
    i32::MAX as u64,
    1 << 31,
    u32::MAX as u64,
    1 << 32,
    1 << 63,
    u64::MAX,
];

fn accesses(memory: &str) -> String {
    let mut wat = format!("(module (memory (export \"memory\") {memory})");
    for (op, ty, _) in ACCESSES {
        let store = op.trim_end_matches("_u");
        for offset in OFFSETS {
            wat += &format!(
                "(func (export \"{ty}.load{op} {offset}\") (param i64) (result {ty})
                   ({ty}.load{op} offset={offset} (local.get 0)))
                 (func (export \"{ty}.store{op} {offset}\") (param i64 {ty})
                   ({ty}.store{store} offset={offset} (local.get 0) (local.get 1)))"
            );
        }
    }
    wat + ")"
}

/// Around whatever is special: the end of the memory and of its reservation, of 31, 32, 63 and 64 bits.
fn positions(size: u64) -> impl Iterator<Item = u64> {
    let near = [
        0,
        size,
        6 << 30,
        8 << 30,
        1 << 31,
        1 << 32,
        1 << 47,
        1 << 63,
    ];
    near.into_iter()
        .flat_map(|place| (0..20).map(move |i| place.wrapping_add(i).wrapping_sub(10)))
}

#[test]
fn an_access_is_in_bounds_or_traps() {
    for text in ["i64 1 3", "i64 1", "i64 0 2"] {
        both(|engine| check_accesses(&mut Guest::plain(engine, &accesses(text))));
    }
}

fn check_accesses(guest: &mut Guest<()>) {
    let memory = guest
        .instance
        .get_memory(&mut guest.store, "memory")
        .unwrap();
    for _ in 0..2 {
        let size = memory.data_size(&guest.store) as u64;
        for (op, ty, width) in ACCESSES {
            for offset in OFFSETS {
                // Those that the offset leads around the interesting places, too.
                let before = positions(size).map(|position| position.wrapping_sub(offset));
                for position in positions(size).chain(before) {
                    let end = u128::from(position) + u128::from(offset) + u128::from(width);
                    let fits = end <= size.into();
                    let value = Val::default_for(ty);
                    let load = [Val::I64(position as i64)];
                    let store = [Val::I64(position as i64), value];
                    let what = format!("{ty} {op} offset={offset} at {position:#x}, size {size}");
                    for (name, params) in [("load", &load[..]), ("store", &store[..])] {
                        let result = guest.call(&format!("{ty}.{name}{op} {offset}"), params);
                        match result {
                            Ok(_) => assert!(fits, "{what}"),
                            Err(error) => {
                                assert!(!fits, "{what}: {error}");
                                assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
                            }
                        }
                    }
                }
            }
        }
        memory.grow(&mut guest.store, 1).unwrap();
    }
    guest.check_idle();
}

const RANGES: &str = r#"(module
    (memory $wide (export "wide") i64 1 3)
    (memory $narrow (export "narrow") 1 3)
    (data (memory $wide) (i64.const 65528) "12345678")
    (data $passive "passive")
    (func (export "grow") (param i64) (result i64) (memory.grow $wide (local.get 0)))
    (func (export "size") (result i64) (memory.size $wide))
    (func (export "fill") (param i64 i64)
      (memory.fill $wide (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "copy ww") (param i64 i64 i64)
      (memory.copy $wide $wide (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy wn") (param i64 i32 i32)
      (memory.copy $wide $narrow (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy nw") (param i32 i64 i32)
      (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i64 i32 i32)
      (memory.init $wide $passive (local.get 0) (local.get 1) (local.get 2))))"#;

#[track_caller]
fn out_of_bounds(guest: &mut Guest<()>, name: &str, params: &[Val]) {
    let error = guest.call(name, params).unwrap_err();
    assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds), "{error}");
}

#[test]
fn ranges_do_not_wrap() {
    both(|engine| {
        let mut guest = Guest::plain(engine, RANGES);
        let (w, n) = (Val::I64, Val::I32);
        let mut get = |name| guest.instance.get_memory(&mut guest.store, name).unwrap();
        let (wide, narrow) = (get("wide"), get("narrow"));
        assert_eq!(wide.data(&guest.store)[65528..], *b"12345678");
        guest.call("fill", &[w(65536), w(0)]).unwrap();
        guest.call("copy ww", &[w(0), w(65528), w(8)]).unwrap();
        guest.call("copy ww", &[w(2), w(0), w(6)]).unwrap();
        assert_eq!(wide.data(&guest.store)[..8], *b"12123456");
        guest.call("copy nw", &[n(65528), w(0), n(8)]).unwrap();
        assert_eq!(narrow.data(&guest.store)[65528..], *b"12123456");
        guest.call("copy wn", &[w(16), n(65528), n(8)]).unwrap();
        assert_eq!(wide.data(&guest.store)[16..24], *b"12123456");
        guest.call("init", &[w(65529), n(0), n(7)]).unwrap();
        assert_eq!(wide.data(&guest.store)[65529..], *b"passive");

        for (start, length) in [
            (65537, 0),
            (0, -1),
            (-1, 1),
            (-8, 8),
            (1 << 32, 1),
            (1, i64::MIN),
        ] {
            out_of_bounds(&mut guest, "fill", &[w(start), w(length)]);
            out_of_bounds(&mut guest, "copy ww", &[w(start), w(0), w(length)]);
            out_of_bounds(&mut guest, "copy ww", &[w(0), w(start), w(length)]);
        }
        for start in [65530, -1, -8, 1 << 32, i64::MIN] {
            out_of_bounds(&mut guest, "copy nw", &[n(0), w(start), n(8)]);
            out_of_bounds(&mut guest, "copy wn", &[w(start), n(0), n(8)]);
            out_of_bounds(&mut guest, "init", &[w(start), n(0), n(7)]);
            out_of_bounds(&mut guest, "init", &[w(start), n(1), n(7)]);
        }
        out_of_bounds(&mut guest, "copy wn", &[w(0), n(-1), n(1)]);
        out_of_bounds(&mut guest, "copy wn", &[w(0), n(0), n(-1)]);
        guest.check_idle();
    });
}

#[test]
fn growing_stops_at_limits() {
    both(|engine| {
        let mut guest = Guest::plain(engine, RANGES);
        let grow = |guest: &mut Guest<()>, delta: i64| {
            guest.call("grow", &[Val::I64(delta)]).unwrap()[0].i64()
        };
        assert_eq!(grow(&mut guest, 1), Some(1));
        for delta in [2, 1 << 32, 1 << 48, i64::MAX, i64::MIN, -1, -2] {
            assert_eq!(grow(&mut guest, delta), Some(-1), "{delta}");
        }
        assert_eq!(grow(&mut guest, 1), Some(2));
        assert_eq!(guest.call("size", &[]).unwrap()[0].i64(), Some(3));
        let wide = guest.instance.get_memory(&mut guest.store, "wide").unwrap();
        assert_eq!(wide.ty(&guest.store), MemoryType::new64(3, Some(3)));
        let error = wide.grow(&mut guest.store, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.to_string().contains("3 pages cannot grow by 1 page"));
    });
}

#[test]
fn the_specification_allows_more_than_there_is() {
    let engine = Engine::default();
    let all = Config::new().max_memory_size(u64::MAX);
    for engine in [engine, Engine::new(&all).unwrap()] {
        let mut store = Store::new(&engine, ());
        for wat in [
            "(module (memory i64 0x1000000000000))",
            "(module (memory i64 0x800000000000))",
            "(module (memory i64 0x100000000))",
        ] {
            let module = module(&engine, wat);
            let error = Instance::new(&mut store, &module, &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
        for min in [1 << 48, (1 << 48) + 1, u64::MAX] {
            let error = Memory::new(&mut store, MemoryType::new64(min, None)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
        // A maximum is only a promise.
        let memory = Memory::new(&mut store, MemoryType::new64(1, Some(1 << 48))).unwrap();
        for delta in [1 << 47, (1 << 48) - 1, u64::MAX, u64::MAX - 1] {
            let error = memory.grow(&mut store, delta).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
    }
    let wat = b"(module (memory i64 0x1000000000001))";
    let refused = Module::from_text_or_binary(&Engine::default(), wat);
    let error = refused.err().expect("the validator refuses it");
    assert_eq!(error.kind(), ErrorKind::Compile);
}

#[test]
fn a_memory_can_be_larger_than_32_bits_reach() {
    let config = Config::new().max_memory_size(32 << 30);
    both_with(config, |engine| {
        let wat = r#"(module (memory (export "memory") i64 1)
            (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
            (func (export "put") (param i64 i64) (i64.store offset=0x80000000 (local.get 0) (local.get 1)))
            (func (export "get") (param i64) (result i64) (i64.load (local.get 0))))"#;
        let mut guest = Guest::plain(engine, wat);
        let pages = (20 << 30) / 65536;
        let old = guest.call("grow", &[Val::I64(pages - 1)]).unwrap();
        assert_eq!(old[0].i64(), Some(1));
        let last = (20_i64 << 30) - 8;
        let put = [Val::I64(last - (1 << 31)), Val::I64(77)];
        guest.call("put", &put).unwrap();
        let got = guest.call("get", &[Val::I64(last)]).unwrap();
        assert_eq!(got[0].i64(), Some(77));
        out_of_bounds(&mut guest, "get", &[Val::I64(last + 1)]);
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        assert_eq!(memory.data_size(&guest.store), 20 << 30);
        let mut bytes = [0; 8];
        memory
            .read(&guest.store, last as usize, &mut bytes)
            .unwrap();
        assert_eq!(u64::from_le_bytes(bytes), 77);
        let grown = guest.call("grow", &[Val::I64(pages)]).unwrap();
        assert_eq!(grown[0].i64(), Some(-1));
    });
}

#[test]
fn what_differs_in_its_positions_does_not_link() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let narrow = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let wide = Memory::new(&mut store, MemoryType::new64(1, None)).unwrap();
    let null = Val::FuncRef(None);
    let narrow_table = Table::new(
        &mut store,
        TableType::new(RefType::FUNC, 1, None),
        null.clone(),
    );
    let wide_table = Table::new(&mut store, TableType::new64(RefType::FUNC, 1, None), null);
    let (narrow_table, wide_table) = (narrow_table.unwrap(), wide_table.unwrap());
    let wanting = [
        (
            "(memory 1)",
            narrow.into(),
            wide.into(),
            "a 64-bit memory of 1.. pages",
        ),
        (
            "(memory i64 1)",
            wide.into(),
            narrow.into(),
            "a 64-bit memory of 1.. pages",
        ),
        (
            "(table 1 funcref)",
            narrow_table.into(),
            wide_table.into(),
            "a 64-bit table of funcref",
        ),
        (
            "(table i64 1 funcref)",
            wide_table.into(),
            narrow_table.into(),
            "a 64-bit table of funcref",
        ),
    ];
    for (import, right, wrong, text) in wanting {
        let module = module(&engine, &format!(r#"(module (import "a" "b" {import}))"#));
        Instance::new(&mut store, &module, &[right]).unwrap();
        let error = Instance::new(&mut store, &module, &[wrong]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Link);
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(wide.ty(&store).address, AddressType::I64);
    assert_eq!(wide_table.ty(&store).address, AddressType::I64);
}

const TABLES: &str = r#"(module
    (table $wide (export "wide") i64 4 8 funcref)
    (table $narrow (export "narrow") 4 8 funcref)
    (elem (table $wide) (i64.const 1) func $one $two)
    (elem $both func $one $two)
    (func $one (export "one") (result i32) (i32.const 1))
    (func $two (export "two") (result i32) (i32.const 2))
    (func (export "call") (param i64) (result i32)
      (call_indirect $wide (result i32) (local.get 0)))
    (func (export "tail") (param i64) (result i32)
      (return_call_indirect $wide (result i32) (local.get 0)))
    (func (export "get") (param i64) (result funcref) (table.get $wide (local.get 0)))
    (func (export "set") (param i64) (table.set $wide (local.get 0) (ref.func $one)))
    (func (export "size") (result i64) (table.size $wide))
    (func (export "grow") (param i64) (result i64)
      (table.grow $wide (ref.func $two) (local.get 0)))
    (func (export "fill") (param i64 i64)
      (table.fill $wide (local.get 0) (ref.null func) (local.get 1)))
    (func (export "init") (param i64 i32 i32)
      (table.init $wide $both (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy nw") (param i32 i64 i32)
      (table.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy ww") (param i64 i64 i64)
      (table.copy $wide $wide (local.get 0) (local.get 1) (local.get 2))))"#;

/// No position of a table of a few elements; some are in the table when cut to 32 bits, or times 8.
const NOWHERE: [i64; 7] = [
    8,
    1 << 32,
    (1 << 32) + 1,
    1 << 61,
    (1 << 61) + 1,
    i64::MIN,
    -1,
];

#[test]
fn a_table_with_64_bit_positions() {
    both(|engine| {
        let mut guest = Guest::plain(engine, TABLES);
        let (w, n) = (Val::I64, Val::I32);
        for name in ["call", "tail"] {
            assert_eq!(guest.call(name, &[w(2)]).unwrap()[0].i32(), Some(2));
            for (position, trap) in [(0, TrapCode::UninitializedElement)]
                .into_iter()
                .chain(NOWHERE.map(|position| (position, TrapCode::UndefinedElement)))
            {
                let error = guest.call(name, &[w(position)]).unwrap_err();
                assert_eq!(error.trap(), Some(trap), "{position}");
            }
        }
        guest.call("set", &[w(3)]).unwrap();
        assert_eq!(guest.call("call", &[w(3)]).unwrap()[0].i32(), Some(1));
        assert_eq!(guest.call("grow", &[w(4)]).unwrap()[0].i64(), Some(4));
        for delta in NOWHERE.into_iter().chain([1]) {
            assert_eq!(guest.call("grow", &[w(delta)]).unwrap()[0].i64(), Some(-1));
        }
        assert_eq!(guest.call("size", &[]).unwrap()[0].i64(), Some(8));
        guest.call("init", &[w(6), n(0), n(2)]).unwrap();
        guest.call("copy nw", &[n(0), w(6), n(2)]).unwrap();
        guest.call("copy ww", &[w(0), w(1), w(7)]).unwrap();
        assert_eq!(guest.call("call", &[w(5)]).unwrap()[0].i32(), Some(1));
        guest.call("fill", &[w(8), w(0)]).unwrap();

        let mut traps = |name: &str, params: &[Val]| {
            let error = guest.call(name, params).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::TableOutOfBounds), "{name}");
        };
        for nowhere in NOWHERE {
            traps("get", &[w(nowhere)]);
            traps("set", &[w(nowhere)]);
            traps("fill", &[w(nowhere), w(1)]);
            traps("fill", &[w(1), w(nowhere)]);
            traps("init", &[w(nowhere), n(0), n(1)]);
            traps("copy nw", &[n(0), w(nowhere), n(1)]);
            traps("copy ww", &[w(nowhere), w(0), w(1)]);
            traps("copy ww", &[w(0), w(nowhere), w(1)]);
            traps("copy ww", &[w(1), w(0), w(nowhere)]);
        }
        let table = guest.instance.get_table(&mut guest.store, "wide").unwrap();
        let ty = TableType::new64(RefType::FUNC, 8, Some(8));
        assert_eq!(table.ty(&guest.store), ty);
        guest.check_idle();
    });
}

#[test]
fn what_has_32_bit_positions_is_no_larger_than_they_reach() {
    let config = Config::new()
        .max_memory_size(u64::MAX)
        .max_table_elements(u64::MAX);
    let mut store = Store::new(&Engine::new(&config).unwrap(), ());
    let table = TableType::new(RefType::FUNC, 1 << 32, None);
    let table = Table::new(&mut store, table, Val::FuncRef(None));
    let memory = Memory::new(&mut store, MemoryType::new(65537, None));
    for error in [table.unwrap_err(), memory.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
    let memory = Memory::new(&mut store, MemoryType::new(0, Some(1 << 40))).unwrap();
    assert!(memory.grow(&mut store, 65537).is_err());
    memory.grow(&mut store, 65536).unwrap();
}

#[test]
fn a_table_can_be_promised_more_than_there_is() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let null = Val::FuncRef(None);
    for min in [1 << 32, 1 << 61, u64::MAX] {
        let ty = TableType::new64(RefType::FUNC, min, None);
        let error = Table::new(&mut store, ty, null.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
    let ty = TableType::new64(RefType::FUNC, 1, Some(u64::MAX));
    let table = Table::new(&mut store, ty, null.clone()).unwrap();
    for delta in [1 << 32, 1 << 61, u64::MAX - 1, u64::MAX] {
        let error = table.grow(&mut store, delta, null.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
    let wat = "(module (table i64 0xffffffffffffffff funcref))";
    let error = Instance::new(&mut store, &module(&engine, wat), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn pages_of_a_byte_end_where_they_end() {
    let config = || Config::new().custom_page_sizes(true);
    for (address, ty) in [("", "i32"), ("i64", "i64")] {
        let wat = format!(
            r#"(module (memory (export "memory") {address} 4090 5000 (pagesize 1))
                (func (export "load") (param {ty}) (result i64) (i64.load offset=3 (local.get 0)))
                (func (export "far") (param {ty}) (result i64)
                  (i64.load offset=0xffffffff (local.get 0)))
                (func (export "fill") (param {ty} {ty})
                  (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
                (func (export "grow") (param {ty}) (result {ty}) (memory.grow (local.get 0)))
                (func (export "size") (result {ty}) (memory.size)))"#
        );
        both_with(config(), |engine| {
            let mut guest = Guest::plain(engine, &wat);
            let val = |x: i64| match ty {
                "i32" => Val::I32(x as i32),
                _ => Val::I64(x),
            };
            let mut size = 4090;
            for delta in [1, 0, 4, 1, 2, 902] {
                for at in size - 20..=size - 11 {
                    guest.call("load", &[val(at)]).unwrap();
                }
                for at in (size - 10..size + 10).chain([4096, 8192, 1 << 31, -1, -8, -11]) {
                    out_of_bounds(&mut guest, "load", &[val(at)]);
                    out_of_bounds(&mut guest, "far", &[val(at)]);
                }
                guest.call("fill", &[val(0), val(size)]).unwrap();
                out_of_bounds(&mut guest, "fill", &[val(0), val(size + 1)]);
                let old = guest.call("grow", &[val(delta)]).unwrap();
                assert_values(&old, &[val(size)]);
                size += delta;
                assert_values(&guest.call("size", &[]).unwrap(), &[val(size)]);
            }
            for delta in [1, 65536, -1, i64::MAX] {
                let failed = guest.call("grow", &[val(delta)]).unwrap();
                assert_values(&failed, &[val(-1)]);
            }
            let memory = guest
                .instance
                .get_memory(&mut guest.store, "memory")
                .unwrap();
            assert_eq!(memory.data(&guest.store).len(), 5000);
            assert_eq!(memory.data(&guest.store)[4097..4099], [1, 0]);
            assert_eq!(memory.ty(&guest.store).page_size(), 1);
            guest.check_idle();
        });
    }
}

#[test]
fn pages_of_other_sizes_are_refused() {
    let (off, on) = (
        Engine::default(),
        Engine::new(&Config::new().custom_page_sizes(true)).unwrap(),
    );
    let bytes = MemoryType::new(70_000, None).with_pages_of_a_byte();
    let mut odd = MemoryType::new(1, None);
    odd.page_size_log2 = 12;
    let error = Memory::new(&mut Store::new(&off, ()), bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("custom_page_sizes"), "{error}");
    let mut store = Store::new(&on, ());
    let error = Memory::new(&mut store, odd).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    let memory = Memory::new(&mut store, bytes).unwrap();
    assert_eq!(memory.data_size(&store), 70_000);
    // Pages must be the same, too.
    let wanting = module(&on, r#"(module (import "a" "b" (memory 1)))"#);
    let error = Instance::new(&mut store, &wanting, &[memory.into()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Link);
    assert!(error.to_string().contains("pages of a byte"), "{error}");
}
