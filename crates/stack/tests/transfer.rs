//! Entering, leaving, parking and resuming: values, registers, exits, re-entrance, and moves between
//! any two of them.

mod common;

use bident_stack::inspect::LEFT;
use bident_stack::{Reaction, os};
use common::{End, ROOMY, Rig, Task, code};

fn park(rig: &mut Rig, argument: u64) -> Reaction {
    rig.log().push(argument);
    Reaction::park()
}

fn increment(_: &mut Rig, argument: u64) -> Reaction {
    Reaction::ready(argument + 1)
}

#[test]
fn enters_and_returns() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::nothing, 0);
    assert!(rig.is_fresh(task));
    assert_eq!(rig.enter(task, 0), End::Returned);
    rig.release(task);
    assert_eq!(rig.stats().live, 0);
}

#[test]
fn host_answers_reach_the_code() {
    let mut rig = Rig::new(ROOMY, increment);
    let task = rig.create(code::echo, 1000);
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(rig.result(), 1000);
}

#[test]
fn resumes_with_a_value() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, 3);
    assert_eq!(rig.enter(task, 99), End::Parked);
    assert_eq!(rig.enter(task, 10), End::Parked);
    assert_eq!(rig.enter(task, 20), End::Parked);
    assert_eq!(rig.enter(task, 30), End::Returned);
    assert_eq!(*rig.log(), [0, 10, 20]);
    assert_eq!(rig.result(), 30);
}

#[test]
fn values_also_arrive_in_the_float_register() {
    let answer = |_: &mut Rig, _| Reaction::ready(1.5f64.to_bits());
    let mut rig = Rig::new(ROOMY, answer);
    let task = rig.create(code::echo_float, 0);
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(f64::from_bits(rig.result()), 1.5);

    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo_float, 0);
    assert_eq!(rig.enter(task, 0), End::Parked);
    assert_eq!(rig.enter(task, (-0.25f64).to_bits()), End::Returned);
    assert_eq!(f64::from_bits(rig.result()), -0.25);
}

#[test]
fn callee_saved_registers_survive_others_running() {
    let mut rig = Rig::new(ROOMY, park);
    let tasks: Vec<Task> = (0..8)
        .map(|i| rig.create(code::hold_registers, i * 1000))
        .collect();
    for &task in &tasks {
        assert_eq!(rig.enter(task, 0), End::Parked);
    }
    for &task in tasks.iter().rev() {
        rig.relocate(task);
        assert_eq!(rig.enter(task, 0), End::Returned);
        assert_eq!(rig.result(), 0);
    }
}

#[test]
fn many_parked_at_once_resume_in_any_order() {
    let mut rig = Rig::new(ROOMY, park);
    let count = 10_000;
    let tasks: Vec<Task> = (0..count).map(|_| rig.create(code::echo, 2)).collect();
    for &task in &tasks {
        assert_eq!(rig.enter(task, 0), End::Parked);
    }
    // A step that has no factor in common with the count visits each once.
    let order = |start: usize, step: usize| (0..count).map(move |i| (start + i * step) % count);
    for i in order(17, 7919) {
        assert_eq!(rig.enter(tasks[i], i as u64), End::Parked);
        assert_eq!(rig.log().pop(), Some(i as u64));
    }
    for i in order(4242, 3001) {
        assert_eq!(rig.enter(tasks[i], !(i as u64)), End::Returned);
        assert_eq!(rig.result(), !(i as u64));
        rig.release(tasks[i]);
    }
    assert_eq!(rig.stats().live, 0);
}

#[test]
fn moves_wherever_it_parks() {
    let mut rig = Rig::new(ROOMY, park);
    let depth = 20;
    let task = rig.create(code::ascend, depth);
    let mut pairs = 0;
    let mut exit = rig.enter(task, 0);
    while exit == End::Parked {
        let before = rig.record(task).base;
        rig.relocate(task);
        assert_ne!(rig.record(task).base, before);
        pairs += 1;
        let asked = *rig.log().last().expect("a call");
        exit = rig.enter(task, asked);
    }
    assert_eq!(exit, End::Returned);
    assert_eq!(pairs, 2 * (depth + 1));
    assert_eq!(rig.result(), depth * (depth + 1));
}

#[test]
fn moves_at_every_leave() {
    let mut rig = Rig::moving(|_, argument| Reaction::ready(argument));
    let depth = 200;
    let task = rig.create(code::ascend, depth);
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(rig.result(), depth * (depth + 1));
    assert!(rig.stats().moves >= 2 * depth);
}

#[test]
fn a_fresh_stacklet_can_move() {
    let mut rig = Rig::new(ROOMY, increment);
    let task = rig.create(code::echo, 5);
    rig.relocate(task);
    rig.grow(task).expect("room to grow");
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(rig.result(), 5);
}

#[test]
fn host_functions_can_end_the_activation() {
    let unwind = |_: &mut Rig, _| Reaction::unwind();
    let mut rig = Rig::new(ROOMY, unwind);
    for depth in [0, 1, 100] {
        let task = rig.create(code::descend, depth);
        assert_eq!(rig.enter(task, 0), End::Unwound);
        rig.release(task);
    }
    assert_eq!(rig.stats().live, 0);
}

#[test]
fn a_parked_stacklet_can_be_dropped() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::descend, 50);
    assert_eq!(rig.enter(task, 0), End::Parked);
    rig.release(task);
    assert_eq!(rig.stats().bytes, 0);
}

