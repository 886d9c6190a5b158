//! Which objects are reached, and what they refer to.

use super::alloc::Objects;
use super::object::Object;
use super::space::{Space, Use};
use super::types::TypeLayout;
use bident_module::{ObjectKind, ObjectLayout, Slot};

/// The references that an object holds, one after the other.
pub(crate) struct References {
    object: Object,
    kind: Kind,
    next: u32,
}

enum Kind {
    /// Fields, of a type whose engine lives as long as the store.
    Fields(*const TypeLayout),
    Elements(Slot, u32),
    Box,
}

impl Iterator for References {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let (offset, slot) = match self.kind {
            // SAFETY: layouts live as long as their engine.
            Kind::Fields(layout) => *unsafe { &*layout }.references.get(self.next as usize)?,
            Kind::Elements(slot, length) => {
                if self.next >= length {
                    return None;
                }
                (ObjectLayout::ELEMENTS + self.next * slot.size(), slot)
            }
            Kind::Box if self.next == 0 => (ObjectLayout::BOXED, Slot::Word),
            Kind::Box => return None,
        };
        self.next += 1;
        Some(self.object.read(offset, slot))
    }
}

impl Objects {
    /// Marks the object that a word names, if it names one, or an address in one: any word.
    #[inline]
    pub(crate) fn mark(&mut self, word: u64) {
        let Some(space) = &mut self.space else { return };
        let Some((block, granule)) = find(space, word) else {
            return;
        };
        if space.block_mut(block).set_mark(granule) {
            let reference = space.reference(block, granule);
            self.pending.push(reference);
        }
    }

    /// The next object that is reached, but not followed: what it refers to.
    pub(crate) fn next_reached(&mut self) -> Option<References> {
        let reference = self.pending.pop()?;
        self.references(reference)
    }

    fn references(&self, reference: u32) -> Option<References> {
        let space = self.space.as_ref()?;
        let (block, granule) = space.place(reference)?;
        let object = Object::at(space.at(block, granule), space.types);
        let kind = match object.kind() {
            ObjectKind::Host => Kind::Box,
            ObjectKind::Struct => Kind::Fields(object.layout()),
            ObjectKind::Array => match object.slot() {
                slot @ (Slot::Any | Slot::Word) => Kind::Elements(slot, object.length()),
                slot => Kind::Elements(slot, 0),
            },
        };
        Some(References {
            object,
            kind,
            next: 0,
        })
    }

    /// Whether something that is reached was left out, for want of memory, since this was last asked.
    pub(crate) fn were_left_out(&mut self) -> bool {
        self.pending.was_incomplete()
    }

    /// The first object that is reached at or behind a place; what it refers to, and the place behind.
    pub(crate) fn reached_from(&self, (mut block, mut granule): (u32, u32)) -> Option<Walk> {
        let space = self.space.as_ref()?;
        while block < space.top() {
            let record = space.block(block);
            let words = record.mark.iter().enumerate();
            for (i, &word) in words.skip(granule as usize / 64) {
                let from = granule.saturating_sub(i as u32 * 64);
                let rest = if from < 64 { word >> from << from } else { 0 };
                if rest != 0 {
                    let found = i as u32 * 64 + rest.trailing_zeros();
                    let references = self.references(space.reference(block, found))?;
                    return Some((references, (block, found + 1)));
                }
            }
            (block, granule) = (block + 1, 0);
        }
        None
    }
}

/// What an object refers to, and where to go on.
pub(crate) type Walk = (References, (u32, u32));

/// The object that a word leads to: block and granule.
#[inline]
fn find(space: &Space, word: u64) -> Option<(u32, u32)> {
    let (block, granule) = match u32::try_from(word) {
        Ok(reference) => space.place(reference)?,
        Err(_) => {
            let (block, granule) = space.inside(word)?;
            let record = space.block(block);
            match record.used {
                Use::Free => return None,
                Use::Cells => (block, granule / record.cell() * record.cell()),
                Use::Large => (block, 0),
                Use::Tail => (block - record.count, 0),
            }
        }
    };
    let live = space.block(block).is_live(granule);
    // A free cell has no header.
    (live && !Object::is_free(space.at(block, granule))).then_some((block, granule))
}
