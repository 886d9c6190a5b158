//! Stores that share records and slabs: what is one's is nobody else's, and goes to others when it ends.

mod common;

use bident_stack::{RECORD_BYTES, Reaction};
use common::{End, Rig, Task, code, supply};
use std::collections::HashSet;
use std::sync::Arc;

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

/// So many parked stacklets; the words that name them.
fn parked(rig: &mut Rig, count: usize) -> Vec<(Task, u64)> {
    let make = |_| {
        let task = rig.create(code::echo, 1);
        assert_eq!(rig.enter(task, 0), End::Parked);
        (task, rig.record(task).reference.word())
    };
    (0..count).map(make).collect()
}

fn positions(words: &[(Task, u64)]) -> HashSet<u32> {
    words.iter().map(|(_, word)| *word as u32).collect()
}

#[test]
fn a_word_names_nothing_in_another_store() {
    let supply = supply();
    let [mut a, mut b] = [(); 2].map(|()| Rig::of(&supply, park));
    // In turns, so that their chunks lie between each other.
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for count in [1, 7, 8, 9, 100, 1000, 3000] {
        of_a.extend(parked(&mut a, count));
        of_b.extend(parked(&mut b, count));
    }
    assert!(positions(&of_a).is_disjoint(&positions(&of_b)));
    for (task, word) in &of_a {
        assert_eq!(a.named(*word), Some(*task));
        assert_eq!(b.named(*word), None);
    }
    for (task, word) in &of_b {
        assert_eq!(b.named(*word), Some(*task));
        assert_eq!(a.named(*word), None);
    }
    // Beyond what any store was given, and what is nobody's.
    for position in [0, 64 << 20, !63_u32] {
        assert_eq!(a.named(1 << 32 | u64::from(position)), None);
    }
}

#[test]
fn a_collection_leaves_other_stores_alone() {
    let supply = supply();
    let [mut a, mut b] = [(); 2].map(|()| Rig::of(&supply, park));
    let (of_a, of_b) = (parked(&mut a, 300), parked(&mut b, 300));
    let kept = of_a[17];
    let mut marking = a.chains().mark();
    // Words that lie on a stack, or that a guest made up, may be any.
    for (_, word) in &of_b {
        marking.reach(*word);
    }
    marking.reach(kept.1);
    marking.scan_reached(|_, _| ());
    marking.sweep();
    assert_eq!(a.stats().live, 1);
    assert_eq!(a.named(kept.1), Some(kept.0));
    assert_eq!(b.stats().live, 300);
    b.release_suspended();
    assert_eq!(b.stats().live, 0, "none is marked");
}

#[test]
fn what_a_store_had_goes_to_others() {
    let supply = supply();
    let mut a = Rig::of(&supply, park);
    let had = positions(&parked(&mut a, 5000));
    drop(a);
    let mut b = Rig::of(&supply, park);
    let has = positions(&parked(&mut b, 5000));
    assert!(has.is_subset(&had));
    // A store without a stack has none, one with a stack the smallest chunk and one block.
    let none = Rig::of(&supply, park);
    let mut one = Rig::of(&supply, park);
    assert_eq!(one.stats().mapped, 0);
    parked(&mut one, 1);
    assert_eq!(one.stats().mapped, 512);
    drop((none, one));
}

#[test]
fn many_stores_take_no_more_than_their_stacks() {
    let supply = supply();
    for _ in 0..3 {
        let mut all = Vec::new();
        let mut last = 0;
        for _ in 0..10_000 {
            let mut rig = Rig::of(&supply, park);
            last = positions(&parked(&mut rig, 1))
                .into_iter()
                .fold(last, u32::max);
            all.push(rig);
        }
        let records = last as usize / RECORD_BYTES;
        assert!(records <= 10_001, "{records} records");
    }
}

#[test]
fn stores_on_several_threads_share_a_supply() {
    let supply = supply();
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let supply = Arc::clone(&supply);
            scope.spawn(move || {
                let mut left = Rig::of(&supply, park);
                let mut kept = parked(&mut left, 1);
                for round in 0..60 {
                    let mut rig = Rig::of(&supply, park);
                    let made = parked(&mut rig, 1 + (round * 37 + thread) % 400);
                    for &(task, word) in &made {
                        assert_eq!(rig.named(word), Some(task));
                    }
                    for &(task, _) in made.iter().rev().step_by(2) {
                        assert_eq!(rig.enter(task, 0), End::Returned);
                        rig.release(task);
                    }
                    kept.extend(parked(&mut left, 10));
                    let more = parked(&mut rig, 1);
                    rig.grow(more[0].0).expect("a block");
                }
                for (task, _) in kept {
                    assert_eq!(left.enter(task, 0), End::Returned);
                }
            });
        }
    });
}

#[test]
fn threads_take_what_those_before_had() {
    let supply = supply();
    for thread in 0..12 {
        let supply = Arc::clone(&supply);
        let last = std::thread::spawn(move || {
            let mut rigs: Vec<_> = (0..1000).map(|_| Rig::of(&supply, park)).collect();
            let words = rigs.iter_mut().flat_map(|rig| parked(rig, 1));
            positions(&words.collect::<Vec<_>>()).into_iter().max()
        });
        let last = last.join().expect("a thread").expect("records");
        let records = last as usize / RECORD_BYTES;
        assert!(records <= 1100, "thread {thread}: {records} records");
    }
}
