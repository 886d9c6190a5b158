//! What a parked call waits for, on its way from the host function that answered to whoever entered.
//!
//! ```text
//!  Pending(value) ──► StoreOpaque::payload ──► Parked::payload ──► ParkedCall::payload
//!   in the host function    until the call has left      until it is resumed or dropped
//! ```
//!
//! A value of up to five words lies inside, so that a wait allocates nothing.

use bident_stack::thread_number;
use std::any::TypeId;
use std::fmt;
use std::mem::{self, ManuallyDrop, MaybeUninit};

/// Words that need no box.
const WORDS: usize = 5;

/// What a parked call waits for: one value of any type, or nothing.
///
/// A host function hands it over with [`crate::Answer::Pending`] or [`crate::Reply::Pending`],
/// [`crate::ParkedCall::payload`] gives it. It is dropped when the call goes on or ends.
pub struct Payload {
    /// `None`: nothing lies here.
    kind: Option<&'static Kind>,
    words: MaybeUninit<[usize; WORDS]>,
}

/// What is known of the value's type.
struct Kind {
    id: TypeId,
    drop: unsafe fn(*mut ()),
}

// SAFETY: the value is Send: only `new` puts one in.
unsafe impl Send for Payload {}
// SAFETY: a shared borrow does not reach the value.
unsafe impl Sync for Payload {}

impl Payload {
    /// Nothing; also what `()` becomes.
    pub const NONE: Self = Self {
        kind: None,
        words: MaybeUninit::uninit(),
    };

    /// A payload with this value. Allocates only for one above five words in size.
    #[inline]
    pub fn new<P: Send + 'static>(value: P) -> Self {
        if TypeId::of::<P>() == TypeId::of::<()>() {
            Self::NONE
        } else if fits::<P>() {
            Self::inline(value)
        } else {
            Self::inline(Box::new(value))
        }
    }

    #[inline]
    fn inline<P: Send + 'static>(value: P) -> Self {
        /// # Safety
        /// `value` is a P that nobody uses again.
        unsafe fn drop_it<P>(value: *mut ()) {
            // SAFETY: the caller says so.
            unsafe { value.cast::<P>().drop_in_place() }
        }
        // Known when it is compiled; a branch that is not taken is compiled, too.
        assert!(fits::<P>());
        let kind = const {
            &Kind {
                id: TypeId::of::<P>(),
                drop: drop_it::<P>,
            }
        };
        let mut words = MaybeUninit::<[usize; WORDS]>::uninit();
        // SAFETY: it fits, in size and alignment.
        unsafe { words.as_mut_ptr().cast::<P>().write(value) };
        Self {
            kind: Some(kind),
            words,
        }
    }

    /// Whether there is nothing in it.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.kind.is_none()
    }

    /// Whether it has a value of a type that needs no box.
    #[inline]
    pub(crate) fn is<P: 'static>(&self) -> bool {
        self.kind.is_some_and(|kind| kind.id == TypeId::of::<P>())
    }

    /// The value, if there is one and its type is `P`.
    pub fn get_mut<P: Send + 'static>(&mut self) -> Option<&mut P> {
        match fits::<P>() {
            true => self.inner::<P>(),
            false => self.inner::<Box<P>>().map(|value| &mut **value),
        }
    }

    /// Takes the value out, if there is one and its type is `P`.
    #[inline]
    pub fn take<P: Send + 'static>(&mut self) -> Option<P> {
        match fits::<P>() {
            true => self.take_inner::<P>(),
            false => self.take_inner::<Box<P>>().map(|value| *value),
        }
    }

    #[inline]
    fn inner<P: 'static>(&mut self) -> Option<&mut P> {
        let kind = self.kind?;
        // SAFETY: `inline` put a value of the type there that `kind` tells.
        (kind.id == TypeId::of::<P>()).then(|| unsafe { &mut *self.words.as_mut_ptr().cast::<P>() })
    }

    #[inline]
    fn take_inner<P: 'static>(&mut self) -> Option<P> {
        let value: *const P = self.inner()?;
        self.kind = None;
        // SAFETY: there, and without `kind` nobody finds it again.
        Some(unsafe { value.read() })
    }

    /// Moves it out; leaves nothing. Without a copy where there is nothing.
    #[inline]
    pub(crate) fn moved(&mut self) -> Self {
        match self.kind {
            None => Self::NONE,
            Some(_) => mem::replace(self, Self::NONE),
        }
    }
}

const fn fits<P>() -> bool {
    size_of::<P>() <= size_of::<[usize; WORDS]>() && align_of::<P>() <= align_of::<usize>()
}

impl Drop for Payload {
    #[inline]
    fn drop(&mut self) {
        if let Some(kind) = self.kind.take() {
            // SAFETY: a value of that type is there, and nobody finds it again.
            unsafe { (kind.drop)(self.words.as_mut_ptr().cast()) }
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.is_none() {
            true => "Payload::NONE",
            false => "Payload",
        })
    }
}

/// A value that must stay on its thread, as a payload: comes out only there.
///
/// Dropped on another thread, it is leaked.
pub struct Local<P> {
    thread: u64,
    value: ManuallyDrop<P>,
}

// SAFETY: only the thread that made it reaches the value, be it to drop it.
unsafe impl<P> Send for Local<P> {}
// SAFETY: a shared borrow reaches the value only on that thread.
unsafe impl<P> Sync for Local<P> {}

impl<P> Local<P> {
    /// Binds a value to this thread.
    #[inline]
    pub fn new(value: P) -> Self {
        Self {
            thread: thread_number(),
            value: ManuallyDrop::new(value),
        }
    }

    /// The value; `None` on another thread than it was made on.
    #[inline]
    pub fn get(&self) -> Option<&P> {
        (self.thread == thread_number()).then_some(&*self.value)
    }

    /// The value; `None` on another thread than it was made on.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut P> {
        (self.thread == thread_number()).then_some(&mut *self.value)
    }

    /// The value.
    ///
    /// # Errors
    /// On another thread than it was made on, it comes back as it is.
    #[inline]
    pub fn into_inner(self) -> Result<P, Self> {
        if self.thread != thread_number() {
            return Err(self);
        }
        let mut this = ManuallyDrop::new(self);
        // SAFETY: this is its thread, and `this` is not used again.
        Ok(unsafe { ManuallyDrop::take(&mut this.value) })
    }
}

impl<P> Drop for Local<P> {
    fn drop(&mut self) {
        if self.thread == thread_number() {
            // SAFETY: this is its thread, and it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

impl<P> fmt::Debug for Local<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local")
    }
}
