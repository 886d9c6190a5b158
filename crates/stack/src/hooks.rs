//! What the stubs call on the host stack where they do not do it themselves: the owner, and through it
//! the embedder.
//!
//! ```text
//!  create ──► an idle record                         (stub alone)
//!        └─── none, or the entry wants more ───────► Embedder::create
//!  the end of a stacklet ──► its record becomes idle (stub alone)
//!        └─── large, or enough are idle ───────────► freed
//!  resume, switch ──► reference used or null ──────► Embedder::refuse
//!        └─── its revision has wrapped ────────────► another record
//! ```

use crate::arch::REGISTERS;
use crate::chains::Chains;
use crate::stacklet::{Entry, Hooks, Reaction, Refusal, Stacklet};
use std::ptr;

/// What the owner leaves to the embedder. Called on the host stack, while the current stacklet waits;
/// nothing unwinds through the stubs, so no function may panic.
pub trait Embedder {
    /// Makes the continuation that the stub could not: reacts with the word of its reference.
    ///
    /// # Safety
    /// Code that runs in the owner has called the stub with these words.
    unsafe fn create(owner: *mut Chains, entry: Entry) -> Reaction;

    /// A transfer cannot be: reacts with the end of the run. `word`: reference or tag.
    ///
    /// # Safety
    /// As for [`Embedder::create`].
    unsafe fn refuse(owner: *mut Chains, word: u64, why: Refusal) -> Reaction;

    /// Throws an exception where the current stacklet waits or was suspended: [`Chains::land`], or the
    /// end of the run.
    ///
    /// # Safety
    /// As for [`Embedder::create`]; or whoever runs a chain has called it with [`crate::Go::Throw`].
    unsafe fn throw(owner: *mut Chains, exception: u64) -> Reaction;

    /// The current stacklet could not grow within the limit of all: makes room, and grows it
    /// ([`Chains::grow`]). The registers may hold references. Reacts with [`Reaction::ready`] where it
    /// has grown, else with the end of the run.
    ///
    /// # Safety
    /// As for [`Embedder::create`].
    unsafe fn grow(owner: *mut Chains, registers: &[u64]) -> Reaction;

    /// A function is called for the first time ([`crate::first_call`]), which has this context and number:
    /// reacts with the address of its code, or with the end of the run. It must not free anything that only
    /// the arguments lead to.
    ///
    /// # Safety
    /// As for [`Embedder::create`].
    unsafe fn code(owner: *mut Chains, context: usize, number: u64) -> Reaction;
}

/// The hooks for an embedder.
pub(crate) const fn hooks<E: Embedder>() -> &'static Hooks {
    const {
        &Hooks {
            create: create::<E>,
            refuse: refuse::<E>,
            rehome,
            retire,
            throw: throw::<E>,
            grow: grow::<E>,
            code: code::<E>,
            stress,
        }
    }
}

// SAFETY of all: the stubs pass the anchor, which is the owner, or the address of a word with its
// address; the current stacklet waits, so nobody uses the owner.

unsafe extern "C" fn create<E: Embedder>(
    this: *const *mut Chains,
    context: usize,
    code: usize,
    trampoline: usize,
    origin: usize,
) -> Reaction {
    let entry = Entry {
        context,
        code,
        trampoline,
        origin,
    };
    // SAFETY: see above.
    unsafe {
        (**this).stress_current();
        E::create(*this, entry)
    }
}

unsafe extern "C" fn refuse<E: Embedder>(
    this: *const *mut Chains,
    word: u64,
    why: Refusal,
) -> Reaction {
    // SAFETY: see above.
    unsafe {
        (**this).stress_current();
        E::refuse(*this, word, why)
    }
}

unsafe extern "C" fn rehome(this: *mut Chains, first: *mut Stacklet) -> *mut Stacklet {
    // SAFETY: see above; the stub passes the first of a suspended chain, whose revision is 0.
    unsafe { (*this).rehome(first).unwrap_or(ptr::null_mut()) }
}

unsafe extern "C" fn retire(this: *mut Chains, finished: *mut Stacklet) {
    // SAFETY: see above; the stub passes a stacklet that has finished.
    unsafe {
        (*this).pool.release(finished);
        (*this).stress_current();
    }
}

unsafe extern "C" fn throw<E: Embedder>(this: *mut Chains, exception: u64) -> Reaction {
    // SAFETY: see above.
    unsafe { E::throw(this, exception) }
}

unsafe extern "C" fn grow<E: Embedder>(
    this: *mut Chains,
    registers: *const [u64; REGISTERS],
) -> Reaction {
    // SAFETY: see above; the stub passes what it pushed.
    unsafe { E::grow(this, &*registers) }
}

unsafe extern "C" fn code<E: Embedder>(this: *mut Chains, context: usize, number: u64) -> Reaction {
    // SAFETY: see above.
    unsafe {
        (*this).stress_current();
        E::code(this, context, number)
    }
}

unsafe extern "C" fn stress(this: *mut Chains) {
    // SAFETY: see above.
    unsafe { (*this).stress_current() };
}
