//! Signals of a process whose threads run on stacks too small for a handler.
//!
//! ```text
//!  sigaction, signal, ... (libc.rs)   syscall (arch)   adopt_signal_handlers
//!            └──────────────┬──────────────┴──────────────────┘
//!                           ▼ change (action.rs)
//!        a fault once the engine runs ──► noted as the former handler (faults.rs)
//!        a handler with SA_ONSTACK, or none ──► the kernel, as it is
//!        a handler without ──► the kernel, with the flag and our stand-in (stand_in.rs)
//! ```

mod action;
mod faults;
mod libc;
mod stack;
mod stand_in;

pub use action::adopt_signal_handlers;
pub use faults::{FaultHandler, handle_faults, unblock_faults};
pub(crate) use libc::{raw_failed, raw_sigaction};
pub use stack::ensure_signal_stack;
pub(crate) use stand_in::deliver;
