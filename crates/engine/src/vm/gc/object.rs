//! Objects in memory: header, fields, elements.

use super::types::TypeLayout;
use bident_abi::{VmTypeRow, VmValue};
use bident_module::{ObjectKind, ObjectLayout, Slot, TypeId};
use std::ops::Range;

/// An object of a store's heap. Not kept across a collection, unless a root leads to it.
#[derive(Clone, Copy)]
pub(crate) struct Object {
    at: *mut u8,
    types: *const VmTypeRow,
}

impl Object {
    /// The object at an address: one of the heap, whose header is written.
    pub(super) fn at(at: *mut u8, types: *const VmTypeRow) -> Self {
        Self { at, types }
    }

    /// Makes an object of a cell.
    pub(super) fn set_header(self, header: u32) {
        // SAFETY: as above; compiled code is not running.
        unsafe { self.at.cast::<u32>().write(header) };
    }

    #[inline]
    pub(super) fn header(self) -> u32 {
        // SAFETY: as above.
        unsafe { self.at.cast::<u32>().read() }
    }

    /// What it is.
    pub(crate) fn kind(self) -> ObjectKind {
        match self.header() & 3 {
            1 => ObjectKind::Struct,
            2 => ObjectKind::Array,
            _ => ObjectKind::Host,
        }
    }

    /// Its type; not for a box.
    pub(crate) fn type_id(self) -> TypeId {
        TypeId((self.header() >> 2) - 1)
    }

    /// Where its references are; not for a box.
    pub(super) fn layout(self) -> *const TypeLayout {
        let row = (self.header() >> 2) as usize;
        // SAFETY: objects have types of the engine, whose rows are written.
        unsafe { (*self.types.add(row)).layout.cast() }
    }

    /// Where everything is; not for a box.
    pub(crate) fn places<'a>(self) -> &'a ObjectLayout {
        // SAFETY: types of objects have a layout, which lives as long as the engine; whoever has an object
        // has the store, which keeps the engine.
        unsafe { &(*self.layout()).layout }
    }

    /// What an element of an array holds.
    pub(crate) fn slot(self) -> Slot {
        match *self.places() {
            ObjectLayout::Array(slot) => slot,
            ObjectLayout::Struct { .. } => Slot::Bits(1),
        }
    }

    /// The length of an array.
    pub(crate) fn length(self) -> u32 {
        self.read(ObjectLayout::LENGTH, Slot::Bits(4)) as u32
    }

    pub(super) fn set_length(self, length: u32) {
        self.write(ObjectLayout::LENGTH, Slot::Bits(4), u64::from(length));
    }

    /// What a place holds, as a word. The place is one of the object's type.
    #[inline]
    pub(crate) fn read(self, offset: u32, slot: Slot) -> u64 {
        let at = self.at.wrapping_add(offset as usize);
        // SAFETY: places lie in the object, aligned to their size.
        unsafe {
            match slot.size() {
                1 => at.read().into(),
                2 => at.cast::<u16>().read().into(),
                4 => at.cast::<u32>().read().into(),
                _ => at.cast::<u64>().read(),
            }
        }
    }

    /// The same, with both halves of a vector.
    pub(crate) fn read_any(self, offset: u32, slot: Slot) -> VmValue {
        let high = match slot {
            Slot::Bits(16) => self.read(offset + 8, Slot::Bits(8)),
            _ => 0,
        };
        let low = self.read(offset, slot);
        VmValue { low, high }
    }

    /// Writes what a place holds. The place is one of the object's type.
    #[inline]
    pub(crate) fn write(self, offset: u32, slot: Slot, value: impl Into<VmValue>) {
        let at = self.at.wrapping_add(offset as usize);
        let VmValue { low: word, high } = value.into();
        // SAFETY: as above.
        unsafe {
            match slot.size() {
                1 => at.write(word as u8),
                2 => at.cast::<u16>().write(word as u16),
                4 => at.cast::<u32>().write(word as u32),
                16 => at.cast::<[u64; 2]>().write([word, high]),
                _ => at.cast::<u64>().write(word),
            }
        }
    }

    /// Offset of an element.
    pub(crate) fn element(slot: Slot, index: u32) -> u32 {
        ObjectLayout::ELEMENTS + index * slot.size()
    }

    /// Writes the same to each of these elements.
    pub(super) fn fill(self, slot: Slot, elements: Range<u32>, value: VmValue) {
        let at = self
            .at
            .wrapping_add(Self::element(slot, elements.start) as usize);
        let count = elements.len();
        let VmValue { low: word, high } = value;
        // SAFETY: the caller has compared with the length; elements lie one behind the other, aligned.
        unsafe {
            match slot.size() {
                1 => at.write_bytes(word as u8, count),
                2 => repeat(at.cast::<u16>(), count, word as u16),
                4 => repeat(at.cast::<u32>(), count, word as u32),
                16 => repeat(at.cast::<[u64; 2]>(), count, [word, high]),
                _ => repeat(at.cast::<u64>(), count, word),
            }
        }
    }

    /// Copies elements of another array with elements of the same kind, or of this one.
    pub(super) fn copy(self, slot: Slot, to: u32, source: Self, from: u32, length: u32) {
        let to = self.at.wrapping_add(Self::element(slot, to) as usize);
        let from = source.at.wrapping_add(Self::element(slot, from) as usize);
        // SAFETY: the caller has compared with the lengths.
        unsafe { to.copy_from(from, (length * slot.size()) as usize) };
    }

    /// Writes bytes over elements.
    pub(super) fn write_bytes(self, slot: Slot, to: u32, bytes: &[u8]) {
        let to = self.at.wrapping_add(Self::element(slot, to) as usize);
        // SAFETY: the caller has compared with the length; bytes of segments are not in a heap.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
}

/// Writes the same value several times.
///
/// # Safety
/// There are so many values from `at` on, which may be written.
unsafe fn repeat<V: Copy>(at: *mut V, count: usize, value: V) {
    for i in 0..count {
        // SAFETY: the caller's.
        unsafe { at.add(i).write(value) };
    }
}
