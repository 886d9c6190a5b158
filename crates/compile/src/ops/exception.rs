//! Exceptions: `try_table` and `throw`, and the older `try` with its clauses.
//!
//! The body of a `try` is a *region*. All calls in it share one landing pad, which looks for a clause:
//!
//! ```text
//!  try_table (catch $t $a) (catch_all_ref $b)       try ... catch $t ... catch_all ... end
//!   ┊                                                ┊
//!   try_call ─────┐                                  try_call ─────┐
//!   ┊             ├─► pad(exn, tag)                  ┊             ├─► pad(exn, tag)
//!   try_call ─────┘    │ tag = $t?                   try_call ─────┘    │ tag = $t?
//!   ┊                  ├─ yes ──► label $a(values)   ┊                  ├─ yes ──► catch $t ┊ ──┐
//!   ▼                  └─ no ───► label $b(exn)      ▼                  └─ no ───► catch_all ┊ ─┤
//!  end                                              end ◄───────────────────────────────────────┘
//! ```
//!
//! Whoever throws unwinds to the innermost call with a pad (`Artifact::landings`). At the pad, the
//! exception's values are in the transfer buffer and stay there until the next call. An exception that
//! no clause catches therefore goes on with a jump to the pad of the region around, with the same two
//! values; where there is none, it is thrown again, out of the function. `delegate` does just this,
//! from a region of its choice.
//!
//! A pad exists once something in its region needs it, and gets its code when the region ends: then
//! all that leads to it is known. If nothing in a region can throw, its clauses cost nothing.

use super::{call, control};
use crate::function::Translator;
use crate::operands::{ConstructKind, Uncaught};
use crate::record::{context, store};
use bident_abi::Builtin;
use bident_module::{TagIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use wasmparser::{BlockType, Catch, Operator, TryTable};

/// Translates an operator of exceptions; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    match op {
        Operator::TryTable { try_table: table } => try_table(t, table),
        Operator::Throw { tag_index } => throw(t, (*tag_index).into()),
        Operator::ThrowRef => throw_ref(t),
        Operator::Try { blockty } => try_(t, *blockty),
        Operator::Catch { tag_index } => catch(t, (*tag_index).into()),
        Operator::CatchAll => catch_all(t),
        Operator::Delegate { relative_depth } => delegate(t, *relative_depth),
        Operator::Rethrow { relative_depth } => rethrow(t, *relative_depth),
        _ => return false,
    }
    true
}

fn try_table(t: &mut Translator<'_, '_>, table: &TryTable) {
    let catches = table.catches.clone().into();
    region(t, table.ty, ConstructKind::TryTable { catches });
}

fn try_(t: &mut Translator<'_, '_>, ty: BlockType) {
    region(t, ty, ConstructKind::Try);
}

fn region(t: &mut Translator<'_, '_>, ty: BlockType, kind: ConstructKind) {
    control::block_of_kind(t, ty, kind);
    t.operands.enter_region();
}

/// Writes the operands where [`values`] finds them.
fn throw(t: &mut Translator<'_, '_>, tag: TagIndex) {
    let params = t.module.tag_type(tag).params();
    let operands: Vec<Value> = t.operands.pop_many(params.len()).collect();
    write(t, params, &operands);
    let tag = t.of_context(context::tag(t.layout, tag));
    throw_here(t, Builtin::Throw, tag);
}

/// Puts the values of an exception into the transfer buffer.
pub(super) fn write(t: &mut Translator<'_, '_>, types: &[ValType], operands: &[Value]) {
    if operands.is_empty() {
        return;
    }
    let buffer = call::transfer_buffer(t);
    for (i, (ty, value)) in types.iter().zip(operands).enumerate() {
        store::write_value(&mut t.b, buffer, i, *ty, *value);
    }
}

fn throw_ref(t: &mut Translator<'_, '_>) {
    let exn = t.operands.pop();
    throw_here(t, Builtin::ThrowRef, exn);
}

fn rethrow(t: &mut Translator<'_, '_>, depth: u32) {
    let ConstructKind::Catch { exn, .. } = t.operands.construct(depth).kind else {
        unreachable!("the validator lets only clauses be named");
    };
    throw_here(t, Builtin::ThrowRef, exn);
}

fn throw_here(t: &mut Translator<'_, '_>, function: Builtin, arg: Value) {
    let pad = landing_pad(t);
    call::throw_builtin(t, function, arg, pad);
    t.operands.set_reachable(false);
}

/// Where exceptions of the code in hand land; `None` if they leave the function.
pub(super) fn landing_pad(t: &mut Translator<'_, '_>) -> Option<Block> {
    let regions = t.operands.regions();
    pad_inside(t, regions)
}

/// The pad of the innermost of this many regions, made when it is first needed.
fn pad_inside(t: &mut Translator<'_, '_>, regions: usize) -> Option<Block> {
    let region = regions.checked_sub(1)?;
    if let Some(pad) = *t.operands.pad(region) {
        return Some(pad);
    }
    let pad = t.block_with([I64, I64]);
    t.b.set_cold_block(pad);
    *t.operands.pad(region) = Some(pad);
    Some(pad)
}

pub(super) fn catch(t: &mut Translator<'_, '_>, tag: TagIndex) {
    let Some(uncaught) = begin_clause(t) else {
        return;
    };
    let rest = compare(t, uncaught, tag);
    let values = values(t, tag);
    t.operands.extend(&values);
    enter_clause(t, uncaught.exn, Some(rest));
}

