//! Moving a stacklet: copy the live part, rebase the frame-pointer chain.
//!
//! ```text
//!   old block                        new block
//!  ┌───────────────┐ top            ┌───────────────┐ new top       delta = new top - top
//!  │ link          │                │ link          │ unchanged: it leads out of the block
//!  │ frame B       │                │ frame B       │
//!  │ saved rbp ────┼─┐              │ saved rbp ────┼─┐ + delta
//!  │ frame A       │ │              │ frame A       │ │
//!  │ saved rbp  ◄──┼─┘ ◄─┐          │ saved rbp  ◄──┼─┘ ◄─┐
//!  │ live          │     │          │ live          │     │
//!  │ saved rbp ────┼─────┘ ◄ sp     │ saved rbp ────┼─────┘ + delta  ◄ sp + delta
//!  │ dead          │                │ unused        │
//!  └───────────────┘                │               │
//!                                   └───────────────┘
//! ```

use crate::arch::{GUARD, RED_ZONE, root_frame_pointer};
use crate::memory::class_size;
use crate::stacklet::Stacklet;

/// Moves the live part of a stacklet, from its `sp` on, to the block at `base` and makes the
/// record describe that block. The old block is the caller's afterwards.
///
/// # Safety
/// The stacklet does not run; at `sp` it has saved its frame pointer; every frame from there to the
/// root saves its caller's frame pointer at the address that the frame pointer holds. The new block
/// has the size of `class` and room for the live part.
pub(crate) unsafe fn relocate(stacklet: &mut Stacklet, base: *mut u8, class: u32) {
    let (top, new_top) = (stacklet.top, base.addr() + class_size(class));
    let delta = new_top.wrapping_sub(top);
    // Frames are aligned for the vectors that they hold, relative to the top.
    debug_assert!(delta.is_multiple_of(16));
    let live = top - stacklet.sp;
    // A stub may have pushed into the red zone, but not into the guard.
    debug_assert!(live + GUARD <= class_size(class));
    let sp = new_top - live;
    // SAFETY: both ranges are live parts of blocks, and blocks do not overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(stacklet.sp as *const u8, sp as *mut u8, live);
    }
    let root = root_frame_pointer(top);
    let mut frame = stacklet.sp;
    while frame != root {
        debug_assert!((stacklet.sp..top).contains(&frame), "broken frame chain");
        let word = frame.wrapping_add(delta) as *mut usize;
        // SAFETY: the chain stays within the live part until it reaches the root frame.
        frame = unsafe {
            let caller = word.read();
            word.write(caller.wrapping_add(delta));
            caller
        };
    }
    stacklet.sp = sp;
    stacklet.top = new_top;
    stacklet.limit = base.addr() + RED_ZONE;
    stacklet.class = class as u8;
}
