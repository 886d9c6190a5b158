//! Linear memories.
//!
//! What lies behind the end of a memory is reserved, and faults. How far decides what an access checks:
//!
//! ```text
//! 32-bit   all that index and offset can reach is reserved (MEMORY_RESERVATION): nothing
//! 64-bit   0          length        bound            bound + MEMORY_GUARD
//!          ├────────────┼──────────────┼───────────────────┤
//!          │ accessible │ faults       │ faults            │   index <= bound
//! pages of a byte: memory can end within a page of the system: index + offset + width <= length
//! memories that move: nothing is reserved: the same, and the base is loaded anew for each access
//! ```
//!
//! A memory moves when it grows, which happens in calls only; no operator has an address across one.
//!
//! An offset that no instruction holds is added first; a sum of 64 bits that overflows traps.

use super::call::{builtin, constant, position, push_size, unsigned};
use super::fuel;
use super::interrupt::{Parts, in_parts};
use super::table::range;
use crate::error::Error;
use crate::function::Translator;
use crate::record::{self, context, memory};
use crate::trap;
use bident_abi::{Builtin, TrapCode, pack_pair};
use bident_module::{AddressType, MemoryIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::{MemArg, MemArgTarget, Operator};

/// Translates an operator of memories; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::MemorySize { mem } => size(t, (*mem).into()),
        O::MemoryGrow { mem } => grow(t, (*mem).into()),
        O::MemoryFill { mem } => fill(t, (*mem).into()),
        O::MemoryCopy { dst_mem, src_mem } => copy(t, (*dst_mem).into(), (*src_mem).into()),
        O::MemoryInit { data_index, mem } => init(t, (*mem).into(), *data_index),
        O::DataDrop { data_index } => data_drop(t, *data_index),
        _ => return access(t, op),
    }
    Ok(true)
}

