//! Objects in memory: headers, fields, and where the next one goes.

use super::super::{call, control};
use crate::function::Translator;
use crate::record::{Region, context, func_ref, heap_memory, store};
use crate::signature::clif_type;
use bident_abi::{Builtin, LARGEST_CELL, class_of, class_size};
use bident_module::{FieldType, ObjectKind, ObjectLayout, Slot, StorageType, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, Endianness, InstBuilder, MemFlagsData, Value};

/// Address of the object that a reference leads to, which is neither null nor a small integer.
pub(super) fn address(t: &mut Translator<'_, '_>, reference: Value) -> Value {
    let store = t.store();
    let base = store::HEAP_BASE.load(&mut t.b, store);
    t.b.ins().iadd(base, reference)
}

/// The first word of an object.
pub(super) fn header(t: &mut Translator<'_, '_>, address: Value) -> Value {
    let flags = heap_memory(Region::Objects);
    t.b.ins().load(I32, flags, address, 0)
}

/// What is in a box.
pub(super) fn boxed(t: &mut Translator<'_, '_>, address: Value) -> Value {
    let flags = heap_memory(Region::Objects);
    let offset = ObjectLayout::BOXED as i32;
    t.b.ins().load(I64, flags, address, offset)
}

/// The length of an array.
pub(super) fn length(t: &mut Translator<'_, '_>, address: Value) -> Value {
    let flags = heap_memory(Region::Objects);
    let offset = ObjectLayout::LENGTH as i32;
    t.b.ins().load(I32, flags, address, offset)
}

/// How a field is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extend {
    /// It is not packed, or unsigned.
    Zero,
    /// It is packed, and signed.
    Sign,
}

/// Vectors are only at multiples of 8.
fn flags_of(slot: Slot) -> MemFlagsData {
    let flags = heap_memory(Region::Objects);
    match slot {
        Slot::Bits(16) => MemFlagsData::new()
            .with_notrap()
            .with_endianness(Endianness::Little)
            .with_alias_region(flags.alias_region()),
        _ => flags,
    }
}

/// Reads a field, or an element, at an offset from an address.
pub(super) fn load(
    t: &mut Translator<'_, '_>,
    (field, slot): (FieldType, Slot),
    extend: Extend,
    address: Value,
    offset: u32,
) -> Value {
    let (flags, offset) = (flags_of(slot), offset as i32);
    let ins = t.b.ins();
    match (field.storage, extend) {
        (StorageType::I8, Extend::Zero) => ins.uload8(I32, flags, address, offset),
        (StorageType::I8, Extend::Sign) => ins.sload8(I32, flags, address, offset),
        (StorageType::I16, Extend::Zero) => ins.uload16(I32, flags, address, offset),
        (StorageType::I16, Extend::Sign) => ins.sload16(I32, flags, address, offset),
        _ if slot == Slot::Any => ins.uload32(flags, address, offset),
        (StorageType::Val(ty), _) => ins.load(clif_type(ty), flags, address, offset),
    }
}

/// Writes a field, or an element, at an offset from an address.
pub(super) fn write(
    t: &mut Translator<'_, '_>,
    (field, slot): (FieldType, Slot),
    address: Value,
    offset: u32,
    value: Value,
) {
    let (flags, offset) = (flags_of(slot), offset as i32);
    let ins = t.b.ins();
    match field.storage {
        StorageType::I8 => ins.istore8(flags, value, address, offset),
        StorageType::I16 => ins.istore16(flags, value, address, offset),
        _ if slot == Slot::Any => ins.istore32(flags, value, address, offset),
        StorageType::Val(_) => ins.store(flags, value, address, offset),
    };
}

/// The header of objects of a type.
pub(super) fn header_of(t: &mut Translator<'_, '_>, ty: TypeIndex, kind: ObjectKind) -> Value {
    let id = type_id(t, ty);
    // As `bident_module::header_of`.
    let row = t.b.ins().ishl_imm_u(id, 2);
    t.b.ins().iadd_imm_s(row, 4 + kind as i64)
}

