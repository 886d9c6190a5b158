//! Waiting: for a clock, or for a descriptor.
//!
//! ```text
//!  subscription, 48 bytes                       event, 32 bytes
//!   0 user data                                  0 user data
//!   8 kind: 0 clock, 1 read, 2 write             8 errno   10 kind
//!  16 clock: number   fd: number                16 bytes ready   24 flags: 1 = the other side is gone
//!  24 clock: timeout  40 clock: 1 = absolute
//! ```

use super::clock::Clock;
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::fs::Ready;
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress, Source, Wait};
use std::time::{Duration, Instant};

const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
const ABSOLUTE: u16 = 1;

/// Most subscriptions of one call: each may be something to wait for.
const MOST: u32 = 4096;

/// As good as for ever.
const LONG: Duration = Duration::from_secs(1 << 30);

/// How far what is waited for has come.
enum State {
    /// It is ready, or wrong.
    Over { errno: Option<Errno>, hangup: bool },
    /// It is, from then on.
    At(Instant),
    /// It is not before this has come.
    After(Source),
}

impl State {
    fn wrong(errno: Errno) -> Self {
        Self::Over {
            errno: Some(errno),
            hangup: false,
        }
    }
}

struct Subscription {
    user_data: [u8; 8],
    kind: u8,
    number: u32,
    timeout: u64,
    flags: u16,
}

impl Subscription {
    fn read(guest: &Guest<'_>, list: u32, i: u32) -> Result<Self, Errno> {
        let at = list.checked_add(i * SUBSCRIPTION).ok_or(Errno::Fault)?;
        // All 48 bytes, so that nothing below can be out of bounds.
        guest.check(at, SUBSCRIPTION)?;
        Ok(Self {
            user_data: guest.read(at)?,
            kind: guest.read::<1>(at + 8)?[0],
            number: guest.read_u32(at + 16)?,
            timeout: guest.read(at + 24).map(u64::from_le_bytes)?,
            flags: guest.read(at + 40).map(u16::from_le_bytes)?,
        })
    }

    /// Relative times count from when the call began.
    fn state(&self, ctx: &mut WasiCtx, begun: Instant) -> Result<State, Errno> {
        match self.kind {
            0 => Ok(match Clock::from_number(self.number) {
                Ok(clock) => self.time(clock, ctx, begun),
                Err(errno) => State::wrong(errno),
            }),
            1 | 2 => Ok(match ctx.files.get(self.number) {
                Ok(descriptor) => match descriptor.ready(self.kind == 2) {
                    Ready::Now { hangup } => State::Over {
                        errno: None,
                        hangup,
                    },
                    Ready::After(source) => State::After(source),
                },
                Err(errno) => State::wrong(errno),
            }),
            _ => Err(Errno::Inval),
        }
    }

    fn time(&self, clock: Clock, ctx: &WasiCtx, begun: Instant) -> State {
        let time = Duration::from_nanos(self.timeout);
        let now = Instant::now();
        let until = match self.flags & ABSOLUTE != 0 {
            true => now.checked_add(time.saturating_sub(clock.now(ctx))),
            false => begun.checked_add(time),
        };
        match until.unwrap_or(now + LONG) {
            until if until > now => State::At(until),
            _ => State::Over {
                errno: None,
                hangup: false,
            },
        }
    }

    fn event(&self, errno: Option<Errno>, hangup: bool) -> [u8; EVENT as usize] {
        let mut event = [0; EVENT as usize];
        event[..8].copy_from_slice(&self.user_data);
        event[8..10].copy_from_slice(&errno.map_or(0, |e| e as u16).to_le_bytes());
        event[10] = self.kind;
        // How much is ready is not known: something is.
        event[16] = u8::from(self.kind != 0 && errno.is_none());
        event[24] = u8::from(hangup);
        event
    }
}

/// Writes an event for everything that is over; where nothing is, waits for the first.
pub(crate) fn oneoff(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    memo: &mut Memo,
    subscriptions: u32,
    events: u32,
    count: u32,
    out: u32,
) -> Attempt {
    if count == 0 {
        return Err(Errno::Inval);
    }
    // Both lists and the result, before any time passes.
    guest.check(
        subscriptions,
        count.checked_mul(SUBSCRIPTION).ok_or(Errno::Fault)?,
    )?;
    guest.check(events, count.checked_mul(EVENT).ok_or(Errno::Fault)?)?;
    guest.read_u32(out)?;
    if count > MOST {
        return Err(Errno::Inval);
    }

    let begun = memo.begun();
    let mut list = Vec::with_capacity(count as usize);
    for i in 0..count {
        let subscription = Subscription::read(guest, subscriptions, i)?;
        let state = subscription.state(ctx, begun)?;
        list.push((subscription, state));
    }
    // Events may lie where subscriptions do: those were read.
    let (mut happened, mut wait) = (0, Wait::default());
    for (subscription, state) in list {
        match state {
            State::Over { errno, hangup } => {
                let event = subscription.event(errno, hangup);
                guest.write(events + happened * EVENT, &event)?;
                happened += 1;
            }
            State::At(time) => wait.until(time),
            State::After(source) => wait.add(source),
        }
    }
    if happened == 0 {
        return Ok(Progress::Waits(wait));
    }
    guest.write_u32(out, happened)?;
    Ok(Progress::Done)
}
