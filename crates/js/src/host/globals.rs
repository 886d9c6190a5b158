//! Global names of the Web that are not timers, `console` or `process`. Those that cost something to set
//! up come into being when a program first names them.

use super::{text, urls};
use rquickjs::atom::PredefinedAtom;
use rquickjs::object::{Accessor, Property};
use rquickjs::prelude::{Func, This};
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Most bytes of one call of `crypto.getRandomValues`, by the specification.
const MOST_RANDOM_BYTES: usize = 65536;

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
        Property::from(performance(ctx, start)?)
            .writable()
            .configurable(),
    )?;
    globals.prop(
        "crypto",
        Property::from(crypto(ctx)?).writable().configurable(),
    )?;
    super::eval_own::<Value>(ctx, "host:errors", include_str!("errors.js"))?;
    lazy(ctx, &["URL", "URLSearchParams"], init_url)?;
    lazy(ctx, &["structuredClone"], init_clone)?;
    lazy(ctx, &["TextEncoder", "TextDecoder"], init_text)?;
    lazy(ctx, &["Buffer"], init_buffer)?;
    lazy(ctx, &["Blob", "File"], init_blobs)
}

fn init_clone(ctx: &Ctx<'_>) -> Result<()> {
    let make: Function = super::eval_own(ctx, "host:clone", include_str!("clone.js"))?;
    let clone: Value = make.call((Func::from(is_lent), Func::from(is_proxy)))?;
    ctx.globals().set("structuredClone", clone)
}

fn is_lent<'js>(ctx: Ctx<'js>, value: Value<'js>) -> bool {
    crate::webassembly::is_memory_buffer(&ctx, &value)
}

fn is_proxy(value: Value<'_>) -> bool {
    value.as_proxy().is_some()
}

fn init_text(ctx: &Ctx<'_>) -> Result<()> {
    let natives = text::natives(ctx)?;
    let names = ["TextEncoder", "TextDecoder"];
    define_with(ctx, "host:text", include_str!("text.js"), natives, &names)
}

fn init_blobs(ctx: &Ctx<'_>) -> Result<()> {
    let natives = text::natives(ctx)?;
    let names = ["Blob", "File"];
    define_with(ctx, "host:blob", include_str!("blob.js"), natives, &names)
}

fn init_url(ctx: &Ctx<'_>) -> Result<()> {
    let natives = urls::natives(ctx)?;
    let names = ["URL", "URLSearchParams"];
    define_with(ctx, "host:url", include_str!("url.js"), natives, &names)
}

fn init_buffer(ctx: &Ctx<'_>) -> Result<()> {
    let make: Function = super::eval_own(ctx, "host:buffer", include_str!("buffer.js"))?;
    let buffer: Value = make.call((text::natives(ctx)?,))?;
    ctx.globals().set("Buffer", buffer)
}

/// Defines the globals that a script of the host's own makes out of native functions.
fn define_with<'js>(
    ctx: &Ctx<'js>,
    script: &str,
    source: &str,
    natives: Object<'js>,
    names: &[&str],
) -> Result<()> {
    let make: Function = super::eval_own(ctx, script, source)?;
    let made: Object = make.call((natives,))?;
    for name in names {
        ctx.globals().set(*name, made.get::<_, Value>(*name)?)?;
    }
    Ok(())
}

/// Defines each name as an accessor that calls `init`, which defines all of them for good.
fn lazy<'js>(
    ctx: &Ctx<'js>,
    names: &'static [&'static str],
    init: fn(&Ctx<'_>) -> Result<()>,
) -> Result<()> {
    let globals = ctx.globals();
    for &name in names {
        let get = move |ctx: Ctx<'js>| {
            let globals = ctx.globals();
            for name in names {
                globals.remove(*name)?;
            }
            init(&ctx)?;
            hide(&globals, names)?;
            globals.get::<_, Value>(name)
        };
        let set = move |this: This<Object<'js>>, value: Value<'js>| {
            this.0
                .prop(name, Property::from(value).writable().configurable())
        };
        globals.prop(name, Accessor::new(get, set).configurable())?;
    }
    Ok(())
}

/// Makes the globals non-enumerable, as those of the Web are.
fn hide<'js>(globals: &Object<'js>, names: &[&str]) -> Result<()> {
    for name in names {
        if let Some(value) = globals.get::<_, Option<Value>>(*name)? {
            globals.prop(*name, Property::from(value).writable().configurable())?;
        }
    }
    Ok(())
}

fn performance<'js>(ctx: &Ctx<'js>, start: Instant) -> Result<Object<'js>> {
    let performance = Object::new(ctx.clone())?;
    let origin = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        - start.elapsed();
    performance.set("timeOrigin", origin.as_secs_f64() * 1e3)?;
    performance.set(
        "now",
        Func::from(move || start.elapsed().as_secs_f64() * 1e3),
    )?;
    Ok(performance)
}

fn crypto<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let crypto = Object::new(ctx.clone())?;
    crypto.set("getRandomValues", Func::from(get_random_values))?;
    crypto.set("randomUUID", Func::from(random_uuid))?;
    Ok(crypto)
}

fn get_random_values<'js>(ctx: Ctx<'js>, view: Object<'js>) -> Result<Object<'js>> {
    if !is_integers(&view) {
        return Err(Exception::throw_type(
            &ctx,
            "getRandomValues needs an array of integers",
        ));
    }
    let length: usize = view.get("byteLength")?;
    if length > MOST_RANDOM_BYTES {
        let message =
            format!("getRandomValues gives at most {MOST_RANDOM_BYTES} bytes, not {length}");
        return Err(Exception::throw_range(&ctx, &message));
    }
    let mut bytes = vec![0; length];
    fill(&ctx, &mut bytes)?;
    let buffer: Object = view.get("buffer")?;
    let target = ctx
        .globals()
        .get::<_, rquickjs::function::Constructor>("Uint8Array")?;
    let target: Object = target.construct((buffer, view.get::<_, Value>("byteOffset")?, length))?;
    let set: Function = target.get("set")?;
    set.call::<_, Value>((This(target), TypedArray::new(ctx, bytes)?))?;
    Ok(view)
}

fn is_integers(view: &Object<'_>) -> bool {
    view.is_typed_array::<u8>()
        || view.is_typed_array::<i8>()
        || view.is_typed_array::<u16>()
        || view.is_typed_array::<i16>()
        || view.is_typed_array::<u32>()
        || view.is_typed_array::<i32>()
        || view.is_typed_array::<u64>()
        || view.is_typed_array::<i64>()
        || view
            .get::<_, String>(PredefinedAtom::SymbolToStringTag)
            .is_ok_and(|tag| tag == "Uint8ClampedArray")
}

fn random_uuid(ctx: Ctx<'_>) -> Result<String> {
    let mut bytes = [0; 16];
    fill(&ctx, &mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}

fn fill(ctx: &Ctx<'_>, bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Exception::throw_message(ctx, &format!("the system gives no random bytes: {error}"))
    })
}
