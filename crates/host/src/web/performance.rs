//! `performance`.

use rquickjs::prelude::Func;
use rquickjs::{Ctx, Object, Result};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The object; `start` is the origin of `performance.now()`.
pub(super) fn performance<'js>(ctx: &Ctx<'js>, start: Instant) -> Result<Object<'js>> {
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
