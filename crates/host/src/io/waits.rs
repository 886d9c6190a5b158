//! Waits at the bytes of a shared memory that block no thread: what `Atomics.waitAsync` is built on (`web/waits.js`).

use super::events::Source;
use super::refused;
use bident::{Error, MemoryWait, WaitResult};
use bident_js::hosting;
use rquickjs::prelude::Func;
use rquickjs::{BigInt, Ctx, Function, IntoJs, Object, Result, Value};
use std::time::Duration;

/// `{ begin(buffer, offset, isWide, expected, milliseconds, callback) }`: what the wait came to, if it is over at once;
/// else the callback gets it. The program does not go on for its sake.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("begin", Func::from(begin))?;
    Ok(natives)
}

fn word(result: WaitResult) -> &'static str {
    match result {
        WaitResult::Woken => "ok",
        WaitResult::NotEqual => "not-equal",
        WaitResult::TimedOut => "timed-out",
    }
}

fn begin<'js>(
    ctx: Ctx<'js>,
    buffer: Value<'js>,
    offset: f64,
    is_wide: bool,
    expected: BigInt<'js>,
    milliseconds: f64,
    callback: Function<'js>,
) -> Result<Option<&'static str>> {
    let Some(memory) = hosting::shared_bytes_of(&ctx, &buffer) else {
        let message = "nobody can be told of bytes that stay with their thread";
        return Err(refused(&ctx, message));
    };
    let (address, expected) = (offset as u64, expected.to_i64()?);
    // What is too long for a duration is for ever.
    let timeout = Duration::try_from_secs_f64(milliseconds / 1e3).ok();
    let begun: std::result::Result<_, Error> = match is_wide {
        true => memory.wait64_later(address, expected as u64, timeout),
        false => memory.wait32_later(address, expected as u32, timeout),
    };
    let wait = match begun {
        Ok(Ok(wait)) => wait,
        Ok(Err(result)) => return Ok(Some(word(result))),
        Err(error) => return Err(refused(&ctx, &error.to_string())),
    };
    let source = Source::open(&ctx, callback)?;
    source.hold(&ctx, false)?;
    tokio::spawn(tell(wait, source));
    Ok(None)
}

async fn tell(wait: MemoryWait, source: Source) {
    let result = wait.await;
    let told = source.clone();
    source.post(move |ctx| {
        // It is told once.
        told.close(ctx)?;
        Ok(vec![word(result).into_js(ctx)?])
    });
}
