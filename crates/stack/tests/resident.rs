//! What the process has in memory and mapped. One test, alone in its process, because it measures it.

mod common;

use bident_stack::{Reaction, SMALLEST_BLOCK, os};
use common::{End, ROOMY, Rig, Task, code};

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("procfs");
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse::<usize>().ok());
    pages.expect("a number of pages") * os::page_size()
}

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .expect("procfs")
        .lines()
        .count()
}

/// Parked stacklets cost their block and record, and all but the records is given back.
fn a_hundred_thousand_parked() {
    let mut rig = Rig::new(ROOMY, park);
    let count = 100_000;
    let before = resident();
    let tasks: Vec<Task> = (0..count).map(|_| rig.create(code::echo, 1)).collect();
    for &task in &tasks {
        assert_eq!(rig.enter(task, 0), End::Parked);
    }
    let stats = rig.stats();
    assert_eq!((stats.live, stats.bytes), (count, count * SMALLEST_BLOCK));
    let each = resident().saturating_sub(before) / count;
    assert!(each <= 640, "{each} bytes each");

    for &task in &tasks {
        assert_eq!(rig.enter(task, 0), End::Returned);
        rig.release(task);
    }
    let stats = rig.stats();
    assert_eq!((stats.live, stats.bytes), (0, 0));
    assert!(
        stats.mapped <= 1 << 20,
        "{} bytes still mapped",
        stats.mapped
    );
    // The control records stay (64 bytes each), and so does the vector of this test.
    let kept = resident().saturating_sub(before);
    assert!(kept <= 9 << 20, "{kept} bytes still resident");
}

/// Stores, with all they had, leave nothing behind; nor do threads and their signal stacks.
fn ended_stores_and_threads() {
    let store = || {
        let mut rig = Rig::new(ROOMY, park);
        for depth in [0, 10, 1_000, 10_000] {
            let task = rig.create(code::descend, depth);
            assert_eq!(rig.enter(task, 0), End::Parked);
        }
    };
    let round = || {
        store();
        std::thread::spawn(store).join().expect("no panic");
    };
    round();
    let before = mappings();
    for _ in 0..100 {
        round();
    }
    assert!(
        mappings() < before + 50,
        "{} mappings before, {} now",
        before,
        mappings()
    );
}

#[test]
fn memory_is_given_back() {
    a_hundred_thousand_parked();
    ended_stores_and_threads();
}
