//! Structures, arrays and small integers in the host's hands.

use crate::error::Error;
use crate::store::{AsContext, AsContextMut};
use crate::value::{ExternRef, Val};
use crate::vm::gc::Object;
use crate::vm::held::Held;
use crate::vm::store::StoreOpaque;
use bident_module::{FieldType, HeapType, Kind, ObjectKind, ObjectLayout, Slot};
use std::fmt;
use std::sync::Arc;

/// A value that WebAssembly holds as `anyref`: a structure, an array, an integer of 31 bits, or a value of
/// the host that `any.convert_extern` made one.
///
/// Cheap to clone. The store keeps what it names for as long as a clone exists.
#[derive(Clone)]
pub struct AnyRef(Arc<Inner>);

enum Inner {
    /// The word of a small integer: of any store.
    I31(u32),
    Object(Arc<Held>),
}

/// What an [`AnyRef`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AnyKind {
    /// An integer of 31 bits.
    I31,
    /// A structure.
    Struct,
    /// An array.
    Array,
    /// A value of the host.
    Extern,
}

impl AnyRef {
    /// What keeps the object, if this is the only clone.
    pub(crate) fn only_clone(&self) -> Option<&Arc<Held>> {
        match &*self.0 {
            Inner::Object(held) if Arc::strong_count(&self.0) == 1 => Some(held),
            _ => None,
        }
    }

    /// The word that compiled code has for it.
    pub(crate) fn word(&self) -> u64 {
        match &*self.0 {
            Inner::I31(word) => u64::from(*word),
            Inner::Object(held) => held.word(),
        }
    }

    /// An integer, which has 31 bits: else `None`.
    pub fn new_i31(value: i32) -> Option<Self> {
        let word = value.cast_unsigned() << 1 | 1;
        (word.cast_signed() >> 1 == value).then(|| Self(Arc::new(Inner::I31(word))))
    }

    /// The integer, with its sign, if it is one.
    pub fn i31(&self) -> Option<i32> {
        match *self.0 {
            Inner::I31(word) => Some(word.cast_signed() >> 1),
            Inner::Object(_) => None,
        }
    }

