//! JavaScript functions that are Rust functions: methods, accessors and constructors.

use super::env::Env;
use super::owned;
use super::value::{Args, Ref};
use rquickjs::{Ctx, Error, Exception, Function, Object, Result, Symbol, Value, qjs};
use std::ffi::CString;
use std::ptr::NonNull;

/// How a native function may be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// As a function or method.
    Function,
    /// With `new` only.
    Constructor,
    /// With or without `new`.
    ConstructorOrFunction,
}

/// One call of a native function.
pub(crate) struct Call<'js> {
    /// The context.
    pub(crate) ctx: Ctx<'js>,
    /// `this`, or `new.target` in a constructor.
    pub(crate) this: Value<'js>,
    args: Args<'js>,
}

impl<'js> Call<'js> {
    /// The argument at this position, `undefined` past the end.
    pub(crate) fn arg(&self, i: usize) -> Value<'js> {
        (self.args.get(i).to_owned(Env::new(&self.ctx))).into_value()
    }

    /// Whether there is an argument at this position, be it `undefined`.
    pub(crate) fn has(&self, i: usize) -> bool {
        i < self.args.len()
    }
}

/// Makes a function of JavaScript from a function of Rust that captures nothing.
pub(crate) fn function<'js, F>(
    ctx: &Ctx<'js>,
    name: &str,
    length: i32,
    kind: Kind,
    f: F,
) -> Result<Function<'js>>
where
    F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
{
    const { assert!(size_of::<F>() == 0, "a native function captures nothing") };
    let _ = f;
    let name = CString::new(name)?;
    let protocol = match kind {
        Kind::Function => qjs::JSCFunctionEnum_JS_CFUNC_generic,
        Kind::Constructor => qjs::JSCFunctionEnum_JS_CFUNC_constructor,
        Kind::ConstructorOrFunction => qjs::JSCFunctionEnum_JS_CFUNC_constructor_or_func,
    };
    // SAFETY: the callback has the signature that the three protocols share; QuickJS copies the name.
    // The function is ours.
    let value = unsafe {
        let (context, name) = (ctx.as_raw().as_ptr(), name.as_ptr());
        owned(
            ctx,
            qjs::JS_NewCFunction2(context, Some(callback::<F>), name, length, protocol, 0),
        )
    };
    Function::from_value(value?)
}

/// Defines an accessor: enumerable and configurable, as Web IDL asks.
pub(crate) fn accessor<'js>(
    object: &Object<'js>,
    name: &str,
    get: Function<'js>,
    set: Option<Function<'js>>,
) -> Result<()> {
    let name = rquickjs::Atom::from_str(object.ctx().clone(), name)?;
    define_accessor(object, &name.to_value()?, get, set, qjs::JS_PROP_ENUMERABLE)
}

/// Defines an accessor that can only be read, and is not enumerable.
pub(crate) fn hidden_accessor<'js>(
    object: &Object<'js>,
    name: &Symbol<'js>,
    get: Function<'js>,
) -> Result<()> {
    define_accessor(object, name.as_value(), get, None, 0)
}

fn define_accessor<'js>(
    object: &Object<'js>,
    name: &Value<'js>,
    get: Function<'js>,
    set: Option<Function<'js>>,
    enumerable: u32,
) -> Result<()> {
    let ctx = object.ctx();
    let flags =
        enumerable | qjs::JS_PROP_CONFIGURABLE | qjs::JS_PROP_HAS_GET | qjs::JS_PROP_HAS_SET;
    // SAFETY: the object is alive; QuickJS takes over the references to the functions and borrows the name.
    let failed = unsafe {
        let context = ctx.as_raw().as_ptr();
        let reference = |f: Function<'js>| qjs::JS_DupValue(context, f.as_raw());
        let set = set.map_or(qjs::JS_UNDEFINED, reference);
        let atom = qjs::JS_ValueToAtom(context, name.as_raw());
        let failed = qjs::JS_DefinePropertyGetSet(
            context,
            object.as_raw(),
            atom,
            reference(get),
            set,
            flags as i32,
        );
        qjs::JS_FreeAtom(context, atom);
        failed
    };
    if failed < 0 {
        Err(Error::Exception)
    } else {
        Ok(())
    }
}

/// `Object.preventExtensions`.
pub(crate) fn prevent_extensions(object: &Object<'_>) -> Result<()> {
    // SAFETY: the object is alive.
    let done =
        unsafe { qjs::JS_PreventExtensions(object.ctx().as_raw().as_ptr(), object.as_raw()) };
    if done < 0 {
        Err(Error::Exception)
    } else {
        Ok(())
    }
}

unsafe extern "C" fn callback<F>(
    ctx: *mut qjs::JSContext,
    this: qjs::JSValue,
    argc: i32,
    argv: *mut qjs::JSValue,
) -> qjs::JSValue
where
    F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
{
    // SAFETY: `function` was given an F, which has no size, so any aligned pointer leads to one.
    let f = unsafe { NonNull::<F>::dangling().read() };
    // SAFETY: QuickJS calls with its own living context and values, and keeps them alive meanwhile.
    let call = unsafe {
        let env = Env::from_callback(ctx);
        Call {
            this: Ref::lent(this).to_owned(env).into_value(),
            args: Args::from_callback(argc, argv),
            ctx: env.ctx(),
        }
    };
    match f(&call) {
        // SAFETY: the reference that the caller gets is made here.
        Ok(value) => unsafe { qjs::JS_DupValue(call.ctx.as_raw().as_ptr(), value.as_raw()) },
        Err(Error::Exception) => qjs::JS_EXCEPTION,
        Err(error) => {
            Exception::throw_type(&call.ctx, &error.to_string());
            qjs::JS_EXCEPTION
        }
    }
}
