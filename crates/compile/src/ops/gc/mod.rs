//! Structures, arrays, small integers and casts. The words and the objects: `docs/heap.md`.
//!
//! ```text
//!  struct.new            struct.get            ref.cast
//!   next + size > end?    null? trap            null, i31? answer known
//!   ┊        └─ builtin   load base + ref       load header ─► row of its type
//!   header, fields                              entry of the row = the type?
//! ```
//!
//! The address of an object is always `base + reference`: a collection knows it, if code keeps it instead
//! of the reference. A reference is never in a register of 32 bits, nor in one word with something else:
//! that word may be all that is left of it.

mod array;
mod cast;
mod object;
mod structure;

use super::call;
use crate::error::Error;
use crate::function::Translator;
use bident_abi::{Builtin, TrapCode};
use bident_module::ObjectKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use wasmparser::Operator;

/// Translates an operator of the heap; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    match *op {
        Operator::RefEq => ref_eq(t),
        Operator::RefI31 => ref_i31(t),
        Operator::I31GetS => i31_get(t, true),
        Operator::I31GetU => i31_get(t, false),
        Operator::AnyConvertExtern => any_convert_extern(t),
        Operator::ExternConvertAny => extern_convert_any(t),
        _ => {
            return Ok(structure::translate(t, op)
                || array::translate(t, op)
                || cast::translate(t, op)?);
        }
    }
    Ok(true)
}

fn ref_eq(t: &mut Translator<'_, '_>) {
    let (a, b) = (t.operands.pop(), t.operands.pop());
    let same = t.b.ins().icmp(IntCC::Equal, a, b);
    let answer = t.b.ins().uextend(I32, same);
    t.operands.push(answer);
}

fn ref_i31(t: &mut Translator<'_, '_>) {
    let number = t.operands.pop();
    let shifted = t.b.ins().ishl_imm_u(number, 1);
    let marked = t.b.ins().bor_imm_u(shifted, 1);
    let word = t.b.ins().uextend(I64, marked);
    t.operands.push(word);
}

fn i31_get(t: &mut Translator<'_, '_>, signed: bool) {
    let word = t.operands.pop();
    t.trap_if_null(word, TrapCode::NullI31Reference);
    let marked = t.b.ins().ireduce(I32, word);
    let number = match signed {
        true => t.b.ins().sshr_imm_u(marked, 1),
        false => t.b.ins().ushr_imm_u(marked, 1),
    };
    t.operands.push(number);
}

/// A value of the host gets a box; all other words stay.
fn any_convert_extern(t: &mut Translator<'_, '_>) {
    let word = t.operands.pop();
    let high = t.b.ins().ushr_imm_u(word, 32);
    let (host, done) = (t.b.create_block(), t.block_with([I64]));
    t.b.ins()
        .brif(high, host, &[], done, &[BlockArg::Value(word)]);
    super::control::go_on_in(t, host);
    let boxed = call::builtin(t, Builtin::AnyConvertExtern, &[word]);
    t.b.ins().jump(done, &[BlockArg::Value(boxed)]);
    super::control::go_on_in(t, done);
    let word = t.b.block_params(done)[0];
    t.operands.push(word);
}

/// A box gives what is in it; all other words stay.
fn extern_convert_any(t: &mut Translator<'_, '_>) {
    let word = t.operands.pop();
    let done = t.block_with([I64]);
    cast::unless_object(t, word, |t, _| {
        t.b.ins().jump(done, &[BlockArg::Value(word)]);
    });
    let address = object::address(t, word);
    let header = object::header(t, address);
    let kind = t.b.ins().band_imm_u(header, 3);
    let is_box =
        t.b.ins()
            .icmp_imm_u(IntCC::Equal, kind, ObjectKind::Host as i64);
    let unbox = t.b.create_block();
    t.b.ins()
        .brif(is_box, unbox, &[], done, &[BlockArg::Value(word)]);
    super::control::go_on_in(t, unbox);
    let held = object::boxed(t, address);
    t.b.ins().jump(done, &[BlockArg::Value(held)]);
    super::control::go_on_in(t, done);
    let word = t.b.block_params(done)[0];
    t.operands.push(word);
}
