//! Node's modules: scripts (`*.js` beside this file), each with what it needs of Rust's.

mod background;
mod ciphers;
mod crypto;
mod http;
mod vm;
mod wasi;
mod zlib;

use crate::modules::{commonjs_natives, facade};
use crate::scripts::{self, Script, script};
use crate::{files, frames, io, process, repl, web};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Function, Module, Object, Result};

/// The scripts. That of a module has its name, with `_` for `/`; those that begin with `global_` and `file_` are
/// parts of others, and so are those whose first part is another's name.
pub(crate) const SCRIPTS: &[Script] = &[
    script!("node", "assert"),
    script!("node", "assert_strict"),
    script!("node", "async_hooks", frames::natives),
    script!("node", "buffer"),
    script!("node", "child_process", io::child_natives),
    script!("node", "cluster"),
    script!("node", "console"),
    script!("node", "constants"),
    script!("node", "crypto", crypto::natives),
    script!("node", "crypto_ciphers", ciphers::natives),
    script!("node", "crypto_subtle", ciphers::natives),
    script!("node", "dgram"),
    script!("node", "diagnostics_channel"),
    script!("node", "dns"),
    script!("node", "dns_promises"),
    script!("node", "domain"),
    script!("node", "errors"),
    script!("node", "events"),
    script!("node", "file_classes", files::natives),
    script!("node", "fs", files::natives),
    script!("node", "fs_constants"),
    script!("node", "fs_cp"),
    script!("node", "fs_dir"),
    script!("node", "fs_promises"),
    script!("node", "fs_watch", io::watch_natives),
    script!("node", "global_buffer", web::text_natives),
    script!("node", "global_buffer_numbers"),
    script!("node", "global_buffer_text"),
    script!("node", "global_process", process::natives),
    script!("node", "global_repl", repl::natives),
    script!("node", "global_stdio", files::natives),
    script!("node", "histograms"),
    script!("node", "http"),
    script!("node", "http2"),
    script!("node", "http_client", http::natives),
    script!("node", "http_messages"),
    script!("node", "http_server", http::natives),
    script!("node", "http_words"),
    script!("node", "https"),
    script!("node", "inspector"),
    script!("node", "inspector_promises"),
    script!("node", "line"),
    script!("node", "module", commonjs_natives),
    script!("node", "net"),
    script!("node", "net_natives", io::socket_natives),
    script!("node", "os"),
    script!("node", "path"),
    script!("node", "path_posix"),
    script!("node", "path_win32"),
    script!("node", "perf_hooks"),
    script!("node", "process"),
    script!("node", "punycode"),
    script!("node", "querystring"),
    script!("node", "readline"),
    script!("node", "readline_promises"),
    script!("node", "repl"),
    script!("node", "sea"),
    script!("node", "sqlite"),
    script!("node", "stream"),
    script!("node", "stream_common"),
    script!("node", "stream_consumers"),
    script!("node", "stream_duplex"),
    script!("node", "stream_ends"),
    script!("node", "stream_promises"),
    script!("node", "stream_readable"),
    script!("node", "stream_web"),
    script!("node", "stream_writable"),
    script!("node", "string_decoder"),
    script!("node", "sys"),
    script!("node", "test"),
    script!("node", "test_reporters"),
    script!("node", "timers"),
    script!("node", "timers_promises"),
    script!("node", "tls"),
    script!("node", "trace_events"),
    script!("node", "tty", files::natives),
    script!("node", "url", web::url_natives),
    script!("node", "url_legacy", web::url_natives),
    script!("node", "util", web::inspect_natives),
    script!("node", "util_mime"),
    script!("node", "util_types", web::inspect_natives),
    script!("node", "v8"),
    script!("node", "v8_format"),
    script!("node", "vm", vm::natives),
    script!("node", "wasi", wasi::natives),
    script!("node", "worker_natives", io::worker::natives),
    script!("node", "worker_packets", io::port_natives),
    script!("node", "worker_self"),
    script!("node", "worker_threads"),
    script!("node", "zlib", zlib::natives),
];

/// The names that programs import them by.
const MODULES: &[&str] = &[
    "node:assert",
    "node:assert/strict",
    "node:async_hooks",
    "node:buffer",
    "node:child_process",
    "node:cluster",
    "node:console",
    "node:constants",
    "node:crypto",
    "node:dgram",
    "node:diagnostics_channel",
    "node:dns",
    "node:dns/promises",
    "node:domain",
    "node:events",
    "node:fs",
    "node:fs/promises",
    "node:http",
    "node:http2",
    "node:https",
    "node:inspector",
    "node:inspector/promises",
    "node:module",
    "node:net",
    "node:os",
    "node:path",
    "node:path/posix",
    "node:path/win32",
    "node:perf_hooks",
    "node:process",
    "node:punycode",
    "node:querystring",
    "node:readline",
    "node:readline/promises",
    "node:repl",
    "node:stream",
    "node:stream/consumers",
    "node:stream/promises",
    "node:stream/web",
    "node:string_decoder",
    "node:sys",
    "node:timers",
    "node:timers/promises",
    "node:tls",
    "node:trace_events",
    "node:tty",
    "node:url",
    "node:util",
    "node:util/types",
    "node:v8",
    "node:vm",
    "node:wasi",
    "node:worker_threads",
    "node:zlib",
];

/// Those that have no name without `node:`.
const PREFIXED: &[&str] = &[
    "node:sea",
    "node:sqlite",
    "node:test",
    "node:test/reporters",
];

/// The module of the designs before JSPI.
const STACKLET: &str = "bident:stacklet";

/// The full name of the builtin that a specifier means, with or without `node:`.
pub(crate) fn builtin(specifier: &str) -> Option<&'static str> {
    if specifier == STACKLET {
        return Some(STACKLET);
    }
    let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
    let mut all = MODULES.iter().copied();
    let found = all.find(|name| &name["node:".len()..] == bare);
    found.or_else(|| PREFIXED.iter().copied().find(|name| *name == specifier))
}

/// The names as `module.builtinModules` has them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let bare = MODULES.iter().map(|name| &name["node:".len()..]);
    bare.chain(PREFIXED.iter().copied())
}

/// Whether the name is one of the host's own, whose imports are names of modules as they are.
pub(crate) fn is_internal(name: &str) -> bool {
    name.starts_with("host:")
}

/// Declares the module `name`.
pub(crate) fn declare<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Module<'js, Declared>> {
    if name == STACKLET {
        return bident_js::declare_stacklet(ctx);
    }
    let script = format!("node/{}", name["node:".len()..].replace('/', "_"));
    let exports = scripts::exports(ctx, &script)?;
    let names = exports.keys::<String>().collect::<Result<_>>()?;
    let load = move || -> Result<Object<'js>> { Ok(exports.clone()) };
    facade(ctx, name, names, Function::new(ctx.clone(), load)?)
}
