//! Values and messages of a script against those of the engine.

use bident::{AnyKind, AnyRef, Error, ExternRef, Store, Val};
use std::fmt::Write;
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// `any` and the heap types below it.
const ANY: [AbstractHeapType; 6] = [
    AbstractHeapType::Any,
    AbstractHeapType::Eq,
    AbstractHeapType::I31,
    AbstractHeapType::Struct,
    AbstractHeapType::Array,
    AbstractHeapType::None,
];

/// The value an argument stands for; `None` if the engine has no such values.
pub(crate) fn argument(store: &mut Store<()>, arg: &WastArg<'_>) -> Result<Option<Val>, Error> {
    let WastArg::Core(arg) = arg else {
        return Ok(None);
    };
    Ok(Some(match arg {
        WastArgCore::RefHost(x) => {
            let value = AnyRef::from_extern(store, ExternRef::new(*x))?;
            Val::AnyRef(Some(value))
        }
        WastArgCore::I32(x) => Val::I32(*x),
        WastArgCore::I64(x) => Val::I64(*x),
        WastArgCore::F32(x) => Val::F32(x.bits),
        WastArgCore::F64(x) => Val::F64(x.bits),
        WastArgCore::V128(x) => Val::from(u128::from_le_bytes(x.to_le_bytes())),
        WastArgCore::RefNull(HeapType::Abstract { ty, .. }) => match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => Val::FuncRef(None),
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => Val::ExternRef(None),
            AbstractHeapType::Exn | AbstractHeapType::NoExn => Val::ExnRef(None),
            AbstractHeapType::Cont | AbstractHeapType::NoCont => Val::ContRef(None),
            ty if ANY.contains(ty) => Val::AnyRef(None),
            _ => return Ok(None),
        },
        WastArgCore::RefExtern(x) => Val::ExternRef(Some(ExternRef::new(*x))),
        _ => return Ok(None),
    }))
}

/// Whether results are what the script expects; if not, both.
pub(crate) fn check_results(
    store: &mut Store<()>,
    actual: &[Val],
    expected: &[WastRet<'_>],
) -> Result<(), String> {
    let same = actual.len() == expected.len()
        && actual
            .iter()
            .zip(expected)
            .all(|(actual, expected)| match expected {
                WastRet::Core(expected) => matches_result(store, actual, expected),
                _ => false,
            });
    if same {
        return Ok(());
    }
    let mut message = String::from("got");
    for value in actual {
        let _ = write!(message, " {}", show(value));
    }
    message.push_str(if actual.is_empty() {
        " nothing; expected"
    } else {
        "; expected"
    });
    for value in expected {
        let _ = write!(message, " {value:?}");
    }
    Err(message)
}

fn matches_result(store: &mut Store<()>, actual: &Val, expected: &WastRetCore<'_>) -> bool {
    match (actual, expected) {
        (_, WastRetCore::Either(any)) => any.iter().any(|one| matches_result(store, actual, one)),
        (Val::I32(a), WastRetCore::I32(b)) => a == b,
        (Val::I64(a), WastRetCore::I64(b)) => a == b,
        (Val::F32(a), WastRetCore::F32(b)) => matches_f32(*a, b),
        (Val::F64(a), WastRetCore::F64(b)) => matches_f64(*a, b),
        (Val::V128(a), WastRetCore::V128(b)) => matches_v128(**a, b),
        (Val::FuncRef(None), WastRetCore::RefNull(ty)) => {
            is_one_of(ty, &[AbstractHeapType::Func, AbstractHeapType::NoFunc])
        }
        (Val::ExternRef(None), WastRetCore::RefNull(ty)) => {
            is_one_of(ty, &[AbstractHeapType::Extern, AbstractHeapType::NoExtern])
        }
        (Val::ExnRef(None), WastRetCore::RefNull(ty)) => {
            is_one_of(ty, &[AbstractHeapType::Exn, AbstractHeapType::NoExn])
        }
        (Val::ContRef(None), WastRetCore::RefNull(ty)) => {
            is_one_of(ty, &[AbstractHeapType::Cont, AbstractHeapType::NoCont])
        }
        (Val::AnyRef(None), WastRetCore::RefNull(ty)) => is_one_of(ty, &ANY),
        (Val::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        (Val::AnyRef(Some(a)), WastRetCore::RefHost(b)) => {
            a.kind(&*store) == AnyKind::Extern
                && a.to_extern(store).data().downcast_ref::<u32>() == Some(b)
        }
        (Val::AnyRef(Some(a)), expected) => is_kind(a.kind(&*store), expected),
        (Val::ExternRef(Some(_)), WastRetCore::RefExtern(None)) => true,
        (Val::ExternRef(Some(a)), WastRetCore::RefExtern(Some(b))) => {
            a.data().downcast_ref::<u32>() == Some(b)
        }
        _ => false,
    }
}

/// Whether a value that is not null is of the kind that a script expects.
fn is_kind(actual: AnyKind, expected: &WastRetCore<'_>) -> bool {
    match expected {
        WastRetCore::RefAny => true,
        WastRetCore::RefEq => actual != AnyKind::Extern,
        WastRetCore::RefI31 => actual == AnyKind::I31,
        WastRetCore::RefStruct => actual == AnyKind::Struct,
        WastRetCore::RefArray => actual == AnyKind::Array,
        _ => false,
    }
}

fn is_one_of(ty: &Option<HeapType<'_>>, any: &[AbstractHeapType]) -> bool {
    match ty {
        None => true,
        Some(HeapType::Abstract { ty, .. }) => any.contains(ty),
        Some(_) => false,
    }
}

/// Canonical: only the highest bit of the payload is set. Arithmetic: it is set.
fn matches_f32(bits: u32, expected: &NanPattern<wast::token::F32>) -> bool {
    const QUIET: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(value) => bits == value.bits,
    }
}

fn matches_f64(bits: u64, expected: &NanPattern<wast::token::F64>) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => bits & (u64::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(value) => bits == value.bits,
    }
}

