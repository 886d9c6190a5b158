//! The guest as a process.

use crate::Exit;
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use bident::Error;

/// Ends the guest: the call into it returns with [`Exit`] as its error.
pub(crate) fn exit(status: i32) -> Result<(), Error> {
    Err(Error::new(Exit(status)))
}

pub(crate) fn raise(_: &mut WasiCtx, _: &mut Guest<'_>) -> Result<(), Errno> {
    Err(Errno::Nosys)
}

pub(crate) fn sched_yield(_: &mut WasiCtx, _: &mut Guest<'_>) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}
