//! Walking WebAssembly frames across stacklets and activations.
//!
//! ```text
//!  innermost stacklet: pc ─ fp ─► frame ─► frame ─► root      (then its parent, and so on; then the
//!  its parent:         pc ─ fp ─► frame ─► root                stacklet that was current before the
//!  next activation:    pc ─ fp ─► frame ─► root                activation, and so on)
//! ```

use crate::vm::activation;
use crate::vm::store::StoreOpaque;
use bident_module::Module;
use bident_stack::{Stacklet, saved_point};
use std::sync::Arc;

/// Frames that a backtrace keeps; of deeper stacks, the innermost.
pub(crate) const MOST_FRAMES: usize = 100;

/// Frames after which a walk ends: one more, which says that there are more.
const ENOUGH: usize = MOST_FRAMES + 1;

/// A WebAssembly frame.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) module: Arc<Module>,
    pub(crate) func: u32,
    pub(crate) offset: Option<u32>,
    /// Whether it is the outermost one of a continuation: the next frame has resumed it.
    pub(crate) resumed: bool,
}

/// Frames at a trap.
///
/// # Safety
/// The innermost activation just trapped; nothing has run in the store since.
pub(crate) unsafe fn of_trap(store: &StoreOpaque) -> Vec<Frame> {
    let trap = store.vm.trap;
    // SAFETY: passed on.
    unsafe { walk_all(store, Some((trap.pc, trap.fp))) }
}

/// Frames while host functions run: all stacklets wait in a leave stub.
///
/// # Safety
/// The innermost stacklet is in a leave stub.
pub(crate) unsafe fn of_waiting(store: &StoreOpaque) -> Vec<Frame> {
    // SAFETY: passed on.
    unsafe { walk_all(store, None) }
}

/// Frames of a suspended or parked chain.
///
/// # Safety
/// `first` is its first stacklet, and `last` its last, or null where that is the root.
pub(crate) unsafe fn of_chain(
    store: &StoreOpaque,
    first: *mut Stacklet,
    last: *mut Stacklet,
) -> Vec<Frame> {
    let mut frames = Vec::new();
    // SAFETY: passed on.
    for stacklet in unsafe { activation::chain(first) } {
        // SAFETY: no stacklet of the chain runs.
        unsafe { walk(store, stacklet, None, &mut frames) };
        if stacklet == last || frames.len() >= ENOUGH {
            break;
        }
    }
    frames
}

unsafe fn walk_all(store: &StoreOpaque, fault: Option<(usize, usize)>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut fault = fault;
    // SAFETY: the activation list is the store's own, and so are the chains.
    for root in unsafe { activation::roots(store.vm.anchor.current, store.activation) } {
        // SAFETY: as above.
        for stacklet in unsafe { activation::chain(root) } {
            // SAFETY: all but a stacklet that faulted wait in a stub.
            unsafe { walk(store, stacklet, fault.take(), &mut frames) };
            if frames.len() >= ENOUGH {
                return frames;
            }
        }
    }
    frames
}

/// Adds the frames of one stacklet. `fault`: instruction and frame pointer, for one that faulted; for
/// others the saved ones, where the instruction is the one before.
unsafe fn walk(
    store: &StoreOpaque,
    stacklet: *const Stacklet,
    fault: Option<(usize, usize)>,
    frames: &mut Vec<Frame>,
) {
    // SAFETY: the stacklet is live.
    let stacklet = unsafe { &*stacklet };
    let mut returns = fault.is_none();
    // SAFETY: one that did not fault waits or is suspended. One that never ran has no frames.
    let Some((mut pc, mut fp)) = fault.or_else(|| unsafe { saved_point(stacklet.sp) }) else {
        return;
    };
    let inner = frames.len();
    while frames.len() < ENOUGH {
        let at = if returns { pc - 1 } else { pc };
        if let Some(frame) = frame_at(store, at) {
            frames.push(frame);
        }
        // The root frame lies in the last words of the block and saves a link out of it.
        if !stacklet.contains(fp) || fp >= stacklet.top - 16 {
            if let Some(outermost) = frames[inner..].last_mut() {
                outermost.resumed = !stacklet.parent.is_null();
            }
            break;
        }
        // SAFETY: compiled code keeps a frame chain: saved frame pointer, then return address.
        unsafe {
            let frame = fp as *const usize;
            pc = frame.add(1).read();
            fp = frame.read();
        }
        returns = true;
    }
}

fn frame_at(store: &StoreOpaque, pc: usize) -> Option<Frame> {
    let code = store.code.find(pc)?;
    let position = code.position(pc)?;
    Some(Frame {
        module: code.module()?.clone(),
        func: position.func,
        offset: position.offset,
        resumed: false,
    })
}
