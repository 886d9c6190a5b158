//! Chains of stacklets and the host: it handles, parks, throws into and walks them.

mod common;

use bident_stack::inspect::Id;
use bident_stack::{Error, Limits, Reaction, Refusal, SWITCH};
use common::play::{
    NONE, ON, ON_OTHER, OTHER, SWITCHES, TAG, answer, play, play_refused, plays, rigs,
};
use common::script::{
    self, Script, Slot, copy, create, deep, finish, host, resume, resume_throw, suspend, switch,
};
use common::{End, ROOMY, Rig, THROWN, Task};

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

#[test]
fn the_host_handles_and_resumes() {
    plays(|rig| {
        let k = Slot::new(0);
        let inner = Script::new([suspend(OTHER, 1), suspend(TAG, 2), finish(3)]);
        let outer = Script::new([create(&k, &inner), resume(&k, &ON, 4), finish(5)]);
        let task = rig.create(script::run, outer.address());
        let reference = rig.record(task).reference.word();
        static TWO: [u64; 3] = [SWITCHES, OTHER, 0];
        assert_eq!(rig.resume(reference, &TWO, 0), End::Suspended);
        assert_eq!((rig.handled(), rig.payload(0)), (2, 1));
        assert!(rig.named(reference).is_none());
        let (first, last) = rig.stopped_chain();
        assert_eq!(last, task);
        assert_ne!(first, task);
        let reference = rig.record(first).reference.word();
        assert_eq!(rig.resume(reference, &NONE, 6), End::Returned);
        assert_eq!(inner.value(0), 6);
        assert_eq!((outer.outcome(1), rig.payload(0)), ((1, 2), 5));
        assert_eq!(rig.stopped(), task);
        rig.release(task);
    });
}

#[test]
fn a_chain_parks_and_goes_on_as_one() {
    for mut rig in rigs(park) {
        let (k, m) = (Slot::new(0), Slot::new(0));
        let inner = Script::new([host(0), suspend(TAG, 1), host(0), finish(2)]);
        let middle = Script::new([create(&m, &inner), resume(&m, &ON_OTHER, 0), finish(3)]);
        let outer = Script::new([
            create(&k, &middle),
            resume(&k, &ON, 0),
            resume(&k, &ON, 0),
            finish(4),
        ]);
        assert_eq!(rig.play(&outer), End::Parked);
        assert_eq!(rig.answer(11), End::Parked);
        assert_eq!(rig.answer(12), End::Returned);
        assert_eq!([0, 2].map(|i| inner.value(i)), [11, 12]);
        assert_eq!((outer.outcome(1), outer.outcome(2)), ((1, 1), (0, 3)));
    }
}

/// Walks the frame pointers from the stacklet that called to the host; notes what lies between.
fn walk(rig: &mut Rig, _: u64) -> Reaction {
    let mut task = rig.current();
    let mut frames = 0;
    let mut fp = rig.saved_frame(task)[0];
    loop {
        let record = rig.record(task);
        assert!(
            record.contains(fp),
            "a frame of the stacklet that runs there"
        );
        // SAFETY: a frame, or the link, which lies where the walk of the block ends.
        let [caller, address] = unsafe { *(fp as *const [usize; 2]) };
        fp = caller;
        if !record.contains(fp) {
            rig.log().push(frames);
            if record.parent == 0 {
                assert_eq!(address, rig.entered_at());
                return Reaction::ready(0);
            }
            // SAFETY: from the link to the word for the parent, to its record, to where it waits.
            let [parent, sp] = unsafe {
                let parent = *(fp as *const usize);
                [parent, *(parent as *const usize)]
            };
            assert_eq!(parent, record.parent);
            task = Task(Id::at(record.parent));
            assert_eq!(sp, rig.record(task).sp);
            fp = rig.saved_frame(task)[0];
            frames = 0;
        } else {
            frames += 1;
        }
    }
}

