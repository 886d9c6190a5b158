//! WASI preview 1: what a WebAssembly command may ask of its host.
//!
//! A guest gets nothing that is not granted: no directory, no environment variable, no argument, and
//! standard streams only if they are given.
//!
//! ```
//! use bident::{Engine, Linker, Module, Store};
//! use bident_wasi::{Exit, WasiCtx};
//!
//! let engine = Engine::default();
//! let module = Module::from_text_or_binary(&engine, br#"
//!     (module
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!         (memory (export "memory") 1)
//!         (func (export "_start") (call $exit (i32.const 3))))
//! "#)?;
//! let mut linker = Linker::new(&engine);
//! bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
//!
//! let ctx = WasiCtx::builder().arg("program").env("LANG", "C").build();
//! let mut store = Store::new(&engine, ctx);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
//! let error = start.call(&mut store, ()).unwrap_err();
//! assert_eq!(error.downcast_ref(), Some(&Exit(3)));
//! # Ok::<(), bident::Error>(())
//! ```
//!
//! Calls that have to wait block the thread with [`add_to_linker`], and park the call of the guest with
//! [`add_to_linker_async`]. A FIFO or a device among the files is never waited for, whatever the guest asks (`EAGAIN`). A
//! guest may hold at most 1,024 files, directories and sockets open.
#![forbid(unsafe_code)]

mod ctx;
mod dir;
mod errno;
mod fs;
mod guest;
mod p1;
mod pipe;
mod wait;

pub use ctx::{WasiCtx, WasiCtxBuilder};
pub use p1::{
    MODULE, add_context_to_linker, add_context_to_linker_async, add_to_linker, add_to_linker_async,
};
pub use pipe::{PipeReader, PipeWriter, pipe};

/// The guest ended itself with `proc_exit`: not a failure, but nothing in it can run any more.
///
/// Found in the error of the call with `downcast_ref`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the program exited with status {0}")]
pub struct Exit(pub i32);
