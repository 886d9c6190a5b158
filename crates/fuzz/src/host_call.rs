//! What the host does, and with which of its continuations.

use crate::script::{Kind, Tag};

/// What the host does when it is called, by number; `arg` and `acc` are what it is called with. Where
/// it uses a continuation of its own, `arg` is a [`HeldWord`].
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostCall {
    /// Answers with a value.
    Value,
    /// Calls body `arg` in a new activation and swallows its outcome.
    Swallow,
    /// Calls body `arg` in a new activation and passes an error on.
    Propagate,
    /// Throws exception 1.
    Throw,
    /// Throws the last exception that left an activation, if there is one.
    ThrowCaught,
    /// Traps.
    Trap,
    /// Fails with an error of its own.
    Fail,
    /// Is pending: the activation parks.
    Pending,
    /// Collects.
    Collect,
    /// Starts body `arg`; if it parks, keeps it with the other parked activations.
    Start,
    /// Resumes parked activation `arg`.
    Wake,
    /// Throws exception 1 into parked activation `arg`.
    ThrowInto,
    /// Cancels parked activation `arg`.
    Cancel,
    /// Makes a continuation of `$body`, `leaf` or `$wide_body`.
    MakeHeld,
    /// Resumes a continuation.
    ResumeHeld,
    /// Throws exception 1 into a continuation.
    ThrowHeld1,
    /// Throws exception 2 into a continuation.
    ThrowHeld2,
    /// Throws the last exception that left an activation into a continuation, or exception 1.
    ThrowHeldCaught,
    /// Resumes a continuation with values that it does not take, which does not use it.
    MisuseHeld,
    /// Drops a continuation.
    DropHeld,
}

impl HostCall {
    /// All of them; each stands at its number.
    pub const ALL: &[Self] = &[
        Self::Value,
        Self::Swallow,
        Self::Propagate,
        Self::Throw,
        Self::ThrowCaught,
        Self::Trap,
        Self::Fail,
        Self::Pending,
        Self::Collect,
        Self::Start,
        Self::Wake,
        Self::ThrowInto,
        Self::Cancel,
        Self::MakeHeld,
        Self::ResumeHeld,
        Self::ThrowHeld1,
        Self::ThrowHeld2,
        Self::ThrowHeldCaught,
        Self::MisuseHeld,
        Self::DropHeld,
    ];

    /// The call with a number.
    pub(crate) fn of(number: u32) -> Self {
        Self::ALL[number as usize]
    }

    /// Whether it begins an activation.
    pub(crate) fn runs_something(self) -> bool {
        match self {
            Self::Swallow
            | Self::Propagate
            | Self::Start
            | Self::Wake
            | Self::ThrowInto
            | Self::ResumeHeld
            | Self::ThrowHeld1
            | Self::ThrowHeld2
            | Self::ThrowHeldCaught
            | Self::MisuseHeld => true,
            Self::Value
            | Self::Throw
            | Self::ThrowCaught
            | Self::Trap
            | Self::Fail
            | Self::Pending
            | Self::Collect
            | Self::Cancel
            | Self::MakeHeld
            | Self::DropHeld => false,
        }
    }
}

/// How deep host functions call back; further calls answer [`TOO_DEEP`].
pub(crate) const HOST_DEPTH: u32 = 12;
/// What a host function answers that will not call back.
pub(crate) const TOO_DEEP: i64 = -77;
/// What a host function answers that finds no parked activation, or no continuation.
pub(crate) const NONE_PARKED: i64 = -78;
/// What a host function answers that cancelled or dropped one.
pub(crate) const CANCELLED: i64 = -79;

/// An operand that names a continuation that the host has, and says how to use it: bits 0 to 3 which,
/// 4 and 5 the list of handlers, then two flags and the number of the body.
#[derive(Clone, Copy)]
pub struct HeldWord(pub u32);

impl HeldWord {
    /// The host keeps it, though it is used up.
    pub const KEEP: u32 = 1 << 6;
    /// An error of the continuation is one of the host function. In `Op::FromHost`: the type of the
    /// continuation does not matter, and may be wrong.
    pub const PASS_ON: u32 = 1 << 7;

    /// Which of those that fit, if any; it counts modulo how many there are.
    pub(crate) fn which(self, count: usize) -> Option<usize> {
        (count > 0).then(|| (self.0 & 15) as usize % count)
    }

    /// Tags whose suspensions the host handles.
    pub(crate) fn handlers(self) -> &'static [Tag] {
        HOST_LISTS[(self.0 >> 4 & 3) as usize]
    }

    pub(crate) fn keeps(self) -> bool {
        self.0 & Self::KEEP != 0
    }

    pub(crate) fn passes_on(self) -> bool {
        self.0 & Self::PASS_ON != 0
    }

    /// The body of a continuation that needs to be told; what to make one of.
    pub(crate) fn body(self) -> u32 {
        self.0 >> 8
    }
}

/// Lists of handlers.
const HOST_LISTS: [&[Tag]; 4] = [
    &[Tag::A, Tag::B, Tag::C, Tag::R, Tag::X, Tag::S, Tag::T],
    &[],
    &[Tag::A, Tag::B],
    &[Tag::X, Tag::S, Tag::R, Tag::B, Tag::B],
];

/// Types of continuations that the host has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeldType {
    /// One of those that slots have.
    Of(Kind),
    /// `[i32 i64]`: of `$body`.
    Body,
    /// `[f32 i64]`: suspended with tag C.
    Mixed,
    /// `[(ref null plain)]`: suspended with tag R.
    Cont,
    /// `[externref funcref]`: suspended with tag X.
    Refs,
    /// It was given as `contref`.
    Unknown,
}

impl HeldType {
    /// Type of a continuation that suspended with a tag; `wide` says whether it ends with ten results.
    pub(crate) fn suspended(tag: Tag, wide: bool) -> Self {
        match tag {
            Tag::A | Tag::B | Tag::S | Tag::T if wide => Self::Of(Kind::WideRest),
            Tag::A | Tag::B | Tag::S | Tag::T => Self::Of(Kind::Plain),
            Tag::C => Self::Mixed,
            Tag::R => Self::Cont,
            Tag::X => Self::Refs,
        }
    }
}
