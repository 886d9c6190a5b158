//! What the host says in JavaScript: scripts in the binary, as bytecode (`build.rs`), each evaluated when it is first
//! needed.
//!
//! A script is one function of `(native, use)` that returns an object: its exports. `native` has what only Rust
//! can do; `use("web/text")` gives the exports of another script. So scripts rely on each other, and not on
//! globals that a program may have changed.

use crate::event_loop::Host;
use crate::raw::Script as CompiledScript;
use crate::{node, web};
use rquickjs::context::EvalOptions;
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, Function, Object, Result};
use std::path::Path;

/// A script of the host's own.
pub(crate) struct Script {
    /// What others `use` it by: its file, without the ending.
    pub(crate) name: &'static str,
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
    let make: Function = function(ctx, script.name)?;
    let native = (script.native)(ctx)?;
    let exports: Object = make.call((native, Func::from(use_script)))?;
    let host = Host::of(ctx)?;
    host.scripts
        .borrow_mut()
        .insert(name.to_owned(), exports.clone());
    Ok(exports)
}

/// The function that a script is, compiled when the host was built. In debug builds `BIDENT_SCRIPTS` names the folder
/// `src` of this crate where the scripts are read from, so that who changes them need not build.
fn function<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Function<'js>> {
    if cfg!(debug_assertions)
        && let Some(folder) = std::env::var_os("BIDENT_SCRIPTS")
        && let Ok(text) = std::fs::read(Path::new(&folder).join(format!("{name}.js")))
    {
        let mut options = EvalOptions::default();
        options.filename = Some(format!("host:{name}"));
        return ctx.eval_with_options(text, options);
    }
    CompiledScript::of_host(ctx, name)?.run()?.get()
}

fn use_script<'js>(ctx: Ctx<'js>, name: String) -> Result<Object<'js>> {
    exports(&ctx, &name)
}
