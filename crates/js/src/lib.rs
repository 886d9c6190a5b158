//! `WebAssembly`, with JavaScript Promise Integration, for any [rquickjs] context.
//!
//! [`install`] is all it takes; no event loop of ours is needed, only that the host runs QuickJS's jobs:
//!
//! ```
//! use rquickjs::{Context, Runtime};
//!
//! let runtime = Runtime::new()?;
//! let context = Context::full(&runtime)?;
//! context.with(|ctx| {
//!     bident_js::install(&ctx)?;
//!     let empty: bool = ctx.eval("WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))")?;
//!     assert!(empty);
//!     Ok::<_, rquickjs::Error>(())
//! })?;
//! while runtime.execute_pending_job().unwrap_or(true) {}
//! # Ok::<_, rquickjs::Error>(())
//! ```
//!
//! JavaScript runs on the host stack, WebAssembly on stacklets. A call of a `WebAssembly.Suspending` import
//! parks the stacklets below the innermost `WebAssembly.promising` call, and costs no more than the call
//! and a job of QuickJS's queue where the promise is fulfilled already.
//!
//! QuickJS with modules, an event loop, and the Web and Node APIs that programs for a command line expect, is
//! the crate `bident-host`, which builds on [`hosting`].
//!
//! # Where this differs from other engines
//!
//! Where the specification and V8 disagree, this follows the specification: arguments of a promising call
//! that cannot be converted reject its promise instead of throwing; `promising` takes exported functions
//! only, not what it returned itself; `new Suspending` takes anything that can be called, exported
//! functions included; a start function that is a `Suspending` import is a `SuspendError`.
//!
//! Limits of this version: a memory of 2 GiB or more has no `buffer`, as QuickJS has none of that size (a
//! `RangeError` says so). What JavaScript drops is given back, also where it leads back to itself through
//! WebAssembly, whatever lies between: instances, tables, globals, objects, stacks that wait. That is found when
//! QuickJS collects, where what was done since the last time pays for a look at the store.
#![deny(unsafe_code)]

pub mod hosting;
mod raw;
mod webassembly;

pub use webassembly::{declare_stacklet, install, install_with};
