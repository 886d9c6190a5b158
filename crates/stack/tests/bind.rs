//! Values bound to a stacklet before it is resumed or switched to.

mod common;

use bident_stack::Reaction;
use common::Rig;
use common::play::{NONE, ON, ON_SWITCH, TAG, answer, play, play_leaving, plays, rigs, task_in};
use common::script::{
    Script, Slot, argument, create, finish, host_at, load, resume, store, suspend, switch,
};

/// Values are bound in the order of parameters, which lie in reverse: with five parameters, the first
/// is at position 4, and binding two leaves positions 0 to 2 to the rest.
#[test]
fn bound_values_arrive_behind_those_of_the_resume() {
    plays(|rig| {
        for suspended in [false, true] {
            let (k, first) = (Slot::new(0), Slot::new(0));
            let loads = [1, 2, 3, 4].map(load);
            let arrives = match suspended {
                false => argument(&first),
                true => suspend(TAG, 0),
            };
            let inner = Script::new([arrives].into_iter().chain(loads).chain([finish(9)]));
            let made = Script::new([create(&k, &inner), finish(0)]);
            play_leaving(rig, &made, 1);
            if suspended {
                let begun = Script::new([resume(&k, &ON, 0), finish(0)]);
                play_leaving(rig, &begun, 1);
            }
            let used = k.get();
            k.set(rig.bind(used, 3, &[11, 10]).expect("bound"));
            assert!(rig.named(used).is_none(), "binding uses the reference");
            k.set(rig.bind(k.get(), 3, &[]).expect("bound"));
            k.set(rig.bind(k.get(), 2, &[12]).expect("bound"));
            let task = task_in(rig, &k);
            assert_eq!(rig.is_fresh(task), !suspended);
            let outer = Script::new([store(1, 13), resume(&k, &NONE, 14), finish(0)]);
            play(rig, &outer);
            assert_eq!(outer.outcome(1), (0, 9));
            assert_eq!(
                [0, 1, 2, 3, 4].map(|i| inner.value(i)),
                [14, 13, 12, 11, 10]
            );
            let high = [3, 4].map(|i| inner.results(i)[1]);
            assert_eq!(high, [!11, !10], "both halves");
        }
    });
}

#[test]
fn the_value_at_position_0_can_be_bound() {
    plays(|rig| {
        let (k, first) = (Slot::new(0), Slot::new(0));
        let inner = Script::new([argument(&first), load(1), suspend(TAG, 0), finish(0)]);
        play_leaving(rig, &Script::new([create(&k, &inner), finish(0)]), 1);
        k.set(rig.bind(k.get(), 0, &[21, 20]).expect("bound"));
        play_leaving(rig, &Script::new([resume(&k, &ON, 99), finish(0)]), 1);
        assert_eq!([0, 1].map(|i| inner.value(i)), [21, 20]);
        k.set(rig.bind(k.get(), 0, &[22]).expect("bound"));
        play(rig, &Script::new([resume(&k, &ON, 99), finish(0)]));
        assert_eq!(inner.value(2), 22);
    });
}

#[test]
fn binding_grows_a_stacklet_that_has_no_room() {
    plays(|rig| {
        let (k, first) = (Slot::new(0), Slot::new(0));
        let loads = [0, 7, 14].map(load);
        let inner = Script::new(
            [argument(&first)]
                .into_iter()
                .chain(loads)
                .chain([finish(0)]),
        );
        play_leaving(rig, &Script::new([create(&k, &inner), finish(0)]), 1);
        let task = task_in(rig, &k);
        let class = rig.record(task).class;
        let mut bound = 0;
        // One at a time, three times as much as the smallest block holds.
        for position in (0..15).rev() {
            k.set(
                rig.bind(k.get(), position, &[position as u64])
                    .expect("bound"),
            );
            bound += 24 + 16;
        }
        assert!(bound > 512);
        assert!(rig.record(task).class > class);
        play(rig, &Script::new([resume(&k, &NONE, 99), finish(0)]));
        assert_eq!([0, 1, 2, 3].map(|i| inner.value(i)), [0, 0, 7, 14]);
    });
}

#[test]
fn binding_wraps_and_stops_at_the_limit() {
    let limits = bident_stack::Limits {
        stacklet: 512,
        total: 1 << 20,
    };
    let mut rig = Rig::new(limits, answer);
    rig.chains().set_first_revision(u32::MAX);
    let (k, first) = (Slot::new(0), Slot::new(0));
    let inner = Script::new([argument(&first), load(1), finish(0)]);
    play_leaving(&mut rig, &Script::new([create(&k, &inner), finish(0)]), 1);
    let used = k.get();
    k.set(rig.bind(used, 1, &[3]).expect("bound"));
    assert_ne!(k.get() as u32, used as u32, "another record");
    assert!(rig.named(used).is_none());
    let refused = rig.bind(k.get(), 1, &[0; 30]);
    assert!(matches!(refused, Err(bident_stack::Error::StackletLimit)));
    assert!(rig.named(k.get()).is_some(), "as it was before");
    play(&mut rig, &Script::new([resume(&k, &NONE, 4), finish(0)]));
    assert_eq!([0, 1].map(|i| inner.value(i)), [4, 3]);
}

/// The host binds a value to what a slot names, while the stacklet that asks waits.
fn bind_one(rig: &mut Rig, slot: u64) -> Reaction {
    // SAFETY: `host_at` passes the address of a slot of the test.
    let slot = unsafe { &*(slot as *const Slot) };
    slot.set(rig.bind(slot.get(), 1, &[1]).expect("bound"));
    Reaction::ready(0)
}

#[test]
fn bound_values_cross_a_switch() {
    for mut rig in rigs(bind_one) {
        let [a, b, a_again] = [0; 3].map(Slot::new);
        let from = Script::new([host_at(&b), switch(TAG, &b, &b), load(1), finish(3)]);
        let to = Script::new([
            argument(&a_again),
            load(1),
            host_at(&a_again),
            store(1, 99),
            switch(TAG, &a_again, &a_again),
            finish(4),
        ]);
        let outer = Script::new([
            create(&a, &from),
            create(&b, &to),
            resume(&a, &ON_SWITCH, 0),
            resume(&b, &ON_SWITCH, 0),
            finish(0),
        ]);
        play(&mut rig, &outer);
        assert_eq!((to.value(1), from.value(2)), (1, 1));
        assert_eq!((outer.outcome(2), outer.outcome(3)), ((0, 3), (0, 4)));
    }
}
