//! The rows of types that casts compare, and where objects of a type hold references: one table per
//! engine, whose rows never move.

use crate::alloc;
use crate::error::Error;
use bident_abi::VmTypeRow;
use bident_module::{CanonComposite, CanonType, ObjectLayout, Registry, Slot, TypeId};
use bident_stack::os::{self, Access};
use std::ptr::{self, NonNull};

/// Most types of an engine. Each has a row.
const MOST_TYPES: usize = 1 << 24;

/// Bytes that become usable at a time.
const STEP: usize = 64 << 10;

/// Bytes of all rows, the one of no type included.
const RESERVED: usize = (MOST_TYPES * size_of::<VmTypeRow>()).next_multiple_of(STEP) + STEP;

/// Where the references of objects of a type are.
pub(crate) struct TypeLayout {
    /// Where everything is.
    pub(crate) layout: ObjectLayout,
    /// Offsets of fields of a structure that hold references to objects, in 4 bytes.
    pub(super) objects: Box<[u32]>,
    /// Offsets of fields that hold other references, in 8 bytes.
    pub(super) others: Box<[u32]>,
}

/// The table.
pub(crate) struct TypeTable {
    /// Row 0 is that of no type.
    rows: NonNull<VmTypeRow>,
    /// Bytes that can be used.
    usable: usize,
    /// Types that have a row, once row 0 is written.
    filled: usize,
}

// SAFETY: the mapping belongs to this value; rows are written before anybody knows their types.
unsafe impl Send for TypeTable {}
// SAFETY: shared access only reads.
unsafe impl Sync for TypeTable {}

/// Where the rows of a table are.
pub(crate) struct Rows(pub(crate) *const VmTypeRow);

// SAFETY: an address, which compiled code reads from: rows never change.
unsafe impl Send for Rows {}
// SAFETY: as above.
unsafe impl Sync for Rows {}

impl TypeTable {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut table = Self::without_rows()?;
        table.write(
            0,
            VmTypeRow {
                supers: [u32::MAX; VmTypeRow::SUPERS],
                depth: 0,
                layout: ptr::null(),
            },
        )?;
        Ok(table)
    }

    fn without_rows() -> Result<Self, Error> {
        let rows = os::reserve(RESERVED)
            .map_err(|error| Error::limit(format!("no address space for types: {error}")))?;
        let rows = NonNull::new(rows.cast()).ok_or_else(|| Error::limit("no memory for types"))?;
        Ok(Self {
            rows,
            usable: 0,
            filled: 0,
        })
    }

    /// Where they are.
    pub(crate) fn rows(&self) -> Rows {
        Rows(self.rows.as_ptr())
    }

    /// Writes rows for types that have none.
    pub(crate) fn fill(&mut self, registry: &Registry) -> Result<(), Error> {
        while self.filled < registry.len() {
            let id = TypeId(self.filled as u32);
            let ty = registry.get(id);
            let mut supers = [u32::MAX; VmTypeRow::SUPERS];
            let chain = || std::iter::successors(Some(id), |id| registry.get(*id).supertype);
            let depth = chain().count() - 1;
            for (above, id) in chain().enumerate() {
                if let Some(entry) = supers.get_mut(depth - above) {
                    *entry = id.0;
                }
            }
            let layout = layout_of(ty)?.map_or(ptr::null_mut(), |l| Box::into_raw(Box::new(l)));
            let row = VmTypeRow {
                supers,
                depth: depth as u32,
                layout: layout.cast_const().cast(),
            };
            let written = self.write(self.filled + 1, row);
            if written.is_err() && !layout.is_null() {
                // SAFETY: leaked above, and nobody knows it.
                drop(unsafe { Box::from_raw(layout) });
            }
            written?;
            self.filled += 1;
        }
        Ok(())
    }

    fn write(&mut self, index: usize, row: VmTypeRow) -> Result<(), Error> {
        let end = (index + 1) * size_of::<VmTypeRow>();
        if end > self.usable {
            if self.usable + STEP > RESERVED || index > MOST_TYPES {
                return Err(Error::limit(format!(
                    "an engine can have {MOST_TYPES} different types"
                )));
            }
            let start = self.rows.as_ptr().cast::<u8>().wrapping_add(self.usable);
            // SAFETY: the next part of our reservation, which nobody could access so far.
            unsafe { os::protect(start, STEP, Access::ReadWrite) }
                .map_err(|error| Error::limit(format!("no memory for types: {error}")))?;
            self.usable += STEP;
        }
        // SAFETY: within the usable part.
        unsafe { self.rows.add(index).write(row) };
        Ok(())
    }
}

impl Drop for TypeTable {
    fn drop(&mut self) {
        // Without memory for row 0, there is none.
        let written = if self.usable > 0 { self.filled + 1 } else { 0 };
        for index in 0..written {
            // SAFETY: rows up to there are written. Stores keep their engine, so nobody uses them any more.
            unsafe {
                let layout = self.rows.add(index).as_ref().layout;
                if !layout.is_null() {
                    drop(Box::from_raw(layout.cast_mut().cast::<TypeLayout>()));
                }
            }
        }
        // SAFETY: reserved by `new`.
        unsafe { os::unmap(self.rows.as_ptr().cast(), RESERVED) };
    }
}

/// Where references are in objects of a type, if it has objects; an error where there is no memory for as many.
fn layout_of(ty: &CanonType) -> Result<Option<TypeLayout>, Error> {
    let no_index = |_| unreachable!("types of an engine have no indices");
    let layout = match &ty.composite {
        CanonComposite::Struct(fields) => ObjectLayout::of_struct(fields, no_index)
            .map_err(|_| Error::exhausted("no memory for the layout of a structure"))?,
        CanonComposite::Array(element) => ObjectLayout::Array(Slot::of(*element, no_index)),
        CanonComposite::Func(_) | CanonComposite::Cont(_) => return Ok(None),
    };
    Ok(Some(TypeLayout {
        objects: offsets_of(&layout, Slot::Any)?,
        others: offsets_of(&layout, Slot::Word)?,
        layout,
    }))
}

/// Offsets of the fields of a structure that hold what is wanted.
fn offsets_of(layout: &ObjectLayout, wanted: Slot) -> Result<Box<[u32]>, Error> {
    let ObjectLayout::Struct { fields, .. } = layout else {
        return Ok(Box::default());
    };
    let found = || fields.iter().filter(|(_, slot)| *slot == wanted);
    let mut offsets = alloc::list(found().count(), "the layout of a structure")?;
    offsets.extend(found().map(|(offset, _)| *offset));
    Ok(offsets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_got_no_memory_for_a_row_can_be_dropped() {
        let table = TypeTable::without_rows().unwrap();
        assert_eq!((table.usable, table.filled), (0, 0));
        drop(table);
    }
}
