//! Differential fuzzing of WebAssembly without stack switching.
//!
//! A seed becomes a module, two machines or three run it, and whatever can be observed must be the same. Machines are
//! Bident, in one mode or another, and, with the feature `wasmtime`, Wasmtime.
//!
//! ```text
//!  generate.rs: seed ──► bytes ──► module of wasm-smith, made to end; or the same with bytes changed
//!                                     │
//!                                  case.rs: load, start, call each export, with arguments of the seed
//!                        ┌────────────┴────────────┐
//!              engine.rs: Bident          reference.rs: Wasmtime,
//!                        │                 or Bident in another mode
//!                        └────────────┬────────────┘
//!  seen.rs: how each call ended, with which values; calls of the host; globals, tables, memories
//! ```
//!
//! What both do as the host: host.rs. What may differ: running out of stack, or of memory for objects
//! ([`seen::Ended::Exhausted`]); that ends a case, and is counted.
//!
//! A crate of its own, behind the others: it needs an engine from outside, which nothing that is
//! shipped or tested otherwise should have to compile.
#![forbid(unsafe_code)]

pub mod case;
pub mod counts;
pub mod engine;
pub mod generate;
pub mod host;
pub mod machine;
#[cfg(feature = "wasmtime")]
pub mod reference;
pub mod rewrite;
pub mod seen;
