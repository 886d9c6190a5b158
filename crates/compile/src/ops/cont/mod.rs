//! Stack switching: each operator goes to a transfer stub, around which values go through the transfer
//! buffer. For Cranelift that is a call; `near.rs` makes it a jump.
//!
//! ```text
//!  resume (A)                               the continuation (C)
//!   ┊ arguments ──► buffer, reversed         ┊
//!  try_call resume ───────────────────────► takes them (first resume), or
//!                                            ┊
//!              ┌──────── status k, ref ────  try_call suspend ◄── payload ──► buffer, in order
//!              │                             ┊ results ◄── buffer, reversed
//!              ├──────── status 0 ─────────  returns ── results ──► buffer, in order
//!              ▼
//!   status?  0 ──► results ◄── buffer            k ──► payload ◄── buffer, ref ──► label of clause k
//! ```
//!
//! What goes into a continuation lies in the buffer in reverse, so that arguments bound in advance keep
//! their places. The value at position 0 travels in a register instead (`bident-abi`, `call.rs`), unless
//! it is a vector. The
//! stubs preserve no register, so each is a `try_call`; its landing pad is that of the innermost `try` around, as for any call.

mod bind;
mod new;
mod resume;
mod suspend;

use super::call;
use crate::error::Error;
use crate::function::Translator;
use crate::record::store;
use bident_module::{FuncType, TypeIndex, ValType};
use cranelift_codegen::ir::Value;
use wasmparser::Operator;

/// Translates an operator of stack switching; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::ContNew { .. } => new::new(t),
        O::ContBind {
            argument_index,
            result_index,
        } => bind::bind(t, (*argument_index).into(), (*result_index).into()),
        O::Resume {
            cont_type_index: ty,
            resume_table,
        } => resume::resume(t, (*ty).into(), resume_table)?,
        O::ResumeThrow {
            cont_type_index: ty,
            tag_index,
            resume_table,
        } => resume::resume_throw(t, (*ty).into(), (*tag_index).into(), resume_table)?,
        O::ResumeThrowRef {
            cont_type_index: ty,
            resume_table,
        } => resume::resume_throw_ref(t, (*ty).into(), resume_table)?,
        O::Suspend { tag_index } => suspend::suspend(t, (*tag_index).into()),
        O::Switch {
            cont_type_index: ty,
            tag_index,
        } => suspend::switch(t, (*ty).into(), (*tag_index).into()),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The function type that continuations of a type go on as.
fn func_type<'m>(t: &Translator<'m, '_>, cont: TypeIndex) -> &'m FuncType {
    let module = t.module;
    module.func_type_at(module.cont_func_type(cont))
}

/// Sends values to a parent: gives the first in a register, puts value `i` of the others at position `i`
/// of the transfer buffer.
fn send(t: &mut Translator<'_, '_>, types: &[ValType], values: &[Value]) -> Value {
    let positions = 0..types.len();
    send_at(t, types, values, positions)
}

/// Sends values into a continuation: the last of all at position 0, which is the register. `given` are
/// the first of `types`; the others are not ours to send.
fn send_reversed(t: &mut Translator<'_, '_>, types: &[ValType], given: &[Value]) -> Value {
    let positions = (0..types.len()).rev();
    send_at(t, &types[..given.len()], given, positions)
}

fn send_at(
    t: &mut Translator<'_, '_>,
    types: &[ValType],
    values: &[Value],
    positions: impl Iterator<Item = usize>,
) -> Value {
    // Anything will do where there is no value.
    let mut register = t.store();
    let mut buffer = None;
    for ((ty, value), position) in types.iter().zip(values).zip(positions) {
        if position == 0 {
            register = store::to_register(&mut t.b, *ty, *value);
        }
        if !store::in_register(position, *ty) {
            let buffer = *buffer.get_or_insert_with(|| call::transfer_buffer(t));
            store::write_value(&mut t.b, buffer, position, *ty, *value);
        }
    }
    register
}

/// Takes what a continuation sent.
fn receive(t: &mut Translator<'_, '_>, types: &[ValType], register: Value) -> Vec<Value> {
    let positions = 0..types.len();
    receive_at(t, types, positions, register)
}

/// Takes what came into a continuation.
fn receive_reversed(t: &mut Translator<'_, '_>, types: &[ValType], register: Value) -> Vec<Value> {
    let positions = (0..types.len()).rev();
    receive_at(t, types, positions, register)
}

fn receive_at(
    t: &mut Translator<'_, '_>,
    types: &[ValType],
    positions: impl Iterator<Item = usize>,
    register: Value,
) -> Vec<Value> {
    let mut buffer = None;
    let mut values = Vec::with_capacity(types.len());
    for (ty, position) in types.iter().zip(positions) {
        values.push(if store::in_register(position, *ty) {
            store::from_register(&mut t.b, *ty, register)
        } else {
            let buffer = *buffer.get_or_insert_with(|| call::transfer_buffer(t));
            store::value(position, *ty).load(&mut t.b, buffer)
        });
    }
    values
}
