//! Walking WebAssembly frames across stacklets and activations.
//!
//! ```text
//!  innermost stacklet: pc ─ fp ─► frame ─► frame ─► root      (then the stacklet that was current
//!  next activation:    pc ─ fp ─► frame ─► root                before that activation, and so on)
//! ```

use crate::vm::activation;
use crate::vm::store::StoreOpaque;
use bident_module::Module;
use bident_stack::{Stacklet, saved_return_address};
use std::sync::Arc;

/// Frames that a backtrace keeps; of deeper stacks, the innermost.
const MOST_FRAMES: usize = 100;

/// A WebAssembly frame.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) module: Arc<Module>,
    pub(crate) func: u32,
    pub(crate) offset: Option<u32>,
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

/// Frames of one parked stacklet.
///
/// # Safety
/// It is parked in a leave stub of this store.
pub(crate) unsafe fn of_parked(store: &StoreOpaque, stacklet: *const Stacklet) -> Vec<Frame> {
    let mut frames = Vec::new();
    // SAFETY: passed on.
    unsafe {
        let (pc, fp) = waiting_at(stacklet);
        walk(store, stacklet, pc, fp, true, &mut frames);
    }
    frames
}

unsafe fn waiting_at(stacklet: *const Stacklet) -> (usize, usize) {
    // SAFETY: the caller says that the stacklet waits in a leave stub.
    unsafe {
        (
            saved_return_address((*stacklet).context),
            (*stacklet).context.fp,
        )
    }
}

unsafe fn walk_all(store: &StoreOpaque, fault: Option<(usize, usize)>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut fault = fault;
    // SAFETY: the activation list is the store's own.
    for stacklet in unsafe { activation::stacklets(store.vm.anchor.current, store.activation) } {
        // SAFETY: all but a stacklet that faulted wait in a leave stub.
        unsafe {
            let returns = fault.is_none();
            let (pc, fp) = fault.take().unwrap_or_else(|| waiting_at(stacklet));
            walk(store, stacklet, pc, fp, returns, &mut frames);
        }
        if frames.len() >= MOST_FRAMES {
            break;
        }
    }
    frames
}

/// Adds the frames of one stacklet. `returns`: `pc` is a return address, so the instruction meant is
/// the one before.
unsafe fn walk(
    store: &StoreOpaque,
    stacklet: *const Stacklet,
    pc: usize,
    fp: usize,
    returns: bool,
    frames: &mut Vec<Frame>,
) {
    // SAFETY: the stacklet is live.
    let stacklet = unsafe { &*stacklet };
    let (mut pc, mut fp, mut returns) = (pc, fp, returns);
    while frames.len() < MOST_FRAMES {
        let at = if returns { pc - 1 } else { pc };
        if let Some(frame) = frame_at(store, at) {
            frames.push(frame);
        }
        // The root frame lies in the last words of the block and saves a link out of it.
        if !stacklet.contains(fp) || fp >= stacklet.top - 16 {
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
    })
}
