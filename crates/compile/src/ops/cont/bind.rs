//! `cont.bind`.

use super::{call, func_type};
use crate::function::Translator;
use crate::record::store;
use bident_abi::Builtin;
use bident_module::TypeIndex;
use cranelift_codegen::ir::Value;

/// Gives a continuation of type `from` its first arguments, which leaves one of type `to`. They wait on
/// its stacklet, at the positions of the transfer buffer that the other arguments leave free.
pub(super) fn bind(t: &mut Translator<'_, '_>, from: TypeIndex, to: TypeIndex) {
    let types = func_type(t, from).params();
    let rest = func_type(t, to).params().len();
    let count = types.len() - rest;
    let cont = t.operands.pop();
    let bound: Vec<Value> = t.operands.pop_many(count).collect();
    if count > 0 {
        let buffer = call::transfer_buffer(t);
        for (i, value) in bound.into_iter().enumerate() {
            let position = types.len() - 1 - i;
            store::write_value(&mut t.b, buffer, position, types[i], value);
        }
    }
    let (position, count) = (
        call::constant(t, rest as u64),
        call::constant(t, count as u64),
    );
    let bound = call::builtin(t, Builtin::ContBind, &[cont, position, count]);
    t.operands.push(bound);
}
