//! Records: what is kept of a stacklet, and what the transfer stubs read.

use std::num::NonZeroU32;

/// What is kept of a stack that does not run: where to resume it.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Context {
    /// Saved stack pointer; the word it points to is the address to resume at.
    pub sp: usize,
    /// Saved frame pointer.
    pub fp: usize,
}

/// What a stacklet is doing.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The record belongs to nobody and has no block.
    Free,
    /// Root frame written; never ran.
    Fresh,
    /// Its frames are the ones that execute, or it waits for a host function that it called.
    Running,
    /// Parked: `context` says where it goes on.
    Suspended,
}

/// Control record of a stacklet. Its address never changes while the block moves.
#[repr(C)]
#[derive(Debug)]
pub struct Stacklet {
    /// Where to resume.
    pub context: Context,
    /// Prologues trap below this address: `base + RED_ZONE`.
    pub limit: usize,
    /// Lowest address of the block.
    pub base: usize,
    /// One past the highest address of the block.
    pub top: usize,
    /// The stacklet that resumed this one; null for the root of a chain.
    pub parent: *mut Stacklet,
    /// Number of this record in its [`crate::Stacks`]; for a free record, see `arena.rs`.
    pub index: u32,
    /// Advanced whenever the record is given away or its handle is used up.
    pub revision: u32,
    /// What the stacklet is doing.
    pub state: State,
    /// Size class of the block.
    pub class: u32,
}

const _: () = assert!(size_of::<Stacklet>() == 64, "one cache line per record");

impl Stacklet {
    /// Whether the address lies in the stacklet's block.
    pub fn contains(&self, address: usize) -> bool {
        (self.base..self.top).contains(&address)
    }
}

/// One-shot name of a suspended stacklet: good until the revision advances.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Handle {
    /// Number of the record.
    pub index: u32,
    /// Revision the record must still have.
    pub revision: NonZeroU32,
}

/// The words that prologues and transfer stubs read. One per store.
#[repr(C)]
#[derive(Debug)]
pub struct Anchor {
    /// Limit of the running stacklet.
    pub limit: usize,
    /// The running stacklet; null while nothing was entered.
    pub current: *mut Stacklet,
    /// Where the innermost `enter` left the host stack.
    pub host_sp: usize,
}

impl Anchor {
    /// An anchor at rest.
    pub const fn new() -> Self {
        Self {
            limit: 0,
            current: std::ptr::null_mut(),
            host_sp: 0,
        }
    }
}

impl Default for Anchor {
    fn default() -> Self {
        Self::new()
    }
}

/// First call of a fresh stacklet: `trampoline(context, code)`.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// First argument.
    pub context: usize,
    /// Second argument.
    pub code: usize,
    /// Function to call; when it returns, the stacklet has finished.
    pub trampoline: usize,
}

/// What a host function answers to the code that called it through a `leave` stub.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// `0`: go on with `value`. Otherwise an [`Exit`]: `enter` returns it.
    pub status: u64,
    /// The single result, if there is one; floats by their bits.
    pub value: u64,
}

impl Answer {
    /// Go on with this value.
    pub const fn ready(value: u64) -> Self {
        Self { status: 0, value }
    }

    /// End the activation, or park it.
    pub const fn exit(exit: Exit) -> Self {
        Self {
            status: exit as u64,
            value: 0,
        }
    }
}

/// Why `enter` came back.
#[repr(u64)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The entry function returned; the stacklet has no frames any more.
    Returned = 1,
    /// A host function answered that it is pending; the stacklet can be resumed.
    Suspended = 2,
    /// A fault: the signal handler recorded it.
    Trapped = 3,
    /// A host function ended the activation with an error.
    Unwound = 4,
}

impl Exit {
    /// The exit that a stub left in a register.
    pub(crate) fn from_word(word: u64) -> Self {
        match word {
            1 => Self::Returned,
            2 => Self::Suspended,
            3 => Self::Trapped,
            _ => Self::Unwound,
        }
    }
}
