//! Random bytes, from the system.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

pub(crate) fn get(
    _: &mut WasiCtx,
    guest: &mut Guest<'_>,
    buffer: u32,
    length: u32,
) -> Result<(), Errno> {
    getrandom::fill(guest.bytes_mut(buffer, length)?).map_err(|_| Errno::Io)
}
