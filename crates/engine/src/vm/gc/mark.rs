//! Which objects are reached, and what they refer to.

use super::alloc::Objects;
use super::object::Object;
use super::space::{Space, Use};
use super::types::TypeLayout;
use bident_module::{ObjectKind, ObjectLayout, Slot};
use bident_stack::Pending;
use std::num::NonZeroU32;
use std::ptr;

/// The references of an object that may lead to anything but objects.
pub(crate) struct Others {
    object: Object,
    places: Places,
    next: u32,
}

enum Places {
    /// Fields, of a type whose engine lives as long as the store.
    Fields(*const TypeLayout),
    Elements(u32),
    Box,
}

impl Iterator for Others {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let offset = match self.places {
            // SAFETY: layouts live as long as their engine.
            Places::Fields(layout) => *unsafe { &*layout }.others.get(self.next as usize)?,
            Places::Elements(length) if self.next < length => {
                Object::element(Slot::Word, self.next)
            }
            Places::Box if self.next == 0 => ObjectLayout::BOXED,
            Places::Elements(_) | Places::Box => return None,
        };
        self.next += 1;
        Some(self.object.read(offset, Slot::Word))
    }
}

impl Objects {
    /// Marks the object that a word names, if it names one, or an address in one: any word.
    #[inline]
    pub(crate) fn mark(&mut self, word: u64) {
        let (Some(space), Some(pending)) = (&mut self.space, &mut self.pending) else {
            return;
        };
        let Some((block, granule)) = find(space, word) else {
            return;
        };
        if space.block_mut(block).set_mark(granule) {
            pending.push(space.reference(block, granule));
        }
    }

    /// Follows references from object to object, up to one that has others, too; gives those.
    pub(crate) fn follow(&mut self) -> Option<Others> {
        let space = self.space.as_mut()?;
        let (base, types) = (space.base(), space.types);
        let mut marking = Exact {
            space,
            pending: self.pending.as_mut()?,
            next: None,
            header: NO_HEADER,
            layout: ptr::null(),
        };
        while let Some(reference) = marking.next() {
            let object = Object::at(base.wrapping_add(reference as usize), types);
            if let Some(places) = marking.look_at(object) {
                marking.put_back();
                return Some(Others {
                    object,
                    places,
                    next: 0,
                });
            }
        }
        None
    }

    /// Takes all marks off.
    pub(crate) fn unmark(&mut self) {
        let Some(space) = &mut self.space else { return };
        for index in 0..space.top() {
            let bits = &mut space.block_mut(index).bits;
            bits.iter_mut().for_each(|word| word.mark = 0);
        }
    }

    /// Whether something that is reached was left out, for want of memory, since this was last asked.
    pub(crate) fn were_left_out(&mut self) -> bool {
        (self.pending.as_mut()).is_some_and(|pending| pending.was_incomplete())
    }

    /// Lets the first object be followed again that is reached at or behind a place; gives the place behind
    /// it. Nothing is waiting to be followed.
    pub(crate) fn again_from(
        &mut self,
        (mut block, mut granule): (u32, u32),
    ) -> Option<(u32, u32)> {
        let space = self.space.as_ref()?;
        while block < space.top() {
            let words = space.block(block).bits.iter().enumerate();
            for (i, word) in words.skip(granule as usize / 64) {
                let from = granule.saturating_sub(i as u32 * 64);
                let rest = if from < 64 {
                    word.mark >> from << from
                } else {
                    0
                };
                if rest != 0 {
                    let found = i as u32 * 64 + rest.trailing_zeros();
                    let pending = self.pending.as_mut()?;
                    pending.push(space.reference(block, found));
                    return Some((block, found + 1));
                }
            }
            (block, granule) = (block + 1, 0);
        }
        None
    }
}

/// What no object begins with: boxes have a number of their own.
const NO_HEADER: u32 = u32::MAX;

/// Marking of what objects refer to. Their fields hold references, null and small integers, nothing else.
struct Exact<'a> {
    space: &'a mut Space,
    pending: &'a mut Pending<u32>,
    /// What was marked last, if it was not followed.
    next: Option<NonZeroU32>,
    /// Of the last structure, and the layout of its type. The next one is mostly like it, and the processor
    /// predicts that: then a link of a list waits for nothing but the one before.
    header: u32,
    layout: *const TypeLayout,
}

impl Exact<'_> {
    /// What to follow next.
    #[inline]
    fn next(&mut self) -> Option<u32> {
        match self.next.take() {
            Some(next) => Some(next.get()),
            None => self.pending.pop(),
        }
    }

    /// Leaves all that is to be followed to others.
    fn put_back(&mut self) {
        if let Some(next) = self.next.take() {
            self.pending.push(next.get());
        }
    }

    /// Marks the objects that an object refers to; where its other references are, if it has any.
    #[inline]
    fn look_at(&mut self, object: Object) -> Option<Places> {
        let header = object.header();
        if header != self.header {
            match object.kind() {
                ObjectKind::Struct => (self.header, self.layout) = (header, object.layout()),
                ObjectKind::Array => return self.look_at_array(object),
                ObjectKind::Host => return Some(Places::Box),
            }
        }
        // SAFETY: layouts live as long as their engine; this one was set with the header, which no object has at
        // first.
        let layout = unsafe { &*self.layout };
        for &offset in &layout.objects {
            self.mark(object.read(offset, Slot::Any) as u32);
        }
        (!layout.others.is_empty()).then_some(Places::Fields(self.layout))
    }

    fn look_at_array(&mut self, array: Object) -> Option<Places> {
        match array.slot() {
            Slot::Any => {
                for i in 0..array.length() {
                    let element = Object::element(Slot::Any, i);
                    self.mark(array.read(element, Slot::Any) as u32);
                }
                None
            }
            Slot::Word => Some(Places::Elements(array.length())),
            Slot::Bits(_) => None,
        }
    }

    #[inline]
    fn mark(&mut self, reference: u32) {
        let Some((block, granule)) = self.space.place(reference) else {
            return;
        };
        if self.space.block_mut(block).set_mark_if_live(granule) {
            self.put_back();
            self.next = NonZeroU32::new(reference);
        }
    }
}

/// The object that a word leads to: block and granule. What is left of the runs has none.
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
    let record = space.block(block);
    if !record.is_live(granule) {
        return None;
    }
    let run = space.runs[usize::from(record.class)];
    let reference = space.reference(block, granule);
    let at_hand = record.used == Use::Cells && (run.next..run.end).contains(&reference);
    (!at_hand).then_some((block, granule))
}
