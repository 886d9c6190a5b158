//! Classic scripts, compiled first and run later, the host's own when it was built; texts with zeros in them, which
//! rquickjs takes for their end.

use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Module, Result, Value, qjs};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};
use std::ops::Range;
use std::ptr::null_mut;

/// A text as the parser takes it: it looks at the byte behind the last, which must be zero.
fn ended(mut source: Vec<u8>) -> Vec<u8> {
    source.push(0);
    source
}

/// Compiles a text that ends in a zero of [`ended`].
///
/// # Safety
/// Who calls owns what is returned.
unsafe fn eval(context: *mut qjs::JSContext, text: &[u8], name: &CStr, flags: u32) -> qjs::JSValue {
    let length = text.len() - 1;
    // SAFETY: name and text end in a zero and outlive the call; the length is that of what stands before it.
    unsafe {
        qjs::JS_Eval(
            context,
            text.as_ptr().cast(),
            length as qjs::size_t,
            name.as_ptr(),
            flags as i32,
        )
    }
}

/// The host's own scripts: `build.rs` wrote both.
static OF_HOST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scripts.bin"));
/// Which of these bytes are which script.
const PLACES: &[(&str, Range<usize>)] = &include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

/// A compiled classic script.
pub(crate) struct Script<'js>(Value<'js>);

impl<'js> Script<'js> {
    /// Compiles `source`; `name` is what stack traces call it.
    pub(crate) fn compile(ctx: &Ctx<'js>, source: Vec<u8>, name: &str) -> Result<Self> {
        let (text, name) = (ended(source), CString::new(name)?);
        let flags = qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
        // SAFETY: the result is owned by us.
        let code = unsafe { super::owned(ctx, eval(ctx.as_raw().as_ptr(), &text, &name, flags)) };
        code.map(Self)
    }

    /// A script of the host's own: a file below `src`, without its ending.
    pub(crate) fn of_host(ctx: &Ctx<'js>, name: &str) -> Result<Self> {
        let Some((_, place)) = PLACES.iter().find(|(other, _)| *other == name) else {
            let message = format!("the host was built without a script {name}");
            return Err(Exception::throw_internal(ctx, &message));
        };
        let bytes = &OF_HOST[place.clone()];
        let flags = qjs::JS_READ_OBJ_BYTECODE;
        // SAFETY: `build.rs` had the same QuickJS write these bytes, and nobody can have changed them since; the result is
        // owned by us.
        let code = unsafe {
            let context = ctx.as_raw().as_ptr();
            let length = bytes.len() as qjs::size_t;
            let code = qjs::JS_ReadObject(context, bytes.as_ptr(), length, flags as i32);
            super::owned(ctx, code)
        };
        code.map(Self)
    }

    /// Runs the script in the global scope.
    pub(crate) fn run(self) -> Result<Value<'js>> {
        let ctx = self.0.ctx().clone();
        // SAFETY: the value is bytecode from `compile` or `of_host`, never seen by JavaScript code; JS_EvalFunction
        // takes ownership of the reference that `dup` makes.
        unsafe {
            let context = ctx.as_raw().as_ptr();
            let code = qjs::JS_DupValue(context, self.0.as_raw());
            super::owned(&ctx, qjs::JS_EvalFunction(context, code))
        }
    }
}

/// Declares an ES module, whose text may have zeros in it.
pub(crate) fn declare_module<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    source: Vec<u8>,
) -> Result<Module<'js, Declared>> {
    if !source.contains(&0) {
        return Module::declare(ctx.clone(), name, source);
    }
    TEXT.set(ended(source));
    // SAFETY: `compile_module` returns a module of this context, or null after an exception.
    unsafe { Module::from_load_fn(ctx.clone(), name, compile_module) }
}

thread_local! {
    /// The text that `compile_module` is called for: rquickjs hands it the name alone.
    static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

unsafe extern "C" fn compile_module(
    context: *mut qjs::JSContext,
    name: *const c_char,
) -> *mut qjs::JSModuleDef {
    let text = TEXT.take();
    let flags =
        qjs::JS_EVAL_TYPE_MODULE | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    // SAFETY: context and name are those that `declare_module` gave, and the text is its own. The context keeps a module,
    // so the value is no reference that somebody must free.
    unsafe {
        let module = eval(context, &text, CStr::from_ptr(name), flags);
        match qjs::JS_IsException(module) {
            true => null_mut(),
            false => qjs::JS_VALUE_GET_PTR(module).cast(),
        }
    }
}

/// From now on JavaScript may have any number of bytes.
pub(crate) fn lift_memory_limit(ctx: &Ctx<'_>) {
    // SAFETY: the context is alive, and so its runtime.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetMemoryLimit(runtime, 0);
    }
}

/// Throws what no JavaScript can catch.
pub(crate) fn throw_for_good(ctx: &Ctx<'_>) -> rquickjs::Error {
    let thrown = rquickjs::Exception::throw_internal(ctx, "the program has ended");
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the exception is taken out of the context, marked, and given back to it.
    unsafe {
        let exception = qjs::JS_GetException(context);
        qjs::JS_SetUncatchableError(context, exception);
        qjs::JS_Throw(context, exception);
    }
    thrown
}
