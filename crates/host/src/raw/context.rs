//! Further contexts of a runtime.

use rquickjs::{Ctx, Error, Result, qjs};
use std::ptr::NonNull;

/// A context with the globals of ECMAScript and no others. It lasts as long as this `Ctx`, or a function of it.
pub(crate) fn new_context<'js>(ctx: &Ctx<'js>) -> Result<Ctx<'js>> {
    // SAFETY: the runtime of `ctx` is alive and locked by who has `ctx`, for 'js; a context of the same runtime
    // lives no longer. `from_raw` takes a reference of its own, so that the one of JS_NewContext is given back.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        let made = NonNull::new(qjs::JS_NewContext(runtime)).ok_or(Error::Allocation)?;
        let context = Ctx::from_raw(made);
        qjs::JS_FreeContext(made.as_ptr());
        Ok(context)
    }
}
