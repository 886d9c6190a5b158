//! Faults of compiled code: traps, and growth of a stacklet.

#[cfg(all(unix, target_arch = "x86_64"))]
mod unix;
#[cfg(all(unix, target_arch = "x86_64"))]
pub(crate) use unix::{adopt_handlers, prepare, set_entered};
