//! Blocks, branches, and what cannot be reached.
//!
//! ```text
//! block          loop            if               else             end
//!  ┊              ┊ params        ┊cond             then│            │ results
//!  ┊ ...          ▼               ├───────┐           ┊ │            ▼
//!  ▼            ┌►label(params)   ▼       ▼           ▼ ▼          label(results)
//! label(results)│ ┊ ...         (then)  otherwise   otherwise       ┊
//!               └─┘                     (params)    (params)
//! ```
//!
//! Operands above a frame's height are the values of its block; what a branch carries become block
//! parameters. A block that only one edge reaches costs nothing: Cranelift removes its parameters.

use super::{call, exception};
use crate::error::Error;
use crate::function::Translator;
use crate::operands::{Frame, FrameKind};
use crate::signature::BlockTypes;
use crate::trap;
use bident_abi::TrapCode;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value};
use std::collections::BTreeMap;
use wasmparser::{BlockType, BrTable, Operator};

/// Notes an operator that cannot be reached: only the nesting matters.
pub(super) fn skip(t: &mut Translator<'_, '_>, op: &Operator<'_>) {
    match op {
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::Try { .. }
        | Operator::TryTable { .. } => t.operands.enter_dead(),
        Operator::Else if !t.operands.in_dead_frame() => else_(t),
        Operator::Catch { tag_index } if !t.operands.in_dead_frame() => {
            exception::catch(t, (*tag_index).into());
        }
        Operator::CatchAll if !t.operands.in_dead_frame() => exception::catch_all(t),
        Operator::Delegate { relative_depth } if !t.operands.leave_dead() => {
            exception::delegate(t, *relative_depth);
        }
        Operator::End if !t.operands.leave_dead() => end(t),
        _ => {}
    }
}

pub(super) fn unreachable(t: &mut Translator<'_, '_>) {
    t.b.ins().trap(trap::to_clif(TrapCode::Unreachable));
    t.operands.set_reachable(false);
}

pub(super) fn block(t: &mut Translator<'_, '_>, ty: BlockType) -> Result<(), Error> {
    block_of_kind(t, ty, FrameKind::Block)
}

/// Begins a frame whose label is its end.
pub(super) fn block_of_kind(
    t: &mut Translator<'_, '_>,
    ty: BlockType,
    kind: FrameKind,
) -> Result<(), Error> {
    let types = types(t, ty)?;
    let label = t.block_with(types.results());
    enter(t, types, kind, label);
    Ok(())
}

pub(super) fn loop_(t: &mut Translator<'_, '_>, ty: BlockType) -> Result<(), Error> {
    let types = types(t, ty)?;
    let label = t.block_with(types.params());
    enter(t, types, FrameKind::Loop, label);
    jump(t, 0);
    let height = t.operands.frame(0).height;
    t.operands.truncate(height);
    // Sealed by `end`: any operator inside may branch here.
    resume_at(t, label);
    Ok(())
}

pub(super) fn if_(t: &mut Translator<'_, '_>, ty: BlockType) -> Result<(), Error> {
    let types = types(t, ty)?;
    let condition = t.operands.pop();
    let (then, otherwise) = (t.b.create_block(), t.block_with(types.params()));
    let params = block_args(t.operands.top(types.params().count()));
    t.work.carry(params.len());
    t.b.ins().brif(condition, then, &[], otherwise, &params);
    t.b.seal_block(then);
    t.b.seal_block(otherwise);
    t.b.switch_to_block(then);
    let label = t.block_with(types.results());
    enter(t, types, FrameKind::If { otherwise }, label);
    Ok(())
}

fn types<'m>(t: &Translator<'m, '_>, ty: BlockType) -> Result<BlockTypes<'m>, Error> {
    BlockTypes::new(t.module, ty).ok_or_else(|| t.unsupported("type of a block"))
}

/// Begins a frame whose parameters are the topmost operands.
fn enter(t: &mut Translator<'_, '_>, types: BlockTypes<'_>, kind: FrameKind, label: Block) {
    let arity = t.b.block_params(label).len();
    let height = t.operands.height() - types.params().count();
    t.operands.enter(Frame {
        kind,
        label,
        arity,
        used: false,
        height,
    });
}

/// Continues in a block; its parameters become operands.
fn resume_at(t: &mut Translator<'_, '_>, block: Block) {
    t.b.switch_to_block(block);
    t.operands.extend(t.b.block_params(block));
    t.operands.set_reachable(true);
}

/// Ends the `then` part of an `if` and begins the other. Either may be out of reach.
pub(super) fn else_(t: &mut Translator<'_, '_>) {
    if t.operands.is_reachable() {
        jump(t, 0);
    }
    let frame = t.operands.frame(0);
    let height = frame.height;
    if let FrameKind::If { otherwise } = std::mem::replace(&mut frame.kind, FrameKind::Block) {
        t.operands.truncate(height);
        resume_at(t, otherwise);
    }
}

