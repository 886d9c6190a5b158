//! How much of the thread's stack is left.

use std::ptr;

/// Bytes between here and the end of this thread's stack; `None` where the system does not tell.
pub(crate) fn remaining_stack() -> Option<usize> {
    let here = 0_u8;
    lowest_address().map(|lowest| ptr::from_ref(&here).addr().saturating_sub(lowest))
}

#[cfg(target_os = "linux")]
fn lowest_address() -> Option<usize> {
    // SAFETY: the attributes are initialised by the first call, read by the second, freed by the third.
    unsafe {
        let mut attributes = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let (mut lowest, mut size) = (ptr::null_mut(), 0);
        let failed = libc::pthread_attr_getstack(&attributes, &mut lowest, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        (failed == 0).then_some(lowest.addr())
    }
}

#[cfg(not(target_os = "linux"))]
fn lowest_address() -> Option<usize> {
    None
}
