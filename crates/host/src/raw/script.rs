//! Classic scripts, compiled first and run later.

use rquickjs::{Ctx, Result, Value, qjs};
use std::ffi::CString;

/// A compiled classic script.
pub(crate) struct Script<'js>(Value<'js>);

impl<'js> Script<'js> {
    /// Compiles `source`; `name` is what stack traces call it.
    pub(crate) fn compile(ctx: &Ctx<'js>, source: &[u8], name: &str) -> Result<Self> {
        let (source, name) = (CString::new(source)?, CString::new(name)?);
        let flags = qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
        // SAFETY: both strings end in a zero and outlive the call; the result is owned by us.
        let code = unsafe {
            let length = source.as_bytes().len() as qjs::size_t;
            let context = ctx.as_raw().as_ptr();
            let (source, name) = (source.as_ptr(), name.as_ptr());
            super::owned(
                ctx,
                qjs::JS_Eval(context, source, length, name, flags as i32),
            )
        };
        code.map(Self)
    }

    /// Runs the script in the global scope.
    pub(crate) fn run(self) -> Result<Value<'js>> {
        let ctx = self.0.ctx().clone();
        // SAFETY: the value is bytecode from `compile`, never seen by JavaScript code; JS_EvalFunction
        // takes ownership of the reference that `dup` makes.
        unsafe {
            let context = ctx.as_raw().as_ptr();
            let code = qjs::JS_DupValue(context, self.0.as_raw());
            super::owned(&ctx, qjs::JS_EvalFunction(context, code))
        }
    }
}
