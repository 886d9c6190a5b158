//! What a new instance is going to have: a limiter may be asked before there is any of it.

use super::{Limiter, Permission};
use crate::error::Error;
use crate::module::Module;
use crate::vm::store::StoreOpaque;
use bident_module::MemoryType;

/// Whether the limiter has yet to be asked about tables and memories that are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Allowance {
    Ask,
    /// It has allowed them.
    Given,
}

/// A table or a memory that a module defines.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    is_memory: bool,
    /// Which of the module's it is, and how many the module has.
    index: usize,
    of: usize,
    /// Bytes, or elements.
    size: u64,
    maximum: Option<u64>,
}

/// The sizes of a memory in bytes: at first, and at most.
pub(crate) fn bytes_of(ty: MemoryType) -> (u64, Option<u64>) {
    let bytes = |pages: u64| pages.saturating_mul(ty.page_size());
    (bytes(ty.limits.min), ty.limits.max.map(bytes))
}

impl Extent {
    /// Those of an instance, in the order in which they are made.
    pub(crate) fn all(module: &Module) -> impl Iterator<Item = Self> {
        let (inner, types) = (module.inner(), module.canonical());
        let of = |imported: u32, all: usize| (imported as usize..all, all);
        let (tables, all_tables) = of(inner.imported.tables, inner.tables.len());
        let (memories, all_memories) = of(inner.imported.memories, inner.memories.len());
        let tables = tables.zip(inner.tables.iter().skip(inner.imported.tables as usize));
        let memories = memories.zip(inner.memories.iter().skip(inner.imported.memories as usize));
        let tables = tables.map(move |(index, ty)| {
            let limits = types.table_type(*ty).limits;
            Self {
                is_memory: false,
                index,
                of: all_tables,
                size: limits.min,
                maximum: limits.max,
            }
        });
        let memories = memories.map(move |(index, ty)| {
            let (size, maximum) = bytes_of(*ty);
            Self {
                is_memory: true,
                index,
                of: all_memories,
                size,
                maximum,
            }
        });
        tables.chain(memories)
    }

    /// What an instantiation fails with where the limiter says no.
    pub(crate) fn refused(&self) -> Error {
        let error = match self.is_memory {
            true => Error::refused(format_args!("a memory of {} bytes", self.size)),
            false => Error::refused(format_args!("a table of {} elements", self.size)),
        };
        let kind = if self.is_memory { "memory" } else { "table" };
        error.of_item(kind, self.index, self.of)
    }
}

impl StoreOpaque {
    /// Asks the limiter whether there may be one more of these; `None` where there is none that takes its time.
    pub(crate) fn ask_for_extent(&mut self, extent: Extent) -> Option<Permission> {
        let Some(Limiter::Async(limiter)) = self.limiter.as_deref_mut() else {
            return None;
        };
        let Extent { size, maximum, .. } = extent;
        Some(match extent.is_memory {
            true => limiter.memory_growing_async(0, size, maximum),
            false => limiter.table_growing_async(0, size, maximum),
        })
    }
}

impl Error {
    /// The store's limiter has said no.
    pub(crate) fn refused(what: std::fmt::Arguments<'_>) -> Self {
        Self::limit(format_args!("the store's limiter refuses {what}"))
    }

    /// An error about one of a module's items, which says which one it is where there are several.
    pub(crate) fn of_item(self, kind: &str, index: usize, of: usize) -> Self {
        match of {
            1 => self,
            _ => self.about(format_args!("{kind} {index}")),
        }
    }
}
