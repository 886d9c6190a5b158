//! What is kept of memories that ended is zero, and ends where the next one does.

mod common;

use bident::{Config, Engine, Instance, Store, TrapCode};
use common::{Random, both, both_with, module};

/// A guest with a memory of so many pages.
fn guest(engine: &Engine, pages: u32) -> (Store<()>, Instance) {
    let wat = format!(
        r#"(module (memory (export "memory") {pages} 64)
            (func (export "fill") (param i32 i32)
                (memory.fill (local.get 0) (i32.const 0xab) (local.get 1)))
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#
    );
    let module = module(engine, &wat);
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

fn fill(store: &mut Store<()>, instance: Instance, at: u32, length: u32) {
    let fill = instance.get_typed_func::<(u32, u32), ()>(&mut *store, "fill");
    fill.unwrap().call(store, (at, length)).unwrap();
}

fn load(store: &mut Store<()>, instance: Instance, at: u32) -> Result<u32, bident::Error> {
    let load = instance.get_typed_func::<u32, u32>(&mut *store, "load");
    load.unwrap().call(store, at)
}

fn grow(store: &mut Store<()>, instance: Instance, pages: u32) -> u32 {
    let grow = instance.get_typed_func::<u32, u32>(&mut *store, "grow");
    grow.unwrap().call(store, pages).unwrap()
}

const PAGE: u32 = 65536;

/// All of it is zero, and it ends where it should.
fn check(store: &mut Store<()>, instance: Instance, pages: u32) {
    let memory = instance.get_memory(&mut *store, "memory").unwrap();
    let mut bytes = vec![1; (pages * PAGE) as usize];
    memory.read(&*store, 0, &mut bytes).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 0), "{pages} pages");
    for beyond in [
        (pages * PAGE).saturating_sub(3),
        pages * PAGE,
        40 * PAGE,
        u32::MAX,
    ] {
        let error = load(store, instance, beyond).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
    }
}

#[test]
fn nobody_reads_what_a_guest_before_wrote() {
    both(|engine| {
        for pages in [1, 3, 1, 0, 17, 2, 2, 30, 1] {
            let (mut store, instance) = guest(engine, pages);
            check(&mut store, instance, pages);
            fill(&mut store, instance, 0, pages * PAGE);
            let more = (pages + 5) % 7;
            assert_eq!(grow(&mut store, instance, more), pages);
            if more > 0 {
                assert_eq!(load(&mut store, instance, pages * PAGE).unwrap(), 0);
            }
            fill(&mut store, instance, 0, (pages + more) * PAGE);
        }
    });
}

#[test]
fn memories_that_live_at_once_are_apart() {
    both(|engine| {
        for _ in 0..3 {
            let mut guests: Vec<_> = (0..50).map(|n| guest(engine, 1 + n % 3)).collect();
            for (n, (store, instance)) in (0..).zip(&mut guests) {
                check(store, *instance, 1 + n % 3);
                fill(store, *instance, 0, PAGE);
            }
            // Those that go leave their addresses to others, while the rest stay.
            guests.truncate(25);
            let mut others: Vec<_> = (0..25).map(|_| guest(engine, 2)).collect();
            for (store, instance) in &mut others {
                check(store, *instance, 2);
            }
            for (store, instance) in &mut guests {
                let word = load(store, *instance, PAGE - 4).unwrap();
                assert_eq!(word, 0xabab_abab);
            }
        }
    });
}

/// More than a batch of those that go back to the system, in no order; with memories that move, too.
#[test]
fn many_at_once_are_zero_when_they_come_again() {
    for moving in [false, true] {
        both_with(Config::new().moving_memories(moving), |engine| {
            let mut random = Random(0x5eed);
            for round in 0..2 {
                let mut guests: Vec<_> = (0..100)
                    .map(|n| (1 + (n + round) % 4, guest(engine, 1 + (n + round) % 4)))
                    .collect();
                random.shuffle(&mut guests);
                for (pages, (store, instance)) in &mut guests {
                    check(store, *instance, *pages);
                    // All, or a little somewhere.
                    let length = if *pages == 2 { 2 * PAGE } else { 5 };
                    let at = random.below((*pages * PAGE - length + 1) as usize);
                    fill(store, *instance, at as u32, length);
                }
                random.shuffle(&mut guests);
                guests.truncate(30 * round as usize);
            }
        });
    }
}

#[test]
fn threads_share_what_is_kept() {
    both(|engine| {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for n in 0..40 {
                        let pages = 1 + (n + thread) % 3;
                        let (mut store, instance) = guest(engine, pages);
                        check(&mut store, instance, pages);
                        fill(&mut store, instance, 0, pages * PAGE);
                    }
                });
            }
        });
    });
}