/// Lane by lane, from the lowest bits on.
fn matches_v128(bits: u128, expected: &V128Pattern) -> bool {
    let mut rest = bits;
    let mut next = |width| {
        let lane = rest;
        rest >>= width;
        lane
    };
    match expected {
        V128Pattern::I8x16(all) => all.iter().all(|b| next(8) as i8 == *b),
        V128Pattern::I16x8(all) => all.iter().all(|b| next(16) as i16 == *b),
        V128Pattern::I32x4(all) => all.iter().all(|b| next(32) as i32 == *b),
        V128Pattern::I64x2(all) => all.iter().all(|b| next(64) as i64 == *b),
        V128Pattern::F32x4(all) => all.iter().all(|b| matches_f32(next(32) as u32, b)),
        V128Pattern::F64x2(all) => all.iter().all(|b| matches_f64(next(64) as u64, b)),
    }
}

fn show(value: &Val) -> String {
    match value {
        Val::F32(bits) => format!("F32({bits:#x} = {})", f32::from_bits(*bits)),
        Val::F64(bits) => format!("F64({bits:#x} = {})", f64::from_bits(*bits)),
        Val::V128(bits) => format!("V128({:#034x})", **bits),
        other => format!("{other:?}"),
    }
}

/// Whether a trap says what the script expects. One may say more than the other: scripts expect
/// `uninitialized element 7`, and older ones just `undefined`.
pub(crate) fn matches_trap(actual: &str, expected: &str) -> bool {
    actual.starts_with(expected) || expected.starts_with(actual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::token::F32;

    #[test]
    fn nan_patterns() {
        let value = |bits| NanPattern::Value(F32 { bits });
        assert!(matches_f32(0x7fc0_0000, &NanPattern::CanonicalNan));
        assert!(matches_f32(0xffc0_0000, &NanPattern::CanonicalNan));
        assert!(!matches_f32(0x7fc0_0001, &NanPattern::CanonicalNan));
        assert!(matches_f32(0x7fe0_0001, &NanPattern::ArithmeticNan));
        assert!(!matches_f32(0x7fa0_0000, &NanPattern::ArithmeticNan));
        assert!(!matches_f32(0x8000_0000, &value(0)));
        assert!(matches_f64(
            0xfff8_0000_0000_0000,
            &NanPattern::CanonicalNan
        ));
        assert!(!matches_f64(
            0x7ff0_0000_0000_0000,
            &NanPattern::ArithmeticNan
        ));
    }

    #[test]
    fn vectors() {
        let bits = 0x0000_0002_7fc0_0000_ffff_ffff_0000_0001;
        let value = |bits| NanPattern::Value(F32 { bits });
        let pattern =
            |third| V128Pattern::F32x4([value(1), NanPattern::ArithmeticNan, third, value(2)]);
        assert!(matches_v128(bits, &pattern(NanPattern::CanonicalNan)));
        assert!(!matches_v128(bits, &pattern(value(0))));
        assert!(matches_v128(
            bits,
            &V128Pattern::I32x4([1, -1, 0x7fc0_0000, 2])
        ));
        assert!(!matches_v128(
            bits,
            &V128Pattern::I32x4([1, -1, 0x7fc0_0000, 3])
        ));
        assert!(matches_v128(
            0xff02,
            &V128Pattern::I8x16([2, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        ));
    }

    #[test]
    fn either() {
        let expected = WastRetCore::Either(vec![WastRetCore::I32(1), WastRetCore::I32(2)]);
        let mut store = Store::new(&bident::Engine::default(), ());
        let mut matches = |value| matches_result(&mut store, &value, &expected);
        assert!(matches(Val::I32(2)));
        assert!(!matches(Val::I32(3)));
        assert!(!matches(Val::I64(1)));
    }

    #[test]
    fn trap_messages() {
        assert!(matches_trap("undefined element", "undefined"));
        assert!(matches_trap(
            "uninitialized element",
            "uninitialized element 7"
        ));
        assert!(!matches_trap(
            "out of bounds table access",
            "out of bounds memory access"
        ));
    }
}
