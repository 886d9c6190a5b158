//! A validated module to inert machine code, with Cranelift.
//!
//! ```text
//!            function.rs             Cranelift           image.rs
//! body ──► ops/: operator by operator ──► CLIF ──► code ──► Artifact { text, tables }
//!   └ validated in the same pass                         ┌► Trampoline (one per function type)
//!                              trampoline.rs ──► CLIF ───┘
//! ```
//!
//! Nothing here makes bytes executable, and nothing dereferences a record of `bident-abi`: this
//! crate only knows where their fields lie (`record.rs`).
//!
//! Stack switching and exceptions need nothing of Cranelift but `try_call`: a transfer is one
//! at which no register survives (`ops/cont/`), made a jump (`near.rs`), and a call inside a `try` has a landing pad
//! (`ops/exception.rs`), which [`Artifact::landings`] tells whoever unwinds.
//!
//! **A frame of compiled code may move.** So no frame holds an absolute address of its own stack
//! except the saved frame pointer: no return area, no stack slot whose address is more than where a load or
//! store goes (`context.rs`). Debug builds check it for every function (`invariants.rs`).
#![forbid(unsafe_code)]

mod artifact;
mod background;
mod compiler;
mod context;
mod error;
mod function;
mod generators;
mod image;
mod inline;
mod invariants;
mod late;
mod liveness;
mod locals;
mod near;
mod operands;
mod ops;
mod progress;
mod record;
mod signature;
mod tables;
mod target;
mod trampoline;
mod trap;
mod work;

pub use artifact::{Artifact, FunctionRange, Landing, Outside, Reach};
pub use background::in_background;
pub use compiler::Compiler;
pub use error::Error;
pub use late::{Effort, Late, callees, companions, loops_alone};
pub use progress::{Observer, Progress};
pub use tables::{Tables, Transfer};
pub use trampoline::{Order, Trampoline};
pub use work::Limits;
