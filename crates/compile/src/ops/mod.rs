//! Operators, by family: one match that says which file translates what.

mod atomic;
mod call;
mod cont;
mod control;
mod exception;
mod fuel;
mod gc;
mod interrupt;
mod memory;
mod numeric;
mod reference;
mod simd;
mod table;
mod variable;
mod wide;

use crate::error::Error;
use crate::function::Translator;
pub(crate) use interrupt::is_call;
use wasmparser::Operator;

/// Where the code of a function begins.
pub(crate) fn at_entry(t: &mut Translator<'_, '_>, defined: usize) {
    interrupt::at_entry(t, defined);
    fuel::at_entry(t, defined);
}

/// Translates one valid operator.
///
/// A table: one line per operator; those of `memory` and `numeric` that differ only in a type or an
/// instruction, and those of exceptions, of the heap, of stack switching, of vectors and of threads, have
/// tables of their own.
pub(crate) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<(), Error> {
    use Operator as O;
    if !t.operands.is_reachable() {
        control::skip(t, op);
        return Ok(());
    }
    fuel::count(t, op);
    match op {
        O::Nop => {}
        O::Unreachable => control::unreachable(t),
        O::Block { blockty } => control::block(t, *blockty),
        O::Loop { blockty } => control::loop_(t, *blockty),
        O::If { blockty } => control::if_(t, *blockty),
        O::Else => control::else_(t),
        O::End => control::end(t),
        O::Br { relative_depth } => control::br(t, *relative_depth),
        O::BrIf { relative_depth } => control::br_if(t, *relative_depth),
        O::BrTable { targets } => control::br_table(t, targets)?,
        O::BrOnNull { relative_depth } => control::br_on_null(t, *relative_depth),
        O::BrOnNonNull { relative_depth } => control::br_on_non_null(t, *relative_depth),
        O::Return => control::return_(t),

        O::Call { function_index } => call::call(t, (*function_index).into())?,
        O::CallIndirect {
            type_index,
            table_index,
        } => call::call_indirect(t, (*type_index).into(), (*table_index).into()),
        O::ReturnCall { function_index } => call::return_call(t, (*function_index).into()),
        O::ReturnCallIndirect {
            type_index,
            table_index,
        } => call::return_call_indirect(t, (*type_index).into(), (*table_index).into()),

        O::CallRef { type_index } => call::call_ref(t, (*type_index).into()),
        O::ReturnCallRef { type_index } => call::return_call_ref(t, (*type_index).into()),

        O::Drop => variable::drop(t),
        O::Select | O::TypedSelect { .. } => variable::select(t),
        O::LocalGet { local_index } => variable::local_get(t, *local_index),
        O::LocalSet { local_index } => variable::local_set(t, *local_index),
        O::LocalTee { local_index } => variable::local_tee(t, *local_index),
        O::GlobalGet { global_index } => variable::global_get(t, (*global_index).into()),
        O::GlobalSet { global_index } => variable::global_set(t, (*global_index).into()),

        O::RefNull { .. } => reference::null(t),
        O::RefIsNull => reference::is_null(t),
        O::RefAsNonNull => reference::as_non_null(t),
        O::RefFunc { function_index } => reference::func(t, (*function_index).into())?,

        O::TableGet { table } => table::get(t, (*table).into()),
        O::TableSet { table } => table::set(t, (*table).into()),
        O::TableSize { table } => table::size(t, (*table).into()),
        O::TableGrow { table } => table::grow(t, (*table).into()),
        O::TableFill { table } => table::fill(t, (*table).into()),
        O::TableCopy {
            dst_table,
            src_table,
        } => table::copy(t, (*dst_table).into(), (*src_table).into()),
        O::TableInit { elem_index, table } => table::init(t, (*table).into(), *elem_index),
        O::ElemDrop { elem_index } => table::elem_drop(t, *elem_index),

        _ => {
            let done = memory::translate(t, op)?
                || numeric::translate(t, op)
                || wide::translate(t, op)
                || exception::translate(t, op)
                || gc::translate(t, op)?
                || cont::translate(t, op)?
                || simd::translate(t, op)?
                || atomic::translate(t, op)?;
            if !done {
                return Err(t.unsupported(format_args!("operator {op:?}")));
            }
        }
    }
    Ok(())
}
