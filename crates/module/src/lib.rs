//! Bytes to a validated [`Module`]: what a module says, nothing about how it is run.
//!
//! ```text
//! bytes ──decode──► Module { types, imports, funcs, tags, ..., bodies as ranges of the bytes }
//!               │             └─ handlers: every distinct clause list of its `resume`s, for the layout
//!               └─► a BodyValidator for each body, used by the thread that compiles it
//! ```
//!
//! Types refer to each other by index inside a module; [`Registry`] gives equal ones of different
//! modules the same identity, and knows which is declared a subtype of which.
#![forbid(unsafe_code)]

mod canon;
mod const_expr;
mod convert;
mod decode;
mod error;
mod features;
mod guard;
mod handlers;
mod hints;
mod index;
mod layout;
mod module;
mod names;
mod neutral;
mod printable;
mod support;
mod types;

pub use canon::{CanonComposite, CanonType, Canonical, Registry};
pub use convert::heap_type;
pub use decode::{
    BodyValidator, another_validator, decode, decode_with, is_valid_body, validate,
    validate_bodies, validate_with,
};
pub use error::Error;
pub use features::Optional;
pub use guard::Guard;
pub use hints::Hints;
pub use index::*;
pub use layout::{ObjectKind, ObjectLayout, Slot, header_of};
pub use module::*;
pub use names::Names;
pub use neutral::{Inline, Wrapper};
pub use printable::{Printable, printable, printable_lines};
pub use support::check_operator;
pub use types::*;
