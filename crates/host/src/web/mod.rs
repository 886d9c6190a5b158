//! Global names of the Web that are not timers, `console` or `process`. Those that cost something to set up come
//! into being when a program first names them: their scripts are `*.js` beside this file.

mod performance;
mod random;
mod text;
mod urls;

use crate::scripts::{self, Script, script};
use rquickjs::object::{Accessor, Property};
use rquickjs::prelude::{Func, This};
use rquickjs::{Ctx, Function, Object, Result, Value};
use std::time::Instant;
pub(crate) use text::natives as text_natives;
pub(crate) use urls::UrlModule;

/// The scripts, with what each has of Rust's.
pub(crate) const SCRIPTS: &[Script] = &[
    script!("web", "blob", text::natives),
    script!("web", "clone", clone_natives),
    script!("web", "errors"),
    script!("web", "inspect", crate::console::natives),
    script!("web", "text", text::natives),
    script!("web", "url", urls::natives),
];

/// Which globals come out of which script.
const GLOBALS: &[(&str, &[&str])] = &[
    ("web/blob", &["Blob", "File"]),
    ("web/clone", &["structuredClone"]),
    ("web/text", &["TextDecoder", "TextEncoder"]),
    ("web/url", &["URL", "URLSearchParams"]),
    ("node/global_buffer", &["Buffer"]),
];

/// Defines the names; `start` is the origin of `performance.now()`.
pub(super) fn install(ctx: &Ctx<'_>, start: Instant) -> Result<()> {
    let globals = ctx.globals();
    // Node's name for it.
    globals.prop(
        "global",
        Property::from(globals.clone())
            .writable()
            .enumerable()
            .configurable(),
    )?;
    globals.set("queueMicrotask", Func::from(|f: Function<'_>| f.defer(())))?;
    globals.prop(
        "performance",
        Property::from(performance::performance(ctx, start)?)
            .writable()
            .configurable(),
    )?;
    globals.prop(
        "crypto",
        Property::from(random::crypto(ctx)?)
            .writable()
            .configurable(),
    )?;
    scripts::exports(ctx, "web/errors")?;
    for (script, names) in GLOBALS {
        for name in *names {
            define_late(&globals, script, name)?;
        }
    }
    Ok(())
}

/// Defines a global as an accessor that becomes the value when it is first read.
fn define_late<'js>(globals: &Object<'js>, script: &'static str, name: &'static str) -> Result<()> {
    let get = move |ctx: Ctx<'js>| {
        let value: Value = scripts::exports(&ctx, script)?.get(name)?;
        define(&ctx.globals(), name, value.clone())?;
        Ok::<_, rquickjs::Error>(value)
    };
    let set = move |this: This<Object<'js>>, value: Value<'js>| define(&this.0, name, value);
    globals.prop(name, Accessor::new(get, set).configurable())
}

/// Defines a property that is not enumerable, as globals of the Web are.
fn define<'js>(object: &Object<'js>, name: &str, value: Value<'js>) -> Result<()> {
    object.prop(name, Property::from(value).writable().configurable())
}

fn clone_natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    let is_lent =
        |ctx: Ctx<'js>, value: Value<'js>| bident_js::hosting::is_memory_buffer(&ctx, &value);
    natives.set("isLent", Func::from(is_lent))?;
    let is_proxy = |value: Value<'js>| value.as_proxy().is_some();
    natives.set("isProxy", Func::from(is_proxy))?;
    Ok(natives)
}
