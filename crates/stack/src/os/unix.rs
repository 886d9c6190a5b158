//! System calls: pages, the bounds of the host stack.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reserves address space without memory behind it.
///
/// # Errors
/// What `mmap` says.
pub fn reserve(size: usize) -> io::Result<*mut u8> {
    map(size, libc::PROT_NONE, 0)
}

/// Maps zeroed pages that can be read and written; with `populate`, backed by memory at once.
///
/// # Errors
/// What `mmap` says.
pub fn allocate(size: usize, populate: bool) -> io::Result<*mut u8> {
    let flags = if populate { libc::MAP_POPULATE } else { 0 };
    map(size, libc::PROT_READ | libc::PROT_WRITE, flags)
}

/// As [`allocate`], within two gigabytes below `near` if there is room: where code is called from, or
/// calls, code at `near`. Branch predictors are slower for targets that are farther away.
///
/// # Errors
/// What `mmap` says.
pub fn allocate_near(size: usize, near: usize) -> io::Result<*mut u8> {
    map_near(size, near, libc::PROT_READ | libc::PROT_WRITE)
}

/// As [`reserve`], in the same place.
///
/// # Errors
/// What `mmap` says.
pub fn reserve_near(size: usize, near: usize) -> io::Result<*mut u8> {
    map_near(size, near, libc::PROT_NONE)
}

fn map_near(size: usize, near: usize, protection: i32) -> io::Result<*mut u8> {
    /// What the last call took, or where it looked last.
    static LAST: AtomicUsize = AtomicUsize::new(0);
    const STEP: usize = 32 << 20;
    const FARTHEST: usize = 2 << 30;

    // The lowest addresses are nobody's.
    let lowest = near.saturating_sub(FARTHEST).max(STEP);
    let within = |hint: &usize| (lowest..near).contains(hint);
    // From the last place on; where there is none left, all of them again: some may have become free.
    let last = Some(LAST.load(Ordering::Relaxed)).filter(within);
    for from in last.into_iter().chain([near]) {
        let mut hint = from.saturating_sub(size) & !(page_size() - 1);
        while within(&hint) {
            let flags = libc::MAP_FIXED_NOREPLACE;
            if let Ok(address) = map_at(hint, size, protection, flags) {
                // Kernels before 4.17 take the address for a wish.
                if within(&address.addr()) {
                    LAST.store(address.addr(), Ordering::Relaxed);
                    return Ok(address);
                }
                // SAFETY: mapped above, and nobody knows of it.
                unsafe { unmap(address, size) };
            }
            hint = hint.saturating_sub(STEP);
        }
    }
    map(size, protection, 0)
}

fn map(size: usize, protection: i32, flags: i32) -> io::Result<*mut u8> {
    map_at(0, size, protection, flags)
}

fn map_at(hint: usize, size: usize, protection: i32, flags: i32) -> io::Result<*mut u8> {
    let flags = flags | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let hint = ptr::without_provenance_mut(hint);
    // SAFETY: a new anonymous mapping, at an address of the kernel's choice or one that is free, touches
    // nothing.
    let address = unsafe { libc::mmap(hint, size, protection, flags, -1, 0) };
    if address == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(address.cast())
    }
}

/// What pages may be used for. Never writable and executable at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Any access faults.
    None,
    /// Data.
    ReadWrite,
    /// Code.
    ReadExecute,
}

fn protection(access: Access) -> i32 {
    match access {
        Access::None => libc::PROT_NONE,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        Access::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
    }
}