    /// `any.convert_extern`: a value of the host, or what such a value stands for.
    ///
    /// # Errors
    /// Kind `Trap`, `HeapMemoryExhausted`: see [`crate::Config::max_heap_memory`]. Kind `Limit`: no memory.
    /// Kind `Usage`: what it stands for is of another store.
    pub fn from_extern(mut store: impl AsContextMut, value: ExternRef) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        let word = store.word_of_extern(Some(value))?;
        let word = store
            .any_of_extern(word)
            .map_err(|code| store.trapped(code))?;
        Ok(Self::from_word(store, word))
    }

    /// `extern.convert_any`: the value of the host, or one that stands for this.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn to_extern(&self, mut store: impl AsContextMut) -> ExternRef {
        let store = &mut store.context_mut().0.opaque;
        let word = store.extern_of_any(self.own(store));
        let value = store.extern_of_word(word);
        value.unwrap_or_else(|| ExternRef::new(self.clone()))
    }

    /// What it is.
    ///
    /// # Panics
    /// If it belongs to another store; so do all functions below.
    pub fn kind(&self, store: impl AsContext) -> AnyKind {
        match self.object(store.opaque().0).map(Object::kind) {
            None => AnyKind::I31,
            Some(ObjectKind::Struct) => AnyKind::Struct,
            Some(ObjectKind::Array) => AnyKind::Array,
            Some(ObjectKind::Host) => AnyKind::Extern,
        }
    }

    /// How many fields a structure has, or elements an array; 0 for others.
    pub fn len(&self, store: impl AsContext) -> u32 {
        let object = self.object(store.opaque().0);
        object.map_or(0, |object| match object.kind() {
            ObjectKind::Host => 0,
            _ => match object.places() {
                ObjectLayout::Struct { fields, .. } => fields.len() as u32,
                ObjectLayout::Array(_) => object.length(),
            },
        })
    }

    /// Whether there is no field or element.
    pub fn is_empty(&self, store: impl AsContext) -> bool {
        self.len(store) == 0
    }

    /// The field of a structure, or the element of an array, at a position; `None` beyond the end. One of 8 or
    /// 16 bits is an `i32` without sign.
    pub fn get(&self, mut store: impl AsContextMut, index: u32) -> Option<Val> {
        let store = &mut store.context_mut().0.opaque;
        let (object, offset, slot, field) = self.place(store, index)?;
        let raw = object.read_any(offset, slot);
        Some(Val::from_raw(store, field.storage.unpacked(), raw))
    }

    /// Changes a field or an element that is mutable.
    ///
    /// # Errors
    /// Kind `Usage`: there is none, it is immutable, or the value has another type or belongs to another
    /// store. Kind `Limit`: as for [`crate::Global::set`].
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let none = || Error::usage("there is no such field or element");
        let (object, offset, slot, field) = self.place(store, index).ok_or_else(none)?;
        if !field.mutable {
            return Err(Error::usage("an immutable field cannot be set"));
        }
        // Nothing moves, and this keeps the object.
        let raw = value.to_raw(store, field.storage.unpacked())?;
        object.write(offset, slot, raw);
        Ok(())
    }

    /// Whether both are the same: `ref.eq`. Of values of the host, that says nothing: compare what they are
    /// ([`AnyRef::to_extern`]).
    pub fn same(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            (Inner::I31(a), Inner::I31(b)) => a == b,
            (Inner::Object(a), Inner::Object(b)) => a.is_same(b),
            _ => false,
        }
    }

    /// Which of its store's objects it is: a number that no other has as long as this one exists. Small
    /// integers have none.
    pub fn identity(&self) -> Option<u64> {
        match &*self.0 {
            Inner::I31(_) => None,
            Inner::Object(held) => Some(held.word()),
        }
    }

    /// Copies elements of an array of 16-bit integers, from `start` on, until `to` is full. `false`, and
    /// nothing is copied: it is no such array, or ends before.
    pub fn read_u16(&self, store: impl AsContext, start: u32, to: &mut [u16]) -> bool {
        let Some((object, _)) = self.part_of_u16(store.opaque().0, start, to.len()) else {
            return false;
        };
        for (index, unit) in (start..).zip(to) {
            *unit = object.read(Object::element(Slot::Bits(2), index), Slot::Bits(2)) as u16;
        }
        true
    }

    /// Writes over elements of an array of mutable 16-bit integers, from `start` on. `false`, and nothing
    /// is written: it is no such array, or ends before.
    pub fn write_u16(&self, mut store: impl AsContextMut, start: u32, from: &[u16]) -> bool {
        let store = &mut store.context_mut().0.opaque;
        let Some((object, true)) = self.part_of_u16(store, start, from.len()) else {
            return false;
        };
        for (index, unit) in (start..).zip(from) {
            let offset = Object::element(Slot::Bits(2), index);
            object.write(offset, Slot::Bits(2), u64::from(*unit));
        }
        true
    }

    /// The array of 16-bit integers that it is, if it has these elements, and whether they are mutable.
    fn part_of_u16(
        &self,
        store: &StoreOpaque,
        start: u32,
        length: usize,
    ) -> Option<(Object, bool)> {
        let object = self.object(store)?;
        let is_such = object.kind() == ObjectKind::Array && matches!(object.slot(), Slot::Bits(2));
        let end = usize::try_from(start).ok()?.checked_add(length)?;
        if !is_such || end > object.length() as usize {
            return None;
        }
        let field = store.engine.field_of(object.type_id(), 0)?;
        Some((object, field.mutable))
    }

    /// Whether it belongs to a store. Small integers belong to all.
    pub fn belongs_to(&self, store: impl AsContext) -> bool {
        self.word_in(store.opaque().0).is_ok()
    }

    /// Takes a word, which is not null.
    pub(crate) fn from_word(store: &mut StoreOpaque, word: u64) -> Self {
        Self(Arc::new(match word & 1 {
            0 => Inner::Object(store.hold(word)),
            _ => Inner::I31(word as u32),
        }))
    }

    /// Its word.
    pub(crate) fn word_in(&self, store: &StoreOpaque) -> Result<u64, Error> {
        match &*self.0 {
            Inner::I31(word) => Ok(u64::from(*word)),
            Inner::Object(held) if held.belongs_to(store) => Ok(held.word()),
            Inner::Object(_) => Err(Error::usage("an object of another store")),
        }
    }

    /// Whether it is among what a heap type of the `any` hierarchy stands for.
    pub(crate) fn is_of(&self, store: &StoreOpaque, heap: HeapType) -> bool {
        let Ok(word) = self.word_in(store) else {
            return false;
        };
        let object = store.object(word);
        match (heap, object.map(Object::kind)) {
            (HeapType::Any, _) | (HeapType::I31 | HeapType::Eq, None) => true,
            (HeapType::Eq, Some(kind)) => kind != ObjectKind::Host,
            (HeapType::Struct, Some(kind)) => kind == ObjectKind::Struct,
            (HeapType::Array, Some(kind)) => kind == ObjectKind::Array,
            (HeapType::Canon(wanted, Kind::Struct | Kind::Array), Some(kind)) => {
                kind != ObjectKind::Host
                    && object.is_some_and(|o| store.engine.is_subtype(o.type_id(), wanted))
            }
            _ => false,
        }
    }

    /// Its word, where another store would be the embedder's bug.
    fn own(&self, store: &StoreOpaque) -> u64 {
        self.word_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn object(&self, store: &StoreOpaque) -> Option<Object> {
        store.object(self.own(store))
    }

    /// A field or an element: where, and what it holds.
    fn place(&self, store: &StoreOpaque, index: u32) -> Option<(Object, u32, Slot, FieldType)> {
        let object = self.object(store)?;
        if object.kind() == ObjectKind::Host {
            return None;
        }
        let (offset, slot) = match object.places() {
            ObjectLayout::Struct { fields, .. } => *fields.get(index as usize)?,
            ObjectLayout::Array(slot) if index < object.length() => {
                (Object::element(*slot, index), *slot)
            }
            ObjectLayout::Array(_) => return None,
        };
        let field = store.engine.field_of(object.type_id(), index)?;
        Some((object, offset, slot, field))
    }
}

impl fmt::Debug for AnyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::I31(_) => write!(f, "AnyRef({:?})", self.i31().unwrap_or_default()),
            Inner::Object(held) => write!(f, "AnyRef({:#x})", held.word()),
        }
    }
}

const _: () = assert!(size_of::<Option<AnyRef>>() == size_of::<usize>());
