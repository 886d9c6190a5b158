//! What compiled code knows of the heap of structures and arrays: where it lies, where the next object
//! goes, and what casts compare. The words and the objects: `docs/heap.md`.

use bident_module::TypeId;

/// What the word of a reference to an object has beyond the offset.
pub const REFERENCE_BIAS: u32 = 2;

/// How many sizes of cells there are.
pub const CLASSES: usize = 40;

/// The largest cell, in bytes. Larger objects have blocks of their own.
pub const LARGEST_CELL: u32 = 32 << 10;

/// Sizes of cells up to here are all multiples of [`GRANULE`]; beyond, there are four to each power of two.
pub const FINE: u32 = 128;

/// Objects begin at multiples of so many bytes.
pub const GRANULE: u32 = 16;

/// The class of the smallest cells that hold so many bytes, at most [`LARGEST_CELL`].
#[inline]
pub const fn class_of(size: u32) -> usize {
    if size <= FINE {
        return (size.saturating_sub(1) / GRANULE) as usize;
    }
    let power = (size - 1).ilog2();
    let step = 1 << (power - 2);
    let above = (size - 1 - (1 << power)) / step;
    (FINE / GRANULE + (power - FINE.ilog2()) * 4 + above) as usize
}

/// Bytes of a cell of a class.
#[inline]
pub const fn class_size(class: usize) -> u32 {
    let fine = FINE / GRANULE;
    let class = class as u32;
    if class < fine {
        return (class + 1) * GRANULE;
    }
    let (power, above) = ((class - fine) / 4 + FINE.ilog2(), (class - fine) % 4);
    (1 << power) + (above + 1) * (1 << (power - 2))
}

/// Part of a store.
#[repr(C)]
#[derive(Debug)]
pub struct VmHeap {
    /// A reference, added to this, is the address of its object. Constant once there is an object.
    pub base: *mut u8,
    /// A row per type of the engine. Constant.
    pub types: *const VmTypeRow,
    /// Free cells of each size.
    pub runs: [VmRun; CLASSES],
}

/// Free cells next to each other, whatever is in them: references to the first, and to what is behind the last.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct VmRun {
    /// Where the next object goes.
    pub next: u32,
    /// Where none goes any more.
    pub end: u32,
}

/// What casts compare, of a type.
#[repr(C)]
#[derive(Debug)]
pub struct VmTypeRow {
    /// The supertypes, outermost first, then the type itself, as far as there is room; then `u32::MAX`.
    pub supers: [u32; Self::SUPERS],
    /// How many supertypes it has.
    pub depth: u32,
    /// For the engine: where its objects hold references.
    pub layout: *const (),
}

impl VmTypeRow {
    /// How many entries there are for supertypes.
    pub const SUPERS: usize = 12;

    /// Whether the type of this row is another, which has so many supertypes, or a subtype of it. `None`
    /// where the row does not tell.
    pub fn is_subtype_of(&self, wanted: TypeId, depth: usize) -> Option<bool> {
        self.supers.get(depth).map(|&entry| entry == wanted.0)
    }
}

// A row is found by a shift.
const _: () = assert!(size_of::<VmTypeRow>() == 64);
const _: () =
    assert!(class_size(CLASSES - 1) == LARGEST_CELL && class_of(LARGEST_CELL) == CLASSES - 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_cell_that_holds_it() {
        for size in 1..=LARGEST_CELL {
            let class = class_of(size);
            assert!(class_size(class) >= size, "{size}");
            assert!(class == 0 || class_size(class - 1) < size, "{size}");
            assert!(class_size(class).is_multiple_of(GRANULE));
        }
    }
}
