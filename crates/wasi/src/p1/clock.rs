//! Clocks: wall time, and time since the guest's context was made.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that a guest may read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Clock {
    /// Since 1970.
    Real,
    /// Since the start.
    Monotonic,
}

impl Clock {
    pub(crate) fn from_number(clock: u32) -> Result<Self, Errno> {
        match clock {
            0 => Ok(Self::Real),
            1 => Ok(Self::Monotonic),
            // CPU time of the process or the thread: of others too, here.
            2 | 3 => Err(Errno::Notsup),
            _ => Err(Errno::Inval),
        }
    }

    pub(crate) fn now(self, ctx: &WasiCtx) -> Duration {
        match self {
            Self::Real => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            Self::Monotonic => ctx.started.elapsed(),
        }
    }
}

pub(crate) fn resolution(
    _: &mut WasiCtx,
    guest: &mut Guest<'_>,
    clock: u32,
    out: u32,
) -> Result<(), Errno> {
    Clock::from_number(clock)?;
    guest.write_u64(out, 1)
}

pub(crate) fn time(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    clock: u32,
    out: u32,
) -> Result<(), Errno> {
    let now = Clock::from_number(clock)?.now(ctx).as_nanos();
    guest.write_u64(out, u64::try_from(now).map_err(|_| Errno::Overflow)?)
}