/// Changes what a range of pages may be used for.
///
/// # Safety
/// The range lies in mappings of the caller, who knows that nobody relies on the old access.
///
/// # Errors
/// What `mprotect` says.
pub unsafe fn protect(address: *mut u8, size: usize, access: Access) -> io::Result<()> {
    // SAFETY: passed on to the caller.
    match unsafe { libc::mprotect(address.cast(), size, protection(access)) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Unmaps a range of pages; or, where that would split a mapping and the kernel allows no more of
/// them, gives its memory back and loses no more than the addresses.
///
/// # Safety
/// The range lies in mappings of the caller and nobody uses it any more.
pub unsafe fn unmap(address: *mut u8, size: usize) {
    // SAFETY: passed on to the caller.
    unsafe {
        if libc::munmap(address.cast(), size) != 0 {
            libc::madvise(address.cast(), size, libc::MADV_DONTNEED);
        }
    }
}

/// Gives the memory of a range of pages back. Whoever reads there next finds zeros, unless the system refuses, as
/// it does where pages are locked: then this is false.
///
/// # Safety
/// The range lies in mappings of the caller, and nobody needs what is there.
pub unsafe fn discard(address: *mut u8, size: usize) -> bool {
    // SAFETY: passed on to the caller.
    unsafe { libc::madvise(address.cast(), size, libc::MADV_DONTNEED) == 0 }
}

/// Whether each page of a range has memory behind it, in `pages`: bit 0 of a byte. One that has none may still not be zero,
/// as the system may have put it away. `false` where the system does not tell.
///
/// # Safety
/// The range lies in mappings of the caller, begins with a page, and has no more pages than there are bytes.
pub unsafe fn resident(address: *mut u8, size: usize, pages: &mut [u8]) -> bool {
    debug_assert!(size.div_ceil(page_size()) <= pages.len());
    // SAFETY: passed on to the caller; there is room for a byte per page.
    unsafe { libc::mincore(address.cast(), size, pages.as_mut_ptr().cast()) == 0 }
}

/// The same as [`discard`] for several ranges, with as few calls as the system allows; sorts them. Whether all were given back.
///
/// # Safety
/// As for [`discard`], for each of them.
pub unsafe fn discard_all(ranges: &mut [(*mut u8, usize)]) -> bool {
    ranges.sort_unstable_by_key(|(start, _)| start.addr());
    let mut merged: Vec<libc::iovec> = Vec::new();
    if merged.try_reserve_exact(ranges.len()).is_err() {
        // SAFETY: passed on to the caller.
        let each = ranges
            .iter()
            .map(|range| unsafe { discard(range.0, range.1) });
        return each.fold(true, |all, one| all & one);
    }
    for &(start, size) in &*ranges {
        match merged.last_mut() {
            Some(last) if last.iov_base.addr() + last.iov_len == start.addr() => {
                last.iov_len += size;
            }
            _ => merged.push(libc::iovec {
                iov_base: start.cast(),
                iov_len: size,
            }),
        }
    }
    // SAFETY: passed on to the caller.
    let rest = unsafe { discard_at_once(&merged) };
    // SAFETY: the same.
    let each = (merged[rest..].iter())
        .map(|range| unsafe { discard(range.iov_base.cast(), range.iov_len) });
    each.fold(true, |all, one| all & one)
}

/// How many of the ranges, first to last, one call gave back: none where the system is too old for it.
///
/// # Safety
/// As for [`discard`], for each of them.
#[cfg(target_os = "linux")]
unsafe fn discard_at_once(ranges: &[libc::iovec]) -> usize {
    /// `PIDFD_SELF_THREAD` of `linux/pidfd.h`: whoever calls, also after a fork.
    const SELF: libc::c_int = -10000;
    if ranges.len() < 2 {
        return 0;
    }
    // SAFETY: the list is as long as it says; what lies in the ranges nobody needs.
    let mut advised = unsafe {
        libc::syscall(
            libc::SYS_process_madvise,
            SELF,
            ranges.as_ptr(),
            ranges.len(),
            libc::MADV_DONTNEED,
            0,
        )
    }
    .try_into()
    .unwrap_or(0_usize);
    let whole = ranges.iter().take_while(|range| {
        let whole = range.iov_len <= advised;
        advised = advised.saturating_sub(range.iov_len);
        whole
    });
    whole.count()
}

#[cfg(not(target_os = "linux"))]
unsafe fn discard_at_once(_: &[libc::iovec]) -> usize {
    0
}

/// Lowest usable address of the calling thread's host stack, if the system tells.
pub fn host_stack_base() -> Option<usize> {
    Some(host_stack()?.start)
}

/// Usable addresses of the calling thread's host stack, if the system tells.
pub fn host_stack() -> Option<Range<usize>> {
    thread_local! {
        static STACK: Option<Range<usize>> = query_host_stack();
    }
    STACK.with(Clone::clone)
}

fn query_host_stack() -> Option<Range<usize>> {
    // SAFETY: the attributes are initialised by pthread_getattr_np before they are read, and
    // destroyed after.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let (mut address, mut size, mut guard) = (ptr::null_mut(), 0, 0);
        let known = libc::pthread_attr_getstack(&attributes, &mut address, &mut size) == 0
            && libc::pthread_attr_getguardsize(&attributes, &mut guard) == 0;
        libc::pthread_attr_destroy(&mut attributes);
        known.then(|| address as usize + guard..address as usize + size)
    }
}

/// Whether the calling thread runs with a shadow stack of user space (x86 CET). Transfers between
/// stacks look like an attack to it: the processor would end the process at the first one.
pub fn shadow_stack_active() -> bool {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    {
        /// `ARCH_SHSTK_STATUS` of `asm/prctl.h`.
        const STATUS: libc::c_ulong = 0x5005;
        /// `ARCH_SHSTK_SHSTK`.
        const ENABLED: u64 = 1;
        let mut features = 0u64;
        // SAFETY: the call writes one word; a kernel that does not know it answers EINVAL.
        let status = unsafe { libc::syscall(libc::SYS_arch_prctl, STATUS, &raw mut features) };
        status == 0 && features & ENABLED != 0
    }
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    false
}

/// Size of a page in bytes.
pub fn page_size() -> usize {
    // SAFETY: no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Backs a range of pages with memory at once. Only a hint: pages that cannot be had now fault later.
///
/// # Safety
/// The range lies in mappings of the caller.
pub unsafe fn populate(address: *mut u8, size: usize) {
    // SAFETY: passed on to the caller; the call changes no content.
    unsafe { libc::madvise(address.cast(), size, libc::MADV_POPULATE_WRITE) };
}

/// Maps a part of a file for reading: `size` bytes from `offset` on, which is a multiple of the page size.
///
/// # Errors
/// What `mmap` says.
pub fn map_file(file: &File, offset: u64, size: usize) -> io::Result<*mut u8> {
    // SAFETY: a new mapping at an address of the kernel's choice touches nothing.
    unsafe { map_part(ptr::null_mut(), size, libc::PROT_READ, 0, file, offset) }
}

/// As [`map_file`], in the place of pages; what is written there stays out of the file.
///
/// # Safety
/// The pages are the caller's, and nobody uses them.
///
/// # Errors
/// What `mmap` says; the pages may be gone then.
pub unsafe fn map_file_at(
    address: *mut u8,
    size: usize,
    access: Access,
    file: &File,
    offset: u64,
) -> io::Result<()> {
    let protection = protection(access);
    // SAFETY: passed on to the caller.
    let mapped = unsafe {
        map_part(
            address.cast(),
            size,
            protection,
            libc::MAP_FIXED,
            file,
            offset,
        )
    };
    mapped.map(|_| ())
}

/// # Safety
/// With `MAP_FIXED`, the pages are the caller's, and nobody uses them.
unsafe fn map_part(
    address: *mut libc::c_void,
    size: usize,
    protection: i32,
    flags: i32,
    file: &File,
    offset: u64,
) -> io::Result<*mut u8> {
    let offset = offset.try_into().map_err(io::Error::other)?;
    let flags = flags | libc::MAP_PRIVATE;
    // SAFETY: passed on to the caller.
    let address = unsafe { libc::mmap(address, size, protection, flags, file.as_raw_fd(), offset) };
    match address == libc::MAP_FAILED {
        true => Err(io::Error::last_os_error()),
        false => Ok(address.cast()),
    }
}

/// Who runs this process: the effective user.
pub fn user() -> u32 {
    // SAFETY: no preconditions.
    unsafe { libc::geteuid() }
}

/// Makes a mapping larger, which may move it; what is added is zero.
///
/// # Safety
/// It is one of the caller's that can be read and written, and nobody uses an address in it any more.
///
/// # Errors
/// What `mremap` says: the mapping is as before.
pub unsafe fn enlarge(address: *mut u8, old: usize, new: usize) -> io::Result<*mut u8> {
    // SAFETY: passed on to the caller.
    let moved = unsafe { libc::mremap(address.cast(), old, new, libc::MREMAP_MAYMOVE) };
    if moved == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(moved.cast())
    }
}

/// Has memory behind a range given by the page, where other pages near it are not used.
///
/// # Safety
/// The range lies in mappings of the caller.
pub unsafe fn forbid_huge_pages(address: *mut u8, size: usize) {
    // SAFETY: passed on to the caller; the call changes no content.
    unsafe { libc::madvise(address.cast(), size, libc::MADV_NOHUGEPAGE) };
}
