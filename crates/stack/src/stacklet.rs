//! Records: what is kept of a stacklet, and what the transfer stubs read.

use crate::arch::{GROW_REGISTERS, RED_ZONE};

/// Whether a record belongs to a stack.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The record belongs to nobody and has no block.
    Free,
    /// The record belongs to nobody, but has kept its block for the next stacklet of its size.
    Idle,
    /// It is a stack: one that never ran (see [`crate::saved_point`]), runs, waits for the stacklet it
    /// resumed or the host function it called, is parked, or is suspended. The stubs do not note
    /// which: a stacklet runs or waits exactly while it is in the chain of an activation.
    Live,
}

/// Control record of a stacklet. Its address never changes while the block moves.
///
/// A suspended continuation is a *chain*: the stacklet that suspended, its parent, and so on up to the
/// one that was resumed where the handler is. A [`Reference`] names the first, `last` the other end.
#[repr(C)]
#[derive(Debug)]
pub struct Stacklet {
    /// Saved stack pointer. It leads to two words as at the top of every frame: the saved frame
    /// pointer and, above it, the address to go on at.
    pub sp: usize,
    /// Prologues trap below this address, [`RED_ZONE`] bytes above the lowest of the block.
    pub limit: usize,
    /// One past the highest address of the block.
    pub top: usize,
    /// The stacklet that resumed this one; null for the root of an activation. Of the last of a
    /// suspended chain, and of a fresh one: anything. Of a free or idle record: the next one.
    pub parent: *mut Stacklet,
    /// List of what the resume handles that this stacklet runs under: a word each, then 0.
    pub handlers: *const usize,
    /// Where this record lies: bytes from the first one. With `revision`, the word of a reference.
    pub position: u32,
    /// Advanced whenever the stacklet is resumed or bound, and when the record is given away.
    pub revision: u32,
    /// A word for the embedder: what [`Entry::origin`] was.
    pub origin: usize,
    /// While it is the first of a chain that is suspended or parked: position of the last. While it
    /// waits in a resume: 0, which is the position of no stacklet. While it runs, either.
    pub last: u32,
    /// Whether it is a stack.
    pub state: State,
    /// Size class of the block.
    pub class: u8,
    /// For the embedder's collector: whether the stacklet was reached.
    pub marked: bool,
    /// For the embedder: whether it is the first of a chain whose activation is parked.
    pub parked: bool,
}

const _: () = assert!(size_of::<Stacklet>() == 64, "one cache line per record");

impl Stacklet {
    /// Whether the address lies in the stacklet's block.
    pub fn contains(&self, address: usize) -> bool {
        (self.base()..self.top).contains(&address)
    }

    /// Lowest address of the block.
    pub fn base(&self) -> usize {
        self.limit - RED_ZONE
    }

    /// Size class of the block.
    pub fn class(&self) -> u32 {
        self.class.into()
    }

    /// The word that names the stacklet until its revision advances.
    #[inline]
    pub fn reference(&self) -> Reference {
        Reference(u64::from(self.revision) << 32 | u64::from(self.position))
    }
}

/// One-shot name of a suspended stacklet, good until its revision advances: position of its record in
/// the low half, revision, which is never 0, in the high one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reference(u64);

impl Reference {
    /// The reference that a word holds; `None` for 0, which stands for null.
    #[inline]
    pub fn from_word(word: u64) -> Option<Self> {
        (word != 0).then_some(Self(word))
    }

    /// The reference in a word; never 0.
    #[inline]
    pub fn word(self) -> u64 {
        self.0
    }

    /// Number of the record; `None` for a word that was made up.
    #[inline]
    pub fn index(self) -> Option<u32> {
        let size = size_of::<Stacklet>() as u32;
        let position = self.0 as u32;
        position.is_multiple_of(size).then_some(position / size)
    }
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
    /// All records of the store ([`crate::Stacks::records`]).
    pub records: *mut Stacklet,
    /// The transfer buffer: 16 bytes per value. Between stacklets, the value at position 0 travels in a
    /// register instead.
    pub payload: *mut [u64; 2],
    /// Idle records with blocks of the smallest class, linked through `parent`.
    pub idle: *mut Stacklet,
    /// How many more may become idle.
    pub room: u32,
    /// After [`Exit::Handled`]: which of the host's handlers, counted from 1.
    pub handled: u32,
    /// Where the search for a handler may begin: see [`Hint`].
    pub hint: Hint,
    /// First payload of a landing pad; the second travels in the answer that lands there.
    pub landing: u64,
    /// Reference that the target of the last `switch` has got: what the next one sends, for nearly
    /// always it is that target which switches. Only a guess; the stub compares it with the record.
    pub switched: u64,
    /// What the stubs call on the host stack where they do not do it themselves.
    pub hooks: *const Hooks,
    /// Address of the anchor itself: a stub that calls a hook as a builtin passes the address of this
    /// word as context record. Null until the first `enter`.
    pub this: *mut Anchor,
}

impl Anchor {
    /// An anchor at rest.
    pub fn new(records: *mut Stacklet, payload: *mut [u64; 2], hooks: &'static Hooks) -> Self {
        Self {
            limit: 0,
            current: std::ptr::null_mut(),
            host_sp: 0,
            records,
            payload,
            idle: std::ptr::null_mut(),
            room: MOST_IDLE,
            handled: 0,
            hint: Hint::NONE,
            landing: 0,
            switched: 0,
            hooks,
            this: std::ptr::null_mut(),
        }
    }
}

