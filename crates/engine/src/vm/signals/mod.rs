//! Faults of compiled code: traps, and growth of a stacklet.

#[cfg(all(unix, target_arch = "x86_64"))]
mod fault;
#[cfg(all(unix, target_arch = "x86_64"))]
mod thread;
#[cfg(all(unix, target_arch = "x86_64"))]
pub(crate) use fault::adopt_handlers;
#[cfg(all(unix, target_arch = "x86_64"))]
pub(crate) use thread::{ensure_signal_stack, prepare, set_entered};
