//! Types as wasmparser has them to types as the record has them.
//!
//! wasmparser knows types of proposals that [`crate::features`] leaves out. The validator refuses
//! them first; an error here means that a feature was turned on before its types got a place in the
//! record.

use crate::error::Error;
use crate::index::TypeIndex;
use crate::module::ItemType;
use crate::types::{FuncType, GlobalType, Limits, MemoryType, RefType, TableType, ValType};
use wasmparser::{AbstractHeapType, HeapType, TypeRef};

pub(crate) fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty, offset)?),
        wasmparser::ValType::V128 => return Err(unsupported("type v128", offset)),
    })
}

pub(crate) fn ref_type(ty: wasmparser::RefType, offset: usize) -> Result<RefType, Error> {
    if !ty.is_nullable() {
        return Err(unsupported(format_args!("reference type {ty}"), offset));
    }
    heap_type(ty.heap_type(), offset)
}

/// Nullable reference to this heap type.
pub(crate) fn heap_type(ty: HeapType, offset: usize) -> Result<RefType, Error> {
    match ty {
        HeapType::Abstract {
            shared: false,
            ty: AbstractHeapType::Func,
        } => Ok(RefType::Func),
        HeapType::Abstract {
            shared: false,
            ty: AbstractHeapType::Extern,
        } => Ok(RefType::Extern),
        _ => Err(unsupported(format_args!("heap type {ty:?}"), offset)),
    }
}

pub(crate) fn func_type(ty: &wasmparser::FuncType, offset: usize) -> Result<FuncType, Error> {
    let list = |types: &[wasmparser::ValType]| -> Result<Vec<ValType>, Error> {
        types.iter().map(|&ty| val_type(ty, offset)).collect()
    };
    Ok(FuncType::new(list(ty.params())?, list(ty.results())?))
}

pub(crate) fn table_type(ty: wasmparser::TableType, offset: usize) -> Result<TableType, Error> {
    let element = ref_type(ty.element_type, offset)?;
    Ok(TableType {
        element,
        limits: Limits {
            min: ty.initial,
            max: ty.maximum,
        },
    })
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits {
            min: ty.initial,
            max: ty.maximum,
        },
    }
}

pub(crate) fn global_type(ty: wasmparser::GlobalType, offset: usize) -> Result<GlobalType, Error> {
    Ok(GlobalType {
        content: val_type(ty.content_type, offset)?,
        mutable: ty.mutable,
    })
}

pub(crate) fn import_type(ty: TypeRef, offset: usize) -> Result<ItemType, Error> {
    Ok(match ty {
        TypeRef::Func(ty) => ItemType::Func(TypeIndex(ty)),
        TypeRef::Table(ty) => ItemType::Table(table_type(ty, offset)?),
        TypeRef::Memory(ty) => ItemType::Memory(memory_type(ty)),
        TypeRef::Global(ty) => ItemType::Global(global_type(ty, offset)?),
        TypeRef::Tag(_) => return Err(unsupported("import of a tag", offset)),
        TypeRef::FuncExact(_) => return Err(unsupported("import of an exact function", offset)),
    })
}

/// The error for what the record has no place for.
pub(crate) fn unsupported(what: impl std::fmt::Display, offset: usize) -> Error {
    Error::new(format!("unsupported: {what}"), offset)
}
