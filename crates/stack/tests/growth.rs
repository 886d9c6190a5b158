//! Growth by moving, at every depth; the two limits; the guard at the bottom of a block.

mod common;

use bident_stack::{Error, Limits, Reaction, class_size};
use common::{End, ROOMY, Rig, code};

fn zero(_: &mut Rig, argument: u64) -> Reaction {
    Reaction::ready(argument)
}

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

fn sum_to(n: u64) -> u64 {
    n * (n + 1) / 2
}

#[test]
fn grows_at_every_depth() {
    let mut rig = Rig::new(ROOMY, zero);
    let mut largest = 0;
    for depth in 0..2000 {
        let task = rig.create(code::descend, depth);
        assert_eq!(rig.enter(task, 0), End::Returned, "depth {depth}");
        assert_eq!(rig.result(), sum_to(depth));
        let class = rig.record(task).class;
        assert!(class >= largest, "a deeper call needs no smaller block");
        assert!(
            class_size(class) < 4 * 64 * (depth as usize + 16),
            "no larger than it must be"
        );
        largest = class;
        rig.release(task);
    }
    assert!(largest >= 8);
}

#[test]
fn grows_on_the_host_stack_too() {
    let limits = Limits {
        stacklet: 1 << 14,
        total: 1 << 20,
    };
    let mut rig = Rig::growing_on_host(limits, zero);
    for depth in (0..100).chain([200]) {
        let task = rig.create(code::descend, depth);
        assert_eq!(rig.enter(task, 0), End::Returned, "depth {depth}");
        assert_eq!(rig.result(), sum_to(depth));
        rig.release(task);
        let waited = std::mem::take(rig.log());
        assert!(waited.iter().rev().is_sorted(), "{waited:?}");
        assert_eq!(waited.is_empty(), depth < 5, "depth {depth}: {waited:?}");
    }
    let task = rig.create(code::descend, 300);
    assert_eq!(rig.enter(task, 0), End::Trapped);
    assert!(matches!(rig.refusal(), Some(Error::StackletLimit)));
    rig.release(task);
}

#[test]
fn grown_stacks_park_move_and_resume() {
    for depth in (0..400).chain([5_000, 15_000]) {
        let mut rig = Rig::new(ROOMY, park);
        let task = rig.create(code::descend, depth);
        assert_eq!(rig.enter(task, 0), End::Parked);
        rig.relocate(task);
        rig.relocate(task);
        assert_eq!(rig.enter(task, 1000), End::Returned);
        assert_eq!(rig.result(), 1000 + sum_to(depth));
    }
}

#[test]
fn growth_between_host_calls_that_move() {
    let mut rig = Rig::moving(zero);
    for depth in [0, 3, 10, 50, 333, 1000] {
        let task = rig.create(code::ascend, depth);
        assert_eq!(rig.enter(task, 0), End::Returned);
        assert_eq!(rig.result(), 2 * sum_to(depth));
        rig.release(task);
    }
}

#[test]
fn starts_in_any_class() {
    let mut rig = Rig::new(ROOMY, zero);
    for class in 0..=11 {
        let task = rig
            .try_create(class, code::descend, 300)
            .expect("a stacklet");
        assert_eq!(rig.record(task).class, class);
        assert_eq!(rig.enter(task, 0), End::Returned);
        assert_eq!(rig.result(), sum_to(300));
        rig.release(task);
    }
}

#[test]
fn stops_at_the_limit_of_a_stacklet() {
    let limits = Limits {
        stacklet: 64 << 10,
        total: 1 << 30,
    };
    let mut rig = Rig::new(limits, zero);
    let mut deepest = 0;
    for depth in (0..2000).step_by(13) {
        let task = rig.create(code::descend, depth);
        match rig.enter(task, 0) {
            End::Returned => {
                assert_eq!(rig.result(), sum_to(depth));
                assert_eq!(
                    deepest,
                    depth.saturating_sub(13),
                    "no depth fails below one that works"
                );
                deepest = depth;
            }
            exit => {
                assert_eq!(exit, End::Trapped);
                assert!(matches!(rig.refusal(), Some(Error::StackletLimit)));
                assert_eq!(class_size(rig.record(task).class), limits.stacklet);
            }
        }
        rig.release(task);
    }
    // 64 bytes a level, less the root frame, the red zone and the frame of `descend`.
    assert!((990..1024).contains(&deepest), "{deepest}");
}

#[test]
fn the_limit_of_a_stacklet_is_rounded_up_to_a_class() {
    let mut rig = Rig::new(
        Limits {
            stacklet: 1500,
            total: 1 << 20,
        },
        zero,
    );
    let task = rig.try_create(9, code::nothing, 0).expect("a stacklet");
    assert_eq!(class_size(rig.record(task).class), 2048);
    assert!(matches!(rig.grow(task), Err(Error::StackletLimit)));
    assert_eq!(rig.enter(task, 0), End::Returned);
}

