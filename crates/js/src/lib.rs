//! `WebAssembly`, with JavaScript Promise Integration, for any rquickjs context.
#![deny(unsafe_code)]

#[cfg(feature = "host")]
mod host;
mod raw;
mod webassembly;

#[cfg(feature = "host")]
pub use host::{ExitHook, Options, Runtime, StartError};
pub use webassembly::{install, install_with};
