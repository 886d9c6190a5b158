//! The modules with `node:` in front: JavaScript (`*.js` beside this file) on top of the host's own, whose names start
//! with `host:`.

use crate::scripts::{Script, script};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Module, Result};

/// Scripts that modules and globals are made of.
pub(crate) const SCRIPTS: &[Script] = &[
    script!("node", "global_buffer", crate::web::text_natives),
    script!("node", "global_events", crate::process::natives),
];

/// Public modules written in JavaScript, by name.
const SOURCES: [(&str, &str); 14] = [
    ("node:buffer", include_str!("buffer.js")),
    ("node:crypto", include_str!("crypto.js")),
    ("node:events", include_str!("events.js")),
    ("node:fs", include_str!("fs.js")),
    ("node:fs/promises", include_str!("fs_promises.js")),
    ("node:module", include_str!("module.js")),
    ("node:path", include_str!("path.js")),
    ("node:perf_hooks", include_str!("perf_hooks.js")),
    ("node:process", include_str!("process.js")),
    ("node:timers", include_str!("timers.js")),
    ("node:timers/promises", include_str!("timers_promises.js")),
    ("node:url", include_str!("url.js")),
    ("node:util", include_str!("util.js")),
    ("node:worker_threads", include_str!("worker_threads.js")),
];

/// The full name of the builtin that a specifier means, with or without `node:`.
pub(crate) fn builtin(specifier: &str) -> Option<&'static str> {
    if specifier == STACKLET {
        return Some(STACKLET);
    }
    let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
    SOURCES
        .iter()
        .map(|(name, _)| *name)
        .find(|name| &name["node:".len()..] == bare)
}

/// Whether the name is one of the host's own, which only those here may import.
pub(crate) fn is_internal(name: &str) -> bool {
    name.starts_with("host:")
}

/// The module of the designs before JSPI.
const STACKLET: &str = "bident:stacklet";

/// Whether the loader must look here rather than among files.
pub(crate) fn is_internal_or_builtin(name: &str) -> bool {
    is_internal(name) || name.starts_with("node:") || name == STACKLET
}

/// Declares the module `name`.
pub(crate) fn declare<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Module<'js, Declared>> {
    if name == STACKLET {
        return bident_js::declare_stacklet(ctx);
    }
    if let Some((_, source)) = SOURCES.iter().find(|(known, _)| *known == name) {
        return Module::declare(ctx.clone(), name, *source);
    }
    let ctx = ctx.clone();
    match name {
        "host:files" => Module::declare_def::<crate::files::FilesModule, _>(ctx, name),
        "host:file_classes" => Module::declare(ctx, name, include_str!("file_classes.js")),
        "host:url" => Module::declare_def::<crate::web::UrlModule, _>(ctx, name),
        "host:inspect" => Module::declare_def::<crate::console::InspectModule, _>(ctx, name),
        _ => Err(Exception::throw_reference(
            &ctx,
            &format!("no module {name} in this host"),
        )),
    }
}
