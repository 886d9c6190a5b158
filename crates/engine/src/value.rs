//! Values as the embedder sees them.

use crate::error::Error;
use crate::func::Func;
use crate::vm::store::StoreOpaque;
use bident_module::{RefType, ValType};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A value of the host that WebAssembly holds as `externref`.
///
/// The store keeps a clone for as long as WebAssembly may reach it; see [`crate::Store::gc`].
#[derive(Clone)]
pub struct ExternRef(Arc<Box<dyn Any + Send + Sync>>);

impl ExternRef {
    /// Wraps a value.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Arc::new(Box::new(value)))
    }

    /// The value.
    pub fn data(&self) -> &(dyn Any + Send + Sync) {
        &**self.0
    }

    /// Whether both are clones of one.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({:p})", Arc::as_ptr(&self.0))
    }
}

/// A WebAssembly value. Floats are given by their bits, so that NaNs pass unchanged.
#[derive(Clone, Debug)]
pub enum Val {
    /// `i32`
    I32(i32),
    /// `i64`
    I64(i64),
    /// `f32`, its bits.
    F32(u32),
    /// `f64`, its bits.
    F64(u64),
    /// `funcref`
    FuncRef(Option<Func>),
    /// `externref`
    ExternRef(Option<ExternRef>),
}

const _: () = assert!(
    size_of::<Val>() == 16,
    "two words: they are copied on every dynamic call"
);

impl Val {
    /// Zero or null.
    pub fn default_for(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::Ref(RefType::Func) => Self::FuncRef(None),
            ValType::Ref(RefType::Extern) => Self::ExternRef(None),
        }
    }

    /// Its type.
    pub fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    /// The `i32`, if it is one.
    pub fn i32(&self) -> Option<i32> {
        if let Self::I32(v) = self {
            Some(*v)
        } else {
            None
        }
    }

    /// The `i64`, if it is one.
    pub fn i64(&self) -> Option<i64> {
        if let Self::I64(v) = self {
            Some(*v)
        } else {
            None
        }
    }

    /// The `f32`, if it is one.
    pub fn f32(&self) -> Option<f32> {
        if let Self::F32(v) = self {
            Some(f32::from_bits(*v))
        } else {
            None
        }
    }

    /// The `f64`, if it is one.
    pub fn f64(&self) -> Option<f64> {
        if let Self::F64(v) = self {
            Some(f64::from_bits(*v))
        } else {
            None
        }
    }

    /// The value that a word of compiled code stands for.
    #[inline]
    pub(crate) fn from_word(store: &mut StoreOpaque, ty: ValType, word: u64) -> Self {
        match ty {
            ValType::I32 => Self::I32(word as i32),
            ValType::I64 => Self::I64(word as i64),
            ValType::F32 => Self::F32(word as u32),
            ValType::F64 => Self::F64(word),
            ValType::Ref(RefType::Func) => {
                Self::FuncRef(store.func_of_word(word).map(|f| Func::new_handle(store, f)))
            }
            ValType::Ref(RefType::Extern) => Self::ExternRef(store.externs.get(word)),
        }
    }

    /// Appends the value that a word of compiled code stands for. Each arm appends by itself: a value
    /// that is put together first and then copied makes the copy wait for the stores before it.
    #[inline]
    pub(crate) fn push_word(
        store: &mut StoreOpaque,
        ty: ValType,
        word: u64,
        values: &mut Vec<Self>,
    ) {
        match ty {
            ValType::I32 => values.push(Self::I32(word as i32)),
            ValType::I64 => values.push(Self::I64(word as i64)),
            ValType::F32 => values.push(Self::F32(word as u32)),
            ValType::F64 => values.push(Self::F64(word)),
            ValType::Ref(_) => values.push(Self::from_word(store, ty, word)),
        }
    }

    /// The word that compiled code has for this value of type `ty`.
    ///
    /// # Errors
    /// Kind `Usage`: the value has another type, or is a function of another store.
    #[inline]
    pub(crate) fn to_word(&self, store: &mut StoreOpaque, ty: ValType) -> Result<u64, Error> {
        match (self, ty) {
            (Self::I32(v), ValType::I32) => Ok(*v as u32 as u64),
            (Self::I64(v), ValType::I64) => Ok(*v as u64),
            (Self::F32(v), ValType::F32) => Ok(u64::from(*v)),
            (Self::F64(v), ValType::F64) => Ok(*v),
            _ => self.ref_to_word(store, ty),
        }
    }

    fn ref_to_word(&self, store: &mut StoreOpaque, ty: ValType) -> Result<u64, Error> {
        Ok(match (self, ty) {
            (Self::FuncRef(None), ValType::Ref(RefType::Func)) => 0,
            (Self::FuncRef(Some(func)), ValType::Ref(RefType::Func)) => {
                store.word_of_func(func.index_in(store)?)
            }
            (Self::ExternRef(value), ValType::Ref(RefType::Extern)) => {
                store.word_of_extern(value.clone())
            }
            _ => {
                let given = self.ty();
                return Err(Error::usage(format!(
                    "expected a value of type {ty}, got {given}"
                )));
            }
        })
    }

    /// Appends the parameters or results of function `func` from the transfer buffer.
    #[inline]
    pub(crate) fn read_all(store: &mut StoreOpaque, func: u32, side: Side, values: &mut Vec<Self>) {
        for i in 0..store.types(func, side).len() {
            let (ty, word) = (store.types(func, side)[i], store.value(i));
            Self::push_word(store, ty, word, values);
        }
    }

    /// Puts the parameters or results of function `func` into the transfer buffer.
    ///
    /// # Errors
    /// Kind `Usage`: number or type is wrong.
    #[inline]
    pub(crate) fn write_all(
        store: &mut StoreOpaque,
        func: u32,
        side: Side,
        values: &[Self],
    ) -> Result<(), Error> {
        let expected = store.types(func, side).len();
        if expected != values.len() {
            let given = values.len();
            return Err(Error::usage(format!(
                "expected {expected} values, got {given}"
            )));
        }
        for (i, value) in values.iter().enumerate() {
            let word = value.to_word(store, store.types(func, side)[i])?;
            store.set_value(i, word);
        }
        Ok(())
    }
}

/// Which values of a function a transfer carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Params,
    Results,
}

macro_rules! from {
    ($($ty:ty => |$v:ident| $value:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($v: $ty) -> Self {
                $value
            }
        }
    )*};
}

from! {
    i32 => |v| Self::I32(v);
    i64 => |v| Self::I64(v);
    f32 => |v| Self::F32(v.to_bits());
    f64 => |v| Self::F64(v.to_bits());
    Func => |v| Self::FuncRef(Some(v));
    ExternRef => |v| Self::ExternRef(Some(v));
}
