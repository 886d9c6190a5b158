//! Waiting: for a clock, or for a descriptor, all of which are always ready.
//!
//! ```text
//!  subscription, 48 bytes                       event, 32 bytes
//!   0 user data                                  0 user data
//!   8 kind: 0 clock, 1 read, 2 write             8 errno   10 kind
//!  16 clock: number   fd: number                16 bytes ready   24 flags
//!  24 clock: timeout  40 clock: 1 = absolute
//! ```

use super::clock::Clock;
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use std::time::Duration;

const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
const ABSOLUTE: u16 = 1;

/// What is waited for.
enum Wait {
    /// Nothing: it is ready, or wrong.
    Over(Option<Errno>),
    /// This long from now.
    For(Duration),
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

    fn wait(&self, ctx: &mut WasiCtx) -> Result<Wait, Errno> {
        match self.kind {
            0 => Ok(match Clock::from_number(self.number) {
                Ok(clock) => {
                    let mut time = Duration::from_nanos(self.timeout);
                    if self.flags & ABSOLUTE != 0 {
                        time = time.saturating_sub(clock.now(ctx));
                    }
                    if time.is_zero() {
                        Wait::Over(None)
                    } else {
                        Wait::For(time)
                    }
                }
                Err(errno) => Wait::Over(Some(errno)),
            }),
            1 | 2 => Ok(Wait::Over(ctx.files.get(self.number).err())),
            _ => Err(Errno::Inval),
        }
    }

    fn event(&self, errno: Option<Errno>) -> [u8; EVENT as usize] {
        let mut event = [0; EVENT as usize];
        event[..8].copy_from_slice(&self.user_data);
        event[8..10].copy_from_slice(&errno.map_or(0, |e| e as u16).to_le_bytes());
        event[10] = self.kind;
        // How much is ready is not known: something is.
        event[16] = u8::from(self.kind != 0 && errno.is_none());
        event
    }
}

pub(crate) fn oneoff(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    out: u32,
) -> Result<(), Errno> {
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

    let mut shortest = Duration::MAX;
    for i in 0..count {
        match Subscription::read(guest, subscriptions, i)?.wait(ctx)? {
            Wait::Over(_) => shortest = Duration::ZERO,
            Wait::For(time) => shortest = shortest.min(time),
        }
    }
    std::thread::sleep(shortest);
    report(ctx, guest, subscriptions, events, count, shortest, out)
}

/// Writes an event for everything that is over after `slept`. Relative times count from the call.
fn report(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    slept: Duration,
    out: u32,
) -> Result<(), Errno> {
    let mut happened = 0;
    for i in 0..count {
        let subscription = Subscription::read(guest, subscriptions, i)?;
        let absolute = subscription.flags & ABSOLUTE != 0;
        let errno = match subscription.wait(ctx)? {
            Wait::Over(errno) => errno,
            Wait::For(time) if !absolute && time <= slept => None,
            Wait::For(_) => continue,
        };
        guest.write(events + happened * EVENT, &subscription.event(errno))?;
        happened += 1;
    }
    guest.write_u32(out, happened)
}
