//! Memory taken, reused and given back; references and revisions; what is learned about sizes.

mod common;

use bident_stack::{
    CLASSES, Lesson, Reaction, Reference, SMALLEST_BLOCK, class_for, class_size, os,
};
use common::{End, ROOMY, Rig, Task, code};

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

fn reference(rig: &mut Rig, task: Task) -> Reference {
    rig.record(task).reference
}

#[test]
fn size_classes() {
    assert_eq!(class_size(0), SMALLEST_BLOCK);
    assert_eq!(class_for(0), 0);
    assert_eq!(class_for(SMALLEST_BLOCK), 0);
    assert_eq!(class_for(SMALLEST_BLOCK + 1), 1);
    for class in 0..CLASSES {
        assert_eq!(class_for(class_size(class)), class);
    }
    assert_eq!(class_for(usize::MAX), CLASSES - 1);
}

#[test]
fn references_are_one_shot() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, 2);
    let old = reference(&mut rig, task);
    assert_eq!(rig.named(old.word()), Some(task));
    assert_eq!(rig.enter(task, 0), End::Parked);
    assert_eq!(rig.named(old.word()), Some(task));
    rig.release(task);
    assert_eq!(rig.named(old.word()), None, "released");

    let next = rig.create(code::echo, 2);
    assert_eq!(next, task, "the record is used again");
    assert_eq!(rig.enter(next, 0), End::Parked);
    assert_eq!(
        rig.named(old.word()),
        None,
        "the old reference names nothing"
    );
    let new = reference(&mut rig, next);
    assert_eq!(new.index(), old.index());
    assert!(new.word() > old.word());
    assert_eq!(rig.named(new.word()), Some(next));
}

#[test]
fn references_to_no_stacklet_resolve_to_nothing() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, 1);
    assert_eq!(rig.enter(task, 0), End::Parked);
    let good = reference(&mut rig, task);
    // The first record is nobody's, and the second the task's.
    for position in [0, 128, 17, 1 << 31, u32::MAX] {
        let other = Reference::from_word(good.word() & !0xffff_ffff | u64::from(position));
        assert_eq!(rig.named(other.expect("not null").word()), None);
    }
}

#[test]
fn a_record_whose_revision_would_wrap_is_used_no_more() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::echo, 1);
    // SAFETY: nothing has its reference.
    unsafe { rig.chains().set_revision(task.0, u32::MAX) };
    assert_eq!(rig.enter(task, 0), End::Parked);
    let last = reference(&mut rig, task);
    rig.release(task);
    for _ in 0..3 {
        let other = rig.create(code::echo, 1);
        assert_ne!(other, task);
        assert_eq!(rig.enter(other, 0), End::Parked);
        assert_eq!(rig.named(last.word()), None);
        rig.release(other);
    }
}

#[test]
fn moving_keeps_the_record_and_its_reference() {
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::descend, 3);
    assert_eq!(rig.enter(task, 0), End::Parked);
    let name = reference(&mut rig, task);
    for _ in 0..50 {
        rig.relocate(task);
        assert_eq!(rig.named(name.word()), Some(task));
    }
    assert_eq!(rig.stats().moves, 50);
    assert_eq!(rig.enter(task, 0), End::Returned);
}

fn live_parts(rig: &mut Rig) -> Vec<(usize, usize)> {
    let live: Vec<_> = rig.chains().live_ids();
    live.into_iter()
        .map(|id| rig.record(Task(id)))
        .map(|record| (record.sp, record.top))
        .collect()
}

#[test]
fn live_parts_are_those_that_have_a_block() {
    let mut rig = Rig::new(ROOMY, park);
    let fresh = rig.create(code::echo, 1);
    let parked = rig.create(code::descend, 4);
    let gone = rig.create(code::echo, 1);
    assert_eq!(rig.enter(parked, 0), End::Parked);
    rig.release(gone);
    let mut expected = [fresh, parked].map(|task| {
        let record = rig.record(task);
        (record.sp, record.top)
    });
    expected.sort_unstable();
    let mut parts: Vec<_> = live_parts(&mut rig);
    parts.sort_unstable();
    assert_eq!(parts, expected);
    assert!(!rig.record(gone).live);
}

#[test]
fn one_after_the_other_takes_constant_memory() {
    let mut rig = Rig::new(ROOMY, park);
    for i in 0..200_000 {
        let task = rig.create(code::echo, 1);
        assert_eq!(rig.enter(task, 0), End::Parked);
        if i % 2 == 0 {
            assert_eq!(rig.enter(task, 0), End::Returned);
        }
        rig.release(task);
    }
    assert!(rig.stats().mapped <= 1 << 20);
}

#[test]
fn large_blocks_are_kept_one_per_class_and_trimmed() {
    let mut rig = Rig::new(ROOMY, park);
    let class = class_for(128 << 10);
    let create = |rig: &mut Rig| rig.try_create(class, code::nothing, 0).expect("a stacklet");
    let tasks = [(); 5].map(|()| create(&mut rig));
    assert!(rig.stats().mapped >= 5 * class_size(class));
    for task in tasks {
        rig.release(task);
    }
    assert_eq!(rig.stats().mapped, class_size(class));
    let again = create(&mut rig);
    assert_eq!(rig.stats().mapped, class_size(class));
    rig.release(again);
    rig.chains().trim();
    assert_eq!(rig.stats().mapped, 0);
}

#[test]
fn lessons_start_small_and_follow_growth() {
    let mut lesson = Lesson::default();
    assert_eq!(lesson.class(), 0);
    lesson.learn(3);
    assert_eq!(lesson.class(), 3);
    lesson.learn(1);
    assert_eq!(lesson.class(), 3, "one that needed less teaches nothing");
    lesson.learn(17);
    assert_eq!(
        class_size(lesson.class()),
        16 << 10,
        "no further than slabs reach"
    );
    assert_eq!(Lesson::from_word(lesson.word()), lesson);
}

#[test]
fn lessons_are_forgotten_step_by_step() {
    let mut lesson = Lesson::default();
    lesson.learn(2);
    let classes: Vec<u32> = (0..200).map(|_| lesson.class()).collect();
    let first = |class| classes.iter().position(|c| *c == class);
    assert_eq!(
        (first(2), first(1), first(0)),
        (Some(0), Some(64), Some(129))
    );
    assert!(classes.is_sorted_by(|a, b| a >= b));
}

#[test]
fn pages_near_an_address_are_near_if_there_is_room() {
    let near = park as *const () as usize;
    let size = os::page_size();
    let pages: Vec<_> = (0..100)
        .map(|_| os::allocate_near(size, near).expect("memory"))
        .collect();
    for page in &pages {
        assert!(
            page.addr() < near && near - page.addr() < 2 << 30,
            "{page:p}"
        );
    }
    for page in pages {
        // SAFETY: mapped above, and used by nobody.
        unsafe { os::unmap(page, size) };
    }
    // Nothing is below the lowest pages: anywhere will do.
    let page = os::allocate_near(size, size).expect("memory");
    // SAFETY: as above.
    unsafe { os::unmap(page, size) };
}

#[test]
fn places_near_an_address_are_used_again() {
    let near = park as *const () as usize;
    let size = 300 << 20;
    for round in 0..20 {
        let pages = os::reserve_near(size, near).expect("addresses");
        // SAFETY: mapped above, and used by nobody.
        unsafe { os::unmap(pages, size) };
        assert!(
            pages.addr() < near && near - pages.addr() < 2 << 30,
            "{pages:p} in round {round}"
        );
    }
}
