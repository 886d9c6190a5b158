//! Conversions between Rust's values and [`Val`]s.
//!
//! Each Rust type of typed functions ([`crate::WasmTy`]) becomes a value by `into`, and comes of one by `try_into`; tuples
//! of them by [`crate::WasmValues::into_vals`] and [`crate::WasmValues::from_vals`].

use crate::any::AnyRef;
use crate::continuation::Continuation;
use crate::error::Error;
use crate::exception::Exception;
use crate::func::Func;
use crate::value::{ExternRef, Val};
use bident_module::ValType;

#[cold]
fn mismatch(expected: ValType, given: &Val) -> Error {
    let given = given.ty();
    Error::usage(format!("expected a value of type {expected}, got {given}"))
}

macro_rules! numbers {
    ($($ty:ty, $val:ident, |$v:ident| $into:expr, |$w:ident| $from:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($v: $ty) -> Self {
                Self::$val($into)
            }
        }

        impl TryFrom<Val> for $ty {
            type Error = Error;

            /// # Errors
            /// Kind `Usage`: it has another type.
            fn try_from(value: Val) -> Result<Self, Error> {
                match value {
                    Val::$val($w) => Ok($from),
                    other => Err(mismatch(<$ty as crate::host::WasmTy>::val_type(), &other)),
                }
            }
        }
    )*};
}

numbers! {
    i32, I32, |v| v, |w| w;
    u32, I32, |v| v.cast_signed(), |w| w.cast_unsigned();
    i64, I64, |v| v, |w| w;
    u64, I64, |v| v.cast_signed(), |w| w.cast_unsigned();
    f32, F32, |v| v.to_bits(), |w| Self::from_bits(w);
    f64, F64, |v| v.to_bits(), |w| Self::from_bits(w);
    u128, V128, |v| Box::new(v), |w| *w;
}

macro_rules! references {
    ($($ty:ty, $val:ident, $general:ident;)*) => {$(
        impl From<$ty> for Val {
            fn from(value: $ty) -> Self {
                Self::$val(Some(value))
            }
        }

        impl From<Option<$ty>> for Val {
            fn from(value: Option<$ty>) -> Self {
                Self::$val(value)
            }
        }

        impl TryFrom<Val> for Option<$ty> {
            type Error = Error;

            /// # Errors
            /// Kind `Usage`: it has another type.
            fn try_from(value: Val) -> Result<Self, Error> {
                match value {
                    Val::$val(value) => Ok(value),
                    other => Err(mismatch(ValType::$general, &other)),
                }
            }
        }

        impl TryFrom<Val> for $ty {
            type Error = Error;

            /// # Errors
            /// Kind `Usage`: it has another type, or is null.
            fn try_from(value: Val) -> Result<Self, Error> {
                Option::<$ty>::try_from(value)?
                    .ok_or_else(|| Error::usage("expected a reference, got null"))
            }
        }
    )*};
}

references! {
    Func, FuncRef, FUNCREF;
    ExternRef, ExternRef, EXTERNREF;
    Exception, ExnRef, EXNREF;
    Continuation, ContRef, CONTREF;
    AnyRef, AnyRef, ANYREF;
}

/// The number of values is wrong.
#[cold]
pub(crate) fn wrong_number(expected: usize, given: usize) -> Error {
    let s = if expected == 1 { "" } else { "s" };
    Error::usage(format!("expected {expected} value{s}, got {given}"))
}
