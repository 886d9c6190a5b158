//! System calls: pages, the alternate signal stack, other people's signal handlers, the bounds of the
//! host stack.

use std::cell::RefCell;
use std::io;
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
    /// What the last call took, or where it looked last.
    static LAST: AtomicUsize = AtomicUsize::new(0);
    const STEP: usize = 32 << 20;
    const FARTHEST: usize = 2 << 30;

    // The lowest addresses are nobody's.
    let lowest = near.saturating_sub(FARTHEST).max(STEP);
    let within = |hint: &usize| (lowest..near).contains(hint);
    let last = Some(LAST.load(Ordering::Relaxed)).filter(within);
    let mut hint = last.unwrap_or(near).saturating_sub(size) & !(page_size() - 1);
    while within(&hint) {
        let flags = libc::MAP_FIXED_NOREPLACE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
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
    allocate(size, false)
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

/// Changes what a range of pages may be used for.
///
/// # Safety
/// The range lies in mappings of the caller, who knows that nobody relies on the old access.
///
/// # Errors
/// What `mprotect` says.
pub unsafe fn protect(address: *mut u8, size: usize, access: Access) -> io::Result<()> {
    let protection = match access {
        Access::None => libc::PROT_NONE,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        Access::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
    };
    // SAFETY: passed on to the caller.
    match unsafe { libc::mprotect(address.cast(), size, protection) } {
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

/// Size of the alternate signal stack: room for the register state of the widest vector unit, which
/// the kernel pushes (about 11 KiB with AMX), and for the handler that grows a stacklet.
const SIGNAL_STACK: usize = 128 << 10;

struct SignalStack {
    mapping: *mut u8,
    previous: libc::stack_t,
}

impl Drop for SignalStack {
    /// Gives the thread its former signal stack back, unless somebody has set another since: the
    /// standard library, for one, takes its own away (and frees it) before this runs.
    fn drop(&mut self) {
        // SAFETY: reads the thread's signal stack; puts the former one back only where ours is still
        // in place; unmaps ours when the kernel no longer knows it. No handler runs on it: this is
        // the thread's own exit path.
        unsafe {
            let mut current: libc::stack_t = std::mem::zeroed();
            let known = libc::sigaltstack(ptr::null(), &mut current) == 0;
            let ours = current.ss_sp == self.mapping.wrapping_add(page_size()).cast();
            if known && (!ours || libc::sigaltstack(&self.previous, ptr::null_mut()) == 0) {
                unmap(self.mapping, SIGNAL_STACK + page_size());
            }
        }
    }
}

thread_local! {
    static SIGNAL_STACK_OF_THREAD: RefCell<Option<SignalStack>> = const { RefCell::new(None) };
}

/// Gives the calling thread an alternate signal stack of our own, with a guard page, unless it has
/// one from us already. The thread's former one comes back when it ends.
///
/// # Errors
/// What `mmap` or `sigaltstack` says.
pub fn ensure_signal_stack() -> io::Result<()> {
    SIGNAL_STACK_OF_THREAD.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(install_signal_stack()?);
        }
        Ok(())
    })
}

fn install_signal_stack() -> io::Result<SignalStack> {
    let guard = page_size();
    let mapping = allocate(SIGNAL_STACK + guard, false)?;
    // SAFETY: the first page of a mapping made on the line before.
    unsafe { protect(mapping, guard, Access::None)? };
    // SAFETY: all-zero is a valid stack_t.
    let mut previous: libc::stack_t = unsafe { std::mem::zeroed() };
    let stack = libc::stack_t {
        ss_sp: mapping.wrapping_add(guard).cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK,
    };
    // SAFETY: the memory stays mapped until the thread gives the stack up (Drop above).
    if unsafe { libc::sigaltstack(&stack, &mut previous) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(SignalStack { mapping, previous })
}

/// Gives `SA_ONSTACK` to every signal handler of this process that lacks it, and returns how many
/// lacked it.
///
/// Such a handler would run on whatever stack the thread is on, and a stacklet has no room for it.
/// An embedder (or a library it loads) that installs handlers later calls this again.
pub fn adopt_signal_handlers() -> usize {
    let mut adopted = 0;
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: all-zero is a valid sigaction; reading one and writing it back with one flag more
        // leaves handler and mask as they were.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, ptr::null(), &mut action) != 0
                || action.sa_sigaction == libc::SIG_DFL
                || action.sa_sigaction == libc::SIG_IGN
                || action.sa_flags & libc::SA_ONSTACK != 0
            {
                continue;
            }
            action.sa_flags |= libc::SA_ONSTACK;
            if libc::sigaction(signal, &action, ptr::null_mut()) == 0 {
                adopted += 1;
            }
        }
    }
    adopted
}

/// Lowest usable address of the calling thread's host stack, if the system tells.
pub fn host_stack_base() -> Option<usize> {
    thread_local! {
        static BASE: Option<usize> = query_host_stack_base();
    }
    BASE.with(|base| *base)
}

fn query_host_stack_base() -> Option<usize> {
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
        known.then(|| address as usize + guard)
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
