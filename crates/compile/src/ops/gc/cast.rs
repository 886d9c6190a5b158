//! Casts: what a reference leads to is compared with a type, in constant time.

use super::super::{call, control};
use super::object;
use crate::error::Error;
use crate::function::Translator;
use crate::record::{func_ref, store};
use bident_abi::{Builtin, TrapCode, VmTypeRow};
use bident_module::{HeapType, Kind, ObjectKind, RefType, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, MemFlagsData, Value};
use wasmparser::Operator;

/// Translates a cast; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    match *op {
        Operator::RefTestNonNull { hty } => ref_test(t, hty, false)?,
        Operator::RefTestNullable { hty } => ref_test(t, hty, true)?,
        Operator::RefCastNonNull { hty } => ref_cast(t, hty, false)?,
        Operator::RefCastNullable { hty } => ref_cast(t, hty, true)?,
        Operator::BrOnCast {
            relative_depth,
            to_ref_type,
            ..
        } => br_on_cast(t, to_ref_type, true, relative_depth)?,
        Operator::BrOnCastFail {
            relative_depth,
            to_ref_type,
            ..
        } => br_on_cast(t, to_ref_type, false, relative_depth)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn ref_test(
    t: &mut Translator<'_, '_>,
    heap: wasmparser::HeapType,
    nullable: bool,
) -> Result<(), Error> {
    let wanted = wanted(t, heap, nullable)?;
    let reference = t.operands.pop();
    let answer = test(t, reference, wanted);
    let answer = t.b.ins().uextend(I32, answer);
    t.operands.push(answer);
    Ok(())
}

fn ref_cast(
    t: &mut Translator<'_, '_>,
    heap: wasmparser::HeapType,
    nullable: bool,
) -> Result<(), Error> {
    let wanted = wanted(t, heap, nullable)?;
    let reference = t.operands.top(1)[0];
    let answer = test(t, reference, wanted);
    t.b.ins()
        .trapz(answer, crate::trap::to_clif(TrapCode::CastFailure));
    Ok(())
}

fn br_on_cast(
    t: &mut Translator<'_, '_>,
    to: wasmparser::RefType,
    holds: bool,
    depth: u32,
) -> Result<(), Error> {
    let wanted = wanted(t, to.heap_type(), to.is_nullable())?;
    let reference = t.operands.top(1)[0];
    let answer = test(t, reference, wanted);
    control::br_where(t, answer, holds, depth);
    Ok(())
}

fn wanted(
    t: &Translator<'_, '_>,
    heap: wasmparser::HeapType,
    nullable: bool,
) -> Result<RefType, Error> {
    let heap = bident_module::heap_type(heap, t.offset)?;
    Ok(RefType { nullable, heap })
}

/// Whether a reference is of a type: 0 or 1.
fn test(t: &mut Translator<'_, '_>, reference: Value, wanted: RefType) -> Value {
    use HeapType as H;
    let is_null = t.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    let null = i64::from(wanted.nullable);
    match wanted.heap {
        H::Any | H::Func | H::Extern | H::Exn | H::Cont => match wanted.nullable {
            true => t.b.ins().iconst(I8, 1),
            false => t.b.ins().icmp_imm_u(IntCC::NotEqual, reference, 0),
        },
        H::None | H::NoFunc | H::NoExtern | H::NoExn | H::NoCont => match wanted.nullable {
            true => is_null,
            false => t.b.ins().iconst(I8, 0),
        },
        H::I31 => {
            let low = t.b.ins().ireduce(I8, reference);
            let is_i31 = t.b.ins().band_imm_u(low, 1);
            match wanted.nullable {
                true => t.b.ins().bor(is_i31, is_null),
                false => is_i31,
            }
        }
        heap => {
            let done = t.block_with([I8]);
            let of_null = t.b.ins().iconst(I8, null);
            let next = t.b.create_block();
            t.b.ins()
                .brif(is_null, done, &[BlockArg::Value(of_null)], next, &[]);
            control::go_on_in(t, next);
            let answer = not_null(t, reference, heap, done);
            t.b.ins().jump(done, &[BlockArg::Value(answer)]);
            control::go_on_in(t, done);
            t.b.block_params(done)[0]
        }
    }
}

/// The same for a reference that is not null, and a type whose references have to be looked at. Code
/// that knows the answer earlier goes to `done`.
fn not_null(t: &mut Translator<'_, '_>, reference: Value, heap: HeapType, done: Block) -> Value {
    if let HeapType::Index(ty) = heap
        && t.module.types[ty.index()].kind() == Kind::Func
    {
        let given = func_ref::TYPE_ID.load(&mut t.b, reference);
        return is_func_type(t, given, ty);
    }
    unless_i31(t, reference, |t| {
        let of_i31 = t.b.ins().iconst(I8, i64::from(heap == HeapType::Eq));
        t.b.ins().jump(done, &[BlockArg::Value(of_i31)]);
    });
    let address = object::address(t, reference);
    let header = object::header(t, address);
    let is_kind = |t: &mut Translator<'_, '_>, condition, kind: ObjectKind| {
        let given = t.b.ins().band_imm_u(header, 3);
        t.b.ins().icmp_imm_u(condition, given, kind as i64)
    };
    match heap {
        HeapType::Struct => is_kind(t, IntCC::Equal, ObjectKind::Struct),
        HeapType::Array => is_kind(t, IntCC::Equal, ObjectKind::Array),
        HeapType::Index(ty) => is_object_type(t, header, ty, done),
        // `eq`: all but values of the host.
        _ => is_kind(t, IntCC::NotEqual, ObjectKind::Host),
    }
}

