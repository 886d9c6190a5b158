//! Which instances, and what belongs to them, something can still reach; the rest is given back.
//!
//! ```text
//!  roots                                        instance ─► its memories, tables, globals, tags, functions that
//!  what the embedder keeps (`kept.rs`)                      it imports; module and code; second stack;
//!  instances that call the host right now                   elements of segments; what was loaded late for it
//!  words of stacks, exceptions, objects         table ────► elements; the instance that has its record
//!                                               global ───► value; the same
//!  a word that is, or leads into:               function ─► its instance; what it was loaded late for
//!    a context of an instance, its records of functions ──► the instance
//!    a host function, a record of a global, table or tag ─► that
//!    elements of a table, the pages of a memory ──────────► table, memory
//!    code ──► the module whose code it is
//! ```
//!
//! Why that is enough for frames that wait: whatever code goes on with was on its stack, in a register that
//! the stub saved there, or is loaded from where such a word leads. An address that code derives lies in
//! what it was derived from. Where a frame has no word of its instance any more, its code will not ask
//! for the instance; the code itself is reached by the return address.
//!
//! Everything is found by address, once per collection ([`places`]); no word is followed without.

mod graph;
mod places;
mod sweep;

pub(crate) use graph::{Graph, Marks, Words};
pub(crate) use places::Lie;
pub(crate) use sweep::{Fresh, Reached};

use crate::second_stack::Pool;
use crate::slots::{
    FuncNumber, GlobalNumber, InstanceNumber, MemoryNumber, SecondNumber, Slots, TableNumber,
    TagNumber,
};
use crate::vm::code::CodeMap;
use crate::vm::instance::InstanceData;
use crate::vm::memory::LinearMemory;
use crate::vm::store::{FuncData, GlobalData, TagData};
use crate::vm::table::TableData;
use std::sync::Arc;

/// What a store has that may be given back.
#[derive(Clone, Copy)]
pub(crate) struct Items<'a> {
    pub(crate) instances: &'a Slots<InstanceNumber, InstanceData>,
    pub(crate) funcs: &'a Slots<FuncNumber, FuncData>,
    pub(crate) tables: &'a Slots<TableNumber, TableData>,
    pub(crate) memories: &'a Slots<MemoryNumber, LinearMemory>,
    pub(crate) globals: &'a Slots<GlobalNumber, GlobalData>,
    pub(crate) tags: &'a Slots<TagNumber, TagData>,
    pub(crate) seconds: &'a Slots<SecondNumber, Arc<Pool>>,
    pub(crate) code: &'a CodeMap,
}

/// Those of a store, each field borrowed by itself.
macro_rules! items_of {
    ($store:expr) => {
        crate::vm::lifetime::Items {
            instances: &$store.instances,
            funcs: &$store.funcs,
            tables: &$store.tables,
            memories: &$store.memories,
            globals: &$store.globals,
            tags: &$store.tags,
            seconds: &$store.seconds,
            code: &$store.code,
        }
    };
}
pub(crate) use items_of;

/// What is found, by its slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    Instance(u32),
    Func(u32),
    Table(u32),
    Memory(u32),
    Global(u32),
    Tag(u32),
    Second(u32),
    /// Position in the store's map of code.
    Code(u32),
}

impl Node {
    /// How many kinds there are.
    const KINDS: usize = 8;

    /// The node of a kind with this slot.
    fn of(kind: usize, slot: u32) -> Self {
        match kind {
            0 => Self::Instance(slot),
            1 => Self::Func(slot),
            2 => Self::Table(slot),
            3 => Self::Memory(slot),
            4 => Self::Global(slot),
            5 => Self::Tag(slot),
            6 => Self::Second(slot),
            _ => Self::Code(slot),
        }
    }

    /// Its kind, and its slot.
    fn parts(self) -> (usize, u32) {
        match self {
            Self::Instance(slot) => (0, slot),
            Self::Func(slot) => (1, slot),
            Self::Table(slot) => (2, slot),
            Self::Memory(slot) => (3, slot),
            Self::Global(slot) => (4, slot),
            Self::Tag(slot) => (5, slot),
            Self::Second(slot) => (6, slot),
            Self::Code(slot) => (7, slot),
        }
    }
}