/// What the search of a suspension found that went past other handlers: stacklet `first`, with `tag`,
/// found a handler at its `last`. When it suspends again with this tag, the search may begin there, if
/// meanwhile it was resumed once and has resumed nobody: then the stacklets in between, and what their
/// resumes handle, are the same. So a generator that runs through many layers pays for them once.
///
/// ```text
///  A ◄── last ◄── ... ◄── first        suspend: hint = (first, its next reference, tag)
///  B ◄── last ◄── ... ◄── first        resumed: has that reference now; suspend begins at last
///                          first ◄── D  resumes another: hint dropped, for D's chain may be suspended
///                                       in part, and resumed elsewhere
/// ```
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// The stacklet that was suspended.
    pub first: *mut Stacklet,
    /// The reference it has after it is resumed, once; 0: no hint.
    pub reference: u64,
    /// The tag.
    pub tag: usize,
}

impl Hint {
    /// No hint. To be set whenever `last` of a stacklet changes otherwise than by a stub.
    pub const NONE: Self = Self {
        first: std::ptr::null_mut(),
        reference: 0,
        tag: 0,
    };
}

/// Stacklets that stay idle, with their blocks, at most: programs that make one continuation after the
/// other never leave the stubs, and no more than half a megabyte waits for those that do not come.
pub const MOST_IDLE: u32 = 1024;

/// Functions of the embedder that the stubs call on the host stack. None may panic.
#[repr(C)]
#[derive(Debug)]
pub struct Hooks {
    /// Makes a stacklet that the stub could not: `(anchor, entry's context, code, trampoline, origin)`
    /// gives the word of a reference. Called as a builtin.
    pub create: unsafe extern "sysv64" fn(*mut (), usize, usize, usize, usize) -> Answer,
    /// A transfer cannot be: `(context, reference or tag, reason)` gives the exit. Called as a builtin.
    pub refuse: unsafe extern "sysv64" fn(*mut (), u64, Refusal) -> Answer,
    /// The revision of a suspended stacklet has wrapped to 0: gives the record that goes on in its
    /// place ([`crate::Stacks::rehome`]), or null.
    pub rehome: unsafe extern "sysv64" fn(*mut Anchor, *mut Stacklet) -> *mut Stacklet,
    /// A stacklet has finished and is to be freed; the anchor names its parent already.
    pub retire: unsafe extern "sysv64" fn(*mut Anchor, *mut Stacklet),
    /// Throws the exception `word` where the current stacklet was suspended: gives where to land, or
    /// the exit.
    pub throw: unsafe extern "sysv64" fn(*mut Anchor, u64) -> Answer,
    /// A function cannot start, because the current stacklet may not grow within the limits: gives 0 as
    /// status if it has grown now, or the exit. The registers may hold references.
    pub grow: unsafe extern "sysv64" fn(*mut Anchor, *const [u64; GROW_REGISTERS]) -> Answer,
    /// In stress mode, moves the current stacklet, which is about to go on.
    pub stress: unsafe extern "sysv64" fn(*mut Anchor),
}

/// Why a stub could not do a transfer.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The reference is null, or was used.
    Reference,
    /// No handler for the tag up to the root of the chain.
    Unhandled,
    /// There is no record for a stacklet whose revision has wrapped.
    Records,
}

/// Addresses of the stubs that compiled code calls for transfers between stacklets.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Transfers {
    /// `(anchor, entry's context, code, trampoline, origin) -> reference`; see [`crate::create`].
    pub create: usize,
    /// `(anchor, reference, handlers, value) -> (status, reference, value, anchor)`; see [`crate::resume`].
    pub resume: usize,
    /// `(anchor, reference, handlers, exception) -> (status, reference, value, anchor)`; see
    /// [`crate::resume_throw`].
    pub resume_throw: usize,
    /// `(anchor, tag, value) -> (value, anchor)`; see [`crate::suspend`].
    pub suspend: usize,
    /// `(anchor, tag + `[`SWITCH`]`, reference) -> (value, anchor)`; see [`crate::switch`].
    pub switch: usize,
}

/// Added to the address of a tag where a handler list, or a search in one, means switches.
pub const SWITCH: usize = 1;

/// The list of an activation that handles nothing.
pub static NO_HANDLERS: usize = 0;

/// First call of a fresh stacklet: `trampoline(context, code)`.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// First argument.
    pub context: usize,
    /// Second argument.
    pub code: usize,
    /// Function to call; when it returns, the stacklet has finished.
    pub trampoline: usize,
    /// A word for the embedder ([`Stacklet::origin`]).
    pub origin: usize,
}

/// What a host function answers to the code that called it through a `leave` stub.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// `0`: go on with `value`. `LAND`: go on where the saved words of the current stacklet say, with
    /// [`Anchor::landing`] and `value`. Otherwise an [`Exit`]: `enter` returns it.
    pub status: u64,
    /// The single result, if there is one; floats by their bits.
    pub value: u64,
}

impl Answer {
    /// Go on with this value.
    pub const fn ready(value: u64) -> Self {
        Self { status: 0, value }
    }

    /// Go on at a landing pad; see [`crate::Stacks::land`].
    pub const fn land(value: u64) -> Self {
        Self {
            status: LAND,
            value,
        }
    }

    /// End the activation, or park it.
    pub const fn exit(exit: Exit) -> Self {
        Self {
            status: exit as u64,
            value: 0,
        }
    }
}

/// Status of an answer that lands.
pub(crate) const LAND: u64 = 16;

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
    /// The current stacklet was suspended to a handler of the host: see [`Anchor::handled`].
    Handled = 5,
}

impl Exit {
    /// The exit that a stub left in a register.
    pub(crate) fn from_word(word: u64) -> Self {
        match word {
            1 => Self::Returned,
            2 => Self::Suspended,
            3 => Self::Trapped,
            5 => Self::Handled,
            _ => Self::Unwound,
        }
    }
}
