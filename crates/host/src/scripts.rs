//! What the host says in JavaScript: scripts in the binary, each evaluated when it is first needed.
//!
//! A script is one function of `(native, use)` that returns an object: its exports. `native` has what only Rust
//! can do; `use("web/text")` gives the exports of another script. So scripts rely on each other, and not on
//! globals that a program may have changed.

use crate::event_loop::Host;
use crate::{node, web};
use rquickjs::context::EvalOptions;
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, FromJs, Function, Object, Result};
use std::borrow::Cow;
use std::path::Path;

/// A script of the host's own.
pub(crate) struct Script {
    /// What others `use` it by: its file, without the ending.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) source: &'static str,
    /// Makes what only Rust can do.
    pub(crate) native: for<'js> fn(&Ctx<'js>) -> Result<Object<'js>>,
}

/// What a script without native functions gets.
pub(crate) fn nothing<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    Object::new(ctx.clone())
}

/// A row of a table of scripts: its name, and if it has any, its native functions.
macro_rules! script {
    ($folder:literal, $name:literal) => {
        script!($folder, $name, $crate::scripts::nothing)
    };
    ($folder:literal, $name:literal, $native:path) => {
        $crate::scripts::Script {
            name: concat!($folder, "/", $name),
            source: include_str!(concat!($name, ".js")),
            native: $native,
        }
    };
}
pub(crate) use script;

/// The exports of a script. The first who asks evaluates it.
pub(crate) fn exports<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Object<'js>> {
    let known = Host::of(ctx)?.scripts.borrow().get(name).cloned();
    if let Some(exports) = known {
        return Ok(exports);
    }
    let mut all = web::SCRIPTS.iter().chain(node::SCRIPTS);
    let Some(script) = all.find(|script| script.name == name) else {
        let message = format!("this host has no script {name}");
        return Err(Exception::throw_reference(ctx, &message));
    };
    let make: Function = eval(ctx, &format!("host:{name}"), &source(script))?;
    let native = (script.native)(ctx)?;
    let exports: Object = make.call((native, Func::from(use_script)))?;
    let host = Host::of(ctx)?;
    host.scripts
        .borrow_mut()
        .insert(name.to_owned(), exports.clone());
    Ok(exports)
}

/// The text of a script. In debug builds `BIDENT_SCRIPTS` names the folder `src` of this crate where the scripts
/// are read from, so that who changes them need not build.
fn source(script: &Script) -> Cow<'static, str> {
    if cfg!(debug_assertions)
        && let Some(folder) = std::env::var_os("BIDENT_SCRIPTS")
        && let Ok(text) =
            std::fs::read_to_string(Path::new(&folder).join(format!("{}.js", script.name)))
    {
        return Cow::Owned(text);
    }
    Cow::Borrowed(script.source)
}

fn use_script<'js>(ctx: Ctx<'js>, name: String) -> Result<Object<'js>> {
    exports(&ctx, &name)
}

/// Evaluates a text of the host's own; `name` is what stack traces call it.
fn eval<'js, V: FromJs<'js>>(ctx: &Ctx<'js>, name: &str, source: &str) -> Result<V> {
    let mut options = EvalOptions::default();
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}
