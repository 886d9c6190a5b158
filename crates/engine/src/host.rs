//! Calling out: what a host function sees of its caller, and which Rust types it may use.

use crate::any::AnyRef;
use crate::convert;
use crate::engine::Engine;
use crate::error::Error;
use crate::func::Func;
use crate::instance::{Extern, Instance};
use crate::slots::{InstanceNumber, InstanceSlot};
use crate::store::{AsContext, AsContextMut, Opaque, StoreContextMut};
use crate::value::{ExternRef, Val};
use crate::vm::host_func::HostBody;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_abi::VmValue;
use bident_module::ValType;

/// What a dynamically typed host function answers.
#[derive(Debug)]
pub enum Answer {
    /// The results are in place; WebAssembly goes on.
    Ready,
    /// The results come later: the whole activation parks, and `start` or `resume` returns
    /// `Parked` to the embedder, with the payload. Where the activation was begun by `call`, it ends
    /// with an error of kind `Barrier` instead.
    Pending(Payload),
}

/// What a typed host function may return instead of plain results: see [`Answer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply<R, P = ()> {
    /// Go on with these results.
    Ready(R),
    /// The results come later; [`crate::ParkedCall::payload`] gives what the call waits for.
    Pending(P),
}

/// The store, as a host function that WebAssembly called sees it.
pub struct Caller<'a, T: 'static> {
    store: &'a mut StoreInner<T>,
    instance: Option<InstanceSlot>,
}

impl<'a, T: 'static> Caller<'a, T> {
    #[inline]
    pub(crate) fn new(store: &'a mut StoreInner<T>, instance: Option<InstanceSlot>) -> Self {
        Self { store, instance }
    }

    /// Number of the instance whose code made the call.
    #[inline]
    pub(crate) fn instance_number(&self) -> Option<InstanceNumber> {
        let slot = self.instance?;
        Some(self.store.opaque.instances.number(slot.0))
    }

    #[inline]
    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner<T> {
        self.store
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.store.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.store.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.store.opaque.engine
    }

    /// The instance whose code made the call; `None` where the embedder called the host function
    /// itself.
    pub fn instance(&self) -> Option<Instance> {
        let number = self.instance_number()?;
        Some(Instance::new_handle(&self.store.opaque, number))
    }

    /// An export of the calling instance. Where that was loaded late ([`crate::Linker::lazy`]) and has no
    /// such export: of the instance that it was loaded for.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        let own = self.instance()?.get_export(&mut *self, name);
        own.or_else(|| {
            let store = &self.store.opaque;
            let own = store.instances.in_slot(self.instance?.0);
            let primary = Instance::new_handle(store, own.primary?);
            primary.get_export(self, name)
        })
    }

    /// As [`crate::Store::gc`].
    pub fn gc(&mut self) {
        self.store.opaque.gc();
    }

    /// Whether [`Answer::Pending`] would park the activation rather than fail: whether it was begun by
    /// `start` or `resume`.
    #[inline]
    pub fn may_park(&self) -> bool {
        self.store.opaque.vm.chains.may_park()
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;
    fn opaque(&self) -> Opaque<'_> {
        Opaque(&self.store.opaque)
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    fn context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.store)
    }
}

/// Access to a store for conversions of values.
#[doc(hidden)]
pub struct Words<'a>(pub(crate) &'a mut StoreOpaque);

/// How a value travels in a register of the System V convention.
#[doc(hidden)]
pub trait Abi: Copy {
    /// The value's bits, the low 64 at most.
    fn word(self) -> u64;
}

macro_rules! abi {
    ($($ty:ty => |$v:ident| $word:expr;)*) => {$(
        impl Abi for $ty {
            fn word(self) -> u64 {
                let $v = self;
                $word
            }
        }
    )*};
}

abi! {
    u32 => |v| v.into();
    u64 => |v| v;
    u128 => |v| v as u64;
    f32 => |v| v.to_bits().into();
    f64 => |v| v.to_bits();
}