/// Identity of a type.
pub(super) fn type_id(t: &mut Translator<'_, '_>, ty: TypeIndex) -> Value {
    let type_ids = t.of_context(context::TYPE_IDS);
    func_ref::expected_type_id(ty).load(&mut t.b, type_ids)
}

/// A new object of so many bytes, of which only the header is written. Where there is no cell at hand, the
/// builtin makes it.
pub(super) fn allocate(
    t: &mut Translator<'_, '_>,
    what: (TypeIndex, ObjectKind),
    size: u32,
    slow: impl FnOnce(&mut Translator<'_, '_>) -> Value,
) -> Value {
    if size > LARGEST_CELL {
        return slow(t);
    }
    let class = class_of(size);
    let store = t.store();
    let bytes = call::constant(t, class_size(class).into());
    let (elsewhere, done) = (t.b.create_block(), t.block_with([I64]));
    let (made, _) = take(t, what, store::run(class), (store, bytes), elsewhere);
    t.b.ins().jump(done, &[BlockArg::Value(made)]);
    make_elsewhere(t, elsewhere, done, slow)
}

/// Takes the next cell of a run, and writes a header; gives reference and address. The run lies at the offsets
/// from the base. Where no cell of so many bytes is left, goes to a block.
pub(super) fn take(
    t: &mut Translator<'_, '_>,
    (ty, kind): (TypeIndex, ObjectKind),
    (next_at, end_at): (i32, i32),
    (base, bytes): (Value, Value),
    elsewhere: Block,
) -> (Value, Value) {
    let flags = heap_memory(Region::Runs);
    let next = t.b.ins().uload32(flags, base, next_at);
    let end = t.b.ins().uload32(flags, base, end_at);
    let behind = t.b.ins().iadd(next, bytes);
    let fits = t.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, behind, end);
    let here = t.b.create_block();
    t.b.set_cold_block(elsewhere);
    t.b.ins().brif(fits, here, &[], elsewhere, &[]);

    control::go_on_in(t, here);
    t.b.ins().istore32(flags, behind, base, next_at);
    let header = header_of(t, ty, kind);
    let address = address(t, next);
    t.b.ins()
        .store(heap_memory(Region::Objects), header, address, 0);
    (next, address)
}

/// Makes in a block what there was no cell for; what `done` gets.
pub(super) fn make_elsewhere(
    t: &mut Translator<'_, '_>,
    elsewhere: Block,
    done: Block,
    slow: impl FnOnce(&mut Translator<'_, '_>) -> Value,
) -> Value {
    control::go_on_in(t, elsewhere);
    let made = slow(t);
    t.b.ins().jump(done, &[BlockArg::Value(made)]);
    control::go_on_in(t, done);
    t.b.block_params(done)[0]
}

/// Zeroes the fields of a new structure of so many bytes.
pub(super) fn clear_fields(t: &mut Translator<'_, '_>, address: Value, size: u32) {
    let flags = heap_memory(Region::Objects);
    let zero = t.b.ins().iconst(I64, 0);
    t.b.ins()
        .istore32(flags, zero, address, ObjectLayout::FIELDS as i32);
    // Cells are multiples of 16 bytes.
    for offset in (8..size as i32).step_by(8) {
        t.b.ins().store(flags, zero, address, offset);
    }
}

/// A builtin whose first argument is a type of the module.
pub(super) fn make(
    t: &mut Translator<'_, '_>,
    function: Builtin,
    ty: TypeIndex,
    args: &[Value],
) -> Value {
    let ty = call::constant(t, ty.0.into());
    let args: Vec<Value> = std::iter::once(ty).chain(args.iter().copied()).collect();
    call::builtin(t, function, &args)
}

/// Writes the length of a new array.
pub(super) fn set_length(t: &mut Translator<'_, '_>, address: Value, length: Value) {
    let flags = heap_memory(Region::Objects);
    let offset = ObjectLayout::LENGTH as i32;
    t.b.ins().store(flags, length, address, offset);
}
