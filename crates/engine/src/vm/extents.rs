//! Tables and memories of a store: how they come, grow and are forgotten.

use crate::config::Config;
use crate::error::Error;
use crate::limiter::{Allowance, Growth, ResourceLimiter, bytes_of};
use crate::slots::{MemoryNumber, TableNumber};
use crate::vm::mapping::Mapping;
use crate::vm::memory::LinearMemory;
use crate::vm::store::StoreOpaque;
use crate::vm::table::TableData;
use bident_module::{Limits, MemoryType, TableType};
use std::sync::Arc;

impl StoreOpaque {
    /// Adds a table filled with one element.
    pub(crate) fn add_table(
        &mut self,
        ty: TableType,
        element: u64,
        allowance: Allowance,
    ) -> Result<TableNumber, Error> {
        check_limits(ty.limits)?;
        self.check_count("tables", self.tables.len(), ResourceLimiter::tables)?;
        if allowance == Allowance::Ask {
            self.ask_for_table(ty.limits.min, ty.limits.max)?;
        }
        let table = TableData::new(ty, element, self.engine.config().max_table_elements)?;
        self.fresh.note(1, size_of_val(table.elements()));
        self.tables.push(table, "a table")
    }

    /// Adds a memory.
    pub(crate) fn add_memory(
        &mut self,
        ty: MemoryType,
        allowance: Allowance,
    ) -> Result<MemoryNumber, Error> {
        check_memory_type(self.engine.config(), ty)?;
        self.check_memories()?;
        if allowance == Allowance::Ask {
            let (size, maximum) = bytes_of(ty);
            self.ask_for_memory(size, maximum)?;
        }
        let limit = self.engine.config().max_memory_size;
        let memory = LinearMemory::new(ty, limit, self.engine.spaces())?;
        self.fresh.note(1, memory.length());
        match memory.shared() {
            Some(mapping) => self.add_shared_memory(&mapping.clone()),
            None => self.memories.push(memory, "a linear memory"),
        }
    }

    /// Adds a shared memory, unless the store has it.
    pub(crate) fn add_shared_memory(
        &mut self,
        mapping: &Arc<Mapping>,
    ) -> Result<MemoryNumber, Error> {
        let address = Arc::as_ptr(mapping).addr();
        let shared = self.shared.as_ref();
        if let Some(&number) = shared.and_then(|shared| shared.get(&address)) {
            let known = self.memories.get(number).and_then(LinearMemory::shared);
            if known.is_some_and(|known| Arc::ptr_eq(known, mapping)) {
                return Ok(number);
            }
        }
        self.check_memories()?;
        let shared = self.shared.get_or_insert_default();
        let reserved = shared.try_reserve(1);
        reserved.map_err(|_| Error::exhausted("no memory for a linear memory"))?;
        let memory = LinearMemory::of_mapping(mapping.clone());
        let number = self.memories.push(memory, "a linear memory")?;
        shared.insert(address, number);
        Ok(number)
    }

    /// Adds elements to a table, if the limiter allows it; the old size, or `None` where a limit is reached or memory
    /// is short.
    pub(crate) fn grow_table(
        &mut self,
        number: TableNumber,
        delta: u64,
        element: u64,
    ) -> Result<Option<u64>, Error> {
        self.grow(&Growth::of_table(number, delta, element))
    }

    /// The same where that was asked.
    pub(crate) fn grow_table_now(
        &mut self,
        number: TableNumber,
        delta: u64,
        element: u64,
    ) -> Option<u64> {
        let old = self.tables[number].grow(delta, element)?;
        self.fresh.note(0, delta as usize * size_of::<u64>());
        Some(old)
    }

    /// Forgets the mappings of shared memories that were given back.
    pub(crate) fn forget_shared(&mut self) {
        let memories = &self.memories;
        if let Some(shared) = &mut self.shared {
            shared.retain(|_, number| memories.has(*number));
        }
    }

    /// Adds pages to a memory, if the limiter allows it; the old size, or `None` where a limit is reached or the system
    /// refuses.
    pub(crate) fn grow_memory(
        &mut self,
        number: MemoryNumber,
        delta: u64,
    ) -> Result<Option<u64>, Error> {
        self.grow(&Growth::of_memory(number, delta))
    }

    /// The same where that was asked.
    pub(crate) fn grow_memory_now(&mut self, number: MemoryNumber, delta: u64) -> Option<u64> {
        let memory = &mut self.memories[number];
        if delta > 0 && !memory.noted {
            self.grown.try_reserve(1).ok()?;
        }
        let before = memory.length();
        let old = memory.grow(delta)?;
        self.fresh.note(0, memory.length() - before);
        if delta > 0 && !std::mem::replace(&mut memory.noted, true) {
            self.grown.push(number);
        }
        Some(old)
    }

    /// Forgets that memories have grown that were given back.
    pub(crate) fn forget_grown(&mut self) {
        let memories = &self.memories;
        self.grown.retain(|number| memories.has(*number));
    }

    /// Number of a memory that has grown since this last gave it.
    #[inline]
    pub(crate) fn take_grown_memory(&mut self) -> Option<MemoryNumber> {
        loop {
            let number = self.grown.pop()?;
            if self.memories.has(number) {
                self.memories[number].noted = false;
                return Some(number);
            }
        }
    }
}

/// Modules are validated; types that the embedder makes are not.
fn check_limits(limits: Limits) -> Result<(), Error> {
    match limits.max {
        Some(max) if max < limits.min => Err(Error::usage(format!(
            "the minimum size {} exceeds the maximum {max}",
            limits.min
        ))),
        _ => Ok(()),
    }
}

/// The same for memories.
pub(crate) fn check_memory_type(config: &Config, ty: MemoryType) -> Result<(), Error> {
    check_limits(ty.limits)?;
    if !matches!(ty.page_size_log2, 0 | 16) {
        let log2 = ty.page_size_log2;
        return Err(Error::usage(format!(
            "there are no pages of 2^{log2} bytes"
        )));
    }
    if ty.page_size_log2 == 0 && !config.optional.custom_page_sizes {
        return Err(Error::usage(
            "pages of one byte are off: see `Config::custom_page_sizes`",
        ));
    }
    if ty.shared && ty.limits.max.is_none() {
        return Err(Error::usage("a shared memory has a maximum"));
    }
    Ok(())
}