/// A Rust type that stands for a WebAssembly value type in typed functions: `i32`, `u32` (`i32`), `i64`,
/// `u64` (`i64`), `f32`, `f64`, `u128` (`v128`, lane 0 lowest), `Option<Func>` (`funcref`), `Option<ExternRef>` (`externref`)
/// and `Option<AnyRef>` (`anyref`).
pub trait WasmTy: Into<Val> + TryFrom<Val, Error = Error> + Send + 'static {
    /// How it arrives in a register.
    #[doc(hidden)]
    type Abi: Abi;

    /// The WebAssembly type.
    fn val_type() -> ValType;

    #[doc(hidden)]
    fn from_raw(raw: VmValue, store: &mut Words<'_>) -> Self;

    #[doc(hidden)]
    fn into_raw(self, store: &mut Words<'_>) -> Result<VmValue, Error>;

    #[doc(hidden)]
    fn from_abi(abi: Self::Abi, store: &mut Words<'_>) -> Self {
        Self::from_raw(abi.word().into(), store)
    }

    /// Takes it from a position of the transfer buffer.
    #[doc(hidden)]
    #[inline]
    fn read(position: usize, store: &mut Words<'_>) -> Self {
        let raw = store.0.any_value(position, Self::val_type());
        Self::from_raw(raw, store)
    }

    /// Puts it at a position of the transfer buffer; gives the word for a register.
    #[doc(hidden)]
    #[inline]
    fn write(self, position: usize, store: &mut Words<'_>) -> Result<u64, Error> {
        let raw = self.into_raw(store)?;
        store.0.set_any_value(position, raw);
        Ok(raw.low)
    }
}

macro_rules! number {
    ($($ty:ty, $abi:ty, $val:ident, |$word:ident| $from:expr, |$v:ident| $into:expr;)*) => {$(
        impl WasmTy for $ty {
            type Abi = $abi;
            fn val_type() -> ValType {
                ValType::$val
            }
            #[inline]
            fn from_raw(raw: VmValue, _: &mut Words<'_>) -> Self {
                let $word = raw.low;
                $from
            }
            #[inline]
            fn into_raw(self, _: &mut Words<'_>) -> Result<VmValue, Error> {
                let $v = self;
                let word: u64 = $into;
                Ok(word.into())
            }
        }
    )*};
}

number! {
    i32, u32, I32, |word| word as i32, |v| v as u32 as u64;
    u32, u32, I32, |word| word as u32, |v| v.into();
    i64, u64, I64, |word| word as i64, |v| v as u64;
    u64, u64, I64, |word| word, |v| v;
    f32, f32, F32, |word| f32::from_bits(word as u32), |v| v.to_bits().into();
    f64, f64, F64, |word| f64::from_bits(word), |v| v.to_bits();
}

impl WasmTy for u128 {
    type Abi = Self;
    fn val_type() -> ValType {
        ValType::V128
    }
    fn from_raw(raw: VmValue, _: &mut Words<'_>) -> Self {
        raw.into()
    }
    fn into_raw(self, _: &mut Words<'_>) -> Result<VmValue, Error> {
        Ok(self.into())
    }
    fn from_abi(abi: Self, _: &mut Words<'_>) -> Self {
        abi
    }
}

impl WasmTy for Option<Func> {
    type Abi = u64;
    fn val_type() -> ValType {
        ValType::FUNCREF
    }
    fn from_raw(raw: VmValue, store: &mut Words<'_>) -> Self {
        store
            .0
            .func_of_word(raw.low)
            .map(|index| Func::new_handle(store.0, index))
    }
    fn into_raw(self, store: &mut Words<'_>) -> Result<VmValue, Error> {
        Val::FuncRef(self).to_raw(store.0, ValType::FUNCREF)
    }
}

impl WasmTy for Option<ExternRef> {
    type Abi = u64;
    fn val_type() -> ValType {
        ValType::EXTERNREF
    }
    fn from_raw(raw: VmValue, store: &mut Words<'_>) -> Self {
        store.0.extern_of_word(raw.low)
    }
    fn into_raw(self, store: &mut Words<'_>) -> Result<VmValue, Error> {
        Ok(store.0.word_of_extern(self)?.into())
    }
}

impl WasmTy for Option<AnyRef> {
    type Abi = u64;
    fn val_type() -> ValType {
        ValType::ANYREF
    }
    fn from_raw(raw: VmValue, store: &mut Words<'_>) -> Self {
        (raw.low != 0).then(|| AnyRef::from_word(store.0, raw.low))
    }
    fn into_raw(self, store: &mut Words<'_>) -> Result<VmValue, Error> {
        Val::AnyRef(self).to_raw(store.0, ValType::ANYREF)
    }
}

/// Parameters or results of a typed function: `()`, one [`WasmTy`], or a tuple of up to 16.
pub trait WasmValues: Sized + Send + 'static {
    /// The WebAssembly types.
    fn types() -> Vec<ValType>;

    /// The same as [`Val`]s, first to last.
    fn into_vals(self) -> Vec<Val>;

    /// What [`Val`]s stand for: those of [`crate::Results`], for one.
    ///
    /// # Errors
    /// Kind `Usage`: their number or the type of one is another.
    fn from_vals(values: impl IntoIterator<Item = Val>) -> Result<Self, Error>;

    /// Whether these are its types.
    #[doc(hidden)]
    fn are(types: &[ValType]) -> bool;

    /// Takes the values from the transfer buffer.
    #[doc(hidden)]
    fn read(store: &mut Words<'_>) -> Self;

    /// Puts the values into the transfer buffer; gives the first, or 0.
    #[doc(hidden)]
    fn write(self, store: &mut Words<'_>) -> Result<u64, Error>;
}

macro_rules! single {
    ($($ty:ty)*) => {$(
        impl WasmValues for $ty {
            fn types() -> Vec<ValType> {
                vec![<$ty>::val_type()]
            }
            fn into_vals(self) -> Vec<Val> {
                vec![self.into()]
            }
            fn from_vals(values: impl IntoIterator<Item = Val>) -> Result<Self, Error> {
                <($ty,)>::from_vals(values).map(|(value,)| value)
            }
            #[inline]
            fn are(types: &[ValType]) -> bool {
                <($ty,)>::are(types)
            }
            #[inline]
            fn read(store: &mut Words<'_>) -> Self {
                WasmTy::read(0, store)
            }
            #[inline]
            fn write(self, store: &mut Words<'_>) -> Result<u64, Error> {
                WasmTy::write(self, 0, store)
            }
        }
        returns!([] $ty);
    )*};
}

macro_rules! tuple {
    ($(($ty:ident $value:ident $i:literal))*) => {
        impl<$($ty: WasmTy),*> WasmValues for ($($ty,)*) {
            fn types() -> Vec<ValType> {
                vec![$($ty::val_type()),*]
            }
            fn into_vals(self) -> Vec<Val> {
                let ($($value,)*) = self;
                vec![$($value.into()),*]
            }
            fn from_vals(values: impl IntoIterator<Item = Val>) -> Result<Self, Error> {
                let mut values = values.into_iter();
                let expected = [$($i),*].len();
                let result = ($({
                    let value = values.next();
                    let value = value.ok_or_else(|| convert::wrong_number(expected, $i))?;
                    $ty::try_from(value)?
                },)*);
                match values.count() {
                    0 => Ok(result),
                    more => Err(convert::wrong_number(expected, expected + more)),
                }
            }
            #[inline]
            fn are(types: &[ValType]) -> bool {
                types.len() == [$($i),*].len() $(&& types[$i] == $ty::val_type())*
            }
            #[inline]
            fn read(store: &mut Words<'_>) -> Self {
                ($($ty::read($i, store),)*)
            }
            #[inline]
            fn write(self, store: &mut Words<'_>) -> Result<u64, Error> {
                let ($($value,)*) = self;
                $($value.write($i, store)?;)*
                Ok(store.0.value(0))
            }
        }
        returns!([$($ty),*] ($($ty,)*));
    };
}

impl WasmValues for () {
    fn types() -> Vec<ValType> {
        Vec::new()
    }
    fn into_vals(self) -> Vec<Val> {
        Vec::new()
    }
    fn from_vals(values: impl IntoIterator<Item = Val>) -> Result<Self, Error> {
        match values.into_iter().count() {
            0 => Ok(()),
            given => Err(convert::wrong_number(0, given)),
        }
    }
    #[inline]
    fn are(types: &[ValType]) -> bool {
        types.is_empty()
    }
    fn read(_: &mut Words<'_>) -> Self {}
    fn write(self, _: &mut Words<'_>) -> Result<u64, Error> {
        Ok(0)
    }
}

/// What a typed host function may return: results, a [`Reply`] of them, or a `Result` of either.
pub trait HostReturn: 'static {
    /// The results.
    type Values: WasmValues;

    /// What a call may wait for.
    type Payload: Send + 'static;

    /// Writes results to the transfer buffer as well as into the answer; a payload goes to the store.
    #[doc(hidden)]
    fn give(self, store: &mut Words<'_>) -> Result<Reply<u64>, Error>;
}

macro_rules! returns {
    ([$($ty:ident),*] $values:ty) => {
        impl<$($ty: WasmTy),*> HostReturn for $values {
            type Values = $values;
            type Payload = ();
            #[inline]
            fn give(self, store: &mut Words<'_>) -> Result<Reply<u64>, Error> {
                WasmValues::write(self, store).map(Reply::Ready)
            }
        }
    };
}

single!(i32 u32 i64 u64 f32 f64 u128 Option<Func> Option<ExternRef> Option<AnyRef>);
returns!([]());
tuple!((A a 0));
tuple!((A a 0)(B b 1));
tuple!((A a 0)(B b 1)(C c 2));
tuple!((A a 0)(B b 1)(C c 2)(D d 3));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10)(L l 11));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10)(L l 11)(M m 12));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10)(L l 11)(M m 12)(N n 13));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10)(L l 11)(M m 12)(N n 13)(O o 14));
tuple!((A a 0)(B b 1)(C c 2)(D d 3)(E e 4)(F f 5)(G g 6)(H h 7)(I i 8)(J j 9)(K k 10)(L l 11)(M m 12)(N n 13)(O o 14)(P p 15));

