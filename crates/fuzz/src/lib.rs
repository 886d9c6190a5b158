//! Differential fuzzing of stack switching.
//!
//! A program here is a *script*: bodies of small instructions ([`script::Op`]) and what the embedder
//! does with them. Two machines run it, and whatever can be observed must be the same.
//!
//! ```text
//!                 generate.rs: seed ──► Script
//!                        ┌───────────────┴────────────────┐
//!  run/: written into the memory of            model/: interpreted in Rust,
//!  one WebAssembly module (module.rs,          stacks are vectors of frames,
//!  ops.rs, sites.rs), whose functions          a continuation is a vector of
//!  interpret it with real continuations        stacks
//!                        └───────────────┬────────────────┘
//!                 Report: how each activation ended, the trace, what the slots hold
//! ```
//!
//! The module is compiled once, so a program costs microseconds. Each continuation runs the function
//! `$body` on a part of the script; where a body makes, binds, resumes, switches to or throws into a
//! continuation it names a slot of a table. [`script`] says what each instruction does; `ops.rs` and
//! `model/step.rs` are the two readings of it. What the host does has two readings, too, in `run/` and in
//! `model/`.
#![forbid(unsafe_code)]

mod generate;
mod host_call;
mod model;
mod module;
mod ops;
mod random;
mod report;
mod run;
pub mod script;
mod sites;

pub use generate::generate;
pub use model::predict;
pub use module::text;
pub use random::Random;
pub use report::{Outcome, Report, Trap};
pub use run::Runner;
pub use script::Script;
