//! What an architecture provides: the transfer stubs, the registers of a fault, and the layout of what a
//! stub leaves on a stack. One folder each, same names.

#[cfg(all(target_arch = "x86_64", unix))]
mod x86_64;
#[cfg(all(target_arch = "x86_64", unix))]
pub use x86_64::*;

#[cfg(not(all(target_arch = "x86_64", unix)))]
compile_error!("bident-stack has transfer stubs for x86-64 System V only");
