//! Types as wasmparser has them to types as the record has them.
//!
//! The validator refuses types of proposals that [`crate::Optional::features`] leaves out. What it lets pass
//! and the record has no place for ends here.

use crate::error::Error;
use crate::index::TypeIndex;
use crate::module::ItemType;
use crate::types::{
    AddressType, Composite, DefinedType, FieldType, FuncType, GlobalType, HeapType, MemoryType,
    RefType, StorageType, TableType, ValType,
};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, PackedIndex, SubType, TypeRef, UnpackedIndex,
};

pub(crate) fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty, offset)?),
        wasmparser::ValType::V128 => ValType::V128,
    })
}

pub(crate) fn ref_type(ty: wasmparser::RefType, offset: usize) -> Result<RefType, Error> {
    Ok(RefType {
        nullable: ty.is_nullable(),
        heap: heap_type(ty.heap_type(), offset)?,
    })
}

/// The type that a reference leads to.
///
/// # Errors
/// The record has no place for it.
pub fn heap_type(ty: wasmparser::HeapType, offset: usize) -> Result<HeapType, Error> {
    use AbstractHeapType as Abstract;
    Ok(match ty {
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => {
            HeapType::Index(TypeIndex(index))
        }
        wasmparser::HeapType::Abstract { shared: false, ty } => match ty {
            Abstract::Func => HeapType::Func,
            Abstract::Extern => HeapType::Extern,
            Abstract::Exn => HeapType::Exn,
            Abstract::Cont => HeapType::Cont,
            Abstract::NoFunc => HeapType::NoFunc,
            Abstract::NoExtern => HeapType::NoExtern,
            Abstract::NoExn => HeapType::NoExn,
            Abstract::NoCont => HeapType::NoCont,
            Abstract::Any => HeapType::Any,
            Abstract::Eq => HeapType::Eq,
            Abstract::I31 => HeapType::I31,
            Abstract::Struct => HeapType::Struct,
            Abstract::Array => HeapType::Array,
            Abstract::None => HeapType::None,
        },
        other => return Err(unsupported(format_args!("heap type {other:?}"), offset)),
    })
}

pub(crate) fn defined_type(ty: &SubType, offset: usize) -> Result<DefinedType, Error> {
    if ty.composite_type.shared {
        return Err(unsupported("shared type", offset));
    }
    let composite = match &ty.composite_type.inner {
        CompositeInnerType::Func(ty) => Composite::Func(func_type(ty, offset)?),
        CompositeInnerType::Cont(ty) => Composite::Cont(type_index(ty.0, offset)?),
        CompositeInnerType::Struct(ty) => {
            let fields = ty.fields.iter().map(|&field| field_type(field, offset));
            Composite::Struct(fields.collect::<Result<_, _>>()?)
        }
        CompositeInnerType::Array(ty) => Composite::Array(field_type(ty.0, offset)?),
    };
    let supertype = match ty.supertype_idxs[..] {
        [] => None,
        [index] => Some(type_index(index, offset)?),
        _ => return Err(unsupported("more than one supertype", offset)),
    };
    Ok(DefinedType {
        composite,
        supertype,
        is_final: ty.is_final,
    })
}

fn field_type(ty: wasmparser::FieldType, offset: usize) -> Result<FieldType, Error> {
    Ok(FieldType {
        storage: match ty.element_type {
            wasmparser::StorageType::I8 => StorageType::I8,
            wasmparser::StorageType::I16 => StorageType::I16,
            wasmparser::StorageType::Val(ty) => StorageType::Val(val_type(ty, offset)?),
        },
        mutable: ty.mutable,
    })
}

/// A reference to the type section. Readers give positions in it; only the validator has others.
fn type_index(index: PackedIndex, offset: usize) -> Result<TypeIndex, Error> {
    let index = index.as_module_index().map(TypeIndex);
    index.ok_or_else(|| unsupported("type index that is no position in the type section", offset))
}

pub(crate) fn func_type(ty: &wasmparser::FuncType, offset: usize) -> Result<FuncType, Error> {
    let list = |types: &[wasmparser::ValType]| -> Result<Vec<ValType>, Error> {
        types.iter().map(|&ty| val_type(ty, offset)).collect()
    };
    Ok(FuncType::new(list(ty.params())?, list(ty.results())?))
}

pub(crate) fn table_type(ty: wasmparser::TableType, offset: usize) -> Result<TableType, Error> {
    let element = ref_type(ty.element_type, offset)?;
    let mut table = TableType::new(element, ty.initial, ty.maximum);
    table.address = address_type(ty.table64);
    Ok(table)
}

fn address_type(is_wide: bool) -> AddressType {
    match is_wide {
        false => AddressType::I32,
        true => AddressType::I64,
    }
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    let mut memory = MemoryType::new(ty.initial, ty.maximum);
    memory.address = address_type(ty.memory64);
    memory.shared = ty.shared;
    // The validator lets pass 0 and 16.
    memory.page_size_log2 = ty.page_size_log2.map_or(16, |log2| log2 as u8);
    memory
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
        TypeRef::Tag(ty) => ItemType::Tag(TypeIndex(ty.func_type_idx)),
        TypeRef::FuncExact(_) => return Err(unsupported("import of an exact function", offset)),
    })
}

/// The error for what the record has no place for.
pub(crate) fn unsupported(what: impl std::fmt::Display, offset: usize) -> Error {
    Error::new(format!("unsupported: {what}"), offset)
}
