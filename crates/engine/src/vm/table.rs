//! Tables: the record that compiled code reads, and the elements it points to.

use crate::alloc;
use crate::error::Error;
use crate::slots::InstanceNumber;
use crate::vm::lifetime::Lie;
use crate::vm::record::Record;
use bident_abi::VmTable;
use bident_module::TableType;
use std::alloc::Layout;
use std::ops::Range;

/// A table: the record that compiled code reads, and what backs it.
pub(crate) struct TableData {
    record: Record<VmTable>,
    elements: Vec<u64>,
    pub(crate) ty: TableType,
    most: u64,
    /// The instance that defines it, if one does: the record lies there.
    pub(crate) home: Option<InstanceNumber>,
}

impl Lie for TableData {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        each(self.record.own_place());
        let elements = self.elements.as_ptr().addr();
        each(elements..elements + self.elements.capacity() * size_of::<u64>());
    }
}

/// So many elements. Nulls come from the allocator, which has pages of them that nobody touched.
fn filled(element: u64, length: usize) -> Result<Vec<u64>, Error> {
    if element != 0 || length == 0 {
        let mut elements = alloc::list(length, "a table")?;
        elements.resize(length, element);
        return Ok(elements);
    }
    let layout =
        Layout::array::<u64>(length).map_err(|_| Error::exhausted("no memory for a table"))?;
    // SAFETY: the layout is not empty.
    let memory = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<u64>();
    if memory.is_null() {
        return Err(Error::exhausted("no memory for a table"));
    }
    // SAFETY: allocated by the global allocator as a vector does, and zeroed.
    Ok(unsafe { Vec::from_raw_parts(memory, length, length) })
}

impl TableData {
    /// A table of the minimal size, filled with one element.
    pub(crate) fn new(ty: TableType, element: u64, limit: u64) -> Result<Self, Error> {
        let min = ty.limits.min;
        let limit = limit.min(ty.most_elements());
        if min > limit {
            return Err(Error::limit(format!(
                "a table of {min} elements exceeds the limit of {limit} elements"
            )));
        }
        let mut elements = filled(element, min as usize)?;
        let record = Record::new(VmTable {
            elements: elements.as_mut_ptr(),
            length: min,
        });
        let most = ty.limits.max.unwrap_or(limit).min(limit);
        Ok(Self {
            record,
            elements,
            ty,
            most,
            home: None,
        })
    }

    pub(crate) fn record(&mut self) -> &mut Record<VmTable> {
        &mut self.record
    }

    /// Its type, with the current size as minimum.
    pub(crate) fn current_type(&self) -> TableType {
        let mut ty = self.ty;
        ty.limits.min = self.elements.len() as u64;
        ty
    }

    /// The elements. Compiled code writes them too, but not while the store is borrowed.
    pub(crate) fn elements(&self) -> &[u64] {
        // SAFETY: the record points to the vector's buffer.
        unsafe {
            let record = self.record.address().as_ref();
            std::slice::from_raw_parts(record.elements, record.length as usize)
        }
    }

    pub(crate) fn elements_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above, exclusively.
        unsafe {
            let record = self.record.address().as_ref();
            std::slice::from_raw_parts_mut(record.elements, record.length as usize)
        }
    }

    /// How many elements there will be with so many more; `None` beyond a limit.
    pub(crate) fn length_with(&self, delta: u64) -> Option<u64> {
        let new = (self.elements.len() as u64).checked_add(delta)?;
        (new <= self.most).then_some(new)
    }

    /// Adds elements; the old size, or `None` where a limit is reached or memory is short.
    pub(crate) fn grow(&mut self, delta: u64, element: u64) -> Option<u64> {
        let old = self.elements.len() as u64;
        let new = old.checked_add(delta).filter(|new| *new <= self.most)?;
        let more = delta as usize;
        let reserved = self.elements.try_reserve(more);
        reserved
            .or_else(|_| self.elements.try_reserve_exact(more))
            .ok()?;
        self.elements.resize(new as usize, element);
        let (pointer, length) = (self.elements.as_mut_ptr(), new);
        // SAFETY: the record is this table's own.
        let record = unsafe { self.record.address().as_mut() };
        record.elements = pointer;
        record.length = length;
        Some(old)
    }
}
