//! What transfers cost, in nanoseconds each: `cargo bench -p bident-stack`.

#[path = "../tests/common/mod.rs"]
mod common;

use bident_stack::Reaction;
use common::{End, ROOMY, Rig, Task, code};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::cell::RefCell;

fn main() {
    divan::main();
}

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

fn parked(rig: &mut Rig, depth: u64) -> Task {
    let task = rig.create(code::descend, depth);
    assert_eq!(rig.enter(task, 0), End::Parked);
    task
}

/// Enter a fresh stacklet, return from it. Making it is not counted; all are freed with the rig.
#[divan::bench(sample_size = 1000)]
fn enter_return(bencher: Bencher) {
    let rig = RefCell::new(Rig::new(ROOMY, park));
    bencher
        .with_inputs(|| rig.borrow_mut().create(code::nothing, 0))
        .bench_local_values(|task| rig.borrow_mut().enter(task, 0));
}

/// Resume a parked stacklet, which parks again.
#[divan::bench(sample_size = 1000)]
fn park_resume(bencher: Bencher) {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, u64::MAX);
    rig.enter(task, 0);
    bencher.bench_local(|| rig.enter(task, 1));
}

/// The same, moving each time.
#[divan::bench(sample_size = 1000)]
fn park_move_resume(bencher: Bencher) {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, u64::MAX);
    rig.enter(task, 0);
    bencher.bench_local(|| {
        rig.relocate(task);
        rig.enter(task, 1)
    });
}

/// Make a stacklet, enter it, return, free it.
#[divan::bench(sample_size = 1000)]
fn create_run_release(bencher: Bencher) {
    let mut rig = Rig::new(ROOMY, park);
    bencher.bench_local(|| {
        let task = rig.create(code::nothing, 0);
        let exit = rig.enter(task, 0);
        rig.release(task);
        exit
    });
}

/// Make a stacklet, park it, free it.
#[divan::bench(sample_size = 1000)]
fn create_park_release(bencher: Bencher) {
    let mut rig = Rig::new(ROOMY, park);
    bencher.bench_local(|| {
        let task = parked(&mut rig, 0);
        rig.release(task);
    });
}

/// Call a host function from a stacklet and come back: per call, 1,000 for each enter.
#[divan::bench(sample_size = 10, counters = [ItemsCount::new(1000u32)])]
fn leave_and_back(bencher: Bencher) {
    let mut rig = Rig::new(ROOMY, |_, argument| Reaction::ready(argument));
    bencher.bench_local(|| {
        let task = rig.create(code::echo, 1000);
        let exit = rig.enter(task, 0);
        rig.release(task);
        exit
    });
}

/// Transfers between stacklets for each enter.
const ROUNDS: u64 = 100_000;

/// Runs code that does its transfer `ROUNDS` times, then frees what is left.
fn transfers(bencher: Bencher, code: unsafe extern "sysv64" fn()) {
    let mut rig = Rig::new(ROOMY, park);
    bencher.bench_local(|| {
        let task = rig.create(code, ROUNDS);
        assert_eq!(rig.enter(task, 0), End::Returned);
        rig.release(task);
        rig.release_suspended();
    });
}

/// Resume a stacklet, which suspends: two transfers.
#[divan::bench(sample_size = 1, counters = [ItemsCount::new(ROUNDS)])]
fn resume_and_suspend(bencher: Bencher) {
    transfers(bencher, code::consume);
}

/// Switch to a stacklet, which switches back: two transfers.
#[divan::bench(sample_size = 1, counters = [ItemsCount::new(ROUNDS)])]
fn switch_and_back(bencher: Bencher) {
    transfers(bencher, code::schedule);
}

/// Make a stacklet, resume it, see it finish and free it, without leaving the stubs.
#[divan::bench(sample_size = 1, counters = [ItemsCount::new(ROUNDS)])]
fn create_resume_finish(bencher: Bencher) {
    transfers(bencher, code::make_and_run);
}

/// Grow from 512 bytes to the depth given: 64 bytes a level.
#[divan::bench(sample_size = 10, args = [10, 100, 1000, 10_000])]
fn grow(bencher: Bencher, depth: u64) {
    let mut rig = Rig::new(ROOMY, park);
    bencher.bench_local(|| {
        let task = parked(&mut rig, depth);
        rig.release(task);
    });
}
