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
//! Operands above a construct's height are the values of its block; what a branch carries become block
//! parameters. A block that only one edge reaches costs nothing: Cranelift removes its parameters.

use super::{call, exception, fuel, interrupt};
use crate::error::Error;
use crate::function::Translator;
use crate::operands::{Construct, ConstructKind};
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
        Operator::Else if !t.operands.in_dead_construct() => else_(t),
        Operator::Catch { tag_index } if !t.operands.in_dead_construct() => {
            exception::catch(t, (*tag_index).into());
        }
        Operator::CatchAll if !t.operands.in_dead_construct() => exception::catch_all(t),
        Operator::Delegate { relative_depth } if !t.operands.leave_dead() => {
            exception::delegate(t, *relative_depth);
        }
        Operator::End if !t.operands.leave_dead() => end(t),
        _ => {}
    }
}

pub(super) fn unreachable(t: &mut Translator<'_, '_>) {
    if t.body.place.is_some() {
        // Else a branch that leads here becomes a trap, with the place of the branch: that may be in a caller.
        t.b.ins().sequence_point();
    }
    t.b.ins().trap(trap::to_clif(TrapCode::Unreachable));
    t.operands.set_reachable(false);
}

pub(super) fn block(t: &mut Translator<'_, '_>, ty: BlockType) {
    block_of_kind(t, ty, ConstructKind::Block);
}

/// Begins a construct whose label is its end.
pub(super) fn block_of_kind(t: &mut Translator<'_, '_>, ty: BlockType, kind: ConstructKind) {
    let types = BlockTypes::new(t.module, ty);
    let label = t.block_with(types.results());
    enter(t, types, kind, label);
}

pub(super) fn loop_(t: &mut Translator<'_, '_>, ty: BlockType) {
    let types = BlockTypes::new(t.module, ty);
    let label = t.block_with(types.params());
    enter(t, types, ConstructKind::Loop, label);
    jump(t, 0);
    let height = t.operands.construct(0).height;
    t.operands.truncate(height);
    // Sealed by `end`: any operator inside may branch here.
    resume_at(t, label);
    interrupt::at_loop(t);
    fuel::at_loop(t);
}

pub(super) fn if_(t: &mut Translator<'_, '_>, ty: BlockType) {
    let types = BlockTypes::new(t.module, ty);
    let condition = t.operands.pop();
    let (then, otherwise) = (t.b.create_block(), t.block_with(types.params()));
    let params = block_args(t.operands.top(types.params().count()));
    t.work.carry(params.len());
    t.b.ins().brif(condition, then, &[], otherwise, &params);
    if let Some(likely) = hint(t) {
        t.b.set_cold_block(if likely { otherwise } else { then });
    }
    t.b.seal_block(then);
    t.b.seal_block(otherwise);
    t.b.switch_to_block(then);
    let label = t.block_with(types.results());
    enter(t, types, ConstructKind::If { otherwise }, label);
}

/// Begins a construct whose parameters are the topmost operands.
fn enter(t: &mut Translator<'_, '_>, types: BlockTypes<'_>, kind: ConstructKind, label: Block) {
    let arity = t.b.block_params(label).len();
    let height = t.operands.height() - types.params().count();
    t.operands.enter(Construct {
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
    let construct = t.operands.construct(0);
    let height = construct.height;
    if let ConstructKind::If { otherwise } =
        std::mem::replace(&mut construct.kind, ConstructKind::Block)
    {
        t.operands.truncate(height);
        resume_at(t, otherwise);
    }
}

/// Ends the innermost construct: execution continues after it if it can get there.
pub(super) fn end(t: &mut Translator<'_, '_>) {
    if matches!(t.operands.construct(0).kind, ConstructKind::If { .. }) {
        // No `else`: its parameters are the results.
        else_(t);
    }
    let uncaught = exception::end_clause(t);
    let is_loop = t.operands.construct(0).is_loop();
    if is_loop {
        t.work.nested(t.operands.loops());
    }
    let reachable = t.operands.is_reachable();
    // A loop ends in the block where its body ends; so does anything whose end no branch leads to,
    // unless the code of its clauses comes between.
    let joins = !is_loop && (t.operands.construct(0).used || reachable && uncaught.is_some());
    if joins && reachable {
        jump(t, 0);
    }
    let construct = t.operands.leave();
    if let Some(uncaught) = uncaught {
        exception::search(t, uncaught, &construct.kind);
    }
    if is_loop || joins {
        t.b.seal_block(construct.label);
    }
    if joins {
        t.operands.truncate(construct.height);
        resume_at(t, construct.label);
    } else if !t.operands.is_reachable() {
        t.operands.truncate(construct.height);
    }
    if t.operands.is_complete() && t.operands.is_reachable() {
        return_(t);
    }
}

pub(super) fn return_(t: &mut Translator<'_, '_>) {
    if let Some(place) = t.body.place {
        let innermost = t.operands.constructs() - 1;
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
    let construct = t.operands.construct(depth);
    debug_assert_eq!(construct.arity, values.len());
    construct.used = true;
    let label = construct.label;
    t.work.carry(values.len());
    t.b.ins().jump(label, &block_args(values));
}

/// The label of a construct, and the values that a branch to it carries.
fn branch(t: &mut Translator<'_, '_>, depth: u32) -> (Block, Vec<BlockArg>) {
    let construct = t.operands.construct(depth);
    construct.used = true;
    let (label, arity) = (construct.label, construct.arity);
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
    match hint(t) {
        Some(false) => {
            // Others may come to the label: only the way there is cold.
            let way = cold_block(t);
            t.b.ins().brif(condition, way, &[], next, &[]);
            go_on_in(t, way);
            t.b.ins().jump(label, &args);
        }
        hint => {
            t.b.ins().brif(condition, label, &args, next, &[]);
            if hint == Some(true) {
                t.b.set_cold_block(next);
            }
        }
    }
    go_on_in(t, next);
}

/// Whether the branch in hand is likely taken, as the module says.
fn hint(t: &Translator<'_, '_>) -> Option<bool> {
    t.module.hints.likely(t.offset)
}

fn cold_block(t: &mut Translator<'_, '_>) -> Block {
    let block = t.b.create_block();
    t.b.set_cold_block(block);
    block
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

/// Branches with the topmost operands, which stay on the stack, where a condition holds, or where it does not.
pub(super) fn br_where(t: &mut Translator<'_, '_>, condition: Value, holds: bool, depth: u32) {
    let (label, args) = branch(t, depth);
    let next = t.b.create_block();
    match holds {
        true => t.b.ins().brif(condition, label, &args, next, &[]),
        false => t.b.ins().brif(condition, next, &[], label, &args),
    };
    go_on_in(t, next);
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
    let construct = t.operands.construct(depth);
    t.work.entry(construct.arity);
    let block = if construct.arity == 0 {
        construct.used = true;
        construct.label
    } else {
        *edges.entry(depth).or_insert_with(|| t.b.create_block())
    };
    BlockCall::new(block, [], &mut t.b.func.dfg.value_lists)
}
