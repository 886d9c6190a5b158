//! `resume`, `resume_throw`, `resume_throw_ref`, and what their clauses do.
//!
//! ```text
//!       try_call resume ──► status, ref, value
//!                              │
//!        ┌──── status != 0 ────┴──── 0 ────┐
//!        ▼                                 ▼
//!   status == 1? ──► label of clause 1   results, go on
//!        │ no
//!   status == 2? ──► label of clause 2
//!        ┊
//! ```
//!
//! Clauses for switches take no part: the stub of `switch` finds them in the list of handlers, and
//! control does not come here.

use super::{call, func_type, receive, send_reversed};
use crate::error::Error;
use crate::function::Translator;
use crate::ops::{control, exception};
use crate::record::{Field, context, store};
use bident_abi::{Builtin, TrapCode};
use bident_module::{Handler, TagIndex, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmparser::{Handle, ResumeTable};

pub(super) fn resume(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    table: &ResumeTable,
) -> Result<(), Error> {
    let params = func_type(t, ty).params();
    let cont = t.operands.pop();
    let args: Vec<Value> = t.operands.pop_many(params.len()).collect();
    let handlers = handlers(t, table)?;
    let value = send_reversed(t, params, &args);
    let args = [cont, handlers, value];
    transfer(t, ty, table, store::RESUME, args);
    Ok(())
}

pub(super) fn resume_throw(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    tag: TagIndex,
    table: &ResumeTable,
) -> Result<(), Error> {
    let params = t.module.tag_type(tag).params();
    let cont = t.operands.pop();
    let values: Vec<Value> = t.operands.pop_many(params.len()).collect();
    exception::write(t, params, &values);
    let tag = t.of_context(context::tag(t.layout, tag));
    let exn = call::builtin(t, Builtin::ExnNew, &[tag]);
    throw_into(t, ty, table, cont, exn)
}

pub(super) fn resume_throw_ref(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    table: &ResumeTable,
) -> Result<(), Error> {
    let cont = t.operands.pop();
    let exn = t.operands.pop();
    t.trap_if_null(exn, TrapCode::NullExceptionReference);
    throw_into(t, ty, table, cont, exn)
}

fn throw_into(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    table: &ResumeTable,
    cont: Value,
    exn: Value,
) -> Result<(), Error> {
    let handlers = handlers(t, table)?;
    let args = [cont, handlers, exn];
    transfer(t, ty, table, store::RESUME_THROW, args);
    Ok(())
}

/// Address of the list of handlers that the clauses make.
fn handlers(t: &mut Translator<'_, '_>, table: &ResumeTable) -> Result<Value, Error> {
    let list: Vec<Handler> = table
        .handlers
        .iter()
        .map(|clause| match *clause {
            Handle::OnLabel { tag, .. } => Handler::On(tag.into()),
            Handle::OnSwitch { tag } => Handler::Switch(tag.into()),
        })
        .collect();
    let position = t.module.handlers_position(&list);
    let position = position.ok_or_else(|| t.unsupported("list of handlers"))?;
    let (offset, context) = (t.layout.handlers(position), t.context());
    Ok(t.b.ins().iadd_imm_s(context, i64::from(offset)))
}

/// Calls a stub that resumes, and goes on as its status says.
fn transfer(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    table: &ResumeTable,
    stub: Field,
    [cont, handlers, value]: [Value; 3],
) {
    call::announce(t);
    let args = [t.store(), cont, handlers, value];
    let back = call::transfer(t, stub, 3, &args);
    let &[status, reference, value] = back.as_slice() else {
        unreachable!("three results")
    };
    clauses(t, table, status, Captured { reference, value });
    let results = receive(t, func_type(t, ty).results(), value);
    t.operands.extend(&results);
}

/// What a suspension brings, in registers.
#[derive(Clone, Copy)]
struct Captured {
    reference: Value,
    /// The first value that it carries.
    value: Value,
}

/// The code that leads to the labels of the clauses. Goes on where the continuation has finished.
fn clauses(t: &mut Translator<'_, '_>, table: &ResumeTable, status: Value, captured: Captured) {
    let labels: Vec<_> = (1..)
        .zip(&table.handlers)
        .filter_map(|(k, clause)| match *clause {
            Handle::OnLabel { tag, label } => Some((k, TagIndex(tag), label)),
            Handle::OnSwitch { .. } => None,
        })
        .collect();
    let Some((&(_, last_tag, last_label), others)) = labels.split_last() else {
        return;
    };
    let (suspended, finished) = (t.b.create_block(), t.b.create_block());
    let is_finished = t.b.ins().icmp_imm_u(IntCC::Equal, status, 0);
    t.b.ins().brif(is_finished, finished, &[], suspended, &[]);
    control::go_on_in(t, suspended);
    for &(k, tag, label) in others {
        let (here, next) = (t.b.create_block(), t.b.create_block());
        let is_k = t.b.ins().icmp_imm_u(IntCC::Equal, status, k);
        t.b.ins().brif(is_k, here, &[], next, &[]);
        control::go_on_in(t, here);
        clause(t, tag, label, captured);
        control::go_on_in(t, next);
    }
    clause(t, last_tag, last_label, captured);
    control::go_on_in(t, finished);
}

/// Branches to the label of a clause, with what the suspension carries and the continuation.
fn clause(t: &mut Translator<'_, '_>, tag: TagIndex, label: u32, captured: Captured) {
    let mut values = receive(t, t.module.tag_type(tag).params(), captured.value);
    values.push(captured.reference);
    control::jump_with(t, label, &values);
}
