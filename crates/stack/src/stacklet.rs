//! Records: what is kept of a stacklet, and what the transfer stubs read. Only this crate names their
//! fields; who writes which, and when, is [`crate::Chains`]' to say.

use crate::arch::{RED_ZONE, REGISTERS};
use crate::chains::Chains;
use std::num::NonZeroU64;

/// Whether a record belongs to a stack.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
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
pub(crate) struct Stacklet {
    /// Saved stack pointer. It leads to two words as at the top of every frame: the saved frame
    /// pointer and, above it, the address to go on at.
    pub(crate) sp: usize,
    /// Prologues trap below this address, [`RED_ZONE`] bytes above the lowest of the block.
    pub(crate) limit: usize,
    /// One past the highest address of the block.
    pub(crate) top: usize,
    /// The stacklet that resumed this one; null for the last that the host runs. Of the last of a
    /// suspended chain, and of a fresh one: anything. Of a free or idle record: the next one.
    pub(crate) parent: *mut Stacklet,
    /// List of what the resume handles that this stacklet runs under: a word each, then 0.
    pub(crate) handlers: *const usize,
    /// Where this record lies: bytes from the first one of the engine. With `revision`, the word of a reference.
    pub(crate) position: u32,
    /// Advanced whenever the stacklet is resumed or bound, and when the record is given away.
    pub(crate) revision: u32,
    /// A word for the embedder: what [`Entry::origin`] was.
    pub(crate) origin: usize,
    /// While it is the first of a chain that is suspended or parked: position of the last. While it
    /// waits in a resume: 0, which is the position of no stacklet. While it runs, either.
    pub(crate) last: u32,
    /// Whether it is a stack.
    pub(crate) state: State,
    /// Size class of the block.
    pub(crate) class: u8,
    /// Whether a collection has reached it.
    pub(crate) marked: bool,
    /// Whether it is the first of a chain that a [`crate::Parked`] holds.
    pub(crate) held: Hold,
}

/// Whether a [`crate::Parked`] holds a chain.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hold {
    /// None does.
    Not,
    /// One does: a root of every collection.
    Held,
    /// One does, but while a trace is under way the chain is no root: see [`Chains::own`].
    Owned,
}

/// Bytes of a record: a cache line.
pub const RECORD_BYTES: usize = size_of::<Stacklet>();
const _: () = assert!(RECORD_BYTES == 64);

impl Stacklet {
    /// Whether the address lies in the stacklet's block.
    pub(crate) fn contains(&self, address: usize) -> bool {
        (self.base()..self.top).contains(&address)
    }

    /// Lowest address of the block.
    pub(crate) fn base(&self) -> usize {
        self.limit - RED_ZONE
    }

    /// Size class of the block.
    pub(crate) fn class(&self) -> u32 {
        self.class.into()
    }

    /// The word that names the stacklet until its revision advances.
    #[inline]
    pub(crate) fn reference(&self) -> Reference {
        let word = u64::from(self.revision) << 32 | u64::from(self.position);
        // SAFETY: a live record has a revision, and no first record is ever live.
        Reference(unsafe { NonZeroU64::new_unchecked(word) })
    }
}

/// One-shot name of a suspended stacklet, good until its revision advances: position of its record in
/// the low half, revision, which is never 0, in the high one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reference(NonZeroU64);

impl Reference {
    /// The reference that a word holds; `None` for 0, which stands for null.
    #[inline]
    pub fn from_word(word: u64) -> Option<Self> {
        NonZeroU64::new(word).map(Self)
    }

    /// The reference in a word; never 0.
    #[inline]
    pub fn word(self) -> u64 {
        self.0.get()
    }

    /// Number of the record; `None` for a word that was made up.
    #[inline]
    pub fn index(self) -> Option<u32> {
        let size = size_of::<Stacklet>() as u32;
        let position = self.word() as u32;
        position.is_multiple_of(size).then_some(position / size)
    }
}