#[test]
fn stops_at_the_limit_of_all_together() {
    let limits = Limits {
        stacklet: 1 << 20,
        total: 16 << 10,
    };
    let mut rig = Rig::new(limits, park);
    let mut tasks = Vec::new();
    loop {
        match rig.try_create(0, code::descend, 0) {
            Ok(task) => tasks.push(task),
            Err(Error::TotalLimit) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(tasks.len(), 32);
    assert_eq!(rig.stats().bytes, limits.total);

    // With one gone, another may have its place, but none may grow beyond it.
    rig.release(tasks.remove(0));
    let task = rig.create(code::descend, 200);
    assert_eq!(rig.enter(task, 0), End::Trapped);
    assert!(matches!(rig.refusal(), Some(Error::TotalLimit)));
    rig.release(task);

    for task in tasks {
        assert_eq!(rig.enter(task, 0), End::Parked);
        assert_eq!(rig.enter(task, 7), End::Returned);
        rig.release(task);
    }
    assert_eq!(rig.stats().bytes, 0);
}

#[test]
fn a_refused_growth_leaves_the_stacklet_as_it_was() {
    let mut rig = Rig::new(
        Limits {
            stacklet: 1024,
            total: 1 << 20,
        },
        park,
    );
    let task = rig.create(code::descend, 5);
    assert_eq!(rig.enter(task, 0), End::Parked);
    let before = rig.record(task);
    assert_eq!(class_size(before.class), 1024);
    assert!(matches!(rig.grow(task), Err(Error::StackletLimit)));
    assert_eq!(rig.record(task).sp, before.sp);
    assert!(!rig.is_fresh(task));
    assert_eq!(rig.enter(task, 1), End::Returned);
    assert_eq!(rig.result(), 1 + sum_to(5));
}

#[test]
fn a_trap_leaves_other_stacklets_alone() {
    let limits = Limits {
        stacklet: 8 << 10,
        total: 1 << 20,
    };
    let mut rig = Rig::new(limits, park);
    let parked = rig.create(code::descend, 60);
    assert_eq!(rig.enter(parked, 0), End::Parked);
    for _ in 0..100 {
        let task = rig.create(code::descend, 10_000);
        assert_eq!(rig.enter(task, 0), End::Trapped);
        rig.release(task);
    }
    rig.relocate(parked);
    assert_eq!(rig.enter(parked, 9), End::Returned);
    assert_eq!(rig.result(), 9 + sum_to(60));
}

#[cfg(debug_assertions)]
mod debug {
    use super::*;

    fn poke(address: usize) {
        // SAFETY: the bottom of a block of a live rig: nothing reads it but the check.
        unsafe { (address as *mut u8).write(0) };
    }

    #[test]
    #[should_panic(expected = "wrote below the limit of a stacklet")]
    fn writing_below_the_limit_is_noticed_at_release() {
        let mut rig = Rig::new(ROOMY, park);
        let task = rig.create(code::echo, 1);
        poke(rig.record(task).base + 31);
        rig.release(task);
    }

    #[test]
    #[should_panic(expected = "wrote below the limit of a stacklet")]
    fn writing_below_the_limit_is_noticed_at_a_move() {
        let mut rig = Rig::new(ROOMY, park);
        let task = rig.create(code::echo, 1);
        assert_eq!(rig.enter(task, 0), End::Parked);
        poke(rig.record(task).base);
        rig.relocate(task);
    }

    #[test]
    #[should_panic(expected = "wrote below the limit of a stacklet")]
    fn writing_below_the_limit_is_noticed_on_request() {
        let mut rig = Rig::new(ROOMY, park);
        let task = rig.create(code::echo, 1);
        poke(rig.record(task).base + 16);
        // SAFETY: live since the lines above.
        unsafe { rig.chains().check(task.0) };
    }

    #[test]
    fn a_left_block_is_poisoned() {
        let mut rig = Rig::new(ROOMY, park);
        let task = rig.create(code::descend, 2);
        assert_eq!(rig.enter(task, 0), End::Parked);
        let old = rig.record(task);
        rig.relocate(task);
        // The first word links free blocks.
        let left = (old.base + 8..old.top).map(|address| {
            // SAFETY: the slab stays mapped: the stacklet's new block lies in it too.
            unsafe { *(address as *const u8) }
        });
        assert!(left.into_iter().all(|byte| byte == 0xCC));
        assert_eq!(rig.enter(task, 1), End::Returned);
        assert_eq!(rig.result(), 4);
    }
}
