//! Values of JavaScript by who owns them, and what can be done with one.

use super::object::Marker;
use rquickjs::{Ctx, Error, Value, qjs};
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

/// A context, to be kept. Does not keep the context alive.
#[derive(Clone, Copy)]
pub(crate) struct Context(NonNull<qjs::JSContext>);

impl Context {
    /// The context of `ctx`.
    #[inline]
    pub(crate) fn new(ctx: &Ctx<'_>) -> Self {
        Self(ctx.as_raw())
    }

    /// The context, to be used. Only for code that runs on behalf of the context: a host function
    /// that its WebAssembly calls, a job of its queue.
    #[inline]
    pub(crate) fn env(&self) -> Env<'_> {
        Env {
            ctx: self.0,
            lifetime: PhantomData,
        }
    }

    /// Whether it is the context of `ctx`.
    pub(crate) fn is(&self, ctx: &Ctx<'_>) -> bool {
        self.0 == ctx.as_raw()
    }
}

/// A context that runs code now.
#[derive(Clone, Copy)]
pub(crate) struct Env<'js> {
    ctx: NonNull<qjs::JSContext>,
    /// Invariant, as in `Ctx<'js>`.
    lifetime: PhantomData<fn(&'js ()) -> &'js ()>,
}

impl<'js> Env<'js> {
    /// The context that rquickjs has entered.
    #[inline]
    pub(crate) fn new(ctx: &Ctx<'js>) -> Self {
        Self {
            ctx: ctx.as_raw(),
            lifetime: PhantomData,
        }
    }

    /// # Safety
    /// QuickJS passed the pointer to a callback that runs for all of `'js`.
    #[inline]
    pub(super) unsafe fn from_callback(ctx: *mut qjs::JSContext) -> Self {
        // SAFETY: QuickJS passes no null context.
        let ctx = unsafe { NonNull::new_unchecked(ctx) };
        let lifetime = PhantomData;
        Self { ctx, lifetime }
    }

    #[inline]
    pub(super) fn raw(self) -> *mut qjs::JSContext {
        self.ctx.as_ptr()
    }

    #[inline]
    pub(super) fn runtime(self) -> NonNull<qjs::JSRuntime> {
        // SAFETY: a context is alive while it runs code, and has a runtime.
        unsafe { NonNull::new_unchecked(qjs::JS_GetRuntime(self.raw())) }
    }