/// The words that prologues and transfer stubs read. One per store.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Anchor {
    /// Limit of the running stacklet.
    pub(crate) limit: usize,
    /// The running stacklet; null while nothing was entered.
    pub(crate) current: *mut Stacklet,
    /// Where the innermost `enter` left the host stack.
    pub(crate) host_sp: usize,
    /// Where positions of records count from.
    pub(crate) records: *mut Stacklet,
    /// The transfer buffer: 16 bytes per value. Between stacklets, the value at position 0 travels in a
    /// register instead.
    pub(crate) payload: *mut [u64; 2],
    /// Idle records with blocks of the smallest class, linked through `parent`.
    pub(crate) idle: *mut Stacklet,
    /// How many more may become idle.
    pub(crate) room: u32,
    /// After [`exit::SUSPENDED`]: which of the host's handlers, counted from 1.
    pub(crate) handled: u32,
    /// Where the search for a handler may begin: see [`Hint`].
    pub(crate) hint: Hint,
    /// First payload of a landing pad; the second travels in the reaction that lands there.
    pub(crate) landing: u64,
    /// Reference that the target of the last `switch` has got: what the next one sends, for nearly
    /// always it is that target which switches. Only a guess; the stub compares it with the record.
    pub(crate) switched: u64,
    /// What the stubs call on the host stack where they do not do it themselves.
    pub(crate) hooks: *const Hooks,
    /// Address of the anchor itself: a stub that calls a hook as a builtin passes the address of this
    /// word as context record. Null until the first `enter`.
    pub(crate) this: *mut Anchor,
}

impl Anchor {
    /// An anchor at rest.
    pub(crate) fn new(
        records: *mut Stacklet,
        payload: *mut [u64; 2],
        hooks: &'static Hooks,
    ) -> Self {
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
pub(crate) struct Hint {
    /// The stacklet that was suspended.
    pub(crate) first: *mut Stacklet,
    /// The reference it has after it is resumed, once; 0: no hint.
    pub(crate) reference: u64,
    /// The tag.
    pub(crate) tag: usize,
}

impl Hint {
    /// No hint. To be set whenever `last` of a stacklet changes otherwise than by a stub.
    pub(crate) const NONE: Self = Self {
        first: std::ptr::null_mut(),
        reference: 0,
        tag: 0,
    };
}

/// Stacklets that stay idle, with their blocks, at most: programs that make one continuation after the
/// other never leave the stubs, and no more than half a megabyte waits for those that do not come.
pub const MOST_IDLE: u32 = 1024;

/// What the stubs call on the host stack: see [`crate::hooks`]. None panics.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Hooks {
    /// Makes a stacklet that the stub could not: `(anchor, entry's context, code, trampoline, origin)`
    /// gives the word of a reference. Called as a builtin.
    pub(crate) create:
        unsafe extern "C" fn(*const *mut Chains, usize, usize, usize, usize) -> Reaction,
    /// A transfer cannot be: `(anchor, reference or tag, reason)` gives the exit. Called as a builtin.
    pub(crate) refuse: unsafe extern "C" fn(*const *mut Chains, u64, Refusal) -> Reaction,
    /// The revision of a suspended stacklet has wrapped to 0: gives the record that goes on in its
    /// place, or null.
    pub(crate) rehome: unsafe extern "C" fn(*mut Chains, *mut Stacklet) -> *mut Stacklet,
    /// A stacklet has finished and is to be freed; the anchor names its parent already.
    pub(crate) retire: unsafe extern "C" fn(*mut Chains, *mut Stacklet),
    /// Throws the exception `word` where the current stacklet was suspended: gives where to land, or
    /// the exit.
    pub(crate) throw: unsafe extern "C" fn(*mut Chains, u64) -> Reaction,
    /// A function cannot start, because the current stacklet may not grow within the limits: gives 0 as
    /// status if it has grown now, or the exit. The registers may hold references.
    pub(crate) grow: unsafe extern "C" fn(*mut Chains, *const [u64; REGISTERS]) -> Reaction,
    /// A function is called whose code is not there yet: `(anchor, context, number)` gives the code's address, or
    /// the exit.
    pub(crate) code: unsafe extern "C" fn(*mut Chains, usize, u64) -> Reaction,
    /// In stress mode, moves the current stacklet, which is about to go on.
    pub(crate) stress: unsafe extern "C" fn(*mut Chains),
}

/// Why a stub could not do a transfer.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The reference is null, or was used.
    Reference,
    /// No handler for the tag up to the last of the chain.
    Unhandled,
    /// There is no record for a stacklet whose revision has wrapped.
    Records,
}

