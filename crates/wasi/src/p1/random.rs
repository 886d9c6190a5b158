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
    guest.check(buffer, length)?;
    let (mut copy, mut done) = (Vec::new(), 0);
    while done < length {
        let (filled, _) = guest.fill(buffer + done, length - done, &mut copy, |bytes| {
            getrandom::fill(bytes).map_err(|_| Errno::Io)?;
            Ok(bytes.len() as u32)
        })?;
        done += filled;
    }
    Ok(())
}