impl<R: WasmValues, P: Send + 'static> HostReturn for Reply<R, P> {
    type Values = R;
    type Payload = P;
    #[inline]
    fn give(self, store: &mut Words<'_>) -> Result<Reply<u64>, Error> {
        match self {
            Self::Ready(values) => WasmValues::write(values, store).map(Reply::Ready),
            Self::Pending(payload) => Ok(store.0.pending(Payload::new(payload))),
        }
    }
}

impl<R: HostReturn> HostReturn for Result<R, Error> {
    type Values = R::Values;
    type Payload = R::Payload;
    #[inline]
    fn give(self, store: &mut Words<'_>) -> Result<Reply<u64>, Error> {
        self?.give(store)
    }
}

/// A closure that can be a host function: `Fn(P...) -> R` or `Fn(Caller<'_, T>, P...) -> R`, with up to
/// 16 parameters of the types that implement [`WasmTy`]; `R` is a result type, a tuple of them,
/// `()`, a [`Reply`] of these, or a `Result` of either.
pub trait IntoFunc<T, P, R>: Send + Sync + 'static {
    /// The function, not yet of a store.
    #[doc(hidden)]
    fn into_body(self) -> Body;
}

/// A host function before it belongs to a store.
#[doc(hidden)]
pub struct Body(pub(crate) HostBody);
