//! Activations: one per call from the host into WebAssembly that has not come back.
//!
//! ```text
//!  host stack                                       stacklets
//!  Func::call ── Activation 1 ──enter──►            S1: wasm ... leave ──┐
//!  host function (of S1) ◄─────────────────────────────────────────────┘
//!  Func::start ─ Activation 2 ──enter──►            S2: wasm ...
//!                    │ previous                      ▲ parent
//!                    ▼                               S3: wasm ... (a continuation of S2's)
//!               Activation 1 (remembers that S1 was current)
//! ```

use bident_stack::Stacklet;
use std::ptr;

/// Record of an activation, on the host stack of whoever entered.
pub(crate) struct Activation {
    /// The one below it on the host stack.
    pub(crate) previous: *mut Activation,
    /// The stacklet that was current before: it waits for the host function that entered.
    pub(crate) current: *mut Stacklet,
    /// Where the host stack was left before.
    pub(crate) host_sp: usize,
    /// Whether a host function may answer that it is pending.
    pub(crate) can_suspend: bool,
}

impl Activation {
    #[inline]
    pub(crate) fn new(previous: *mut Self, current: *mut Stacklet, host_sp: usize) -> Self {
        Self {
            previous,
            current,
            host_sp,
            can_suspend: false,
        }
    }
}

/// The innermost stacklet of each activation of a store, innermost activation first.
///
/// # Safety
/// `activation` is the store's innermost activation, or null.
pub(crate) unsafe fn roots(
    current: *mut Stacklet,
    activation: *mut Activation,
) -> impl Iterator<Item = *mut Stacklet> {
    let mut next = (current, activation);
    std::iter::from_fn(move || {
        let (stacklet, activation) = next;
        if stacklet.is_null() {
            return None;
        }
        // SAFETY: activations lie on the host stack below the caller and stay until they return.
        next = match unsafe { activation.as_ref() } {
            Some(a) => (a.current, a.previous),
            None => (ptr::null_mut(), ptr::null_mut()),
        };
        Some(stacklet)
    })
}

/// The stacklets from `first` up to the root of its chain.
///
/// # Safety
/// They are live and linked by `parent`, and stay so while the iterator is used.
pub(crate) unsafe fn chain(first: *mut Stacklet) -> impl Iterator<Item = *mut Stacklet> {
    let mut next = first;
    std::iter::from_fn(move || {
        let stacklet = next;
        // SAFETY: the caller says so.
        next = unsafe { stacklet.as_ref() }?.parent;
        Some(stacklet)
    })
}