/// Addresses of the stubs for transfers between stacklets. Compiled code calls `create`, and jumps to the
/// others with where to go on as an argument. The context stays where it is, in r8.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Transfers {
    /// `(anchor, entry's context, code, trampoline, origin) -> reference`; see [`crate::create`].
    pub create: usize,
    /// `(anchor, reference, handlers, value, context, back) -> (status, reference, value, anchor)`; see
    /// [`crate::resume`].
    pub resume: usize,
    /// `(anchor, reference, handlers, exception, context, back) -> (status, reference, value, anchor)`;
    /// see [`crate::resume_throw`].
    pub resume_throw: usize,
    /// `(anchor, tag, value, back, context) -> (value, anchor)`; see [`crate::suspend`].
    pub suspend: usize,
    /// `(anchor, tag + `[`SWITCH`]`, reference, back, context) -> (value, anchor)`; see [`crate::switch`].
    pub switch: usize,
}

/// Added to the address of a tag where a handler list, or a search in one, means switches.
pub const SWITCH: usize = 1;

/// The list of a run that handles nothing.
pub(crate) static NO_HANDLERS: usize = 0;

/// First call of a fresh stacklet: `trampoline(context, code)`.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// First argument.
    pub context: usize,
    /// Second argument.
    pub code: usize,
    /// Function to call; when it returns, the stacklet has finished.
    pub trampoline: usize,
    /// A word for the embedder, as long as the stacklet lives.
    pub origin: usize,
}

/// What a stub does once the function that it called on the host stack has returned.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Reaction {
    /// `0`: go on with `value`. [`LAND`]: go on where the saved words of the current stacklet say, with
    /// [`Anchor::landing`] and `value`. Otherwise a word of [`exit`]: `enter` returns it.
    pub(crate) status: u64,
    /// The single result, if there is one; floats by their bits.
    pub(crate) value: u64,
}

impl Reaction {
    /// Goes on with this value.
    #[inline]
    pub const fn ready(value: u64) -> Self {
        Self { status: 0, value }
    }

    /// Parks: the chain waits for the host, and the run ends. Only where [`crate::Chains::may_park`].
    #[inline]
    pub const fn park() -> Self {
        Self::exit(exit::PARKED)
    }

    /// Ends the run: the chain is a [`crate::Wreck`].
    #[inline]
    pub const fn unwind() -> Self {
        Self::exit(exit::UNWOUND)
    }

    /// Ends the run like a trap of compiled code: [`crate::Embedder::grow`] could not.
    pub const fn trap() -> Self {
        Self::exit(exit::TRAPPED)
    }

    /// Goes on at a landing pad; see [`crate::Chains::land`].
    pub(crate) const fn land(value: u64) -> Self {
        Self {
            status: LAND,
            value,
        }
    }

    #[inline]
    pub(crate) const fn exit(status: u64) -> Self {
        Self { status, value: 0 }
    }
}

/// Status of a reaction that lands.
pub(crate) const LAND: u64 = 16;

/// Words in which the stubs say how a run stopped: [`crate::Stopped`] is made of them.
pub(crate) mod exit {
    /// The last stacklet of the chain has finished; it has no frames any more.
    pub(crate) const RETURNED: u64 = 1;
    /// A host function answered that it is pending.
    pub(crate) const PARKED: u64 = 2;
    /// A fault: the signal handler recorded it.
    pub(crate) const TRAPPED: u64 = 3;
    /// A host function ended the run with an error.
    pub(crate) const UNWOUND: u64 = 4;
    /// The current stacklet was suspended to a handler of the host: see [`super::Anchor::handled`].
    pub(crate) const SUSPENDED: u64 = 5;
}
