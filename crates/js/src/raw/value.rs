//! Values of JavaScript by who owns them, and what can be done with one.

use super::env::Env;
use super::object::Marker;
use rquickjs::{Error, Value, qjs};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// An exception is pending in the context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thrown;

/// Outcome of something that may throw.
pub(crate) type Attempt<T> = Result<T, Thrown>;

impl From<Thrown> for Error {
    fn from(Thrown: Thrown) -> Self {
        Self::Exception
    }
}

/// A value that someone else keeps alive for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Ref<'a> {
    pub(super) raw: qjs::JSValue,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Ref<'a> {
    /// `undefined`.
    pub(crate) const UNDEFINED: Self = Self {
        raw: qjs::JS_UNDEFINED,
        lifetime: PhantomData,
    };

    /// A loan from rquickjs.
    #[inline]
    pub(crate) fn new(value: &'a Value<'_>) -> Self {
        Self {
            raw: value.as_raw(),
            lifetime: PhantomData,
        }
    }

    /// # Safety
    /// The value stays alive for all of `'a`.
    #[inline]
    pub(super) unsafe fn lent(raw: qjs::JSValue) -> Self {
        Self {
            raw,
            lifetime: PhantomData,
        }
    }

    /// Another reference to the value, ours.
    #[inline]
    pub(crate) fn to_owned<'js>(self, env: Env<'js>) -> Own<'js> {
        // SAFETY: the value is alive.
        let raw = unsafe { qjs::JS_DupValue(env.raw(), self.raw) };
        Own { raw, env }
    }

    #[inline]
    fn tag(self) -> i32 {
        // SAFETY: reads the tag.
        unsafe { qjs::JS_VALUE_GET_TAG(self.raw) }
    }

    /// Whether it is `undefined`.
    #[inline]
    pub(crate) fn is_undefined(self) -> bool {
        self.tag() == qjs::JS_TAG_UNDEFINED
    }

    /// Whether it is `null`.
    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self.tag() == qjs::JS_TAG_NULL
    }

    /// Whether it is `true`.
    #[inline]
    pub(crate) fn is_true(self) -> bool {
        // SAFETY: reads the tag, then the value that goes with it.
        unsafe {
            qjs::JS_VALUE_GET_TAG(self.raw) == qjs::JS_TAG_BOOL && qjs::JS_VALUE_GET_BOOL(self.raw)
        }
    }

    /// Whether it is a number.
    #[inline]
    pub(crate) fn is_number(self) -> bool {
        // SAFETY: reads the tag.
        unsafe { qjs::JS_IsNumber(self.raw) }
    }

    /// Whether it is a `BigInt`.
    #[inline]
    pub(crate) fn is_bigint(self) -> bool {
        // SAFETY: reads the tag.
        unsafe { qjs::JS_IsBigInt(self.raw) }
    }

    /// Whether it is a string.
    #[inline]
    pub(crate) fn is_string(self) -> bool {
        // SAFETY: reads the tag.
        unsafe { qjs::JS_IsString(self.raw) }
    }

    /// The integer of 31 bits that it is, if it is one; -0 is none.
    #[inline]
    pub(crate) fn as_i31(self) -> Option<i32> {
        // SAFETY: reads the tag, then the number that goes with it.
        let number = unsafe {
            match qjs::JS_VALUE_GET_NORM_TAG(self.raw) {
                qjs::JS_TAG_INT => qjs::JS_VALUE_GET_INT(self.raw),
                qjs::JS_TAG_FLOAT64 => {
                    let float = qjs::JS_VALUE_GET_FLOAT64(self.raw);
                    let number = float as i32;
                    if f64::from(number).to_bits() != float.to_bits() {
                        return None;
                    }
                    number
                }
                _ => return None,
            }
        };
        (-1 << 30..1 << 30).contains(&number).then_some(number)
    }

    /// Whether it is an object, functions included.
    #[inline]
    pub(crate) fn is_object(self) -> bool {
        self.tag() == qjs::JS_TAG_OBJECT
    }

    /// Whether it can be called.
    pub(crate) fn is_function(self, env: Env<'_>) -> bool {
        // SAFETY: the value is alive.
        unsafe { qjs::JS_IsFunction(env.raw(), self.raw) }
    }

    /// Which object it is, if it is one.
    #[inline]
    pub(crate) fn identity(self) -> Option<Identity> {
        // SAFETY: an object has a pointer.
        let object = || unsafe { qjs::JS_VALUE_GET_PTR(self.raw) };
        self.is_object().then(|| Identity(object().addr()))
    }
}

