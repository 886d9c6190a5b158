//! What the operating system provides. One file each, same names.

#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use signals::*;
#[cfg(unix)]
pub use unix::*;
