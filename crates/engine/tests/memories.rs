//! Several memories in an instance.

mod common;

use bident::{Engine, ErrorKind, Instance, Memory, MemoryType, Module, Store, TrapCode, Val};
use common::{Guest, both, module};

/// Three memories of one, two and three pages, of which the second is imported.
const THREE: &str = r#"(module
    (import "host" "second" (memory $b 2))
    (memory $a (export "a") 1)
    (memory $c (export "c") 3)
    (data (memory $a) (i32.const 0) "abcdefgh")
    (data (memory $c) (i32.const 0) "cdefghij")
    (data $passive "passive")
    (func (export "copy ac") (param i32 i32 i32)
      (memory.copy $a $c (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy ca") (param i32 i32 i32)
      (memory.copy $c $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy bb") (param i32 i32 i32)
      (memory.copy $b $b (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init b") (param i32 i32 i32)
      (memory.init $b $passive (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fill c") (param i32 i32 i32)
      (memory.fill $c (local.get 0) (local.get 1) (local.get 2)))
    (func (export "get a") (param i32) (result i32) (i32.load8_u $a (local.get 0)))
    (func (export "get b") (param i32) (result i32) (i32.load8_u $b (local.get 0)))
    (func (export "get c") (param i32) (result i32) (i32.load8_u $c (local.get 0)))
    (func (export "grow b") (param i32) (result i32) (memory.grow $b (local.get 0)))
    (func (export "sizes") (result i32 i32 i32)
      (memory.size $a) (memory.size $b) (memory.size $c)))"#;

fn three(engine: &Engine) -> (Guest<()>, Memory) {
    let mut store = Store::new(engine, ());
    let second = Memory::new(&mut store, MemoryType::new(2, Some(4))).unwrap();
    let guest = Guest::within(store, THREE, |linker| {
        linker.define("host", "second", second).unwrap();
    });
    (guest, second)
}

fn i32s(values: [i32; 3]) -> [Val; 3] {
    values.map(Val::I32)
}

#[track_caller]
fn out_of_bounds(guest: &mut Guest<()>, name: &str, params: &[Val]) {
    let error = guest.call(name, params).unwrap_err();
    assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds), "{error}");
    assert!(
        format!("{error:#}").starts_with("out of bounds memory access"),
        "{error}"
    );
}

#[test]
fn each_memory_has_its_own_bytes_and_end() {
    both(|engine| {
        let (mut guest, second) = three(engine);
        second.write(&mut guest.store, 65536, b"x").unwrap();
        for (name, pages, first) in [("a", 1, b'a'), ("b", 2, 0), ("c", 3, b'c')] {
            let name = format!("get {name}");
            let at = |guest: &mut Guest<()>, position: i32| {
                let got = guest.call(&name, &[Val::I32(position)]).unwrap();
                got[0].i32().unwrap()
            };
            assert_eq!(at(&mut guest, 0), first.into());
            at(&mut guest, pages * 65536 - 1);
            for beyond in [pages * 65536, i32::MAX, i32::MIN, -1] {
                out_of_bounds(&mut guest, &name, &[Val::I32(beyond)]);
            }
        }
        let got = guest.call("get b", &[Val::I32(65536)]).unwrap();
        assert_eq!(got[0].i32(), Some(b'x'.into()));
        guest.check_idle();
    });
}

#[test]
fn ranges_are_checked_against_the_memory_they_lie_in() {
    both(|engine| {
        let (mut guest, second) = three(engine);
        let c = guest.instance.get_memory(&mut guest.store, "c").unwrap();
        // All of the smaller one, to the end of the larger one.
        guest.call("copy ca", &i32s([131072, 0, 65536])).unwrap();
        assert_eq!(c.data(&guest.store)[131072..][..8], *b"abcdefgh");
        for wrong in [
            [131073, 0, 65536],
            [0, 1, 65536],
            [0, 0, 65537],
            [0, 0, -1],
            [-1, 0, 1],
            [0, -1, 1],
            [-1, -1, -1],
            [196609, 0, 0],
            [0, 65537, 0],
        ] {
            out_of_bounds(&mut guest, "copy ca", &i32s(wrong));
        }
        for wrong in [[0, 131073, 65536], [1, 0, 65536], [0, 0, 65537]] {
            out_of_bounds(&mut guest, "copy ac", &i32s(wrong));
        }
        guest.call("copy ca", &i32s([196608, 65536, 0])).unwrap();
        // A copy that fails has copied nothing.
        assert_eq!(c.data(&guest.store)[..8], *b"cdefghij");

        second.write(&mut guest.store, 0, b"12345678").unwrap();
        guest.call("copy bb", &i32s([2, 0, 6])).unwrap();
        assert_eq!(second.data(&guest.store)[..8], *b"12123456");
        guest.call("copy bb", &i32s([0, 2, 6])).unwrap();
        assert_eq!(second.data(&guest.store)[..8], *b"12345656");

        guest.call("init b", &i32s([131065, 0, 7])).unwrap();
        assert_eq!(second.data(&guest.store)[131065..], *b"passive");
        for wrong in [
            [131066, 0, 7],
            [0, 1, 7],
            [-1, 0, 1],
            [0, -1, 1],
            [0, 0, -1],
        ] {
            out_of_bounds(&mut guest, "init b", &i32s(wrong));
        }
        guest.call("fill c", &i32s([196600, 255, 8])).unwrap();
        out_of_bounds(&mut guest, "fill c", &i32s([196600, 0, 9]));
        assert_eq!(c.data(&guest.store)[196600..], [255; 8]);
        guest.check_idle();
    });
}

#[test]
fn instances_share_a_memory_under_different_numbers() {
    let other = r#"(module
        (import "host" "third" (memory 1))
        (import "host" "second" (memory $b 2))
        (func (export "put") (param i32 i32)
          (i32.store8 $b offset=131072 (local.get 0) (local.get 1)))
        (func (export "grow") (param i32) (result i32) (memory.grow $b (local.get 0))))"#;
    both(|engine| {
        let (mut guest, second) = three(engine);
        let c = guest.instance.get_memory(&mut guest.store, "c").unwrap();
        let other = module(engine, other);
        let imports = [c.into(), second.into()];
        let other = Instance::new(&mut guest.store, &other, &imports).unwrap();
        let put = other
            .get_typed_func::<(i32, i32), ()>(&mut guest.store, "put")
            .unwrap();
        let error = put.call(&mut guest.store, (0, 7)).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
        let old = guest.call("grow b", &[Val::I32(1)]).unwrap();
        assert_eq!(old[0].i32(), Some(2));
        put.call(&mut guest.store, (0, 7)).unwrap();
        let got = guest.call("get b", &[Val::I32(131072)]).unwrap();
        assert_eq!(got[0].i32(), Some(7));
        let grow = other
            .get_typed_func::<i32, i32>(&mut guest.store, "grow")
            .unwrap();
        assert_eq!(grow.call(&mut guest.store, 2).unwrap(), -1);
        assert_eq!(grow.call(&mut guest.store, 1).unwrap(), 3);
        let sizes = guest.call("sizes", &[]).unwrap();
        let sizes: Vec<_> = sizes.iter().map(|size| size.i32().unwrap()).collect();
        assert_eq!(sizes, [1, 4, 3]);
        assert_eq!(second.size(&guest.store), 4);
    });
}

#[test]
fn one_memory_imported_twice_is_one_memory() {
    let wat = r#"(module
        (import "host" "m" (memory $a 1))
        (import "host" "m" (memory $b 1))
        (func (export "copy") (param i32 i32 i32)
          (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2)))
        (func (export "see") (param i32) (result i32)
          (i32.store8 $a (local.get 0) (i32.const 1))
          (i32.store8 $b (local.get 0) (i32.const 2))
          (i32.load8_u $a (local.get 0))))"#;
    both(|engine| {
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        let mut guest = Guest::within(store, wat, |linker| {
            linker.define("host", "m", memory).unwrap();
        });
        let got = guest.call("see", &[Val::I32(9)]).unwrap();
        assert_eq!(got[0].i32(), Some(2));
        memory.write(&mut guest.store, 0, b"12345678").unwrap();
        guest.call("copy", &i32s([2, 0, 6])).unwrap();
        assert_eq!(memory.data(&guest.store)[..8], *b"12123456");
    });
}

#[test]
fn a_module_has_at_most_a_hundred_memories() {
    let engine = Engine::default();
    let of = |imported: usize, own: usize| {
        let mut wat = "(module".to_owned();
        wat += &r#"(import "host" "m" (memory 0))"#.repeat(imported);
        wat += &"(memory 1)".repeat(own);
        let last = imported + own - 1;
        wat + &format!(
            r#"(func (export "f") (result i32)
                 (i32.store {last} (i32.const 65532) (i32.const 7))
                 (i32.load {last} (i32.const 65532))))"#
        )
    };
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    for (imported, own) in [(0, 100), (100, 0), (50, 50)] {
        let module = module(&engine, &of(imported, own));
        let imports = vec![memory.into(); imported];
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), 7);
    }
    for (imported, own) in [(0, 101), (101, 0), (60, 41)] {
        let refused = Module::from_text_or_binary(&engine, of(imported, own).as_bytes());
        let error = refused.err().expect("the validator refuses it");
        assert_eq!(error.kind(), ErrorKind::Compile);
        assert!(
            error
                .to_string()
                .contains("memories count exceeds limit of 100"),
            "{error}"
        );
    }
}

