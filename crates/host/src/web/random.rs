//! `crypto`: random numbers.

use rquickjs::atom::PredefinedAtom;
use rquickjs::prelude::{Func, This};
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};

/// Most bytes of one call of `crypto.getRandomValues`, by the specification.
const MOST_RANDOM_BYTES: usize = 65536;

/// The object.
pub(super) fn crypto<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
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
