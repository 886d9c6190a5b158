//! Contexts: which one runs code now, and what can be done in it.

use super::value::{Attempt, Own, Ref, Thrown};
use rquickjs::{Ctx, Error, Value, qjs};
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Which context it is. Does not keep the context alive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct ContextId(NonNull<qjs::JSContext>);

impl ContextId {
    /// The context of `ctx`.
    pub(crate) fn of(ctx: &Ctx<'_>) -> Self {
        Self(ctx.as_raw())
    }
}

/// The context on whose behalf WebAssembly runs now: how a host function gets at it.
#[derive(Default)]
pub(crate) struct Running(Cell<Option<NonNull<qjs::JSContext>>>);

impl Running {
    /// Runs `f` on behalf of `env`.
    #[inline]
    pub(crate) fn during<R>(&self, env: Env<'_>, f: impl FnOnce() -> R) -> R {
        struct PutBack<'a>(&'a Running, Option<NonNull<qjs::JSContext>>);
        impl Drop for PutBack<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.0.set(self.1);
            }
        }
        let _back = PutBack(self, self.0.replace(Some(env.ctx)));
        f()
    }

    /// Runs `f` with the context; `None` if nothing runs.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl for<'js> FnOnce(Env<'js>) -> R) -> Option<R> {
        let ctx = self.0.get()?;
        let lifetime = PhantomData;
        Some(f(Env { ctx, lifetime }))
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
    ///
    /// # Safety
    /// A function of QuickJS has just returned it, in this context, with a reference for the caller.
    #[inline]
    pub(super) unsafe fn take(self, raw: qjs::JSValue) -> Attempt<Own<'js>> {
        // SAFETY: reads the tag.
        if unsafe { qjs::JS_IsException(raw) } {
            return Err(Thrown);
        }
        // SAFETY: the caller says so.
        Ok(unsafe { Own::from_raw(self, raw) })
    }

    /// `undefined`.
    #[inline]
    pub(crate) fn undefined(self) -> Own<'js> {
        // SAFETY: nobody counts references to it.
        unsafe { Own::from_raw(self, qjs::JS_UNDEFINED) }
    }

    /// `null`.
    #[inline]
    pub(crate) fn null(self) -> Own<'js> {
        // SAFETY: nobody counts references to it.
        unsafe { Own::from_raw(self, qjs::JS_NULL) }
    }

    /// A number.
    #[inline]
    pub(crate) fn int(self, value: i32) -> Own<'js> {
        // SAFETY: nobody counts references to it.
        unsafe { Own::from_raw(self, qjs::JS_MKVAL(qjs::JS_TAG_INT, value)) }
    }

    /// A number.
    #[inline]
    pub(crate) fn float(self, value: f64) -> Own<'js> {
        // SAFETY: nobody counts references to it.
        unsafe { Own::from_raw(self, qjs::JS_NewFloat64(value)) }
    }

    /// A `BigInt`.
    pub(crate) fn bigint(self, value: i64) -> Attempt<Own<'js>> {
        // SAFETY: makes a value in a living context; it is ours.
        unsafe { self.take(qjs::JS_NewBigInt64(self.raw(), value)) }
    }

    /// The same, without a sign.
    pub(crate) fn biguint(self, value: u64) -> Attempt<Own<'js>> {
        // SAFETY: as in `bigint`.
        unsafe { self.take(qjs::JS_NewBigUint64(self.raw(), value)) }
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

    /// `ToBigInt`, of what is from 0 to 2^64 - 1; `None` for other numbers. May run JavaScript.
    /// `as_int_n` is `BigInt.asIntN`: QuickJS has no function for it.
    pub(crate) fn to_u64(self, value: Ref<'_>, as_int_n: Ref<'_>) -> Attempt<Option<u64>> {
        /// 2^53 - 1: so many bits cut nothing off.
        const ALL: f64 = 9_007_199_254_740_991.0;
        let args = [self.float(ALL), value.to_owned(self)];
        let number = self.call(as_int_n, Ref::UNDEFINED, &args)?;
        let low = self.to_i64(number.get())?.cast_unsigned();
        let same = self.biguint(low)?;
        // SAFETY: both values are alive.
        let fits = unsafe { qjs::JS_IsStrictEqual(self.raw(), number.get().raw, same.get().raw) };
        Ok(fits.then_some(low))
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
        const MOST: usize = 4;
        if args.len() > MOST {
            let mut raw: Vec<_> = args.iter().map(|arg| arg.get().raw).collect();
            return self.call_raw(function, this, &mut raw);
        }
        let mut raw = [qjs::JS_UNDEFINED; MOST];
        for (raw, arg) in raw.iter_mut().zip(args) {
            *raw = arg.get().raw;
        }
        self.call_raw(function, this, &mut raw[..args.len()])
    }

    /// Calls a function, `this` being `undefined`, with arguments that are made now.
    #[inline(always)]
    pub(crate) fn call_with(
        self,
        function: Ref<'_>,
        args: impl ExactSizeIterator<Item = Attempt<Own<'js>>>,
    ) -> Attempt<Own<'js>> {
        if args.len() > MOST_ARGUMENTS {
            let args = args.collect::<Attempt<Vec<_>>>()?;
            return self.call(function, Ref::UNDEFINED, &args);
        }
        let mut made = Arguments::new(self);
        for arg in args {
            made.push(arg?);
        }
        self.call_raw(function, Ref::UNDEFINED, made.values())
    }

    #[inline]
    fn call_raw(
        self,
        function: Ref<'_>,
        this: Ref<'_>,
        args: &mut [qjs::JSValue],
    ) -> Attempt<Own<'js>> {
        // SAFETY: all values are alive during the call; QuickJS borrows arguments. The result is ours.
        unsafe {
            self.take(qjs::JS_Call(
                self.raw(),
                function.raw,
                this.raw,
                args.len() as i32,
                args.as_mut_ptr(),
            ))
        }
    }

    /// The pending exception, which is then no longer pending.
    pub(crate) fn exception(self) -> Own<'js> {
        // SAFETY: a living context; the reference becomes ours.
        unsafe { Own::from_raw(self, qjs::JS_GetException(self.raw())) }
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
        if unsafe { qjs::JS_IsUncatchableError(exception.get().raw) } {
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

/// Arguments that are made without an allocation.
const MOST_ARGUMENTS: usize = 8;

/// Arguments of one call, which it owns.
struct Arguments<'js> {
    raw: [MaybeUninit<qjs::JSValue>; MOST_ARGUMENTS],
    /// How many there are, from the first.
    count: usize,
    env: Env<'js>,
}

impl<'js> Arguments<'js> {
    #[inline]
    fn new(env: Env<'js>) -> Self {
        let raw = [const { MaybeUninit::uninit() }; MOST_ARGUMENTS];
        Self { raw, count: 0, env }
    }

    /// # Panics
    /// If there are [`MOST_ARGUMENTS`] already.
    #[inline]
    fn push(&mut self, value: Own<'js>) {
        self.raw[self.count].write(value.into_raw());
        self.count += 1;
    }

    #[inline]
    fn values(&mut self) -> &mut [qjs::JSValue] {
        // SAFETY: so many have been written.
        unsafe { self.raw[..self.count].assume_init_mut() }
    }
}

impl Drop for Arguments<'_> {
    #[inline]
    fn drop(&mut self) {
        let env = self.env;
        for raw in self.values() {
            // SAFETY: the reference was handed over to `push`.
            drop(unsafe { Own::from_raw(env, *raw) });
        }
    }
}