/// Which object of a runtime it is, as long as the object lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(usize);

/// A value that a Rust stack frame owns.
pub(crate) struct Own<'js> {
    raw: qjs::JSValue,
    env: Env<'js>,
}

impl Drop for Own<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and the context is alive for 'js.
        unsafe {
            if qjs::JS_VALUE_HAS_REF_COUNT(self.raw) {
                qjs::JS_FreeValue(self.env.raw(), self.raw);
            }
        }
    }
}

impl<'js> Own<'js> {
    /// # Safety
    /// The caller hands over a reference to the value, which is of the runtime of `env`.
    #[inline]
    pub(super) unsafe fn from_raw(env: Env<'js>, raw: qjs::JSValue) -> Self {
        Self { raw, env }
    }

    /// A loan of it.
    #[inline]
    pub(crate) fn get(&self) -> Ref<'_> {
        // SAFETY: as long as it is borrowed, it keeps its reference.
        unsafe { Ref::lent(self.raw) }
    }

    #[inline]
    pub(super) fn into_raw(self) -> qjs::JSValue {
        let raw = self.raw;
        std::mem::forget(self);
        raw
    }

    /// The same for rquickjs.
    pub(crate) fn into_value(self) -> Value<'js> {
        let ctx = self.env.ctx();
        // SAFETY: hands over the reference.
        unsafe { Value::from_raw(ctx, self.into_raw()) }
    }

    /// Keeps it in a host object. See [`Stored`] for what the owner has to do.
    #[inline]
    pub(crate) fn store(self) -> Stored {
        let runtime = self.env.runtime();
        Stored {
            raw: self.into_raw(),
            runtime,
        }
    }
}

/// A value that a host object owns: its payload must report it to the collector in
/// [`super::Payload::mark`].
pub(crate) struct Stored {
    raw: qjs::JSValue,
    runtime: NonNull<qjs::JSRuntime>,
}

impl Drop for Stored {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours. Payloads are dropped by finalizers, at the latest while their
        // runtime is being freed, so the runtime is alive.
        unsafe {
            if qjs::JS_VALUE_HAS_REF_COUNT(self.raw) {
                qjs::JS_FreeValueRT(self.runtime.as_ptr(), self.raw);
            }
        }
    }
}

impl Stored {
    /// A loan of it.
    #[inline]
    pub(crate) fn get(&self) -> Ref<'_> {
        // SAFETY: as long as it is borrowed, it keeps its reference.
        unsafe { Ref::lent(self.raw) }
    }

    /// Another reference to the value.
    #[inline]
    pub(crate) fn to_owned<'js>(&self, env: Env<'js>) -> Own<'js> {
        self.get().to_owned(env)
    }

    /// Takes it back from the host object.
    #[inline]
    pub(crate) fn into_owned<'js>(self, env: Env<'js>) -> Own<'js> {
        let raw = self.raw;
        std::mem::forget(self);
        Own { raw, env }
    }

    /// Another stored reference to the value.
    pub(crate) fn duplicate(&self) -> Self {
        // SAFETY: the value is alive, so is its runtime.
        let raw = unsafe { qjs::JS_DupValueRT(self.runtime.as_ptr(), self.raw) };
        Self {
            raw,
            runtime: self.runtime,
        }
    }

    /// Tells the collector about the reference. Its owner does so once for each marking.
    pub(crate) fn mark(&self, marker: &Marker) {
        marker.mark(self);
    }

    #[inline]
    pub(super) fn raw(&self) -> qjs::JSValue {
        self.raw
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stored")
    }
}

/// Arguments of a call.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(&'a [qjs::JSValue]);

impl<'a> Args<'a> {
    /// # Safety
    /// QuickJS passed count and pointer to a callback that runs for all of `'a`.
    #[inline]
    pub(super) unsafe fn from_callback(count: i32, values: *mut qjs::JSValue) -> Self {
        if count <= 0 || values.is_null() {
            return Self(&[]);
        }
        // SAFETY: QuickJS passes `count` values that stay alive during the call.
        Self(unsafe { std::slice::from_raw_parts(values, count as usize) })
    }

    /// The argument at this position, `undefined` past the end.
    #[inline]
    pub(crate) fn get(self, i: usize) -> Ref<'a> {
        // SAFETY: QuickJS keeps them alive for 'a.
        let lent = |raw: &qjs::JSValue| unsafe { Ref::lent(*raw) };
        self.0.get(i).map_or(Ref::UNDEFINED, lent)
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.0.len()
    }
}
