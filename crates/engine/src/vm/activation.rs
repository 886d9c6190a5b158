//! Activations: one per call from the host into WebAssembly that has not come back.
//!
//! ```text
//!  host stack                                       stacklets
//!  Func::call ── Activation 1 ──enter──►            S1: wasm ... leave ──┐
//!  host function (of S1) ◄─────────────────────────────────────────────┘
//!  Func::start ─ Activation 2 ──enter──►            S2: wasm ...
//!                    │ previous
//!                    ▼
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

/// The stacklets that wait or run in a store, innermost first.
///
/// # Safety
/// `activation` is the store's innermost activation, or null.
pub(crate) unsafe fn stacklets(
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
