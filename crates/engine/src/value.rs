//! Values as the embedder sees them.

use crate::any::AnyRef;
use crate::continuation::Continuation;
use crate::convert;
use crate::error::Error;
use crate::exception::Exception;
use crate::func::Func;
use crate::slots::FuncNumber;
use crate::store::AsContext;
use crate::vm::store::StoreOpaque;
use bident_abi::VmValue;
use bident_module::{HeapType, Kind, RefType, TypeId, ValType};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A value of the host that WebAssembly holds as `externref`. One whose data is an [`AnyRef`] stands for
/// that: `extern.convert_any` gives such ones.
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

    /// Whether there is no clone of it.
    pub fn is_only_clone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
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
    /// `v128`: its bits, lane 0 lowest. In a box, so that the others are copied quickly.
    V128(Box<u128>),
    /// A reference to a function.
    FuncRef(Option<Func>),
    /// A reference to a value of the host.
    ExternRef(Option<ExternRef>),
    /// A reference to an exception.
    ExnRef(Option<Exception>),
    /// A reference to a continuation.
    ContRef(Option<Continuation>),
    /// A reference to a structure, an array, a small integer, or a value of the host that became one.
    AnyRef(Option<AnyRef>),
}

const _: () = assert!(
    size_of::<Val>() == 16,
    "two words: they are copied on every dynamic call"
);

impl Val {
    /// Zero or null, null also for types that do not allow it.
    pub fn default_for(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::from(0u128),
            ValType::Ref(ty) => match Target::of(ty) {
                Target::Func => Self::FuncRef(None),
                Target::Extern => Self::ExternRef(None),
                Target::Exn => Self::ExnRef(None),
                Target::Cont => Self::ContRef(None),
                Target::Any => Self::AnyRef(None),
            },
        }
    }

    /// Its type; for a reference the most general one.
    pub fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
            Self::ExnRef(_) => ValType::EXNREF,
            Self::ContRef(_) => ValType::CONTREF,
            Self::AnyRef(_) => ValType::ANYREF,
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

    /// The `v128`, if it is one.
    pub fn v128(&self) -> Option<u128> {
        if let Self::V128(v) = self {
            Some(**v)
        } else {
            None
        }
    }

    /// Whether it is a value of a type. Functions of another store are of no type.
    pub fn matches(&self, store: impl AsContext, ty: ValType) -> bool {
        match ty {
            ValType::Ref(ty) => self.is_reference_of(store.opaque().0, ty),
            ty => self.ty() == ty,
        }
    }

    /// The value that one of compiled code stands for.
    #[inline]
    pub(crate) fn from_raw(store: &mut StoreOpaque, ty: ValType, raw: VmValue) -> Self {
        let word = raw.low;
        match ty {
            ValType::I32 => Self::I32(word as i32),
            ValType::I64 => Self::I64(word as i64),
            ValType::F32 => Self::F32(word as u32),
            ValType::F64 => Self::F64(word),
            ValType::V128 => Self::from(u128::from(raw)),
            ValType::Ref(ty) => match Target::of(ty) {
                Target::Func => {
                    Self::FuncRef(store.func_of_word(word).map(|f| Func::new_handle(store, f)))
                }
                Target::Extern => Self::ExternRef(store.extern_of_word(word)),
                Target::Exn => Self::ExnRef((word != 0).then(|| Exception::from_word(store, word))),
                Target::Cont => Self::ContRef(
                    (word != 0).then(|| Continuation::from_word(store, word, cont_type(ty.heap))),
                ),
                Target::Any => Self::AnyRef((word != 0).then(|| AnyRef::from_word(store, word))),
            },
        }
    }

    /// The value at a position of the transfer buffer.
    #[inline]
    pub(crate) fn read(store: &mut StoreOpaque, ty: ValType, position: usize) -> Self {
        let raw = store.any_value(position, ty);
        Self::from_raw(store, ty, raw)
    }

    /// Appends the value at a position of the transfer buffer. Each arm appends by itself: a value
    /// that is put together first and then copied makes the copy wait for the stores before it.
    #[inline]
    pub(crate) fn push(
        store: &mut StoreOpaque,
        ty: ValType,
        position: usize,
        values: &mut Vec<Self>,
    ) {
        let word = store.value(position);
        match ty {
            ValType::I32 => values.push(Self::I32(word as i32)),
            ValType::I64 => values.push(Self::I64(word as i64)),
            ValType::F32 => values.push(Self::F32(word as u32)),
            ValType::F64 => values.push(Self::F64(word)),
            ValType::V128 | ValType::Ref(_) => values.push(Self::read(store, ty, position)),
        }
    }

    /// What compiled code has for this value of type `ty`.
    ///
    /// # Errors
    /// Kind `Usage`: the value has another type, is null where the type does not allow it, or belongs
    /// to another store.
    #[inline]
    pub(crate) fn to_raw(&self, store: &mut StoreOpaque, ty: ValType) -> Result<VmValue, Error> {
        let word = match (self, ty) {
            (Self::I32(v), ValType::I32) => *v as u32 as u64,
            (Self::I64(v), ValType::I64) => *v as u64,
            (Self::F32(v), ValType::F32) => u64::from(*v),
            (Self::F64(v), ValType::F64) => *v,
            (Self::V128(v), ValType::V128) => return Ok((**v).into()),
            (_, ValType::Ref(ty)) => self.ref_to_word(store, ty)?,
            _ => return Err(self.mismatch(store, ty)),
        };
        Ok(word.into())
    }

    /// Puts it, as a value of type `ty`, at a position of the transfer buffer; gives the word that
    /// travels in a register where there is one for it.
    ///
    /// # Errors
    /// As for [`Self::to_raw`].
    #[inline]
    pub(crate) fn write(
        &self,
        store: &mut StoreOpaque,
        ty: ValType,
        position: usize,
    ) -> Result<u64, Error> {
        let raw = self.to_raw(store, ty)?;
        store.set_any_value(position, raw);
        Ok(raw.low)
    }

    /// The word of a reference; see [`Self::to_raw`].
    pub(crate) fn ref_to_word(&self, store: &mut StoreOpaque, ty: RefType) -> Result<u64, Error> {
        match self {
            _ if !self.is_reference_of(store, ty) => Err(self.mismatch(store, ValType::Ref(ty))),
            Self::FuncRef(Some(func)) => Ok(store.word_of_func(func.number_in(store)?)),
            Self::ExternRef(value) => store.word_of_extern(value.clone()),
            Self::ExnRef(Some(exception)) => exception.word_in(store),
            Self::ContRef(Some(cont)) => Ok(cont.word_as(store, None).unwrap_or(0)),
            Self::AnyRef(Some(any)) => any.word_in(store),
            _ => Ok(0),
        }
    }

    fn is_reference_of(&self, store: &StoreOpaque, ty: RefType) -> bool {
        match (self, Target::of(ty)) {
            (Self::FuncRef(None), Target::Func)
            | (Self::ExternRef(None), Target::Extern)
            | (Self::ExnRef(None), Target::Exn)
            | (Self::ContRef(None), Target::Cont)
            | (Self::AnyRef(None), Target::Any) => ty.nullable,
            (Self::FuncRef(Some(func)), Target::Func) => func
                .number_in(store)
                .is_ok_and(|func| store.is_func_of(func, ty.heap)),
            (Self::ExternRef(Some(_)), Target::Extern) => ty.heap == HeapType::Extern,
            (Self::ExnRef(Some(exception)), Target::Exn) => {
                ty.heap == HeapType::Exn && exception.word_in(store).is_ok()
            }
            (Self::ContRef(Some(cont)), Target::Cont) => {
                ty.heap != HeapType::NoCont && cont.word_as(store, cont_type(ty.heap)).is_some()
            }
            (Self::AnyRef(Some(any)), Target::Any) => any.is_of(store, ty.heap),
            _ => false,
        }
    }

    #[cold]
    fn mismatch(&self, store: &StoreOpaque, ty: ValType) -> Error {
        let given = match self {
            Self::FuncRef(None)
            | Self::ExternRef(None)
            | Self::ExnRef(None)
            | Self::ContRef(None)
            | Self::AnyRef(None) => format!("a null {}", self.ty()),
            Self::FuncRef(Some(func)) => match func.number_in(store) {
                Ok(func) => format!("a function {}", store.funcs[func].ty),
                Err(error) => return error,
            },
            other => other.ty().to_string(),
        };
        Error::usage(format!("expected a value of type {ty}, got {given}"))
    }

    /// Appends the parameters or results of function `func` from the transfer buffer.
    #[inline]
    pub(crate) fn read_all(
        store: &mut StoreOpaque,
        func: FuncNumber,
        side: Side,
        values: &mut Vec<Self>,
    ) {
        for i in 0..store.types(func, side).len() {
            let ty = store.types(func, side)[i];
            Self::push(store, ty, i, values);
        }
    }

    /// Puts the parameters or results of function `func` into the transfer buffer.
    ///
    /// # Errors
    /// Kind `Usage`: number or type is wrong.
    #[inline]
    pub(crate) fn write_all(
        store: &mut StoreOpaque,
        func: FuncNumber,
        side: Side,
        values: &[Self],
    ) -> Result<(), Error> {
        let expected = store.types(func, side).len();
        if expected != values.len() {
            return Err(convert::wrong_number(expected, values.len()));
        }
        for (i, value) in values.iter().enumerate() {
            value.write(store, store.types(func, side)[i], i)?;
        }
        Ok(())
    }
}

