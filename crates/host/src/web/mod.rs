//! Global names of the Web that are not timers, `console` or `process`. Those that cost something to set up come
//! into being when a program first names them: their scripts are `*.js` beside this file.

mod compression;
mod http;
mod performance;
mod random;
mod text;
mod urls;

pub(crate) use crate::console::natives as inspect_natives;
use crate::event_loop::Host;
use crate::scripts::{self, Script, script};
use rquickjs::object::{Accessor, Property};
use rquickjs::prelude::{Func, Opt, This};
use rquickjs::{Ctx, Object, Result, Value};
use std::time::Instant;
pub(crate) use text::natives as text_natives;
pub(crate) use urls::module_natives as url_natives;

/// The scripts, with what each has of Rust's.
pub(crate) const SCRIPTS: &[Script] = &[
    script!("web", "abort"),
    script!("web", "blob", text::natives),
    script!("web", "body", text::natives),
    script!("web", "clone", clone_natives),
    script!("web", "compression", compression::natives),
    script!("web", "crypto", random::crypto),
    script!("web", "data_url", text::natives),
    script!("web", "errors", stack_natives),
    script!("web", "events", performance::natives),
    script!("web", "fetch", http::natives),
    script!("web", "form_data", text::natives),
    script!("web", "headers"),
    script!("web", "halls", crate::io::hall_natives),
    script!("web", "idl"),
    script!("web", "inspect", crate::console::natives),
    script!("web", "intl"),
    script!("web", "messages"),
    script!("web", "navigator"),
    script!("web", "performance", performance::natives),
    script!("web", "request"),
    script!("web", "response"),
    script!("web", "shared", crate::io::shared_natives),
    script!("web", "streams/byte_controller"),
    script!("web", "streams/common"),
    script!("web", "streams/core"),
    script!("web", "streams/default_controller"),
    script!("web", "streams/pipe"),
    script!("web", "streams/readable"),
    script!("web", "streams/readers"),
    script!("web", "streams/strategies"),
    script!("web", "streams/tee"),
    script!("web", "streams/transform"),
    script!("web", "streams/writable"),
    script!("web", "text", text::natives),
    script!("web", "text_streams", text::natives),
    script!("web", "url", urls::natives),
    script!("web", "url_pattern"),
    script!("web", "url_pattern/parser"),
    script!("web", "waits", crate::io::wait_natives),
];

/// Which globals come out of which script.
const GLOBALS: &[(&str, &[&str])] = &[
    ("web/abort", &["AbortController", "AbortSignal"]),
    ("web/blob", &["Blob", "File"]),
    ("web/clone", &["structuredClone"]),
    (
        "web/compression",
        &["CompressionStream", "DecompressionStream"],
    ),
    (
        "web/events",
        &[
            "CloseEvent",
            "ErrorEvent",
            "CustomEvent",
            "Event",
            "EventTarget",
        ],
    ),
    ("web/fetch", &["fetch"]),
    ("web/form_data", &["FormData"]),
    ("web/headers", &["Headers"]),
    (
        "web/messages",
        &[
            "BroadcastChannel",
            "MessageChannel",
            "MessageEvent",
            "MessagePort",
        ],
    ),
    ("web/navigator", &["Navigator", "navigator"]),
    (
        "web/performance",
        &[
            "Performance",
            "PerformanceEntry",
            "PerformanceMark",
            "PerformanceMeasure",
            "PerformanceObserver",
            "PerformanceObserverEntryList",
            "PerformanceResourceTiming",
            "performance",
        ],
    ),
    ("web/request", &["Request"]),
    ("web/response", &["Response"]),
    (
        "web/streams/byte_controller",
        &["ReadableByteStreamController", "ReadableStreamBYOBRequest"],
    ),
    (
        "web/streams/default_controller",
        &["ReadableStreamDefaultController"],
    ),
    ("web/streams/readable", &["ReadableStream"]),
    (
        "web/streams/readers",
        &["ReadableStreamBYOBReader", "ReadableStreamDefaultReader"],
    ),
    (
        "web/streams/strategies",
        &["ByteLengthQueuingStrategy", "CountQueuingStrategy"],
    ),
    (
        "web/streams/transform",
        &["TransformStream", "TransformStreamDefaultController"],
    ),
    (
        "web/streams/writable",
        &[
            "WritableStream",
            "WritableStreamDefaultController",
            "WritableStreamDefaultWriter",
        ],
    ),
    ("web/intl", &["Intl"]),
    ("web/shared", &["SharedArrayBuffer"]),
    ("web/text", &["TextDecoder", "TextEncoder"]),
    (
        "web/text_streams",
        &["TextDecoderStream", "TextEncoderStream"],
    ),
    ("web/url", &["URL", "URLSearchParams"]),
    ("web/url_pattern", &["URLPattern"]),
    ("web/crypto", &["Crypto", "crypto"]),
    ("node/crypto_subtle", &["CryptoKey", "SubtleCrypto"]),
    ("node/global_buffer", &["Buffer"]),
    ("node/global_process", &["process"]),
];

fn queue_microtask<'js>(ctx: Ctx<'js>, callback: Opt<Value<'js>>) -> Result<()> {
    let callback = crate::timers::callback(&ctx, callback)?;
    crate::frames::before_job(&ctx);
    callback.defer(())
}

/// Defines the names; `start` is the origin of `performance.now()`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, start: Instant) -> Result<()> {
    let globals = ctx.globals();
    // The name of Node, and that of the Web.
    for name in ["global", "self"] {
        let property = Property::from(globals.clone());
        globals.prop(name, property.writable().enumerable().configurable())?;
    }
    globals.set("queueMicrotask", Func::from(queue_microtask))?;
    performance::begin(ctx, start)?;
    let shared = globals.get("SharedArrayBuffer")?;
    Host::of(ctx)?.shared_buffers.replace(Some(shared));
    for (script, names) in GLOBALS {
        for name in *names {
            define_late(ctx, None, script, name)?;
        }
    }
    define_late(ctx, Some("Atomics"), "web/waits", "waitAsync")?;
    Ok(())
}

/// Lets the `stack` of errors be as V8's is. Afterwards WebAssembly does not look at what QuickJS has.
pub(super) fn install_stacks(ctx: &Ctx<'_>) -> Result<()> {
    scripts::exports(ctx, "web/errors").map(drop)
}

/// What `errors.js` has of Rust's.
fn stack_natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set(
        "setFrames",
        Func::from(|ctx: Ctx<'js>, error: Value<'js>, frames: String| {
            bident_js::hosting::set_frames(&ctx, &error, &frames)
        }),
    )?;
    Ok(natives)
}

/// Defines a global, or a member of one, as an accessor that becomes the value when it is first read.
fn define_late<'js>(
    ctx: &Ctx<'js>,
    owner: Option<&'static str>,
    script: &'static str,
    name: &'static str,
) -> Result<()> {
    let home = home_of(ctx, owner)?;
    let get = move |ctx: Ctx<'js>| {
        let value: Value = scripts::exports(&ctx, script)?.get(name)?;
        define(&home_of(&ctx, owner)?, name, value.clone())?;
        Ok::<_, rquickjs::Error>(value)
    };
    let set = move |this: This<Object<'js>>, value: Value<'js>| define(&this.0, name, value);
    home.prop(name, Accessor::new(get, set).configurable())
}

/// The global of this name, or all of them.
fn home_of<'js>(ctx: &Ctx<'js>, owner: Option<&str>) -> Result<Object<'js>> {
    match owner {
        Some(owner) => ctx.globals().get(owner),
        None => Ok(ctx.globals()),
    }
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
