//! A store's view of a linear memory: its own, or a shared one.

use crate::Error;
use crate::vm::lifetime::Lie;
use crate::vm::mapping::{Mapping, Spaces};
use bident_abi::VmMemory;
use bident_module::MemoryType;
use bident_stack::os;
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::Arc;

/// A linear memory of a store.
pub(crate) struct LinearMemory {
    mapping: Arc<Mapping>,
    /// Whether it is among those that have grown and not been asked for since.
    pub(crate) noted: bool,
}

impl Deref for LinearMemory {
    type Target = Mapping;
    #[inline]
    fn deref(&self) -> &Mapping {
        &self.mapping
    }
}

impl LinearMemory {
    /// A zeroed memory of the type's minimal size.
    pub(crate) fn new(
        ty: MemoryType,
        limit_bytes: u64,
        spaces: &Arc<Spaces>,
    ) -> Result<Self, Error> {
        Mapping::new(ty, limit_bytes, spaces).map(|mapping| Self::of_mapping(Arc::new(mapping)))
    }

    /// Adds zeroed pages; the old size, or `None` where a limit is reached or the system refuses. It may move.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        match self.is_shared() {
            true => self.mapping.grow_in_place(delta),
            // SAFETY: the one store that has it is borrowed exclusively, so nothing of it runs.
            false => unsafe { self.mapping.grow(delta) },
        }
    }

    /// A memory that other stores may have, too.
    pub(crate) fn of_mapping(mapping: Arc<Mapping>) -> Self {
        Self {
            mapping,
            noted: false,
        }
    }

    /// What others may share, if it may be shared.
    pub(crate) fn shared(&self) -> Option<&Arc<Mapping>> {
        self.mapping.is_shared().then_some(&self.mapping)
    }

    /// The record that compiled code reads.
    pub(crate) fn record(&self) -> NonNull<VmMemory> {
        NonNull::from(self.mapping.record())
    }

    /// Content. Of a shared memory none, for nobody can borrow what others write.
    pub(crate) fn bytes(&self) -> &[u8] {
        let length = self.borrowable();
        // SAFETY: that much of the mapping is readable; the borrow of the store that owns this value
        // keeps WebAssembly from running meanwhile, and the mapping is of this store alone.
        unsafe { std::slice::from_raw_parts(self.base(), length) }
    }

    /// Content, to be changed. Of a shared memory none.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let length = self.borrowable();
        // SAFETY: as in `bytes`, exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.base(), length) }
    }

    fn borrowable(&self) -> usize {
        match self.is_shared() {
            false => self.length(),
            true => 0,
        }
    }

    /// Copies to a buffer what lies in a range within the length.
    pub(crate) fn copy_to(&self, range: Range<usize>, buffer: &mut [u8]) {
        match self.is_shared() {
            false => buffer.copy_from_slice(&self.bytes()[range]),
            true => self.read(range, buffer),
        }
    }

    /// Copies bytes to a range within the length.
    pub(crate) fn set(&mut self, range: Range<usize>, bytes: &[u8]) {
        match self.is_shared() {
            false => self.bytes_mut()[range].copy_from_slice(bytes),
            true => self.write(range, bytes),
        }
    }

    /// Whether these bytes lie in a range.
    pub(crate) fn holds<const N: usize>(&self, range: Range<usize>, bytes: &[u8; N]) -> bool {
        if !self.is_shared() {
            return self.bytes().get(range) == Some(&bytes[..]);
        }
        let mut found = [0; N];
        let inside = range.end <= self.length() && range.len() == N;
        if inside {
            self.read(range, &mut found);
        }
        inside && found == *bytes
    }

    /// Gives back the whole pages of a range within the length. Nothing of a shared memory.
    pub(crate) fn give_back(&mut self, range: Range<usize>) {
        let page = os::page_size();
        let bytes = self.bytes_mut();
        let (start, end) = (range.start.next_multiple_of(page), range.end / page * page);
        if let Some(whole) = bytes.get_mut(start..end).filter(|whole| !whole.is_empty()) {
            // SAFETY: pages of this store's mapping, which begins at one, borrowed exclusively: they are read
            // as zeros from then on, which every byte may be.
            unsafe { os::discard(whole.as_mut_ptr(), whole.len()) };
        }
    }

    /// Sets the bytes of a range within the length.
    pub(crate) fn set_all(&mut self, range: Range<usize>, value: u8) {
        match self.is_shared() {
            false => self.bytes_mut()[range].fill(value),
            true => self.fill(range, value),
        }
    }
}

impl Lie for LinearMemory {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        let record = self.record().addr().get();
        each(record..record + size_of::<VmMemory>());
        each(self.place());
    }
}
