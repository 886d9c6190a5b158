//! Linear memories.
//!
//! An access has no bounds check: the address space that a 32-bit index and a 32-bit offset can
//! reach is reserved for each memory (`bident_abi::MEMORY_RESERVATION`), and faults.

use super::call::{builtin, constant, unsigned};
use super::table::range;
use crate::error::Error;
use crate::function::Translator;
use crate::record::{self, context, memory};
use bident_abi::{Builtin, WASM_PAGE, pack_pair};
use bident_module::MemoryIndex;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::{MemArg, MemArgTarget, Operator};

/// Translates a load or store; false if it is neither.
pub(super) fn access(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    if let Some((opcode, ty, memarg)) = as_load(op) {
        let (address, offset) = address(t, memarg)?;
        let flags =
            t.b.func
                .dfg
                .mem_flags
                .insert_unchecked(record::linear_memory());
        let (inst, dfg) = t.b.ins().Load(opcode, ty, flags, offset, address);
        let value = dfg.first_result(inst);
        t.operands.push(value);
    } else if let Some((opcode, ty, memarg)) = as_store(op) {
        let value = t.operands.pop();
        let (address, offset) = address(t, memarg)?;
        let flags =
            t.b.func
                .dfg
                .mem_flags
                .insert_unchecked(record::linear_memory());
        t.b.ins().Store(opcode, ty, flags, offset, value, address);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Address of an access whose index is the topmost operand: a base and what the instruction adds.
fn address(t: &mut Translator<'_, '_>, memarg: &MemArg) -> Result<(Value, Offset32), Error> {
    let MemArgTarget::Memory(index) = memarg.target else {
        return Err(t.unsupported("access to an array"));
    };
    let position = t.operands.pop();
    let position = unsigned(t, position);
    let base = t.of_context(context::memory_base(t.layout, index.into()));
    let address = t.b.ins().iadd(base, position);
    // The validator lets no offset of a 32-bit memory exceed 32 bits; an instruction holds 31.
    Ok(match i32::try_from(memarg.offset) {
        Ok(offset) => (address, offset.into()),
        Err(_) => {
            let address = t.b.ins().iadd_imm_s(address, memarg.offset as i64);
            (address, 0.into())
        }
    })
}

/// Instruction and controlling type of a load.
fn as_load<'o>(op: &'o Operator<'_>) -> Option<(Opcode, Type, &'o MemArg)> {
    use Operator as O;
    let (opcode, ty, memarg) = match op {
        O::I32Load { memarg } => (Opcode::Load, I32, memarg),
        O::I64Load { memarg } => (Opcode::Load, I64, memarg),
        O::F32Load { memarg } => (Opcode::Load, F32, memarg),
        O::F64Load { memarg } => (Opcode::Load, F64, memarg),
        O::I32Load8S { memarg } => (Opcode::Sload8, I32, memarg),
        O::I32Load8U { memarg } => (Opcode::Uload8, I32, memarg),
        O::I32Load16S { memarg } => (Opcode::Sload16, I32, memarg),
        O::I32Load16U { memarg } => (Opcode::Uload16, I32, memarg),
        O::I64Load8S { memarg } => (Opcode::Sload8, I64, memarg),
        O::I64Load8U { memarg } => (Opcode::Uload8, I64, memarg),
        O::I64Load16S { memarg } => (Opcode::Sload16, I64, memarg),
        O::I64Load16U { memarg } => (Opcode::Uload16, I64, memarg),
        // The type that controls these two is that of the address; the result is always an i64.
        O::I64Load32S { memarg } => (Opcode::Sload32, I64, memarg),
        O::I64Load32U { memarg } => (Opcode::Uload32, I64, memarg),
        _ => return None,
    };
    Some((opcode, ty, memarg))
}

/// Instruction and type of the value of a store.
fn as_store<'o>(op: &'o Operator<'_>) -> Option<(Opcode, Type, &'o MemArg)> {
    use Operator as O;
    let (opcode, ty, memarg) = match op {
        O::I32Store { memarg } => (Opcode::Store, I32, memarg),
        O::I64Store { memarg } => (Opcode::Store, I64, memarg),
        O::F32Store { memarg } => (Opcode::Store, F32, memarg),
        O::F64Store { memarg } => (Opcode::Store, F64, memarg),
        O::I32Store8 { memarg } => (Opcode::Istore8, I32, memarg),
        O::I32Store16 { memarg } => (Opcode::Istore16, I32, memarg),
        O::I64Store8 { memarg } => (Opcode::Istore8, I64, memarg),
        O::I64Store16 { memarg } => (Opcode::Istore16, I64, memarg),
        O::I64Store32 { memarg } => (Opcode::Istore32, I64, memarg),
        _ => return None,
    };
    Some((opcode, ty, memarg))
}

pub(super) fn size(t: &mut Translator<'_, '_>, index: MemoryIndex) {
    let record = t.of_context(context::memory(t.layout, index));
    let bytes = memory::LENGTH.load(&mut t.b, record);
    let shift = i64::from(WASM_PAGE.trailing_zeros());
    let pages = t.b.ins().ushr_imm_u(bytes, shift);
    let pages = t.b.ins().ireduce(I32, pages);
    t.operands.push(pages);
}

pub(super) fn grow(t: &mut Translator<'_, '_>, memory: u32) {
    let delta = t.operands.pop();
    let delta = unsigned(t, delta);
    let memory = constant(t, memory.into());
    let old = builtin(t, Builtin::MemoryGrow, &[memory, delta]);
    let old = t.b.ins().ireduce(I32, old);
    t.operands.push(old);
}

pub(super) fn fill(t: &mut Translator<'_, '_>, memory: u32) {
    let length = t.operands.pop();
    let value = t.operands.pop();
    let destination = t.operands.pop();
    let args = [
        constant(t, memory.into()),
        unsigned(t, destination),
        unsigned(t, value),
        unsigned(t, length),
    ];
    builtin(t, Builtin::MemoryFill, &args);
}

pub(super) fn copy(t: &mut Translator<'_, '_>, destination: u32, source: u32) {
    range(t, Builtin::MemoryCopy, pack_pair(destination, source));
}

pub(super) fn init(t: &mut Translator<'_, '_>, memory: u32, data: u32) {
    range(t, Builtin::MemoryInit, pack_pair(memory, data));
}

pub(super) fn data_drop(t: &mut Translator<'_, '_>, data: u32) {
    let data = constant(t, data.into());
    builtin(t, Builtin::DataDrop, &[data]);
}
