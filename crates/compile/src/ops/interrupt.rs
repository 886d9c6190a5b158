//! Where code looks whether it is to go on: at loop heads, where functions begin, and in instructions that may take
//! long.
//!
//! ```text
//!  loop head, entry         long instruction (memory.fill, array.copy, ...)
//!   ┊                        ┊ start, length
//!  epoch >= deadline?       ►builtin: does a part, gives how much is left
//!   │ no      │ yes         ┊ epoch >= deadline? ── as on the left
//!   │     Interrupt          ┊ left = 0 ──► done
//!   ┊ ◄───────┘             └ start + done, left
//! ```
//!
//! The builtin runs on the host stack, as any other: it traps, parks the whole chain, or comes back; the
//! stack may have moved then. Code between two checks has no loop and enters no function that has one.

use super::{call, control};
use crate::function::Translator;
use crate::record::store;
use bident_abi::Builtin;
use bident_module::Module;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value};
use wasmparser::Operator;

/// Bodies of at most so many bytes may do without a check where they begin.
const SHORT: usize = 64;

/// Where a function begins: whether it needs a check there. Not if it is short, and neither loops nor enters
/// another: who calls it again and again has checks.
pub(super) fn at_entry(t: &mut Translator<'_, '_>, defined: usize) {
    if t.epochs && !is_short(t.module, defined) {
        check(t);
    }
}

pub(super) fn is_short(module: &Module, defined: usize) -> bool {
    if module.bodies[defined].range.len() > SHORT {
        return false;
    }
    let Ok(operators) = module.function_body(defined).get_operators_reader() else {
        return false;
    };
    operators
        .into_iter()
        .all(|op| op.is_ok_and(|op| !goes_on(&op)))
}

/// Whether an operator goes elsewhere, or back.
fn goes_on(op: &Operator<'_>) -> bool {
    use Operator as O;
    is_call(op)
        || matches!(
            op,
            O::Loop { .. }
                | O::ReturnCall { .. }
                | O::ReturnCallIndirect { .. }
                | O::ReturnCallRef { .. }
                | O::Throw { .. }
                | O::ThrowRef
                | O::Rethrow { .. }
        )
}

/// Whether an operator has others run, and comes back.
pub(crate) fn is_call(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::Call { .. }
            | O::CallIndirect { .. }
            | O::CallRef { .. }
            | O::Resume { .. }
            | O::ResumeThrow { .. }
            | O::ResumeThrowRef { .. }
            | O::Suspend { .. }
            | O::Switch { .. }
    )
}

/// The head of a loop.
pub(super) fn at_loop(t: &mut Translator<'_, '_>) {
    if t.epochs {
        check(t);
    }
}

/// Behind a builtin that may have taken long.
pub(super) fn after(t: &mut Translator<'_, '_>, function: Builtin) {
    let long = matches!(
        function,
        Builtin::MemoryGrow
            | Builtin::MemoryInit
            | Builtin::TableGrow
            | Builtin::TableInit
            | Builtin::ArrayNew
            | Builtin::ArrayNewWith
            | Builtin::ArrayNewData
            | Builtin::ArrayNewElem
            | Builtin::ArrayInitData
            | Builtin::ArrayInitElem
            | Builtin::AtomicWait32
            | Builtin::AtomicWait64
    );
    if long && t.epochs {
        check(t);
    }
}

/// Calls the builtin where the deadline has passed.
fn check(t: &mut Translator<'_, '_>) {
    let store = t.store();
    let epoch = store::EPOCH.load(&mut t.b, store);
    // Another thread writes it.
    let now = t.b.ins().atomic_load(I64, MemFlagsData::trusted(), epoch);
    let deadline = store::DEADLINE.load(&mut t.b, store);
    let passed =
        t.b.ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, now, deadline);
    let (ask, next) = (t.b.create_block(), t.b.create_block());
    t.b.set_cold_block(ask);
    t.b.ins().brif(passed, ask, &[], next, &[]);
    control::go_on_in(t, ask);
    ask_host(t);
    t.b.ins().jump(next, &[]);
    control::go_on_in(t, next);
}

/// Calls the builtin by a stub that preserves all registers: a call would have everything that lives in a loop pass
/// through the frame, which some values (floats have no registers that callees preserve) then do in each round.
fn ask_host(t: &mut Translator<'_, '_>) {
    let store = t.store();
    let stub = store::LEAVE_PRESERVING.load(&mut t.b, store);
    let table = store::BUILTINS.load(&mut t.b, store);
    let function = store::builtin(Builtin::Interrupt).load(&mut t.b, table);
    let context = t.context();
    let signature = t.leave_preserving_signature();
    t.b.ins()
        .call_indirect(signature, stub, &[context, function]);
}

/// What the arguments of a builtin are that does a part at a time; the last is the length.
#[derive(Clone, Copy)]
pub(super) enum Parts {
    /// `[_, start, value, length]`.
    Fill,
    /// `[_, destination, source, length]`: from the end where the destination comes later.
    Copy,
    /// `[destination, source, starts, length]`, as [`Builtin::ArrayCopy`].
    CopyArray,
}

/// Calls a builtin that does a part at a time, until nothing is left. `before`: what comes before each call.
pub(super) fn in_parts(
    t: &mut Translator<'_, '_>,
    function: Builtin,
    parts: Parts,
    args: [Value; 4],
    before: impl Fn(&mut Translator<'_, '_>),
) {
    if !t.epochs {
        before(t);
        call::builtin(t, function, &args);
        return;
    }
    let [first, rest @ ..] = args;
    let (head, more, next) = (
        t.block_with([I64; 3]),
        t.b.create_block(),
        t.b.create_block(),
    );
    t.b.set_cold_block(more);
    let start = rest.map(BlockArg::Value);
    t.b.ins().jump(head, &start);
    t.b.switch_to_block(head);
    let &[second, third, length] = t.b.block_params(head) else {
        unreachable!("it was made with three");
    };
    before(t);
    let left = call::builtin(t, function, &[first, second, third, length]);
    check(t);
    t.b.ins().brif(left, more, &[], next, &[]);
    control::go_on_in(t, more);
    let done = t.b.ins().isub(length, left);
    let (second, third) = advance(t, parts, [second, third], done);
    let again = [second, third, left].map(BlockArg::Value);
    t.b.ins().jump(head, &again);
    t.b.seal_block(head);
    control::go_on_in(t, next);
}

/// The second and third argument once a part is done.
fn advance(
    t: &mut Translator<'_, '_>,
    parts: Parts,
    [second, third]: [Value; 2],
    done: Value,
) -> (Value, Value) {
    match parts {
        Parts::Fill => (t.b.ins().iadd(second, done), third),
        Parts::Copy => {
            let step = step(t, [second, third], done);
            (t.b.ins().iadd(second, step), t.b.ins().iadd(third, step))
        }
        Parts::CopyArray => {
            let (to, from) = (
                t.b.ins().ireduce(I32, third),
                t.b.ins().ushr_imm_u(third, 32),
            );
            let to = call::unsigned(t, to);
            let step = step(t, [to, from], done);
            let high = t.b.ins().ishl_imm_u(step, 32);
            let both = t.b.ins().bor(high, step);
            (second, t.b.ins().iadd(third, both))
        }
    }
}

/// How far a copy has come from its start: not at all where it goes from the end. As [`bident_abi::goes_from_start`].
fn step(t: &mut Translator<'_, '_>, [to, from]: [Value; 2], done: Value) -> Value {
    let from_start = t.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, to, from);
    let zero = call::constant(t, 0);
    t.b.ins().select(from_start, done, zero)
}