pub(super) fn catch_all(t: &mut Translator<'_, '_>) {
    if let Some(uncaught) = begin_clause(t) {
        t.b.switch_to_block(uncaught.block);
        enter_clause(t, uncaught.exn, None);
    }
}

/// Ends the part of a `try` in hand, for the next clause: what that may catch, if anything. Either
/// part may be out of reach.
fn begin_clause(t: &mut Translator<'_, '_>) -> Option<Uncaught> {
    if t.operands.is_reachable() {
        control::jump(t, 0);
        t.operands.set_reachable(false);
    }
    let uncaught = end_clause(t);
    let construct = t.operands.construct(0);
    construct.kind = ConstructKind::Block;
    let height = construct.height;
    t.operands.truncate(height);
    uncaught
}

fn enter_clause(t: &mut Translator<'_, '_>, exn: Value, uncaught: Option<Uncaught>) {
    t.operands.construct(0).kind = ConstructKind::Catch { exn, uncaught };
    t.operands.set_reachable(true);
}

pub(super) fn delegate(t: &mut Translator<'_, '_>, depth: u32) {
    t.operands.construct(0).kind = ConstructKind::Delegate { depth };
    control::end(t);
}

/// Ends the region or the clause that the innermost construct is in, if any: what got there and was not
/// caught so far. That needs code ([`search`], or another clause).
pub(super) fn end_clause(t: &mut Translator<'_, '_>) -> Option<Uncaught> {
    match &mut t.operands.construct(0).kind {
        ConstructKind::Block | ConstructKind::Loop | ConstructKind::If { .. } => None,
        ConstructKind::Catch { uncaught, .. } => uncaught.take(),
        ConstructKind::TryTable { .. } | ConstructKind::Try | ConstructKind::Delegate { .. } => {
            let block = t.operands.leave_region()?;
            t.b.seal_block(block);
            let &[exn, tag] = t.b.block_params(block) else {
                unreachable!("a landing pad has two parameters")
            };
            Some(Uncaught { block, exn, tag })
        }
    }
}

/// What remains to be done with an exception after a construct of this kind, which is left already.
pub(super) fn search(t: &mut Translator<'_, '_>, mut uncaught: Uncaught, kind: &ConstructKind) {
    let mut regions = t.operands.regions();
    match kind {
        ConstructKind::TryTable { catches } => {
            for catch in catches {
                match clause(t, uncaught, *catch) {
                    Some(rest) => uncaught = rest,
                    None => return,
                }
            }
        }
        ConstructKind::Delegate { depth } => regions = t.operands.regions_at(*depth),
        ConstructKind::Try | ConstructKind::Catch { .. } => {}
        ConstructKind::Block | ConstructKind::Loop | ConstructKind::If { .. } => {
            unreachable!("nothing lands there")
        }
    }
    t.b.switch_to_block(uncaught.block);
    match pad_inside(t, regions) {
        Some(pad) => {
            let payload = [uncaught.exn.into(), uncaught.tag.into()];
            t.b.ins().jump(pad, &payload);
        }
        None => call::throw_builtin(t, Builtin::ThrowRef, uncaught.exn, None),
    }
}

/// A clause of a `try_table`: what it does not catch.
fn clause(t: &mut Translator<'_, '_>, uncaught: Uncaught, catch: Catch) -> Option<Uncaught> {
    let (tag, label, with_exn) = match catch {
        Catch::One { tag, label } => (Some(tag.into()), label, false),
        Catch::OneRef { tag, label } => (Some(tag.into()), label, true),
        Catch::All { label } => (None, label, false),
        Catch::AllRef { label } => (None, label, true),
    };
    let (rest, mut caught) = match tag {
        Some(tag) => (Some(compare(t, uncaught, tag)), values(t, tag)),
        None => {
            t.b.switch_to_block(uncaught.block);
            (None, Vec::new())
        }
    };
    caught.extend(with_exn.then_some(uncaught.exn));
    control::jump_with(t, label, &caught);
    rest
}

/// Goes on where an exception has a tag. Gives what has not.
fn compare(t: &mut Translator<'_, '_>, uncaught: Uncaught, tag: TagIndex) -> Uncaught {
    t.b.switch_to_block(uncaught.block);
    let wanted = t.of_context(context::tag(t.layout, tag));
    let same = t.b.ins().icmp(IntCC::Equal, uncaught.tag, wanted);
    let (caught, block) = (t.b.create_block(), t.b.create_block());
    t.b.ins().brif(same, caught, &[], block, &[]);
    t.b.seal_block(block);
    control::go_on_in(t, caught);
    Uncaught { block, ..uncaught }
}

/// What an exception with this tag carries. Only right where it landed: the next call that goes
/// through the transfer buffer overwrites it.
fn values(t: &mut Translator<'_, '_>, tag: TagIndex) -> Vec<Value> {
    let params = t.module.tag_type(tag).params();
    if params.is_empty() {
        return Vec::new();
    }
    let buffer = call::transfer_buffer(t);
    let load = |(i, ty): (usize, &ValType)| store::value(i, *ty).load(&mut t.b, buffer);
    params.iter().enumerate().map(load).collect()
}
