//! Structures.

use super::object::{self, Extend};
use crate::function::Translator;
use bident_abi::{Builtin, FINE, TrapCode};
use bident_module::{FieldType, ObjectKind, ObjectLayout, Slot, TypeIndex};
use cranelift_codegen::ir::Value;
use wasmparser::Operator;

/// Translates an operator of structures; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    match *op {
        Operator::StructNew { struct_type_index } => new(t, struct_type_index.into()),
        Operator::StructNewDefault { struct_type_index } => {
            new_default(t, struct_type_index.into());
        }
        Operator::StructGet {
            struct_type_index: ty,
            field_index: field,
        }
        | Operator::StructGetU {
            struct_type_index: ty,
            field_index: field,
        } => get(t, ty.into(), field, Extend::Zero),
        Operator::StructGetS {
            struct_type_index: ty,
            field_index: field,
        } => get(t, ty.into(), field, Extend::Sign),
        Operator::StructSet {
            struct_type_index: ty,
            field_index: field,
        } => set(t, ty.into(), field),
        _ => return false,
    }
    true
}

/// A structure whose fields are to be written before anything else runs.
fn allocate(t: &mut Translator<'_, '_>, ty: TypeIndex) -> Value {
    let size = size(t, ty);
    object::allocate(t, (ty, ObjectKind::Struct), size, |t| make_zeroed(t, ty))
}

fn size(t: &Translator<'_, '_>, ty: TypeIndex) -> u32 {
    let ObjectLayout::Struct { size, .. } = *t.module.layout_at(ty) else {
        unreachable!("the validator lets only structures be named");
    };
    size
}

fn make_zeroed(t: &mut Translator<'_, '_>, ty: TypeIndex) -> Value {
    object::make(t, Builtin::StructNew, ty, &[])
}

fn new_default(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let size = size(t, ty);
    let made = match size {
        ..=FINE => {
            let made = allocate(t, ty);
            let address = object::address(t, made);
            object::clear_fields(t, address, size);
            made
        }
        _ => make_zeroed(t, ty),
    };
    t.operands.push(made);
}

fn new(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let fields = t.module.struct_type_at(ty).len();
    let made = allocate(t, ty);
    let values: Vec<Value> = t.operands.pop_many(fields).collect();
    let address = object::address(t, made);
    for (i, value) in values.into_iter().enumerate() {
        let (field, offset) = field(t, ty, i);
        object::write(t, field, address, offset, value);
    }
    t.operands.push(made);
}

/// What a field is, and where.
fn field(t: &Translator<'_, '_>, ty: TypeIndex, field: usize) -> ((FieldType, Slot), u32) {
    let ObjectLayout::Struct { fields, .. } = t.module.layout_at(ty) else {
        unreachable!("the validator lets only structures be named");
    };
    let (offset, slot) = fields[field];
    ((t.module.struct_type_at(ty)[field], slot), offset)
}

fn get(t: &mut Translator<'_, '_>, ty: TypeIndex, index: u32, extend: Extend) {
    let reference = t.operands.pop();
    t.trap_if_null(reference, TrapCode::NullStructReference);
    let address = object::address(t, reference);
    let (field, offset) = field(t, ty, index as usize);
    let value = object::load(t, field, extend, address, offset);
    t.operands.push(value);
}

fn set(t: &mut Translator<'_, '_>, ty: TypeIndex, index: u32) {
    let (value, reference) = (t.operands.pop(), t.operands.pop());
    t.trap_if_null(reference, TrapCode::NullStructReference);
    let address = object::address(t, reference);
    let (field, offset) = field(t, ty, index as usize);
    object::write(t, field, address, offset, value);
}
