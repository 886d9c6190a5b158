//! The guest as a process.

use crate::Exit;
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress, Wait};
use bident::Error;

/// Ends the guest: the call into it returns with [`Exit`] as its error.
pub(crate) fn exit(status: i32) -> Result<(), Error> {
    Err(Error::new(Exit(status)))
}

pub(crate) fn raise(_: &mut WasiCtx, _: &mut Guest<'_>) -> Result<(), Errno> {
    Err(Errno::Nosys)
}

/// Others have their turn, once.
pub(crate) fn sched_yield(_: &mut WasiCtx, _: &mut Guest<'_>, memo: &mut Memo) -> Attempt {
    Ok(match memo.is_first() {
        true => Progress::Waits(Wait::turn()),
        false => Progress::Done,
    })
}
