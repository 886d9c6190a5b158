//! The alternate signal stack of a thread.

use crate::arch::system_call;
use crate::os::{Access, allocate, host_stack, page_size, protect, unmap};
use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::ptr;

/// Size of the alternate signal stack: room for the register state of the widest vector unit, which
/// the kernel pushes (about 11 KiB with AMX), and for the handler that grows a stacklet.
const SIGNAL_STACK: usize = 128 << 10;

struct SignalStack {
    mapping: *mut u8,
    previous: libc::stack_t,
    /// Whom to tell that it is gone.
    gone: fn(),
}

impl SignalStack {
    /// Lowest address above the guard.
    fn usable(&self) -> *mut libc::c_void {
        self.mapping.wrapping_add(page_size()).cast()
    }
}

impl Drop for SignalStack {
    /// Gives the thread its former signal stack back, unless somebody has set another past us.
    fn drop(&mut self) {
        HOST_STACK.set(None);
        (self.gone)();
        // SAFETY: reads the thread's signal stack; puts the former one back only where ours is still
        // in place; unmaps ours when the kernel no longer knows it. No handler runs on it: this is
        // the thread's own exit path.
        unsafe {
            let mut current: libc::stack_t = std::mem::zeroed();
            let known = kernel(ptr::null(), &mut current).is_ok();
            let ours = current.ss_sp == self.usable();
            if known && (!ours || kernel(&self.previous, ptr::null_mut()).is_ok()) {
                unmap(self.mapping, SIGNAL_STACK + page_size());
            }
        }
    }
}

/// The kernel's call.
///
/// # Safety
/// Both are valid or null; a new stack is good as long as the kernel knows it.
///
/// # Errors
/// What the kernel says.
unsafe fn kernel(new: *const libc::stack_t, old: *mut libc::stack_t) -> io::Result<()> {
    let arguments = [new.addr(), old.addr(), 0, 0];
    // SAFETY: passed on to the caller.
    match unsafe { system_call(libc::SYS_sigaltstack, arguments) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error as i32)),
    }
}

thread_local! {
    static SIGNAL_STACK_OF_THREAD: RefCell<Option<SignalStack>> = const { RefCell::new(None) };
    /// The host stack of a thread that has had a signal stack from us; else empty. Handlers read it.
    static HOST_STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// Where the host stack of the calling thread lies, if the thread may have others: it has a signal stack
/// from us. Where the system does not tell, nowhere.
pub(super) fn host_stack_of_thread() -> Option<Range<usize>> {
    let (start, end) = HOST_STACK.get()?;
    Some(start..end)
}

/// Gives the calling thread an alternate signal stack of our own, with a guard page, unless it has
/// one from us already. When the thread ends, it gets its former one back, and `gone` is called.
///
/// # Errors
/// What `mmap` or `sigaltstack` says; or the thread is ending and had one.
pub fn ensure_signal_stack(gone: fn()) -> io::Result<()> {
    let ensure = |slot: &RefCell<Option<SignalStack>>| {
        let mut slot = slot.borrow_mut();
        if slot.is_none() {
            *slot = Some(install(gone)?);
            let host = host_stack().unwrap_or(0..0);
            HOST_STACK.set(Some((host.start, host.end)));
        }
        Ok(())
    };
    let ends = |_| Err(io::Error::other("the thread is ending"));
    SIGNAL_STACK_OF_THREAD.try_with(ensure).unwrap_or_else(ends)
}

fn install(gone: fn()) -> io::Result<SignalStack> {
    let guard = page_size();
    let mapping = allocate(SIGNAL_STACK + guard, false)?;
    // SAFETY: the first page of a mapping made on the line before.
    unsafe { protect(mapping, guard, Access::None)? };
    let mut stack = SignalStack {
        mapping,
        // SAFETY: all-zero is a valid stack_t.
        previous: unsafe { std::mem::zeroed() },
        gone,
    };
    let new = libc::stack_t {
        ss_sp: stack.usable(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK,
    };
    // SAFETY: the memory stays mapped until the thread gives the stack up (Drop above).
    unsafe { kernel(&new, &mut stack.previous)? };
    Ok(stack)
}

/// The C library's function, in its place. A thread that has a signal stack from us keeps it; what it
/// asks for meanwhile, it gets when it ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaltstack(
    new: *const libc::stack_t,
    old: *mut libc::stack_t,
) -> libc::c_int {
    let kept = !new.is_null() && HOST_STACK.get().is_some();
    // SAFETY: the caller's pointers are null or valid.
    if let Err(error) = unsafe { kernel(if kept { ptr::null() } else { new }, old) } {
        // SAFETY: the thread's own.
        unsafe { *libc::__errno_location() = error.raw_os_error().unwrap_or(libc::EINVAL) };
        return -1;
    }
    if kept {
        // Where it is borrowed, this is a handler, and the stack is just being made.
        let note = |slot: &RefCell<Option<SignalStack>>| {
            if let Ok(Some(stack)) = slot.try_borrow_mut().as_deref_mut()
                // SAFETY: valid, as above.
                && let asked = unsafe { *new }
                && asked.ss_sp != stack.usable()
            {
                stack.previous = asked;
            }
        };
        let _ = SIGNAL_STACK_OF_THREAD.try_with(note);
    }
    0
}
