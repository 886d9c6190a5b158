//! The clock behind `performance`: what `performance.js` is built on.

use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, JsLifetime, Object, Result};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When the context was made.
#[derive(JsLifetime)]
struct Start(Instant);

/// Remembers the origin of `performance.now()`.
pub(super) fn begin(ctx: &Ctx<'_>, start: Instant) -> Result<()> {
    ctx.store_userdata(Start(start))?;
    Ok(())
}

/// `{ timeOrigin, now() }`, in milliseconds.
pub(super) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let start = match ctx.userdata::<Start>() {
        Some(start) => start.0,
        None => return Err(Exception::throw_internal(ctx, "this context has no clock")),
    };
    let origin = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .saturating_sub(start.elapsed());
    let natives = Object::new(ctx.clone())?;
    natives.set("timeOrigin", origin.as_secs_f64() * 1e3)?;
    let now = move || start.elapsed().as_secs_f64() * 1e3;
    natives.set("now", Func::from(now))?;
    Ok(natives)
}
