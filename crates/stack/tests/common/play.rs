//! What the tests of transfers share: tags, lists of handlers, and ways to run a script.

use super::script::{Script, Slot};
use super::{End, Host, ROOMY, Rig, Task};
use bident_stack::{Reaction, Refusal, SWITCH};

/// Tags are aligned addresses; that is all the stubs ask of them.
pub const TAG: u64 = 0x1000;

/// Another tag.
pub const OTHER: u64 = 0x2000;

/// What a list has for a `switch` clause with the tag.
pub const SWITCHES: u64 = TAG + SWITCH as u64;

/// Handles the tag.
pub static ON: [u64; 2] = [TAG, 0];

/// Handles the other.
pub static ON_OTHER: [u64; 2] = [OTHER, 0];

/// Handles switches with the tag.
pub static ON_SWITCH: [u64; 2] = [SWITCHES, 0];

/// Handles nothing.
pub static NONE: [u64; 1] = [0];

/// Answers its argument.
pub fn answer(_: &mut Rig, argument: u64) -> Reaction {
    Reaction::ready(argument)
}

/// A rig of each kind.
pub fn rigs(host: Host) -> [Rig; 2] {
    [Rig::new(ROOMY, host), Rig::stressed(host)]
}

/// Tests in a rig of each kind.
pub fn plays(test: impl Fn(&mut Rig)) {
    for mut rig in rigs(answer) {
        test(&mut rig);
    }
}

/// Does a script that must return; nothing may be left of what it made.
pub fn play(rig: &mut Rig, script: &Script) {
    assert_eq!(rig.play(script), End::Returned, "{:?}", rig.refused());
    assert_eq!(rig.stats().live, 0);
    assert_eq!(rig.stats().bytes, 0);
}

/// As [`play`], with so many stacklets left.
pub fn play_leaving(rig: &mut Rig, script: &Script, left: usize) {
    assert_eq!(rig.play(script), End::Returned, "{:?}", rig.refused());
    assert_eq!(rig.stats().live, left);
}

/// Does a script whose last transfer must be refused.
pub fn play_refused(rig: &mut Rig, script: &Script) -> (u64, Refusal) {
    assert_eq!(rig.play(script), End::Unwound);
    rig.refused().expect("a refusal")
}

/// The stacklet that a slot names.
pub fn task_in(rig: &mut Rig, slot: &Slot) -> Task {
    rig.named(slot.get()).expect("suspended")
}
