//! Fuel: what code takes for each operator, so that it ends at the same place in every run.
//!
//! ```text
//!  operator ──► counted here                          i32.add, local.get, loads, ...: until something else comes
//!  branch, call, end of a block ──► fuel -= count     so each basic block takes what its operators cost
//!  loop head, entry ──► fuel < 0? trap
//!  memory.fill, ... ──► fuel -= length, < 0? trap
//! ```
//!
//! The fuel lies in the store, and nowhere else: whoever is called, resumed or lands finds it there.

use super::interrupt;
use crate::function::Translator;
use crate::record::store;
use bident_abi::TrapCode;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmparser::Operator;

/// More than any length of what there is.
const MOST: u64 = 1 << 62;

/// Bytes of memory for a unit, as a power of two.
pub(super) const BYTES: u32 = 3;

/// Counts an operator that is about to be translated.
pub(super) fn count(t: &mut Translator<'_, '_>, op: &Operator<'_>) {
    use Operator as O;
    if !t.fuel {
        return;
    }
    t.unpaid += match op {
        O::Nop | O::Block { .. } | O::Loop { .. } | O::Else | O::End | O::Drop => 0,
        _ => 1,
    };
    if !goes_on_behind(op) {
        pay(t);
    }
}

/// Whether nothing but the next operator can follow, and nobody else looks at the fuel.
fn goes_on_behind(op: &Operator<'_>) -> bool {
    is_access(op) || is_plain(op)
}

/// What accesses memory: it traps, or goes on.
fn is_access(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Store8 { .. }
    )
}

/// What never traps.
fn is_plain(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::Nop
            | O::Drop
            | O::Select
            | O::TypedSelect { .. }
            | O::LocalGet { .. }
            | O::LocalSet { .. }
            | O::LocalTee { .. }
            | O::GlobalGet { .. }
            | O::GlobalSet { .. }
            | O::RefNull { .. }
            | O::RefIsNull
            | O::RefFunc { .. }
            | O::I32Const { .. }
            | O::I64Const { .. }
            | O::F32Const { .. }
            | O::F64Const { .. }
            | O::I32Add
            | O::I32Sub
            | O::I32Mul
            | O::I32And
            | O::I32Or
            | O::I32Xor
            | O::I32Shl
            | O::I32ShrS
            | O::I32ShrU
            | O::I32Rotl
            | O::I32Rotr
            | O::I32Eqz
            | O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64Add
            | O::I64Sub
            | O::I64Mul
            | O::I64And
            | O::I64Or
            | O::I64Xor
            | O::I64Shl
            | O::I64ShrS
            | O::I64ShrU
            | O::I64Rotl
            | O::I64Rotr
            | O::I64Eqz
            | O::I64Eq
            | O::I64Ne
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::I32WrapI64
            | O::I64ExtendI32S
            | O::I64ExtendI32U
            | O::F64Add
            | O::F64Sub
            | O::F64Mul
            | O::F64Div
            | O::F32Add
            | O::F32Sub
            | O::F32Mul
            | O::F32Div
    )
}

/// Takes what was counted.
fn pay(t: &mut Translator<'_, '_>) {
    let units = std::mem::take(&mut t.unpaid);
    if units > 0 {
        let store = t.store();
        let fuel = store::FUEL.load(&mut t.b, store);
        let left = t.b.ins().iadd_imm_s(fuel, -i64::from(units));
        store::FUEL.store(&mut t.b, store, left);
    }
}

/// Where a function begins.
pub(super) fn at_entry(t: &mut Translator<'_, '_>, defined: usize) {
    if t.fuel && !interrupt::is_short(t.module, defined) {
        check(t);
    }
}

/// The head of a loop.
pub(super) fn at_loop(t: &mut Translator<'_, '_>) {
    if t.fuel {
        check(t);
    }
}

fn check(t: &mut Translator<'_, '_>) {
    let store = t.store();
    let fuel = store::FUEL.load(&mut t.b, store);
    trap_below_zero(t, fuel);
}

fn trap_below_zero(t: &mut Translator<'_, '_>, fuel: Value) {
    let out = t.b.ins().icmp_imm_s(IntCC::SignedLessThan, fuel, 0);
    t.trap_if(out, TrapCode::OutOfFuel);
}

/// Takes what an instruction costs that does something with so many elements, or with so many bytes: a unit for
/// each element, or for each 8 bytes.
pub(super) fn take(t: &mut Translator<'_, '_>, length: Value, bytes_for_unit: u32) {
    if !t.fuel {
        return;
    }
    let most = super::call::constant(t, MOST);
    let length = t.b.ins().umin(length, most);
    let units = match bytes_for_unit {
        0 => length,
        log2 => {
            let up = t.b.ins().iadd_imm_s(length, (1 << log2) - 1);
            t.b.ins().ushr_imm_u(up, i64::from(log2))
        }
    };
    let store = t.store();
    let fuel = store::FUEL.load(&mut t.b, store);
    let left = t.b.ins().isub(fuel, units);
    // Who goes on all the same after it is used up must not get it back by taking on and on.
    let used_up = t.b.ins().iconst(I64, -1);
    let left = t.b.ins().smax(left, used_up);
    store::FUEL.store(&mut t.b, store, left);
    trap_below_zero(t, left);
}
