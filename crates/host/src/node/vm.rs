//! `node:vm`: contexts with globals of their own, and scripts that are evaluated in them.
//!
//! A context is what a function of it leads to: QuickJS frees it with the last of them.

use crate::raw;
use crate::time_limit::TimeLimit;
use bident_js::hosting::with_utf8;
use rquickjs::prelude::{Func, Opt};
use rquickjs::{Ctx, Exception, Function, Object, Result, String as Text, Value};
use std::time::Duration;

/// `{ realm(script), compile(text, name), timed(milliseconds, function) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("realm", Func::from(realm))?;
    natives.set("check", Func::from(check))?;
    natives.set("evaluate", Func::from(evaluate))?;
    natives.set("timed", Func::from(timed))?;
    Ok(natives)
}

/// What the text of a function gives in a context of its own: `text(evaluate)`, where `evaluate(source, name)` works
/// in that context if a function of it calls.
fn realm<'js>(ctx: Ctx<'js>, text: String) -> Result<Value<'js>> {
    let realm = raw::new_context(&ctx)?;
    let made: Result<Value<'js>> = (|| {
        let make: Function = realm.eval(text)?;
        let evaluate = Function::new(realm.clone(), evaluate)?;
        make.call((evaluate,))
    })();
    made.map_err(|error| match error {
        rquickjs::Error::Exception => ctx.throw(realm.catch()),
        other => other,
    })
}

/// The value of a classic script in the context of the function that calls.
fn evaluate<'js>(ctx: Ctx<'js>, source: Text<'js>, name: String) -> Result<Value<'js>> {
    raw::Script::compile(&ctx, bytes_of(&ctx, &source)?, &name)?.run()
}

/// Throws what is wrong with the syntax of a script.
fn check<'js>(ctx: Ctx<'js>, source: Text<'js>, name: String) -> Result<()> {
    raw::Script::compile(&ctx, bytes_of(&ctx, &source)?, &name).map(drop)
}

/// What QuickJS parses: half a surrogate pair stays what it is. There is room for the zero behind it.
fn bytes_of<'js>(ctx: &Ctx<'js>, text: &Text<'js>) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    with_utf8(ctx, text, |bytes| {
        copy.try_reserve_exact(bytes.len() + 1)
            .map(|()| copy.extend_from_slice(bytes))
    })?
    .map_err(|_| Exception::throw_range(ctx, "no memory for a script of this length"))?;
    Ok(copy)
}

/// What a function returns, and whether it was interrupted, as it took too long.
fn timed<'js>(
    ctx: Ctx<'js>,
    milliseconds: f64,
    function: Function<'js>,
    this: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    let limit = ctx.userdata::<TimeLimit>().as_deref().cloned();
    let missing = || Exception::throw_internal(&ctx, "this context has no limits");
    let limit = limit.ok_or_else(missing)?;
    let before = limit.begin(Duration::from_millis(milliseconds as u64));
    let result = function.call((this.0,));
    let is_over = limit.end(before);
    match result {
        Err(rquickjs::Error::Exception) if is_over => {
            drop(ctx.catch());
            let message = format!("Script execution timed out after {milliseconds}ms");
            let error = Exception::from_message(ctx, &message)?;
            error
                .as_object()
                .set("code", "ERR_SCRIPT_EXECUTION_TIMEOUT")?;
            Err(error.throw())
        }
        other => other,
    }
}
