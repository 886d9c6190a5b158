//! Host functions that are futures, and calls that wait for them.
//!
//! ```text
//!  WebAssembly calls ──► closure ──► future, polled once ── ready ──► WebAssembly goes on
//!                                        │ pending
//!                                        ▼
//!                     the call parks, the future is what it waits for
//!                                        │ woken
//!                                        ▼
//!            driver: polls it, the store lent ── ready: the results lie in the transfer buffer ──► resume
//! ```
//!
//! A future borrows nothing while it waits. Where it needs the store it asks its [`Accessor`], which finds the
//! store only during a poll.

mod accessor;
mod call;
mod closures;
mod drive;
mod instantiate;

pub use accessor::Accessor;
pub(crate) use accessor::Awaited;
pub(crate) use call::{Dynamic, Signature, Typed, call};
pub use closures::IntoAsyncFunc;
pub(crate) use closures::{InBox, InLocal, owned};
pub(crate) use drive::{Step, begin, go_on, throw};
pub(crate) use instantiate::{Start, Unfinished, instantiate};
