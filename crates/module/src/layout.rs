//! Where the fields of structures and the elements of arrays lie. Compiler and engine read it here.
//!
//! Fields lie in their order, each at a multiple of its size or of 8, so a subtype begins as its supertype does.

use crate::index::TypeIndex;
use crate::types::{
    Composite, DefinedType, FieldType, HeapType, Kind, StorageType, TypeId, ValType,
};
use std::collections::TryReserveError;

/// What a place in an object holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Bits: so many bytes of them.
    Bits(u32),
    /// A reference of the `any` hierarchy, in 4 bytes.
    Any,
    /// Another reference: the word of 8 bytes that compiled code has for it.
    Word,
}

impl Slot {
    /// Of a field. `kind` gives what a type of the type section describes.
    pub fn of(field: FieldType, kind: impl Fn(TypeIndex) -> Kind) -> Self {
        let ty = match field.storage {
            StorageType::I8 => return Self::Bits(1),
            StorageType::I16 => return Self::Bits(2),
            StorageType::Val(ty) => ty,
        };
        let heap = match ty {
            ValType::I32 | ValType::F32 => return Self::Bits(4),
            ValType::I64 | ValType::F64 => return Self::Bits(8),
            ValType::V128 => return Self::Bits(16),
            ValType::Ref(ty) => ty.heap,
        };
        let kind = match heap {
            HeapType::Index(index) => Some(kind(index)),
            HeapType::Canon(_, kind) => Some(kind),
            _ => None,
        };
        match (heap, kind) {
            (_, Some(Kind::Struct | Kind::Array))
            | (
                HeapType::Any
                | HeapType::Eq
                | HeapType::I31
                | HeapType::Struct
                | HeapType::Array
                | HeapType::None,
                _,
            ) => Self::Any,
            _ => Self::Word,
        }
    }

    /// Its size in bytes.
    pub fn size(self) -> u32 {
        match self {
            Self::Bits(size) => size,
            Self::Any => 4,
            Self::Word => 8,
        }
    }
}

/// Where everything lies in objects of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ObjectLayout {
    /// A structure.
    Struct {
        /// Offset and content of each field.
        fields: Box<[(u32, Slot)]>,
        /// Bytes of the whole.
        size: u32,
    },
    /// An array: what each element holds. They begin at [`ObjectLayout::ELEMENTS`].
    Array(Slot),
}

impl ObjectLayout {
    /// Offset of the length of an array, an `i32`.
    pub const LENGTH: u32 = 4;
    /// Offset of the first element of an array.
    pub const ELEMENTS: u32 = 8;
    /// Offset of the word in the box of a host value.
    pub const BOXED: u32 = 8;
    /// Bytes of such a box.
    pub const BOX_SIZE: u32 = 16;
    /// Offset of the first field of a structure, if it has at most 4 bytes.
    pub const FIELDS: u32 = 4;

    /// Of a structure with these fields.
    ///
    /// # Errors
    /// No memory for as many.
    pub fn of_struct(
        fields: &[FieldType],
        kind: impl Fn(TypeIndex) -> Kind,
    ) -> Result<Self, TryReserveError> {
        let mut end = Self::FIELDS;
        let place = |field: &FieldType| {
            let slot = Slot::of(*field, &kind);
            // The validator bounds the number of fields.
            let offset = end.next_multiple_of(slot.size().min(8));
            end = offset + slot.size();
            (offset, slot)
        };
        let mut places = Vec::new();
        places.try_reserve_exact(fields.len())?;
        places.extend(fields.iter().map(place));
        let (fields, size) = (places.into(), end);
        Ok(Self::Struct { fields, size })
    }
}

/// Layouts of the types of a module; an error where there is no memory for them.
pub(crate) fn of_types(
    types: &[DefinedType],
) -> Result<Vec<Option<ObjectLayout>>, TryReserveError> {
    let kind = |index: TypeIndex| types[index.index()].kind();
    let mut layouts = Vec::new();
    layouts.try_reserve_exact(types.len())?;
    for ty in types {
        layouts.push(match &ty.composite {
            Composite::Struct(fields) => Some(ObjectLayout::of_struct(fields, kind)?),
            Composite::Array(element) => Some(ObjectLayout::Array(Slot::of(*element, kind))),
            Composite::Func(_) | Composite::Cont(_) => None,
        });
    }
    Ok(layouts)
}

/// The first word of an object of a type. Its upper bits are the number of the type's row, one more than
/// that of the type: row 0 is that of no type.
pub fn header_of(ty: TypeId, kind: ObjectKind) -> u32 {
    (ty.0 + 1) << 2 | kind as u32
}

/// What an object is: the lowest two bits of its header.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ObjectKind {
    /// A structure.
    Struct = 1,
    /// An array.
    Array = 2,
    /// A value of the host.
    Host = 3,
}
