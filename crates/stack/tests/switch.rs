//! Transfers between stacklets: `create`, `resume`, `suspend`, `switch`, and what they refuse. Each test runs
//! plain, and with stacklets that move at every arrival.

mod common;

use bident_stack::Refusal;
use common::End;
use common::play::{
    NONE, ON, ON_OTHER, ON_SWITCH, OTHER, SWITCHES, TAG, answer, play, play_refused, plays, rigs,
};
use common::script::{
    Script, Slot, argument, copy, create, deep, finish, load, resume, resume_throw, store, suspend,
    switch,
};

#[test]
fn values_cross_both_ways() {
    plays(|rig| {
        let (k, first) = (Slot::new(0), Slot::new(0));
        let inner = Script::new([
            argument(&first),
            suspend(TAG, 10),
            suspend(TAG, 20),
            finish(30),
        ]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &ON, 1),
            resume(&k, &ON, 2),
            resume(&k, &ON, 3),
            finish(4),
        ]);
        play(rig, &outer);
        assert_eq!(outer.outcome(1), (1, 10));
        assert_eq!(outer.outcome(2), (1, 20));
        assert_eq!(outer.outcome(3), (0, 30));
        assert_eq!([0, 1, 2].map(|step| inner.value(step)), [1, 2, 3]);
        let order = [inner.when(0), outer.when(1), inner.when(1), outer.when(2)];
        assert!(order.is_sorted(), "{order:?}");
        assert_eq!(rig.payload(0), 4, "the root's value is for the host");
    });
}

