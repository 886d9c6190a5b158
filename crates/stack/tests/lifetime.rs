//! From one use of a record to the next: revisions that wrap, records that stay idle, blocks given back.

mod common;

use bident_stack::{MOST_IDLE, Reaction, Refusal};
use common::play::{
    NONE, ON, ON_OTHER, ON_SWITCH, TAG, answer, play, play_leaving, play_refused, plays, rigs,
    task_in,
};
use common::script::{
    self, Script, Slot, argument, copy, create, deep, finish, resume, resume_throw, suspend, switch,
};
use common::{ROOMY, Rig, Task};

#[test]
fn a_revision_that_wraps_moves_the_stacklet_to_another_record() {
    let [k, used, a, b, a_again] = [0; 5].map(Slot::new);
    plays(|rig| {
        // Every record starts with its last revision, so that each resume and switch wraps.
        rig.chains().set_first_revision(u32::MAX);
        let inner = Script::new([suspend(TAG, 1), suspend(TAG, 2), finish(3)]);
        let outer = Script::new([
            create(&k, &inner),
            copy(&k, &used),
            resume(&k, &ON, 4),
            resume(&k, &ON, 5),
            resume(&k, &ON, 6),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(
            [2, 3, 4].map(|i| outer.outcome(i)),
            [(1, 1), (1, 2), (0, 3)]
        );
        assert_eq!([0, 1].map(|i| inner.value(i)), [5, 6]);
        let references = [2, 3].map(|i| outer.results(i)[2]);
        assert_ne!(references[0] as u32, used.get() as u32, "another record");
        assert_ne!(references[1] as u32, references[0] as u32);
        assert!(rig.named(used.get()).is_none());

        let from = Script::new([switch(TAG, &b, &b), finish(7)]);
        let to = Script::new([
            argument(&a_again),
            switch(TAG, &a_again, &a_again),
            finish(8),
        ]);
        let outer = Script::new([
            create(&a, &from),
            create(&b, &to),
            copy(&b, &used),
            resume(&a, &ON_SWITCH, 0),
            resume(&b, &ON_SWITCH, 0),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!((outer.outcome(3), outer.outcome(4)), ((0, 7), (0, 8)));
        let again = Script::new([resume(&used, &ON, 0), finish(0)]);
        assert_eq!(play_refused(rig, &again), (used.get(), Refusal::Reference));
    });
}

#[test]
fn a_lack_of_records_is_refused() {
    let [k, a, unused] = [0; 3].map(Slot::new);
    let inner = Script::new([finish(0)]);
    let switches = Script::new([switch(TAG, &k, &unused), finish(0)]);
    let exhaust = |rig: &mut Rig, _| {
        rig.exhaust(true);
        Reaction::ready(0)
    };
    for mut rig in rigs(exhaust) {
        let begin = Script::new([create(&a, &switches), finish(0)]);
        play_leaving(&mut rig, &begin, 1);
        rig.chains().set_first_revision(u32::MAX);
        for last in [
            resume(&k, &ON, 0),
            resume_throw(&k, &ON, 0),
            resume(&a, &ON_SWITCH, 0),
        ] {
            let outer = Script::new([create(&k, &inner), script::host(0), last, finish(0)]);
            let (_, why) = play_refused(&mut rig, &outer);
            rig.exhaust(false);
            assert_eq!(why, Refusal::Records);
        }
    }
}

#[test]
fn a_wrapping_chain_keeps_its_other_stacklets() {
    let [k, m] = [0; 2].map(Slot::new);
    plays(|rig| {
        rig.chains().set_first_revision(u32::MAX);
        let inner = Script::new([suspend(TAG, 1), suspend(TAG, 2), finish(3)]);
        let middle = Script::new([create(&m, &inner), resume(&m, &ON_OTHER, 4), finish(5)]);
        let outer = Script::new([
            create(&k, &middle),
            resume(&k, &ON, 0),
            resume(&k, &ON, 6),
            resume(&k, &ON, 7),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(
            [1, 2, 3].map(|i| outer.outcome(i)),
            [(1, 1), (1, 2), (0, 5)]
        );
        assert_eq!(middle.outcome(1), (0, 3));
    });
}

#[test]
fn finished_stacklets_stay_idle_with_their_blocks() {
    let mut rig = Rig::new(ROOMY, answer);
    let slots = [0; 3].map(Slot::new);
    let inner = Script::new([finish(1)]);
    let other = Script::new([suspend(TAG, 2), finish(3)]);
    let create = |script| slots.iter().map(move |slot| create(slot, script));
    let resume = || slots.iter().map(|slot| resume(slot, &ON, 0));
    let first_life = create(&inner).chain(resume());
    let second_life = create(&other).chain(resume()).chain(resume());
    let outer = Script::new(first_life.chain(second_life).chain([finish(0)]));
    play(&mut rig, &outer);
    assert!((3..6).all(|step| outer.outcome(step) == (0, 1)));
    assert!((9..12).all(|step| outer.outcome(step) == (1, 2)));
    assert!((12..15).all(|step| outer.outcome(step) == (0, 3)));
    let (first, again) = ([0, 1, 2], [6, 7, 8]);
    let mut positions = first.map(|step| outer.value(step) as u32);
    let mut reused = again.map(|step| outer.value(step) as u32);
    positions.sort_unstable();
    reused.sort_unstable();
    assert_eq!(positions, reused, "the records are used again");
    for step in first {
        assert!(rig.named(outer.value(step)).is_none());
    }
    // In debug builds none does: their blocks are freed at once, and poisoned.
    let kept = if cfg!(debug_assertions) { 0 } else { 3 };
    assert_eq!(rig.room(), MOST_IDLE - kept);
    assert_eq!(rig.chains().bytes(), kept as usize * 512);
    rig.release_idle();
    assert_eq!((rig.room(), rig.chains().bytes()), (MOST_IDLE, 0));
}

#[test]
fn only_so_many_stay_idle() {
    let mut rig = Rig::new(ROOMY, answer);
    let slots = vec![Slot::new(0); MOST_IDLE as usize + 100];
    let inner = Script::new([finish(1)]);
    let created = slots.iter().map(|slot| create(slot, &inner));
    let resumed = slots.iter().map(|slot| resume(slot, &NONE, 0));
    play(
        &mut rig,
        &Script::new(created.chain(resumed).chain([finish(0)])),
    );
    let kept = if cfg!(debug_assertions) { 0 } else { MOST_IDLE };
    assert_eq!(rig.room(), MOST_IDLE - kept);
    rig.release_idle();
    assert_eq!((rig.room(), rig.chains().bytes()), (MOST_IDLE, 0));
}

#[test]
fn larger_stacklets_do_not_stay_idle() {
    plays(|rig| {
        let k = Slot::new(0);
        let bottom = Script::new([finish(1)]);
        let inner = Script::new([deep(20, &bottom), finish(1)]);
        play(
            rig,
            &Script::new([create(&k, &inner), resume(&k, &NONE, 0), finish(0)]),
        );
        assert_eq!(rig.room(), MOST_IDLE);
        assert_eq!(rig.chains().bytes(), 0);
    });
}

#[test]
fn a_chain_is_released_up_to_its_last_stacklet() {
    plays(|rig| {
        let [a, b, c] = [0; 3].map(Slot::new);
        let script_c = Script::new([suspend(TAG, 0), finish(0)]);
        let script_b = Script::new([create(&c, &script_c), resume(&c, &NONE, 0), finish(0)]);
        let script_a = Script::new([create(&b, &script_b), resume(&b, &NONE, 0), finish(0)]);
        let outer = Script::new([create(&a, &script_a), resume(&a, &ON, 0), finish(0)]);
        play_leaving(rig, &outer, 3);
        let first = task_in(rig, &a);
        // SAFETY: suspended.
        let last = Task(unsafe { rig.chains().chain_of(first.0) }.last_id());
        rig.release_chain(first, last);
        assert_eq!((rig.stats().live, rig.stats().bytes), (0, 0));
        for slot in [&a, &b, &c] {
            assert!(rig.named(slot.get()).is_none());
        }
    });
}

#[cfg(debug_assertions)]
mod debug_builds {
    use super::*;
    use common::End;
    use common::script::host;

    fn park(_: &mut Rig, _: u64) -> Reaction {
        Reaction::park()
    }

    /// What freed and left blocks are filled with, but for the word that links them.
    fn is_poisoned(base: usize, top: usize) -> bool {
        // SAFETY: the slab stays mapped, since other blocks lie in it.
        (base + 8..top).all(|address| unsafe { *(address as *const u8) } == 0xCC)
    }

    #[test]
    fn blocks_of_finished_stacklets_are_poisoned() {
        let mut rig = Rig::new(ROOMY, park);
        let k = Slot::new(0);
        let inner = Script::new([suspend(TAG, 0), finish(0)]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &ON, 0),
            host(0),
            resume(&k, &ON, 0),
            host(0),
            finish(0),
        ]);
        assert_eq!(rig.play(&outer), End::Parked);
        let task = task_in(&mut rig, &k);
        let record = rig.record(task);
        assert!(!is_poisoned(record.base, record.top));
        assert_eq!(rig.answer(0), End::Parked);
        assert!(is_poisoned(record.base, record.top));
    }

    #[test]
    fn blocks_left_by_growth_and_by_binding_are_poisoned() {
        let mut rig = Rig::new(ROOMY, answer);
        let k = Slot::new(0);
        let inner = Script::new([suspend(TAG, 0), finish(0)]);
        let outer = Script::new([create(&k, &inner), resume(&k, &ON, 0), finish(0)]);
        play_leaving(&mut rig, &outer, 1);
        let task = task_in(&mut rig, &k);
        // A neighbour keeps the slab.
        let _other = rig.create(script::run, outer.address());
        let before = rig.record(task);
        k.set(rig.bind(k.get(), 0, &[0; 20]).expect("bound"));
        let after = rig.record(task);
        assert!(after.class > before.class);
        assert!(is_poisoned(before.base, before.top));
    }

    #[test]
    #[should_panic(expected = "wrote below the limit of a stacklet")]
    fn a_write_below_the_limit_of_a_suspended_stacklet_is_noticed() {
        let mut rig = Rig::new(ROOMY, answer);
        let k = Slot::new(0);
        let inner = Script::new([suspend(TAG, 0), finish(0)]);
        let outer = Script::new([create(&k, &inner), resume(&k, &ON, 0), finish(0)]);
        play_leaving(&mut rig, &outer, 1);
        let task = task_in(&mut rig, &k);
        let base = rig.record(task).base;
        // SAFETY: within the block, where nothing is.
        unsafe { *(base as *mut u8) = 1 };
        rig.release(task);
    }
}
