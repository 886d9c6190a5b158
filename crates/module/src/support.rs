//! What of a body is valid but has no place here: types that the record does not have.

use crate::convert::{heap_type, val_type};
use crate::error::Error;
use wasmparser::{BlockType, Operator};

/// Refuses an operator of a proposal, or with a type, that nothing translates. The operator is
/// valid, and may be unreachable.
pub fn check_operator(operator: &Operator<'_>, offset: usize) -> Result<(), Error> {
    match operator {
        Operator::Block { blockty }
        | Operator::Loop { blockty }
        | Operator::If { blockty }
        | Operator::Try { blockty } => check_block(*blockty, offset),
        Operator::TryTable { try_table } => check_block(try_table.ty, offset),
        Operator::TypedSelect { ty } => val_type(*ty, offset).map(drop),
        Operator::TypedSelectMulti { tys } => tys
            .iter()
            .try_for_each(|&ty| val_type(ty, offset).map(drop)),
        Operator::RefNull { hty } => heap_type(*hty, offset).map(drop),
        Operator::RefTestNonNull { hty }
        | Operator::RefTestNullable { hty }
        | Operator::RefCastNonNull { hty }
        | Operator::RefCastNullable { hty } => heap_type(*hty, offset).map(drop),
        _ => Ok(()),
    }
}

fn check_block(ty: BlockType, offset: usize) -> Result<(), Error> {
    match ty {
        BlockType::Type(ty) => val_type(ty, offset).map(drop),
        BlockType::Empty | BlockType::FuncType(_) => Ok(()),
    }
}