#[test]
fn a_memory_that_cannot_be_had_leaves_none_of_the_others() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let large = module(
        &engine,
        "(module (memory 1) (memory i64 0x1000000000000) (memory 1))",
    );
    for _ in 0..50_000 {
        let error = Instance::new(&mut store, &large, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
    // So many would not have fitted.
    let (mut guest, _) = three(&engine);
    assert_eq!(guest.call("sizes", &[]).unwrap().len(), 3);
}

#[test]
fn what_does_not_fit_is_named() {
    let engine = Engine::new(&bident::Config::new().max_memory_size(1 << 20)).unwrap();
    let size = 65536 * (1u128 << 48);
    let cases = [
        ("(memory 17)", "a memory of 17 pages (1114112 bytes) exceeds the limit of 1048576 bytes".to_owned()),
        ("(memory i64 0x1000000000000)", format!("({size} bytes)")),
        ("(memory 1) (memory 17)", "memory 1: a memory of 17 pages".to_owned()),
        ("(table i64 1 funcref) (table i64 -1 funcref)", "table 1: a table of 18446744073709551615 elements".to_owned()),
        (
            r#"(memory 1) (memory i64 2) (data (memory 0) (i32.const 0) "a") (data (memory 1) (i64.const 131071) "ab")"#,
            "out of bounds memory access: data segment 1, 2 bytes at 131071, is beyond the 131072 of memory 1".to_owned(),
        ),
        (
            r#"(memory i64 1) (data (i64.const -1) "")"#,
            "data segment 0, 0 bytes at 18446744073709551615, is beyond the 65536 of memory 0".to_owned(),
        ),
        (
            "(func) (table 1 funcref) (table i64 2 funcref) (elem (table 1) (i64.const -1) func 0 0)",
            "out of bounds table access: element segment 0, 2 elements at 18446744073709551615, is beyond the 2 of table 1".to_owned(),
        ),
    ];
    for (fields, message) in cases {
        let fields = fields.replace("i64 -1", "i64 0xffffffffffffffff");
        let module = module(&engine, &format!("(module {fields})"));
        let mut store = Store::new(&engine, ());
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert!(error.to_string().contains(&message), "{fields}: {error}");
    }
}