#[test]
fn further_values_lie_in_the_buffer() {
    plays(|rig| {
        let (k, first) = (Slot::new(0), Slot::new(0));
        let inner = Script::new([
            argument(&first),
            load(1),
            load(15),
            store(1, 21),
            suspend(TAG, 20),
            load(1),
            finish(0),
        ]);
        let outer = Script::new([
            create(&k, &inner),
            store(1, 11),
            store(15, 12),
            resume(&k, &ON, 10),
            load(1),
            store(1, 31),
            resume(&k, &ON, 30),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(
            [0, 1, 2, 4, 5].map(|i| inner.value(i)),
            [10, 11, 12, 30, 31]
        );
        assert_eq!((outer.outcome(3), outer.value(4)), ((1, 20), 21));
    });
}

#[test]
fn the_nearest_handler_is_found_at_any_depth() {
    // Stacklet i runs under a handler for tag i; the innermost suspends to each, nearest first.
    const DEPTH: usize = 20;
    static LISTS: [[u64; 2]; DEPTH] = {
        let mut lists = [[0; 2]; DEPTH];
        let mut i = 0;
        while i < DEPTH {
            lists[i][0] = 16 * (i as u64 + 1);
            i += 1;
        }
        lists
    };
    plays(|rig| {
        let slots: Vec<Slot> = (0..DEPTH).map(|_| Slot::new(0)).collect();
        let tags = LISTS.iter().rev().map(|list| list[0]);
        let innermost = tags.map(|tag| suspend(tag, tag + 1));
        let mut scripts = vec![Script::new(innermost.chain([finish(7)]))];
        for (slot, list) in slots.iter().zip(&LISTS).rev() {
            let inner = scripts.last().expect("one at least");
            // It gets what was suspended to it, sends an answer, and sees the inner one finish.
            let steps = [
                create(slot, inner),
                resume(slot, list, 0),
                resume(slot, list, list[0] + 2),
                finish(8),
            ];
            scripts.push(Script::new(steps));
        }
        play(rig, scripts.last().expect("the outermost"));
        for (i, list) in LISTS.iter().enumerate() {
            let script = &scripts[DEPTH - i];
            assert_eq!(script.outcome(1), (1, list[0] + 1));
            assert_eq!(script.outcome(2), (0, if i == DEPTH - 1 { 7 } else { 8 }));
            assert_eq!(scripts[0].value(DEPTH - 1 - i), list[0] + 2);
        }
    });
}

#[test]
fn a_chain_goes_on_under_another_parent() {
    plays(|rig| {
        let [k, m, unused] = [0; 3].map(Slot::new);
        let inner = Script::new([suspend(TAG, 1), suspend(TAG, 2), finish(3)]);
        let middle = Script::new([create(&m, &inner), resume(&m, &ON_OTHER, 0), finish(4)]);
        // Resumes the chain middle-inner that somebody else started.
        let stranger = Script::new([
            resume(&k, &ON, 5),
            argument(&unused),
            resume(&k, &NONE, 6),
            finish(7),
        ]);
        let s = Slot::new(0);
        let outer = Script::new([
            create(&k, &middle),
            resume(&k, &ON, 0),
            create(&s, &stranger),
            resume(&s, &NONE, 8),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!((outer.outcome(1), outer.outcome(3)), ((1, 1), (0, 7)));
        assert_eq!((stranger.outcome(0), stranger.outcome(2)), ((1, 2), (0, 4)));
        assert_eq!((inner.value(0), inner.value(1)), (5, 6));
        assert_eq!(middle.outcome(1), (0, 3));
    });
}

#[test]
fn the_first_clause_wins() {
    static TWICE: [u64; 4] = [OTHER, TAG, TAG, 0];
    static SWITCH_FIRST: [u64; 4] = [SWITCHES, OTHER, TAG, 0];
    plays(|rig| {
        let k = Slot::new(0);
        let inner = Script::new([
            suspend(TAG, 0),
            suspend(TAG, 0),
            suspend(OTHER, 0),
            finish(0),
        ]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &TWICE, 0),
            resume(&k, &SWITCH_FIRST, 0),
            resume(&k, &SWITCH_FIRST, 0),
            resume(&k, &NONE, 0),
            finish(0),
        ]);
        play(rig, &outer);
        let statuses = [1, 2, 3, 4].map(|step| outer.value(step));
        assert_eq!(
            statuses,
            [2, 3, 2, 0],
            "a `switch` clause handles no suspend"
        );
    });
}

#[test]
fn switches_to_a_fresh_stacklet() {
    plays(|rig| {
        let [a, b, a_again, unused] = [0; 4].map(Slot::new);
        let from = Script::new([switch(TAG, &b, &unused), finish(6)]);
        let to = Script::new([argument(&a_again), finish(5)]);
        let outer = Script::new([
            create(&a, &from),
            create(&b, &to),
            resume(&a, &ON_SWITCH, 0),
            resume(&a_again, &NONE, 7),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(outer.outcome(2), (0, 5), "the parent is now the other's");
        assert_eq!((outer.outcome(3), from.value(0)), ((0, 6), 7));
    });
}

#[test]
fn switches_back_and_forth() {
    const ROUNDS: usize = 100;
    plays(|rig| {
        let [a, b, from_a, from_b] = [0; 4].map(Slot::new);
        let ping = (0..ROUNDS).map(|_| switch(TAG, &from_b, &from_b));
        // Each switches to whoever switched to it last; the first to what was created.
        let ping = Script::new(
            [copy(&b, &from_b)]
                .into_iter()
                .chain(ping)
                .chain([finish(1)]),
        );
        let pong = (0..ROUNDS).map(|_| switch(TAG, &from_a, &from_a));
        let pong = Script::new(
            [argument(&from_a)]
                .into_iter()
                .chain(pong)
                .chain([finish(2)]),
        );
        let outer = Script::new([
            create(&a, &ping),
            create(&b, &pong),
            resume(&a, &ON_SWITCH, 0),
            resume(&from_b, &ON_SWITCH, 0),
            finish(0),
        ]);
        play(rig, &outer);
        // The last switch of `pong` lets `ping` finish, which leaves `pong` suspended.
        assert_eq!((outer.outcome(2), outer.outcome(3)), ((0, 1), (0, 2)));
        for round in 0..ROUNDS {
            assert!(ping.when(round + 1) > pong.when(round));
        }
    });
}

#[test]
fn a_switch_takes_along_the_chains_of_both() {
    plays(|rig| {
        let [c, d, e, b, unused] = [0; 5].map(Slot::new);
        // D suspends to OTHER from below E, so that the chain D..E is what C switches to.
        let script_d = Script::new([suspend(OTHER, 1), suspend(TAG, 2), finish(3)]);
        let script_e = Script::new([create(&d, &script_d), resume(&d, &NONE, 0), finish(4)]);
        let script_c = Script::new([switch(TAG, &e, &unused), finish(5)]);
        let script_b = Script::new([create(&c, &script_c), resume(&c, &ON_OTHER, 0), finish(6)]);
        static BOTH: [u64; 3] = [TAG, SWITCHES, 0];
        let outer = Script::new([
            create(&e, &script_e),
            resume(&e, &ON_OTHER, 0),
            create(&b, &script_b),
            resume(&b, &BOTH, 0),
            // D has suspended to a handler that it inherited by the switch.
            resume(&b, &NONE, 7),
            finish(0),
        ]);
        assert_eq!(rig.play(&outer), End::Returned, "{:?}", rig.refused());
        assert_eq!((outer.outcome(1), outer.outcome(3)), ((1, 1), (1, 2)));
        assert_eq!(outer.outcome(4), (0, 4));
        assert_eq!((script_d.value(1), script_e.outcome(1)), (7, (0, 3)));
        // What C got to be named by is what D's first suspension came back with: B..C waits there.
        let waiting = script_d.value(0);
        let first = rig.named(waiting).expect("suspended");
        assert_eq!(rig.stats().live, 2);
        assert_eq!(rig.resume(waiting, &NONE, 9), End::Returned);
        assert_eq!((script_c.value(0), script_b.outcome(1)), (9, (0, 5)));
        assert_eq!(rig.payload(0), 6);
        let last = rig.stopped();
        assert_ne!(first, last);
        rig.release(last);
        assert_eq!(rig.stats().live, 0);
    });
}

#[test]
fn switch_and_suspend_clauses_of_one_tag_are_apart() {
    static SWITCH_ONLY: [u64; 2] = [SWITCHES, 0];
    plays(|rig| {
        let [a, b, m, unused] = [0; 4].map(Slot::new);
        // `on` between a switch and its handler; `switch` between a suspend and its handler.
        let target = Script::new([finish(2)]);
        let switcher = Script::new([switch(TAG, &b, &unused), finish(1)]);
        let passes_on = Script::new([create(&a, &switcher), resume(&a, &ON, 0), finish(3)]);
        let suspender = Script::new([suspend(TAG, 4), finish(5)]);
        let passes_switch = Script::new([
            create(&a, &suspender),
            resume(&a, &SWITCH_ONLY, 0),
            finish(6),
        ]);
        let outer = Script::new([
            create(&b, &target),
            create(&m, &passes_on),
            resume(&m, &ON_SWITCH, 0),
            create(&m, &passes_switch),
            resume(&m, &ON, 0),
            resume(&m, &NONE, 0),
            finish(0),
        ]);
        assert_eq!(rig.play(&outer), End::Returned, "{:?}", rig.refused());
        assert_eq!(outer.outcome(2), (0, 2));
        assert_eq!((outer.outcome(4), outer.outcome(5)), ((1, 4), (0, 6)));
        assert_eq!(passes_on.when(1), 0, "its `on` clause handles no switch");
        assert_eq!(passes_switch.outcome(1), (0, 5));
        // Left is the chain of who switched.
        assert_eq!(rig.stats().live, 2);
    });
}

#[test]
fn null_is_refused() {
    let (null, unused) = (Slot::new(0), Slot::new(0));
    for mut rig in rigs(answer) {
        let outer = Script::new([resume(&null, &ON, 0), finish(0)]);
        assert_eq!(play_refused(&mut rig, &outer), (0, Refusal::Reference));
        let outer = Script::new([resume_throw(&null, &ON, 0), finish(0)]);
        assert_eq!(play_refused(&mut rig, &outer), (0, Refusal::Reference));
        let outer = Script::new([switch(TAG, &null, &unused), finish(0)]);
        assert_eq!(play_refused(&mut rig, &outer), (0, Refusal::Reference));
        assert!(rig.log().is_empty(), "nothing was thrown");
    }
}

#[test]
fn a_used_reference_is_refused() {
    let [k, used, unused] = [0; 3].map(Slot::new);
    let inner = Script::new([suspend(TAG, 0), finish(0)]);
    let begin = || [create(&k, &inner), copy(&k, &used), resume(&k, &ON, 0)];
    for mut rig in rigs(answer) {
        // Suspended again, and finished.
        for further in [0, 1] {
            let steps = |last| {
                let further = (0..further).map(|_| resume(&k, &ON, 0));
                let all = begin().into_iter().chain(further);
                Script::new(all.chain([last, finish(0)]))
            };
            for outer in [
                steps(resume(&used, &ON, 0)),
                steps(resume_throw(&used, &ON, 0)),
                steps(switch(TAG, &used, &unused)),
            ] {
                let refused = play_refused(&mut rig, &outer);
                assert_eq!(refused, (used.get(), Refusal::Reference));
            }
        }
    }
}

#[test]
fn a_running_stacklet_cannot_be_resumed() {
    let [k, own] = [0; 2].map(Slot::new);
    let inner = Script::new([resume(&own, &ON, 0), finish(0)]);
    let outer = Script::new([
        create(&k, &inner),
        copy(&k, &own),
        resume(&k, &ON, 0),
        finish(0),
    ]);
    for mut rig in rigs(answer) {
        assert_eq!(
            play_refused(&mut rig, &outer),
            (own.get(), Refusal::Reference)
        );
    }
}

#[test]
fn a_switch_uses_its_target() {
    let [a, b, used, unused] = [0; 4].map(Slot::new);
    let from = Script::new([switch(TAG, &b, &unused), finish(0)]);
    for again in [resume(&used, &ON, 0), switch(TAG, &used, &unused)] {
        let to = Script::new([again, finish(0)]);
        let outer = Script::new([
            create(&a, &from),
            create(&b, &to),
            copy(&b, &used),
            resume(&a, &ON_SWITCH, 0),
            finish(0),
        ]);
        for mut rig in rigs(answer) {
            let refused = play_refused(&mut rig, &outer);
            assert_eq!(refused, (used.get(), Refusal::Reference));
        }
    }
}

#[test]
fn what_nobody_handles_is_refused() {
    let [k, other, unused] = [0; 3].map(Slot::new);
    let target = Script::new([finish(0)]);
    for mut rig in rigs(answer) {
        let bare = Script::new([suspend(TAG, 0), finish(0)]);
        assert_eq!(play_refused(&mut rig, &bare), (TAG, Refusal::Unhandled));
        // A chain of two under handlers of other kinds.
        let suspends = Script::new([suspend(TAG, 0), finish(0)]);
        let switches = Script::new([
            create(&other, &target),
            switch(TAG, &other, &unused),
            finish(0),
        ]);
        for (inner, handlers, word) in [
            (&suspends, &ON_OTHER, TAG),
            (&suspends, &ON_SWITCH, TAG),
            (&switches, &ON, SWITCHES),
        ] {
            let outer = Script::new([create(&k, inner), resume(&k, handlers, 0), finish(0)]);
            let refused = play_refused(&mut rig, &outer);
            assert_eq!(refused, (word, Refusal::Unhandled));
        }
        // The target of the refused switch can still be resumed.
        let outer = Script::new([resume(&other, &NONE, 0), finish(0)]);
        assert_eq!(rig.play(&outer), End::Returned);
    }
}

#[test]
fn stressed_stubs_move_at_every_arrival() {
    let k = Slot::new(0);
    let inner = Script::new([suspend(TAG, 0), finish(0)]);
    let outer = Script::new([
        create(&k, &inner),
        resume(&k, &ON, 0),
        resume(&k, &ON, 0),
        finish(0),
    ]);
    let [mut plain, mut stressed] = rigs(answer);
    play(&mut plain, &outer);
    assert_eq!(plain.stats().moves, 0);
    play(&mut stressed, &outer);
    // A create, two resumes and a suspend; and the end, where it is not the stub alone that frees.
    let asked = u64::from(cfg!(debug_assertions));
    assert_eq!(stressed.stats().moves, 4 + asked);
}

#[test]
fn deep_stacklets_keep_their_frames() {
    plays(|rig| {
        let k = Slot::new(0);
        let bottom = Script::new([suspend(TAG, 1), suspend(TAG, 2), finish(3)]);
        let inner = Script::new([deep(500, &bottom), finish(4)]);
        let outer = Script::new([
            create(&k, &inner),
            resume(&k, &ON, 5),
            resume(&k, &ON, 6),
            resume(&k, &ON, 7),
            finish(0),
        ]);
        play(rig, &outer);
        assert_eq!(
            [1, 2, 3].map(|i| outer.outcome(i)),
            [(1, 1), (1, 2), (0, 4)]
        );
        assert_eq!(inner.value(0), 3);
    });
}