/// Goes on where a word is the reference of an object; elsewhere `answer` ends the block.
pub(super) fn unless_object<'m, 'f>(
    t: &mut Translator<'m, 'f>,
    word: Value,
    mut answer: impl FnMut(&mut Translator<'m, 'f>, Value),
) {
    let (none, next) = (t.b.create_block(), t.b.create_block());
    t.b.ins().brif(word, next, &[], none, &[]);
    control::go_on_in(t, none);
    answer(t, word);
    control::go_on_in(t, next);
    unless_i31(t, word, |t| answer(t, word));
}

/// Goes on where a word is no small integer; elsewhere `answer` ends the block.
fn unless_i31<'m, 'f>(
    t: &mut Translator<'m, 'f>,
    word: Value,
    answer: impl FnOnce(&mut Translator<'m, 'f>),
) {
    let is_i31 = t.b.ins().band_imm_u(word, 1);
    let (small, next) = (t.b.create_block(), t.b.create_block());
    t.b.ins().brif(is_i31, small, &[], next, &[]);
    control::go_on_in(t, small);
    answer(t);
    control::go_on_in(t, next);
}

/// Whether an object with this header is of a type of the module.
fn is_object_type(t: &mut Translator<'_, '_>, header: Value, ty: TypeIndex, done: Block) -> Value {
    let defined = &t.module.types[ty.index()];
    let kind = match defined.kind() {
        Kind::Struct => ObjectKind::Struct,
        _ => ObjectKind::Array,
    };
    if defined.is_final {
        let wanted = object::header_of(t, ty, kind);
        return t.b.ins().icmp(IntCC::Equal, header, wanted);
    }
    let depth = t.module.depth_of(ty);
    if depth >= VmTypeRow::SUPERS {
        // A box is of no type.
        let given = t.b.ins().band_imm_u(header, 3);
        let fits = t.b.ins().icmp_imm_u(IntCC::Equal, given, kind as i64);
        let no = t.b.ins().iconst(I8, 0);
        let next = t.b.create_block();
        t.b.ins()
            .brif(fits, next, &[], done, &[BlockArg::Value(no)]);
        control::go_on_in(t, next);
        let row = t.b.ins().ushr_imm_u(header, 2);
        let given = t.b.ins().iadd_imm_s(row, -1);
        return ask(t, given, ty);
    }
    let row = t.b.ins().band_imm_s(header, -4);
    let row = call::unsigned(t, row);
    let offset = t.b.ins().ishl_imm_u(row, ROW_SHIFT - 2);
    has_super(t, offset, 0, ty, depth)
}

/// Whether functions of the type with this identity are of a type of the module.
fn is_func_type(t: &mut Translator<'_, '_>, given: Value, ty: TypeIndex) -> Value {
    if t.module.types[ty.index()].is_final {
        let wanted = object::type_id(t, ty);
        return t.b.ins().icmp(IntCC::Equal, given, wanted);
    }
    let depth = t.module.depth_of(ty);
    if depth >= VmTypeRow::SUPERS {
        return ask(t, given, ty);
    }
    let row = call::unsigned(t, given);
    let offset = t.b.ins().ishl_imm_u(row, ROW_SHIFT);
    has_super(t, offset, size_of::<VmTypeRow>(), ty, depth)
}

/// Power of two of a row's size.
const ROW_SHIFT: i64 = size_of::<VmTypeRow>().trailing_zeros() as i64;

/// Whether the row at an offset has a type of the module at the place of that type.
fn has_super(
    t: &mut Translator<'_, '_>,
    offset: Value,
    beyond: usize,
    ty: TypeIndex,
    depth: usize,
) -> Value {
    let store = t.store();
    let rows = store::TYPES.load(&mut t.b, store);
    let row = t.b.ins().iadd(rows, offset);
    let entry = std::mem::offset_of!(VmTypeRow, supers) + depth * size_of::<u32>() + beyond;
    let flags = MemFlagsData::trusted().with_readonly();
    let given = t.b.ins().load(I32, flags, row, entry as i32);
    let wanted = object::type_id(t, ty);
    t.b.ins().icmp(IntCC::Equal, given, wanted)
}

/// The answer of the builtin, for types with many supertypes.
fn ask(t: &mut Translator<'_, '_>, given: Value, ty: TypeIndex) -> Value {
    let wanted = object::type_id(t, ty);
    let (given, wanted) = (call::unsigned(t, given), call::unsigned(t, wanted));
    let answer = call::builtin(t, Builtin::IsSubtype, &[given, wanted]);
    debug_assert_eq!(t.b.func.dfg.value_type(answer), I64);
    t.b.ins().ireduce(I8, answer)
}