/// Translates a load or store; false if it is neither.
fn access(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    if let Some((opcode, ty, memarg)) = as_load(op) {
        let (address, offset) = address(t, memarg, width(opcode, ty))?;
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
        let (address, offset) = address(t, memarg, width(opcode, ty))?;
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

/// Address of an access to `width` bytes whose index is the topmost operand: a base and what the
/// instruction adds. The instruction must have the flags of [`record::linear_memory`].
pub(super) fn address(
    t: &mut Translator<'_, '_>,
    memarg: &MemArg,
    width: u32,
) -> Result<(Value, Offset32), Error> {
    let MemArgTarget::Memory(index) = memarg.target else {
        return Err(t.unsupported("access to an array"));
    };
    let memory = MemoryIndex(index);
    let ty = t.module.memories[memory.index()];
    let index = t.operands.pop();
    let index = position(t, ty.address, index);
    if ty.address == AddressType::I64 || ty.page_size_log2 == 0 || moves(t, memory) {
        return Ok(checked(t, memory, index, memarg.offset, width));
    }
    let base = t.of_context(context::memory_base(t.layout, memory));
    let address = t.b.ins().iadd(base, index);
    // The validator lets no offset of a 32-bit memory exceed 32 bits; an instruction holds 31.
    Ok(match i32::try_from(memarg.offset) {
        Ok(offset) => (address, offset.into()),
        Err(_) => {
            let address = t.b.ins().iadd_imm_s(address, memarg.offset as i64);
            (address, 0.into())
        }
    })
}

/// The same for a memory where the reservation does not say it all.
fn checked(
    t: &mut Translator<'_, '_>,
    memory: MemoryIndex,
    index: Value,
    offset: u64,
    width: u32,
) -> (Value, Offset32) {
    let ty = t.module.memories[memory.index()];
    let outside = TrapCode::MemoryOutOfBounds;
    let (index, offset) = match i32::try_from(offset) {
        Ok(offset) => (index, offset),
        Err(_) => {
            let offset = constant(t, offset);
            let code = trap::to_clif(outside);
            (t.b.ins().uadd_overflow_trap(index, offset, code), 0)
        }
    };
    let record = t.of_context(context::memory(t.layout, memory));
    let moves = moves(t, memory);
    if ty.address == AddressType::I64 && !moves {
        let bound = memory::BOUND.load(&mut t.b, record);
        let beyond = t.b.ins().icmp(IntCC::UnsignedGreaterThan, index, bound);
        t.trap_if(beyond, outside);
    }
    if ty.page_size_log2 == 0 || moves {
        let end = i64::from(offset) + i64::from(width);
        let end = match ty.address == AddressType::I64 && moves {
            // Neither a bound nor a 32-bit index is near the end of 64 bits.
            false => t.b.ins().iadd_imm_s(index, end),
            true => {
                let end = constant(t, end.cast_unsigned());
                let code = trap::to_clif(outside);
                t.b.ins().uadd_overflow_trap(index, end, code)
            }
        };
        let length = length(t, memory);
        let beyond = t.b.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        t.trap_if(beyond, outside);
    }
    let base = match moves {
        false => t.of_context(context::memory_base(t.layout, memory)),
        true => memory::BASE.load(&mut t.b, record),
    };
    (t.b.ins().iadd(base, index), offset.into())
}

/// Whether a memory moves when it grows. Those that other threads use stay where they are.
fn moves(t: &Translator<'_, '_>, memory: MemoryIndex) -> bool {
    t.moving_memories && !t.module.memories[memory.index()].shared
}

/// Size in bytes.
fn length(t: &mut Translator<'_, '_>, index: MemoryIndex) -> Value {
    let record = t.of_context(context::memory(t.layout, index));
    match t.module.memories[index.index()].shared {
        false => memory::LENGTH.load(&mut t.b, record),
        true => memory::shared_length(&mut t.b, record),
    }
}

/// Bytes that a load or store touches.
fn width(opcode: Opcode, ty: Type) -> u32 {
    match opcode {
        Opcode::Sload8 | Opcode::Uload8 | Opcode::Istore8 => 1,
        Opcode::Sload16 | Opcode::Uload16 | Opcode::Istore16 => 2,
        Opcode::Sload32 | Opcode::Uload32 | Opcode::Istore32 => 4,
        _ => ty.bytes(),
    }
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

fn size(t: &mut Translator<'_, '_>, index: MemoryIndex) {
    let ty = t.module.memories[index.index()];
    let bytes = length(t, index);
    let pages = match ty.page_size_log2 {
        0 => bytes,
        log2 => t.b.ins().ushr_imm_u(bytes, i64::from(log2)),
    };
    push_size(t, ty.address, pages);
}

fn grow(t: &mut Translator<'_, '_>, memory: MemoryIndex) {
    let ty = address_type(t, memory);
    let delta = t.operands.pop();
    let delta = position(t, ty, delta);
    let memory = constant(t, memory.0.into());
    let old = builtin(t, Builtin::MemoryGrow, &[memory, delta]);
    push_size(t, ty, old);
}

fn fill(t: &mut Translator<'_, '_>, memory: MemoryIndex) {
    let ty = address_type(t, memory);
    let length = t.operands.pop();
    let value = t.operands.pop();
    let destination = t.operands.pop();
    let args = [
        constant(t, memory.0.into()),
        position(t, ty, destination),
        unsigned(t, value),
        position(t, ty, length),
    ];
    fuel::take(t, args[3], fuel::BYTES);
    in_parts(t, Builtin::MemoryFill, Parts::Fill, args, |_| ());
}

fn copy(t: &mut Translator<'_, '_>, destination: MemoryIndex, source: MemoryIndex) {
    let pair = pack_pair(destination.0, source.0);
    let (to, from) = (address_type(t, destination), address_type(t, source));
    let types = [to, from, to.narrower(from)];
    let args = range(t, pair, types);
    fuel::take(t, args[3], fuel::BYTES);
    in_parts(t, Builtin::MemoryCopy, Parts::Copy, args, |_| ());
}

fn init(t: &mut Translator<'_, '_>, memory: MemoryIndex, data: u32) {
    let types = [address_type(t, memory), AddressType::I32, AddressType::I32];
    let args = range(t, pack_pair(memory.0, data), types);
    fuel::take(t, args[3], fuel::BYTES);
    builtin(t, Builtin::MemoryInit, &args);
}

fn address_type(t: &Translator<'_, '_>, memory: MemoryIndex) -> AddressType {
    t.module.memories[memory.index()].address
}

fn data_drop(t: &mut Translator<'_, '_>, data: u32) {
    let data = constant(t, data.into());
    builtin(t, Builtin::DataDrop, &[data]);
}
