//! Linear memories.

use crate::error::Error;
use crate::kept::not_there;
use crate::limiter::Allowance;
use crate::shared_memory::SharedMemory;
use crate::slots::MemoryNumber;
use crate::store::{AsContext, AsContextMut};
use crate::vm::store::{StoreId, StoreOpaque};
use bident_abi::TrapCode;
use bident_module::MemoryType;
use std::ops::Range;

/// A linear memory of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    store: StoreId,
    number: MemoryNumber,
}

impl Memory {
    pub(crate) fn new_handle(store: &StoreOpaque, number: MemoryNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<MemoryNumber, Error> {
        if self.store == store.id && store.memories.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a memory", self.store == store.id))
        }
    }

    fn own(self, store: &StoreOpaque) -> MemoryNumber {
        self.number_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A zeroed memory.
    ///
    /// # Errors
    /// Kind `Limit`: it is larger than the engine allows, or the system has no memory. Kind `Usage`: the
    /// minimum exceeds the maximum, or there are no such pages.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        store.collect_if_due();
        let number = store.with_room(|store| store.add_memory(ty, Allowance::Ask))?;
        Ok(Self::new_handle(store, number))
    }

    /// Its type; the minimum is the current size.
    ///
    /// # Panics
    /// If it belongs to another store; so do all functions below that give no `Result`.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let store = store.opaque().0;
        store.memories[self.own(store)].ty()
    }

    /// Size in pages, which are 64 KiB unless the type says otherwise.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.opaque().0;
        store.memories[self.own(store)].pages()
    }

    /// Size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        let store = store.opaque().0;
        store.memories[self.own(store)].length()
    }

    /// First byte. It never moves, unless [`Config::moving_memories`](crate::Config::moving_memories) says that memories do: then when it
    /// grows. How much is accessible is [`Memory::data_size`].
    pub fn data_ptr(&self, store: impl AsContext) -> *mut u8 {
        let store = store.opaque().0;
        store.memories[self.own(store)].base()
    }

    /// Adds pages; gives the old size in pages.
    ///
    /// # Errors
    /// Kind `Limit`: beyond the maximum of the type or of the engine, or the store's limiter or the system has no
    /// memory for it. Kind `Usage`: it belongs to another store. What the limiter ([`crate::Store::limiter`]) fails
    /// with.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let pages = store.memories[own].pages();
        store.grow_memory(own, delta)?.ok_or_else(|| {
            Error::limit(format!(
                "a memory of {pages} pages cannot grow by {delta} pages"
            ))
        })
    }

    /// A memory of the store that has grown, by WebAssembly or the host, since this last gave it.
    ///
    /// For hosts that show the bytes of memories to others, and must know when those are stale.
    #[inline]
    pub fn next_grown(mut store: impl AsContextMut) -> Option<Self> {
        let store = &mut store.context_mut().0.opaque;
        let number = store.take_grown_memory()?;
        Some(Self::new_handle(store, number))
    }

    /// What it is, if it is shared: to be used by other stores, too.
    ///
    /// # Errors
    /// Kind `Usage`: it belongs to another store.
    pub fn shared(&self, store: impl AsContext) -> Result<Option<SharedMemory>, Error> {
        let store = store.opaque().0;
        let memory = &store.memories[self.number_in(store)?];
        Ok(memory.shared().cloned().map(SharedMemory::of_mapping))
    }

    /// Content. Of a shared memory none, which nobody can borrow: others may be writing it. See
    /// [`Memory::read`] and [`Memory::shared`].
    pub fn data<'a, C: AsContext>(&self, store: &'a C) -> &'a [u8] {
        let store = store.opaque().0;
        store.memories[self.own(store)].bytes()
    }

    /// Content, to be changed. Of a shared memory none.
    pub fn data_mut<'a, C: AsContextMut>(&self, store: &'a mut C) -> &'a mut [u8] {
        let store = &mut store.context_mut().0.opaque;
        let own = self.own(store);
        store.memories[own].bytes_mut()
    }

    /// Content, to be changed, beside the embedder's data. Of a shared memory none.
    pub fn data_and_store_mut<'a, C: AsContextMut>(
        &self,
        store: &'a mut C,
    ) -> (&'a mut [u8], &'a mut C::Data) {
        let inner = store.context_mut().0;
        let number = self.own(&inner.opaque);
        (inner.opaque.memories[number].bytes_mut(), &mut inner.data)
    }

    /// Copies from the memory, from `offset` in bytes on. What others write to a shared one meanwhile may be
    /// seen in part.
    ///
    /// # Errors
    /// Kind `Trap`, `MemoryOutOfBounds`: beyond the end. A host function that was given a bad pointer
    /// and returns the error traps as an instruction would. Kind `Usage`: it belongs to another store.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), Error> {
        let store = store.opaque().0;
        let memory = &store.memories[self.number_in(store)?];
        let range = range(offset, buffer.len(), memory.length())?;
        memory.copy_to(range, buffer);
        Ok(())
    }

    /// Copies to the memory, from `offset` in bytes on.
    ///
    /// # Errors
    /// As for [`Memory::read`].
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        buffer: &[u8],
    ) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let memory = &mut store.memories[own];
        let range = range(offset, buffer.len(), memory.length())?;
        memory.set(range, buffer);
        Ok(())
    }

    /// Gives the system back what holds a range of bytes that are zero, but were written: whole pages of it take no
    /// memory then until somebody writes there. Bytes that are not zero may become so, or stay. Of a shared memory
    /// nothing is given back.
    ///
    /// # Errors
    /// As for [`Memory::read`].
    pub fn give_back_zeros(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        length: usize,
    ) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let memory = &mut store.memories[own];
        let range = range(offset, length, memory.length())?;
        memory.give_back(range);
        Ok(())
    }
}

pub(crate) fn range(offset: usize, length: usize, size: usize) -> Result<Range<usize>, Error> {
    let end = offset.checked_add(length).filter(|end| *end <= size);
    let end = end.ok_or_else(|| {
        let what = format_args!("{length} bytes at {offset} are beyond the {size} of the memory");
        Error::out_of_bounds(TrapCode::MemoryOutOfBounds, what)
    })?;
    Ok(offset..end)
}
