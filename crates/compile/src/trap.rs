//! Our trap codes as Cranelift's, and back.

use bident_abi::TrapCode;
use cranelift_codegen::ir;

/// The code to give to an instruction that traps for this reason.
///
/// Where Cranelift itself emits a trap, it uses its own codes; all others are user codes with our
/// number.
pub(crate) fn to_clif(code: TrapCode) -> ir::TrapCode {
    match code {
        TrapCode::StackOverflow => ir::TrapCode::STACK_OVERFLOW,
        TrapCode::MemoryOutOfBounds => ir::TrapCode::HEAP_OUT_OF_BOUNDS,
        TrapCode::IntegerOverflow => ir::TrapCode::INTEGER_OVERFLOW,
        TrapCode::IntegerDivideByZero => ir::TrapCode::INTEGER_DIVISION_BY_ZERO,
        TrapCode::InvalidConversionToInteger => ir::TrapCode::BAD_CONVERSION_TO_INTEGER,
        other => ir::TrapCode::unwrap_user(other as u8),
    }
}

/// Marks the loads that stand for where transfers go on; see `near.rs`. No code that traps has it.
pub(crate) const BACK: ir::TrapCode = ir::TrapCode::unwrap_user(240);

/// Reverse of [`to_clif`]; `None` for a code that nothing here emits.
pub(crate) fn from_clif(code: ir::TrapCode) -> Option<TrapCode> {
    match code {
        ir::TrapCode::STACK_OVERFLOW => Some(TrapCode::StackOverflow),
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapCode::MemoryOutOfBounds),
        ir::TrapCode::INTEGER_OVERFLOW => Some(TrapCode::IntegerOverflow),
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapCode::IntegerDivideByZero),
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapCode::InvalidConversionToInteger),
        other => TrapCode::from_u8(other.as_raw().get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip() {
        for &code in TrapCode::ALL {
            assert_eq!(from_clif(to_clif(code)), Some(code));
            assert_ne!(to_clif(code), BACK);
        }
    }
}