    /// The same for rquickjs.
    pub(crate) fn ctx(self) -> Ctx<'js> {
        // SAFETY: the context is alive for 'js.
        unsafe { Ctx::from_raw(self.ctx) }
    }

    /// Takes ownership of what a function of QuickJS returned.
    #[inline]
    pub(super) fn take(self, raw: qjs::JSValue) -> Attempt<Own<'js>> {
        // SAFETY: reads the tag.
        if unsafe { qjs::JS_IsException(raw) } {
            return Err(Thrown);
        }
        Ok(Own { raw, env: self })
    }

    /// `undefined`.
    #[inline]
    pub(crate) fn undefined(self) -> Own<'js> {
        Own {
            raw: qjs::JS_UNDEFINED,
            env: self,
        }
    }

    /// `null`.
    #[inline]
    pub(crate) fn null(self) -> Own<'js> {
        Own {
            raw: qjs::JS_NULL,
            env: self,
        }
    }

    /// A number.
    #[inline]
    pub(crate) fn int(self, value: i32) -> Own<'js> {
        Own {
            raw: qjs::JS_MKVAL(qjs::JS_TAG_INT, value),
            env: self,
        }
    }

    /// A number.
    #[inline]
    pub(crate) fn float(self, value: f64) -> Own<'js> {
        Own {
            raw: qjs::JS_NewFloat64(value),
            env: self,
        }
    }

    /// A `BigInt`.
    pub(crate) fn bigint(self, value: i64) -> Attempt<Own<'js>> {
        // SAFETY: makes a value in a living context.
        self.take(unsafe { qjs::JS_NewBigInt64(self.raw(), value) })
    }

    /// `ToInt32`. May run JavaScript.
    #[inline]
    pub(crate) fn to_i32(self, value: Ref<'_>) -> Attempt<i32> {
        // SAFETY: the value is alive; QuickJS writes the result where it succeeds.
        unsafe {
            if qjs::JS_VALUE_GET_TAG(value.raw) == qjs::JS_TAG_INT {
                return Ok(qjs::JS_VALUE_GET_INT(value.raw));
            }
            let mut result = 0;
            check(qjs::JS_ToInt32(self.raw(), &mut result, value.raw)).map(|()| result)
        }
    }

    /// `ToBigInt64`. May run JavaScript.
    pub(crate) fn to_i64(self, value: Ref<'_>) -> Attempt<i64> {
        let mut result = 0;
        // SAFETY: as in `to_i32`.
        check(unsafe { qjs::JS_ToBigInt64(self.raw(), &mut result, value.raw) }).map(|()| result)
    }

    /// `ToNumber`. May run JavaScript.
    #[inline]
    pub(crate) fn to_f64(self, value: Ref<'_>) -> Attempt<f64> {
        // SAFETY: as in `to_i32`.
        unsafe {
            if qjs::JS_VALUE_GET_TAG(value.raw) == qjs::JS_TAG_INT {
                return Ok(qjs::JS_VALUE_GET_INT(value.raw).into());
            }
            let mut result = 0.0;
            check(qjs::JS_ToFloat64(self.raw(), &mut result, value.raw)).map(|()| result)
        }
    }

    /// Calls a function. The values of `args` stay the caller's.
    #[inline]
    pub(crate) fn call(
        self,
        function: Ref<'_>,
        this: Ref<'_>,
        args: &[Own<'js>],
    ) -> Attempt<Own<'js>> {
        const MOST: usize = 8;
        if args.len() > MOST {
            let mut raw: Vec<_> = args.iter().map(|arg| arg.raw).collect();
            return self.call_raw(function, this, &mut raw);
        }
        let mut raw = [qjs::JS_UNDEFINED; MOST];
        for (raw, arg) in raw.iter_mut().zip(args) {
            *raw = arg.raw;
        }
        self.call_raw(function, this, &mut raw[..args.len()])
    }

    #[inline]
    fn call_raw(
        self,
        function: Ref<'_>,
        this: Ref<'_>,
        args: &mut [qjs::JSValue],
    ) -> Attempt<Own<'js>> {
        // SAFETY: all values are alive during the call; QuickJS borrows arguments.
        self.take(unsafe {
            qjs::JS_Call(
                self.raw(),
                function.raw,
                this.raw,
                args.len() as i32,
                args.as_mut_ptr(),
            )
        })
    }

    /// The pending exception, which is then no longer pending.
    pub(crate) fn exception(self) -> Own<'js> {
        // SAFETY: a living context; the reference becomes ours.
        let raw = unsafe { qjs::JS_GetException(self.raw()) };
        Own { raw, env: self }
    }

    /// Makes `value` the pending exception.
    pub(crate) fn throw(self, value: Own<'js>) -> Thrown {
        // SAFETY: JS_Throw takes over the reference.
        unsafe { qjs::JS_Throw(self.raw(), value.into_raw()) };
        Thrown
    }

    /// The pending exception, unless no program may catch it: then it stays pending. The host
    /// interrupts programs with such an exception.
    pub(crate) fn catch(self, Thrown: Thrown) -> Attempt<Own<'js>> {
        let exception = self.exception();
        // SAFETY: the value is alive.
        if unsafe { qjs::JS_IsUncatchableError(exception.raw) } {
            return Err(self.throw(exception));
        }
        Ok(exception)
    }

    /// Leaves the error of a function of rquickjs pending.
    pub(crate) fn raise(self, error: Error) -> Thrown {
        if !error.is_exception() {
            rquickjs::Exception::throw_type(&self.ctx(), &error.to_string());
        }
        Thrown
    }

    /// A value of rquickjs, made ours.
    pub(crate) fn own(self, value: &Value<'js>) -> Own<'js> {
        Ref::new(value).to_owned(self)
    }
}

fn check(status: i32) -> Attempt<()> {
    if status < 0 { Err(Thrown) } else { Ok(()) }
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

    #[inline]
    pub(super) fn lent(raw: qjs::JSValue) -> Self {
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

    /// Whether both are the same object.
    #[inline]
    pub(crate) fn is_same_object(self, other: Ref<'_>) -> bool {
        // SAFETY: both are objects, so both have pointers.
        self.is_object()
            && other.is_object()
            && unsafe { qjs::JS_VALUE_GET_PTR(self.raw) == qjs::JS_VALUE_GET_PTR(other.raw) }
    }
}

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
    /// A loan of it.
    #[inline]
    pub(crate) fn get(&self) -> Ref<'_> {
        Ref::lent(self.raw)
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
        Ref::lent(self.raw)
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

    /// Tells the collector about the reference.
    pub(crate) fn mark(&self, marker: &Marker) {
        marker.mark(self.raw);
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
        self.0.get(i).map_or(Ref::UNDEFINED, |raw| Ref::lent(*raw))
    }
}