impl StoreOpaque {
    /// Whether a function is among those that a heap type stands for.
    fn is_func_of(&self, func: FuncNumber, heap: HeapType) -> bool {
        let given = self.funcs[func].type_id;
        match heap {
            HeapType::Func => true,
            HeapType::Canon(wanted, Kind::Func) => self.engine.is_subtype(given, wanted),
            _ => false,
        }
    }
}

/// The continuation type among heap types.
fn cont_type(heap: HeapType) -> Option<TypeId> {
    match heap {
        HeapType::Canon(id, Kind::Cont) => Some(id),
        _ => None,
    }
}

/// What the references of a type refer to, apart from the exact type.
enum Target {
    Func,
    Extern,
    Exn,
    Cont,
    Any,
}

impl Target {
    fn of(ty: RefType) -> Self {
        match ty.heap {
            // Types of a module do not get here.
            HeapType::Func
            | HeapType::NoFunc
            | HeapType::Canon(_, Kind::Func)
            | HeapType::Index(_) => Self::Func,
            HeapType::Extern | HeapType::NoExtern => Self::Extern,
            HeapType::Exn | HeapType::NoExn => Self::Exn,
            HeapType::Cont | HeapType::NoCont | HeapType::Canon(_, Kind::Cont) => Self::Cont,
            HeapType::Canon(_, Kind::Struct | Kind::Array)
            | HeapType::Any
            | HeapType::Eq
            | HeapType::I31
            | HeapType::Struct
            | HeapType::Array
            | HeapType::None => Self::Any,
        }
    }
}

/// Which values of a function a transfer carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Params,
    Results,
}
