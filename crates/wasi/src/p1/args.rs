//! Arguments and environment: lists of zero-terminated strings, copied to the guest.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

pub(crate) fn args_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    list: u32,
    buffer: u32,
) -> Result<(), Errno> {
    copy(&ctx.args, guest, list, buffer)
}

pub(crate) fn args_sizes_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    sizes(&ctx.args, guest, count, size)
}

pub(crate) fn environ_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    list: u32,
    buffer: u32,
) -> Result<(), Errno> {
    copy(&ctx.env, guest, list, buffer)
}

pub(crate) fn environ_sizes_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    sizes(&ctx.env, guest, count, size)
}

fn sizes(strings: &[Vec<u8>], guest: &mut Guest<'_>, count: u32, size: u32) -> Result<(), Errno> {
    let bytes: usize = strings.iter().map(|s| s.len() + 1).sum();
    guest.write_u32(
        count,
        u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?,
    )?;
    guest.write_u32(size, u32::try_from(bytes).map_err(|_| Errno::Overflow)?)
}

/// Strings go to `buffer`, one after the other, and the address of each to `list`.
fn copy(
    strings: &[Vec<u8>],
    guest: &mut Guest<'_>,
    mut list: u32,
    mut buffer: u32,
) -> Result<(), Errno> {
    for string in strings {
        let length = u32::try_from(string.len()).map_err(|_| Errno::Overflow)?;
        guest.write_u32(list, buffer)?;
        guest.write(buffer, string)?;
        let end = buffer.checked_add(length).ok_or(Errno::Fault)?;
        guest.write(end, &[0])?;
        buffer = end.checked_add(1).ok_or(Errno::Fault)?;
        list = list.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}