#[test]
fn frame_pointers_lead_through_the_parents_to_the_host() {
    let plain = [Rig::new(ROOMY, walk), Rig::moving(walk)];
    for mut rig in plain {
        let [k, m, b, unused] = [0; 4].map(Slot::new);
        let bottom = Script::new([host(0), finish(0)]);
        let target = Script::new([host(0), finish(2)]);
        let inner = Script::new([
            deep(3, &bottom),
            suspend(TAG, 0),
            host(0),
            switch(OTHER, &b, &unused),
            finish(0),
        ]);
        static OTHER_SWITCHES: [u64; 2] = [OTHER + SWITCH as u64, 0];
        let middle = Script::new([
            create(&m, &inner),
            resume(&m, &OTHER_SWITCHES, 0),
            finish(3),
        ]);
        let outer = Script::new([
            create(&b, &target),
            create(&k, &middle),
            resume(&k, &ON, 0),
            resume(&k, &ON, 0),
            finish(4),
        ]);
        assert_eq!(rig.play(&outer), End::Returned, "{:?}", rig.refused());
        // `run` and the step around each transfer; below `deep`, four of its own and both again.
        let log = std::mem::take(rig.log());
        assert_eq!(log, [8, 2, 2, 2, 2, 2, 2, 2, 2]);
    }
}

#[test]
fn frame_pointers_lead_to_whoever_resumed_last() {
    for mut rig in [Rig::new(ROOMY, walk), Rig::moving(walk)] {
        // First entered and handled by the host, then resumed by another stacklet.
        let inner = Script::new([suspend(OTHER, 0), host(0), suspend(TAG, 0), finish(0)]);
        let task = rig.create(script::run, inner.address());
        let reference = rig.record(task).reference.word();
        assert_eq!(rig.resume(reference, &ON_OTHER, 0), End::Suspended);
        let k = Slot::new(rig.record(task).reference.word());
        let outer = Script::new([resume(&k, &ON, 0), finish(0)]);
        assert_eq!(rig.play(&outer), End::Returned);
        assert_eq!(std::mem::take(rig.log()), [2, 2]);
        // And by the host again.
        assert_eq!(rig.resume(k.get(), &NONE, 0), End::Returned);
        rig.release(task);
    }
}

#[test]
fn frame_pointers_find_the_record_that_took_a_stacklet_over() {
    for bound in [false, true] {
        let mut rig = Rig::new(ROOMY, walk);
        let k = Slot::new(0);
        let inner = Script::new([host(0), finish(0)]);
        rig.chains().set_first_revision(u32::MAX);
        let old = rig.create(script::run, inner.address());
        let mut reference = rig.record(old).reference.word();
        if bound {
            reference = rig.bind(reference, 0, &[0]).expect("there is a record");
            assert_ne!(rig.named(reference), Some(old));
        }
        k.set(reference);
        let outer = Script::new([resume(&k, &ON, 0), finish(0)]);
        assert_eq!(rig.play(&outer), End::Returned);
        assert_eq!(*rig.log(), [2, 2]);
    }
}

#[test]
fn an_exception_lands_where_the_stacklet_was_suspended() {
    plays(|rig| {
        rig.catch();
        let [k, used] = [0; 2].map(Slot::new);
        let bottom = Script::new([suspend(TAG, 1), suspend(TAG, 2), finish(0)]);
        let inner = Script::new([deep(30, &bottom), finish(3)]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &ON, 0),
            copy(&k, &used),
            resume_throw(&k, &ON, 55),
            resume(&k, &ON, 0),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(bottom.results(0)[..2], [55, THROWN]);
        assert_eq!((outer.outcome(3), outer.outcome(4)), ((1, 2), (0, 3)));
        assert_eq!(*rig.log(), [55]);
        let again = Script::new([resume_throw(&used, &ON, 56), finish(0)]);
        assert_eq!(play_refused(rig, &again), (used.get(), Refusal::Reference));
        assert_eq!(*rig.log(), [55]);
    });
}

#[test]
fn an_exception_that_nobody_catches_ends_the_activation() {
    let k = Slot::new(0);
    let inner = Script::new([suspend(TAG, 1), finish(0)]);
    let outer = Script::new([
        create(&k, &inner),
        resume(&k, &ON, 0),
        resume_throw(&k, &ON, 55),
        finish(0),
    ]);
    for mut rig in rigs(answer) {
        assert_eq!(rig.play(&outer), End::Unwound);
        assert_eq!(*rig.log(), [55]);
        // What the host finds: the chain as it was thrown into.
        let (first, last) = rig.stopped_chain();
        assert_ne!(first, last);
        rig.release_chain(first, last);
        assert_eq!(rig.stats().live, 0);
    }
}

