//! `suspend` and `switch`.

use super::{call, func_type, receive_reversed, send, send_reversed};
use crate::function::Translator;
use crate::record::{Field, context, store};
use bident_abi::SWITCH;
use bident_module::{HeapType, TagIndex, TypeIndex, ValType};
use cranelift_codegen::ir::{InstBuilder, Value};

pub(super) fn suspend(t: &mut Translator<'_, '_>, tag: TagIndex) {
    let ty = t.module.tag_type(tag);
    let values: Vec<Value> = t.operands.pop_many(ty.params().len()).collect();
    let value = send(t, ty.params(), &values);
    let tag = t.of_context(context::tag(t.layout, tag));
    let value = transfer(t, store::SUSPEND, tag, value);
    let results = receive_reversed(t, ty.results(), value);
    t.operands.extend(&results);
}

/// The last parameter of the target is the continuation that the switch leaves behind; the stub sends
/// it. Its type says with which values it will go on: the results of the switch.
pub(super) fn switch(t: &mut Translator<'_, '_>, ty: TypeIndex, tag: TagIndex) {
    let params = func_type(t, ty).params();
    let cont = t.operands.pop();
    let values: Vec<Value> = t.operands.pop_many(params.len() - 1).collect();
    send_reversed(t, params, &values);
    let tag = t.of_context(context::tag(t.layout, tag));
    let tag = t.b.ins().iadd_imm_s(tag, SWITCH as i64);
    let value = transfer(t, store::SWITCH, tag, cont);
    let results = receive_reversed(t, left_behind(t, params), value);
    t.operands.extend(&results);
}

/// Calls a stub that suspends; gives the value with which the continuation goes on.
fn transfer(t: &mut Translator<'_, '_>, stub: Field, tag: Value, value: Value) -> Value {
    let args = [t.store(), tag, value];
    let back = call::transfer(t, stub, 1, &args);
    let &[value] = back.as_slice() else {
        unreachable!("one result")
    };
    value
}

/// What the continuation that a switch leaves behind takes.
fn left_behind<'m>(t: &Translator<'m, '_>, params: &[ValType]) -> &'m [ValType] {
    match params.last() {
        Some(ValType::Ref(ty)) => match ty.heap {
            HeapType::Index(cont) => func_type(t, cont).params(),
            _ => &[],
        },
        _ => &[],
    }
}
