//! Tasks: any number of calls in one store, each with a waker of its own.
//!
//! ```text
//!  Spawner::spawn ──► fresh ─┐                                  ┌─► Task<R>: await it anywhere
//!                            ▼                                  │
//!  wake ──► ready ──► Tasks::poll_next ──► begin, or poll what it waits for, and resume
//!   ▲       (places)         ▲                                  │
//!   └── the task's waker     └── the waker of who polls the set └─► waits, its future with it
//! ```
//!
//! A round takes what was woken or spawned before it, and touches nothing else. Who wakes a task notes its place
//! once and wakes whoever polls the set once per round, on any thread.

mod inner;
mod room;
mod round;
mod set;
mod shared;
mod spawner;
mod task;

pub(crate) use room::TaskCount;
pub use set::Tasks;
pub use spawner::{Spawn, Spawner};
pub use task::{Task, TaskId};
