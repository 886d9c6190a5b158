//! The modules with `node:` in front: JavaScript (`node/*.js`) on top of the host's own, whose names start
//! with `host:`.

use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Module, Result};

/// Public modules written in JavaScript, by name.
const SOURCES: [(&str, &str); 14] = [
    ("node:buffer", include_str!("node/buffer.js")),
    ("node:crypto", include_str!("node/crypto.js")),
    ("node:events", include_str!("node/events.js")),
    ("node:fs", include_str!("node/fs.js")),
    ("node:fs/promises", include_str!("node/fs_promises.js")),
    ("node:module", include_str!("node/module.js")),
    ("node:path", include_str!("node/path.js")),
    ("node:perf_hooks", include_str!("node/perf_hooks.js")),
    ("node:process", include_str!("node/process.js")),
    ("node:timers", include_str!("node/timers.js")),
    (
        "node:timers/promises",
        include_str!("node/timers_promises.js"),
    ),
    ("node:url", include_str!("node/url.js")),
    ("node:util", include_str!("node/util.js")),
    (
        "node:worker_threads",
        include_str!("node/worker_threads.js"),
    ),
];

/// The full name of the builtin that a specifier means, with or without `node:`.
pub(super) fn builtin(specifier: &str) -> Option<&'static str> {
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
pub(super) fn is_internal(name: &str) -> bool {
    name.starts_with("host:")
}

/// The module of the designs before JSPI.
const STACKLET: &str = "bident:stacklet";

/// Whether the loader must look here rather than among files.
pub(super) fn is_internal_or_builtin(name: &str) -> bool {
    is_internal(name) || name.starts_with("node:") || name == STACKLET
}

/// Declares the module `name`.
pub(super) fn declare<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Module<'js, Declared>> {
    if name == STACKLET {
        return crate::declare_stacklet(ctx);
    }
    if let Some((_, source)) = SOURCES.iter().find(|(known, _)| *known == name) {
        return Module::declare(ctx.clone(), name, *source);
    }
    let ctx = ctx.clone();
    match name {
        "host:files" => Module::declare_def::<super::files::FilesModule, _>(ctx, name),
        "host:file_classes" => Module::declare(ctx, name, include_str!("node/file_classes.js")),
        "host:url" => Module::declare_def::<super::urls::UrlModule, _>(ctx, name),
        "host:inspect" => Module::declare_def::<super::console::InspectModule, _>(ctx, name),
        _ => Err(Exception::throw_reference(
            &ctx,
            &format!("no module {name} in this host"),
        )),
    }
}
