//! The heap of structures and arrays. Words, objects, blocks, collection: `docs/heap.md`.
//!
//! ```text
//!  types    a row per type of the engine          mark    which objects are reached
//!  space    reserved addresses, blocks            sweep   what is free afterwards
//!  alloc    runs of free cells, large objects     object  fields and elements
//! ```
//!
//! What is a root, and when a collection comes: `crates/engine/src/vm/{collect,roots}.rs`.

mod alloc;
mod builtins;
mod create;
mod mark;
mod object;
mod space;
mod sweep;
pub(crate) mod types;

pub(crate) use alloc::Objects;
pub(crate) use builtins::{
    AnyConvertExtern, ArrayCopy, ArrayFill, ArrayInitData, ArrayInitElem, ArrayNew, ArrayNewData,
    ArrayNewElem, ArrayNewWith, StructNew,
};
pub(crate) use object::Object;