fn land(rig: &mut Rig, argument: u64) -> Reaction {
    rig.land_here([argument, 6])
}

#[test]
fn a_host_function_lands_instead_of_answering() {
    for mut rig in rigs(land) {
        let outer = Script::new([host(5), finish(7)]);
        play(&mut rig, &outer);
        assert_eq!(outer.results(0)[..2], [5, 6]);
        assert_eq!(rig.payload(0), 7);
    }
}

#[test]
fn a_parked_chain_can_be_entered_at_a_landing_pad() {
    for mut rig in rigs(park) {
        let k = Slot::new(0);
        let inner = Script::new([host(0), finish(1)]);
        let outer = Script::new([create(&k, &inner), resume(&k, &ON, 0), finish(2)]);
        assert_eq!(rig.play(&outer), End::Parked);
        let (parked, _) = rig.stopped_chain();
        rig.relocate(parked);
        rig.catch();
        assert_eq!(rig.land(8), End::Returned);
        assert_eq!(inner.results(0)[..2], [8, THROWN]);
        assert_eq!((outer.outcome(1), rig.payload(0)), ((0, 1), 2));
    }
}

/// The host runs the script at that address while the code that asks waits.
fn run_another(rig: &mut Rig, script: u64) -> Reaction {
    let task = rig.create(script::run, script);
    match rig.enter(task, 0) {
        End::Returned => {
            rig.release(task);
            Reaction::ready(1)
        }
        _ => Reaction::ready(2),
    }
}

#[test]
fn the_host_is_a_barrier() {
    for mut rig in rigs(run_another) {
        let [k, m] = [0; 2].map(Slot::new);
        // One that is handled below the host, and one whose handler is above it.
        let suspends = Script::new([suspend(TAG, 1), finish(0)]);
        let handles = Script::new([
            create(&m, &suspends),
            resume(&m, &ON, 0),
            resume(&m, &ON, 0),
            finish(0),
        ]);
        let inner = Script::new([
            host(handles.address()),
            host(suspends.address()),
            suspend(TAG, 3),
            finish(4),
        ]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &ON, 0),
            resume(&k, &ON, 0),
            finish(0),
        ]);
        assert_eq!(rig.play(&outer), End::Returned);
        assert_eq!(rig.refused(), Some((TAG, Refusal::Unhandled)));
        assert_eq!((handles.outcome(1), handles.outcome(2)), ((1, 1), (0, 0)));
        assert_eq!((inner.value(0), inner.value(1)), (1, 2));
        assert_eq!((outer.outcome(1), outer.outcome(2)), ((1, 3), (0, 4)));
    }
}

#[test]
fn a_stacklet_that_reaches_its_limit_ends_the_whole_chain() {
    let limits = Limits {
        stacklet: 4 << 10,
        total: 1 << 20,
    };
    let mut rig = Rig::new(limits, answer);
    let [k, m] = [0; 2].map(Slot::new);
    let bottom = Script::new([finish(0)]);
    let inner = Script::new([suspend(TAG, 0), deep(1000, &bottom), finish(0)]);
    let middle = Script::new([create(&m, &inner), resume(&m, &ON_OTHER, 0), finish(0)]);
    let outer = Script::new([
        create(&k, &middle),
        resume(&k, &ON, 0),
        resume(&k, &ON, 0),
        finish(0),
    ]);
    assert_eq!(rig.play(&outer), End::Trapped);
    assert!(matches!(rig.refusal(), Some(Error::StackletLimit)));
    let (first, last) = rig.stopped_chain();
    let middle = rig.record(first).parent;
    let middle = Task(Id::at(middle));
    let parent = rig.record(middle).parent;
    assert_eq!(Task(Id::at(parent)), last);
    rig.release_chain(first, last);
    assert_eq!(rig.stats().live, 0);
    // The rig goes on.
    play(
        &mut rig,
        &Script::new([create(&k, &bottom), resume(&k, &ON, 0), finish(0)]),
    );
}
