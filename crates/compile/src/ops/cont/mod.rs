//! Stack switching: each operator is a call of a transfer stub, around which values go through the
//! transfer buffer.
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
//! their places (`bident-abi`, `call.rs`). The stubs preserve no register, so each is called by
//! `try_call`; its landing pad is that of the innermost `try` around, as for any call.

mod bind;
mod new;
mod resume;
mod suspend;

pub(super) use bind::bind;
pub(super) use new::new;
pub(super) use resume::{resume, resume_throw, resume_throw_ref};
pub(super) use suspend::{suspend, switch};

use super::call;
use crate::function::Translator;
use crate::record::store;
use bident_module::{FuncType, TypeIndex, ValType};
use cranelift_codegen::ir::Value;

/// The function type that continuations of a type go on as.
fn func_type<'m>(t: &Translator<'m, '_>, cont: TypeIndex) -> &'m FuncType {
    let module = t.module;
    module.func_type_at(module.cont_func_type(cont))
}

/// Puts values into the transfer buffer, value `i` at position `i`.
fn write(t: &mut Translator<'_, '_>, types: &[ValType], values: &[Value]) {
    let positions = 0..types.len();
    write_at(t, types, values, positions);
}

/// Puts values that go into a continuation there: the last of all at position 0. `given` are the first
/// of `types`, the others are not ours to write.
fn write_reversed(t: &mut Translator<'_, '_>, types: &[ValType], given: &[Value]) {
    let positions = (0..types.len()).rev();
    write_at(t, &types[..given.len()], given, positions);
}

fn write_at(
    t: &mut Translator<'_, '_>,
    types: &[ValType],
    values: &[Value],
    positions: impl Iterator<Item = usize>,
) {
    if values.is_empty() {
        return;
    }
    let buffer = call::transfer_buffer(t);
    for ((ty, value), position) in types.iter().zip(values).zip(positions) {
        store::write_value(&mut t.b, buffer, position, *ty, *value);
    }
}

/// Takes values from the transfer buffer, value `i` from position `i`.
fn read(t: &mut Translator<'_, '_>, types: &[ValType]) -> Vec<Value> {
    let positions = 0..types.len();
    read_at(t, types, positions)
}

/// Takes values that came into a continuation.
fn read_reversed(t: &mut Translator<'_, '_>, types: &[ValType]) -> Vec<Value> {
    let positions = (0..types.len()).rev();
    read_at(t, types, positions)
}

fn read_at(
    t: &mut Translator<'_, '_>,
    types: &[ValType],
    positions: impl Iterator<Item = usize>,
) -> Vec<Value> {
    if types.is_empty() {
        return Vec::new();
    }
    let buffer = call::transfer_buffer(t);
    let values = types.iter().zip(positions);
    values
        .map(|(ty, position)| store::value(position, *ty).load(&mut t.b, buffer))
        .collect()
}