/// Ends the innermost frame: execution continues after it if it can get there.
pub(super) fn end(t: &mut Translator<'_, '_>) {
    if matches!(t.operands.frame(0).kind, FrameKind::If { .. }) {
        // No `else`: its parameters are the results.
        else_(t);
    }
    let uncaught = exception::end_clause(t);
    let is_loop = matches!(t.operands.frame(0).kind, FrameKind::Loop);
    let reachable = t.operands.is_reachable();
    // A loop ends in the block where its body ends; so does anything whose end no branch leads to,
    // unless the code of its clauses comes between.
    let joins = !is_loop && (t.operands.frame(0).used || reachable && uncaught.is_some());
    if joins && reachable {
        jump(t, 0);
    }
    let frame = t.operands.leave();
    if let Some(uncaught) = uncaught {
        exception::search(t, uncaught, &frame.kind);
    }
    if is_loop || joins {
        t.b.seal_block(frame.label);
    }
    if joins {
        t.operands.truncate(frame.height);
        resume_at(t, frame.label);
    } else if !t.operands.is_reachable() {
        t.operands.truncate(frame.height);
    }
    if t.operands.is_complete() && t.operands.is_reachable() {
        return_(t);
    }
}

pub(super) fn return_(t: &mut Translator<'_, '_>) {
    if let Some(place) = t.body.place {
        let innermost = t.operands.frames() - 1;
        return br(t, (innermost - place.around) as u32);
    }
    let count = t.body.ty.results().len();
    let results: Vec<Value> = t.operands.pop_many(count).collect();
    call::emit_return(t, &results);
    t.operands.set_reachable(false);
}

pub(super) fn br(t: &mut Translator<'_, '_>, depth: u32) {
    jump(t, depth);
    t.operands.set_reachable(false);
}

/// A jump to a label with the topmost operands, which stay on the stack.
pub(super) fn jump(t: &mut Translator<'_, '_>, depth: u32) {
    let (label, args) = branch(t, depth);
    t.b.ins().jump(label, &args);
}

/// A jump to a label with values that are not on the stack.
pub(super) fn jump_with(t: &mut Translator<'_, '_>, depth: u32, values: &[Value]) {
    let frame = t.operands.frame(depth);
    debug_assert_eq!(frame.arity, values.len());
    frame.used = true;
    let label = frame.label;
    t.work.carry(values.len());
    t.b.ins().jump(label, &block_args(values));
}

/// The label of a frame, and the values that a branch to it carries.
fn branch(t: &mut Translator<'_, '_>, depth: u32) -> (Block, Vec<BlockArg>) {
    let frame = t.operands.frame(depth);
    frame.used = true;
    let (label, arity) = (frame.label, frame.arity);
    t.work.carry(arity);
    (label, block_args(t.operands.top(arity)))
}

fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().copied().map(BlockArg::Value).collect()
}

pub(super) fn br_if(t: &mut Translator<'_, '_>, depth: u32) {
    let condition = t.operands.pop();
    let (label, args) = branch(t, depth);
    let next = t.b.create_block();
    t.b.ins().brif(condition, label, &args, next, &[]);
    go_on_in(t, next);
}

pub(super) fn br_on_null(t: &mut Translator<'_, '_>, depth: u32) {
    let reference = t.operands.pop();
    let (label, args) = branch(t, depth);
    let next = t.b.create_block();
    t.b.ins().brif(reference, next, &[], label, &args);
    go_on_in(t, next);
    t.operands.push(reference);
}

/// The reference is the last of what the branch carries.
pub(super) fn br_on_non_null(t: &mut Translator<'_, '_>, depth: u32) {
    let reference = t.operands.top(1)[0];
    let (label, args) = branch(t, depth);
    let next = t.b.create_block();
    t.b.ins().brif(reference, label, &args, next, &[]);
    go_on_in(t, next);
    t.operands.pop();
}

/// Continues in a block that nothing else leads to.
pub(super) fn go_on_in(t: &mut Translator<'_, '_>, block: Block) {
    t.b.seal_block(block);
    t.b.switch_to_block(block);
}

pub(super) fn br_table(t: &mut Translator<'_, '_>, table: &BrTable<'_>) -> Result<(), Error> {
    let index = t.operands.pop();
    let mut edges = BTreeMap::new();
    let mut targets = Vec::with_capacity(table.len() as usize);
    for depth in table.targets() {
        targets.push(edge(t, &mut edges, depth?));
    }
    let default = edge(t, &mut edges, table.default());
    let table = t.b.create_jump_table(JumpTableData::new(default, &targets));
    t.b.ins().br_table(index, table);
    for (depth, block) in edges {
        t.b.seal_block(block);
        t.b.switch_to_block(block);
        jump(t, depth);
        t.check_work()?;
    }
    t.operands.set_reachable(false);
    Ok(())
}

/// Where an entry of a jump table leads. If the branch carries values, that is a block of its own
/// per depth, which passes them on: a long table does not repeat them.
fn edge(t: &mut Translator<'_, '_>, edges: &mut BTreeMap<u32, Block>, depth: u32) -> BlockCall {
    let frame = t.operands.frame(depth);
    t.work.entry(frame.arity);
    let block = if frame.arity == 0 {
        frame.used = true;
        frame.label
    } else {
        *edges.entry(depth).or_insert_with(|| t.b.create_block())
    };
    BlockCall::new(block, [], &mut t.b.func.dfg.value_lists)
}
