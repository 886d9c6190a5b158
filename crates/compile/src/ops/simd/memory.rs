//! Loads and stores of vectors, and of single lanes.

use super::{I8X16, I16X8, I32X4, I64X2, address, pop, push};
use crate::error::Error;
use crate::function::Translator;
use crate::record;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::{MemArg, Operator};

/// Translates a load or store of a vector; false if it is neither.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::V128Load { memarg } => {
            let value = load(t, Opcode::Load, I8X16, memarg)?;
            push(t, value);
        }
        O::V128Store { memarg } => {
            let value = t.operands.pop();
            store(t, value, memarg)?;
        }
        _ => return Ok(wide(t, op)? || one_lane(t, op)?),
    }
    Ok(true)
}

/// An instruction that loads, whose controlling type is this, and as wide as what it loads.
fn load(
    t: &mut Translator<'_, '_>,
    opcode: Opcode,
    ty: Type,
    memarg: &MemArg,
) -> Result<Value, Error> {
    let (address, offset) = address(t, memarg, ty.bytes())?;
    let flags = record::linear_memory();
    let flags = t.b.func.dfg.mem_flags.insert_unchecked(flags);
    let (inst, dfg) = t.b.ins().Load(opcode, ty, flags, offset, address);
    Ok(dfg.first_result(inst))
}

fn store(t: &mut Translator<'_, '_>, value: Value, memarg: &MemArg) -> Result<(), Error> {
    let width = t.b.func.dfg.value_type(value).bytes();
    let (address, offset) = address(t, memarg, width)?;
    t.b.ins()
        .store(record::linear_memory(), value, address, offset);
    Ok(())
}

/// Loads that make a vector of fewer bytes: extended lanes, all lanes the same, zeros above.
fn wide(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::V128Load8x8S { memarg } => extended(t, Opcode::Sload8x8, memarg)?,
        O::V128Load8x8U { memarg } => extended(t, Opcode::Uload8x8, memarg)?,
        O::V128Load16x4S { memarg } => extended(t, Opcode::Sload16x4, memarg)?,
        O::V128Load16x4U { memarg } => extended(t, Opcode::Uload16x4, memarg)?,
        O::V128Load32x2S { memarg } => extended(t, Opcode::Sload32x2, memarg)?,
        O::V128Load32x2U { memarg } => extended(t, Opcode::Uload32x2, memarg)?,
        O::V128Load8Splat { memarg } => splat(t, I8X16, memarg)?,
        O::V128Load16Splat { memarg } => splat(t, I16X8, memarg)?,
        O::V128Load32Splat { memarg } => splat(t, I32X4, memarg)?,
        O::V128Load64Splat { memarg } => splat(t, I64X2, memarg)?,
        O::V128Load32Zero { memarg } => zeros_above(t, I32, I32X4, memarg)?,
        O::V128Load64Zero { memarg } => zeros_above(t, I64, I64X2, memarg)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn extended(t: &mut Translator<'_, '_>, opcode: Opcode, memarg: &MemArg) -> Result<(), Error> {
    // What controls these is the type of the address; they load 8 bytes.
    let value = load(t, opcode, I64, memarg)?;
    push(t, value);
    Ok(())
}

fn splat(t: &mut Translator<'_, '_>, ty: Type, memarg: &MemArg) -> Result<(), Error> {
    let lane = load(t, Opcode::Load, ty.lane_type(), memarg)?;
    let value = t.b.ins().splat(ty, lane);
    push(t, value);
    Ok(())
}

fn zeros_above(
    t: &mut Translator<'_, '_>,
    lane: Type,
    ty: Type,
    memarg: &MemArg,
) -> Result<(), Error> {
    let lane = load(t, Opcode::Load, lane, memarg)?;
    let value = t.b.ins().scalar_to_vector(ty, lane);
    push(t, value);
    Ok(())
}

fn one_lane(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::V128Load8Lane { memarg, lane } => load_lane(t, I8X16, memarg, *lane)?,
        O::V128Load16Lane { memarg, lane } => load_lane(t, I16X8, memarg, *lane)?,
        O::V128Load32Lane { memarg, lane } => load_lane(t, I32X4, memarg, *lane)?,
        O::V128Load64Lane { memarg, lane } => load_lane(t, I64X2, memarg, *lane)?,
        O::V128Store8Lane { memarg, lane } => store_lane(t, I8X16, memarg, *lane)?,
        O::V128Store16Lane { memarg, lane } => store_lane(t, I16X8, memarg, *lane)?,
        O::V128Store32Lane { memarg, lane } => store_lane(t, I32X4, memarg, *lane)?,
        O::V128Store64Lane { memarg, lane } => store_lane(t, I64X2, memarg, *lane)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn load_lane(t: &mut Translator<'_, '_>, ty: Type, memarg: &MemArg, lane: u8) -> Result<(), Error> {
    let value = pop(t, ty);
    let new = load(t, Opcode::Load, ty.lane_type(), memarg)?;
    let value = t.b.ins().insertlane(value, new, lane);
    push(t, value);
    Ok(())
}

fn store_lane(
    t: &mut Translator<'_, '_>,
    ty: Type,
    memarg: &MemArg,
    lane: u8,
) -> Result<(), Error> {
    let value = pop(t, ty);
    let value = t.b.ins().extractlane(value, lane);
    store(t, value, memarg)
}