/// Enters a child for every argument above zero; the child's host call does the same one level down.
fn nest(rig: &mut Rig, argument: u64) -> Reaction {
    let depth = rig.log().len() as u64;
    if depth == 40 {
        return Reaction::ready(argument);
    }
    rig.log().push(argument);
    let parent = rig.current();
    let child = rig.create(code::descend, depth);
    assert_eq!(rig.enter(child, 0), End::Returned);
    rig.release(child);
    assert_eq!(rig.current(), parent);
    Reaction::ready(rig.result())
}

#[test]
fn host_functions_can_enter_again() {
    for rig in [Rig::new(ROOMY, nest), Rig::moving(nest)] {
        let mut rig = rig;
        let task = rig.create(code::descend, 3);
        assert_eq!(rig.enter(task, 0), End::Returned);
        let children: u64 = (0..40).map(|d| d * (d + 1) / 2).sum();
        assert_eq!(rig.result(), children + 6);
    }
}

/// The outer host call parks, unwinds or traps a child and goes on itself.
fn end_child(rig: &mut Rig, argument: u64) -> Reaction {
    match rig.log().pop() {
        None => Reaction::park(),
        Some(code) if code == End::Unwound as u64 => Reaction::unwind(),
        Some(_) => {
            rig.log().push(End::Unwound as u64);
            let child = rig.create(code::descend, argument);
            assert_eq!(rig.enter(child, 0), End::Unwound);
            rig.release(child);
            let child = rig.create(code::descend, argument);
            assert_eq!(rig.enter(child, 0), End::Parked);
            assert_eq!(rig.enter(child, 5), End::Returned);
            rig.release(child);
            let child = rig.create(code::descend, 1 << 20);
            assert_eq!(rig.enter(child, 0), End::Trapped);
            rig.release(child);
            Reaction::ready(rig.result())
        }
    }
}

#[test]
fn the_parent_goes_on_after_any_end_of_a_child() {
    let mut rig = Rig::new(ROOMY, end_child);
    rig.log().push(0);
    let task = rig.create(code::descend, 4);
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(rig.result(), 5 + 10);
    assert_eq!(rig.stats().live, 0);
}

/// What a host function received in registers.
type Received = std::sync::Mutex<Option<([u64; 5], [f64; 8])>>;
static RECEIVED: Received = Received::new(None);

extern "sysv64" fn receive(
    _: usize,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
    f0: f64,
    f1: f64,
    f2: f64,
    f3: f64,
    f4: f64,
    f5: f64,
    f6: f64,
    f7: f64,
) -> Reaction {
    let received = ([a, b, c, d, e], [f0, f1, f2, f3, f4, f5, f6, f7]);
    *RECEIVED.lock().expect("one test uses it") = Some(received);
    Reaction::ready(0)
}

#[test]
fn every_argument_register_reaches_the_host() {
    let mut rig = Rig::new(ROOMY, park);
    rig.replace_leave(receive as *const () as usize);
    let task = rig.create(code::fill_registers, 0);
    assert_eq!(rig.enter(task, 0), End::Returned);
    let floats = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    assert_eq!(
        *RECEIVED.lock().expect("one test uses it"),
        Some(([1, 2, 3, 4, 5], floats))
    );
}

extern "sysv64" fn product(_: usize, a: u64, b: u64) -> Reaction {
    Reaction::ready(a * b)
}

#[test]
fn builtins_are_called_by_address() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::call_builtin, product as *const () as u64);
    assert_eq!(rig.enter(task, 0), End::Returned);
    assert_eq!(rig.result(), 56);
}

#[test]
fn the_return_address_of_a_parked_stacklet_is_in_its_code() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, 1);
    assert_eq!(rig.enter(task, 0), End::Parked);
    let record = rig.record(task);
    // SAFETY: parked by a leave stub in the line above.
    let (address, fp) = unsafe { rig.chains().point_of(task.0) }.expect("it ran");
    let start = code::echo as *const () as usize;
    assert!((start..start + 64).contains(&address));
    assert!(record.contains(record.sp + LEFT));
    assert_eq!(fp, rig.saved_frame(task)[0]);
}

/// Counts the frames from the stub's caller up to the root, and checks that the root's link leads out
/// of the block, to where the host entered it.
fn walk(rig: &mut Rig, _: u64) -> Reaction {
    let current = rig.current();
    let stacklet = rig.record(current);
    let (mut frame, mut address, mut frames) = (rig.saved_frame(current)[0], 0, 0);
    while stacklet.contains(frame) {
        // SAFETY: while the host runs, the chain of saved frame pointers is whole.
        [frame, address] = unsafe { *(frame as *const [usize; 2]) };
        frames += 1;
    }
    assert_eq!(address, rig.entered_at());
    rig.log().push(frames);
    Reaction::ready(0)
}

#[test]
fn a_walk_of_the_frames_ends_at_the_link_to_the_host() {
    for rig in [Rig::new(ROOMY, walk), Rig::moving(walk)] {
        let mut rig = rig;
        let task = rig.create(code::descend, 30);
        assert_eq!(rig.enter(task, 0), End::Returned);
        // 31 of `sum`, one of `descend`, one of the root.
        assert_eq!(*rig.log(), [33]);
    }
}

#[test]
fn a_parked_stacklet_resumes_on_another_thread() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::ascend, 10);
    assert_eq!(rig.enter(task, 0), End::Parked);
    let moved = SendRig(rig, task);
    let resumed = std::thread::spawn(move || {
        let SendRig(mut rig, task) = { moved };
        os::ensure_signal_stack(|| ()).expect("an alternate signal stack");
        while rig.enter(task, 1) == End::Parked {}
        rig.result()
    });
    assert_eq!(resumed.join().expect("no panic"), 22);
}

struct SendRig(Rig, Task);
// SAFETY: a rig owns all that its pointers lead to; nothing of it runs while it changes threads.
unsafe impl Send for SendRig {}
