//! Memories of all kinds, and what a model in vectors says of them.

mod common;

use bident::{Config, Memory, TrapCode, Val};
use common::{Guest, Random, assert_values, both_with};
use std::ops::Range;

/// Memories of every kind: its declaration, the type of its positions, bytes of a page, most pages.
const KINDS: [(&str, &str, u64, u64); 4] = [
    ("1 3", "i32", 65536, 3),
    ("i64 1 3", "i64", 65536, 3),
    ("100 9000 (pagesize 1)", "i32", 1, 9000),
    ("i64 100 9000 (pagesize 1)", "i64", 1, 9000),
];

fn kinds() -> String {
    let mut wat = "(module (data $data \"0123456789\")".to_owned();
    for (m, (memory, ..)) in KINDS.iter().enumerate() {
        wat += &format!("(memory $m{m} (export \"{m}\") {memory})");
    }
    for (m, (_, ty, ..)) in KINDS.iter().enumerate() {
        wat += &format!(
            r#"(func (export "fill {m}") (param {ty} i32 {ty})
                 (memory.fill $m{m} (local.get 0) (local.get 1) (local.get 2)))
               (func (export "init {m}") (param {ty} i32 i32)
                 (memory.init $m{m} $data (local.get 0) (local.get 1) (local.get 2)))
               (func (export "grow {m}") (param {ty}) (result {ty})
                 (memory.grow $m{m} (local.get 0)))
               (func (export "store {m}") (param {ty} i64)
                 (i64.store $m{m} offset=3 (local.get 0) (local.get 1)))"#
        );
        for (n, (_, from, ..)) in KINDS.iter().enumerate() {
            let length = if (*ty, *from) == ("i64", "i64") {
                "i64"
            } else {
                "i32"
            };
            wat += &format!(
                r#"(func (export "copy {m} {n}") (param {ty} {from} {length})
                     (memory.copy $m{m} $m{n} (local.get 0) (local.get 1) (local.get 2)))"#
            );
        }
    }
    wat + ")"
}

/// What the memories should hold.
struct Model([Vec<u8>; 4]);

impl Model {
    /// Where a range lies in a memory, if it does.
    fn range(&self, m: usize, start: u64, length: u64) -> Option<Range<usize>> {
        let end = start.checked_add(length)?;
        (end <= self.0[m].len() as u64).then_some(start as usize..end as usize)
    }

    fn write(&mut self, m: usize, start: u64, bytes: &[u8]) -> Option<()> {
        let range = self.range(m, start, bytes.len() as u64)?;
        self.0[m][range].copy_from_slice(bytes);
        Some(())
    }

    fn fill(&mut self, m: usize, start: u64, value: u8, length: u64) -> Option<()> {
        let range = self.range(m, start, length)?;
        self.0[m][range].fill(value);
        Some(())
    }

    fn copy(&mut self, m: usize, to: u64, n: usize, from: u64, length: u64) -> Option<()> {
        self.range(m, to, length)?;
        let bytes = self.0[n][self.range(n, from, length)?].to_vec();
        self.write(m, to, &bytes)
    }

    /// What growing gives.
    fn grow(&mut self, m: usize, delta: u64) -> i64 {
        let (_, _, page, most) = KINDS[m];
        let old = self.0[m].len() as u64 / page;
        match old.checked_add(delta).filter(|new| *new <= most) {
            None => -1,
            Some(new) => {
                self.0[m].resize((new * page) as usize, 0);
                old as i64
            }
        }
    }
}

/// A position, or a length, in a memory: often near its end, or near what its type can hold.
fn position(random: &mut Random, ty: &str, size: u64) -> u64 {
    let near = match random.below(6) {
        0 | 1 => 0,
        2 | 3 => size,
        4 => size / 2,
        _ => u64::MAX,
    };
    let position = near.wrapping_add(random.below(40) as u64).wrapping_sub(20);
    match ty {
        "i32" => position & 0xffff_ffff,
        _ => position,
    }
}

fn value(ty: &str, word: u64) -> Val {
    match ty {
        "i32" => Val::I32(word as i32),
        _ => Val::I64(word as i64),
    }
}

#[test]
fn memories_of_all_kinds_do_what_a_model_does() {
    both_with(Config::new().custom_page_sizes(true), |engine| {
        let mut guest = Guest::plain(engine, &kinds());
        let memories: Vec<Memory> = (0..4)
            .map(|m| {
                let memory = guest.instance.get_memory(&mut guest.store, &m.to_string());
                memory.unwrap()
            })
            .collect();
        let mut model = Model([0, 1, 2, 3].map(|m| memories[m].data(&guest.store).to_vec()));
        let mut random = Random(1);
        for step in 0..20_000 {
            one_step(&mut guest, &mut model, &mut random);
            if step % 100 == 0 {
                for (m, memory) in memories.iter().enumerate() {
                    assert!(memory.data(&guest.store) == model.0[m], "{step}: {m}");
                }
            }
        }
        guest.check_idle();
    });
}

fn one_step(guest: &mut Guest<()>, model: &mut Model, random: &mut Random) {
    let (m, n) = (random.below(4), random.below(4));
    let ((_, to_ty, ..), (_, from_ty, ..)) = (KINDS[m], KINDS[n]);
    let to = position(random, to_ty, model.0[m].len() as u64);
    let length = position(random, to_ty, model.0[m].len() as u64);
    let word = random.below(1 << 30) as u64;
    let (name, params, expected) = match random.below(10) {
        0 => {
            let small = random.below(2) == 0;
            let delta = if small { random.below(3) as u64 } else { to };
            let grown = guest.call(&format!("grow {m}"), &[value(to_ty, delta)]);
            let expected = value(to_ty, model.grow(m, delta) as u64);
            return assert_values(&grown.unwrap(), &[expected]);
        }
        1..=3 => {
            let bytes = word.to_le_bytes();
            let start = to.checked_add(3);
            let expected = start.and_then(|start| model.write(m, start, &bytes));
            let params = vec![value(to_ty, to), Val::I64(word as i64)];
            (format!("store {m}"), params, expected)
        }
        4 => {
            let expected = model.fill(m, to, word as u8, length);
            let params = [
                value(to_ty, to),
                Val::I32(word as i32),
                value(to_ty, length),
            ];
            (format!("fill {m}"), params.to_vec(), expected)
        }
        5 => {
            let (from, length) = (word % 12, word / 12 % 12);
            let bytes = b"0123456789".get(from as usize..(from + length) as usize);
            let expected = bytes.and_then(|bytes| model.write(m, to, bytes));
            let params = [
                value(to_ty, to),
                Val::I32(from as i32),
                Val::I32(length as i32),
            ];
            (format!("init {m}"), params.to_vec(), expected)
        }
        _ => {
            let from = position(random, from_ty, model.0[n].len() as u64);
            let ty = if (to_ty, from_ty) == ("i64", "i64") {
                "i64"
            } else {
                "i32"
            };
            let length = if ty == "i32" {
                length & 0xffff_ffff
            } else {
                length
            };
            let expected = model.copy(m, to, n, from, length);
            let params = [value(to_ty, to), value(from_ty, from), value(ty, length)];
            (format!("copy {m} {n}"), params.to_vec(), expected)
        }
    };
    match (guest.call(&name, &params), expected) {
        (Ok(_), Some(())) => {}
        (Err(error), None) => {
            assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds), "{error}");
        }
        (result, expected) => panic!("{name} {params:?}: {result:?}, expected {expected:?}"),
    }
}
