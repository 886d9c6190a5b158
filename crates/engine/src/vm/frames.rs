//! What WebAssembly frames mean: function and place in the module. The walk itself is
//! `bident_stack`'s.

use crate::vm::code::CodeMap;
use bident_module::{FuncIndex, Module};
use bident_stack::View;
use std::sync::Arc;

/// Frames that a backtrace keeps; of deeper stacks, the innermost.
pub(crate) const MOST_FRAMES: usize = 100;

/// Frames after which a walk ends: one more, which says that there are more.
const ENOUGH: usize = MOST_FRAMES + 1;

/// A WebAssembly frame.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) module: Arc<Module>,
    pub(crate) func: FuncIndex,
    pub(crate) offset: Option<u32>,
    /// Whether it is the outermost one of a continuation: the next frame has resumed it.
    pub(crate) resumed: bool,
    /// Whether it is the outermost one of a call from the host.
    pub(crate) entered: bool,
}

/// The frames of these stacklets, innermost first. `fault`: instruction and frame pointer of the first
/// one, if it faulted there.
pub(crate) fn of<'a>(
    code: &CodeMap,
    stacklets: impl Iterator<Item = View<'a>>,
    fault: Option<(usize, usize)>,
) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut fault = fault;
    for stacklet in stacklets {
        let points = match fault.take() {
            Some((pc, fp)) => stacklet.frames_at_fault(pc, fp),
            None => stacklet.frames(),
        };
        let inner = frames.len();
        let found = points.flat_map(|point| frames_at(code, point.instruction()));
        frames.extend(found.take(ENOUGH - inner));
        if frames.len() == ENOUGH {
            break;
        }
        if let Some(outermost) = frames[inner..].last_mut() {
            outermost.resumed = stacklet.was_resumed();
            outermost.entered = !stacklet.was_resumed();
        }
    }
    frames
}

/// What an instruction belongs to: more than one frame where a function was compiled in place of a call.
fn frames_at(code: &CodeMap, pc: usize) -> Vec<Frame> {
    let Some(code) = code.find(pc) else {
        return Vec::new();
    };
    let positions = code.positions(pc).into_iter();
    let module = code.module();
    let frames = positions.filter_map(|position| {
        Some(Frame {
            module: module?.clone(),
            func: position.func,
            offset: position.offset,
            resumed: false,
            entered: false,
        })
    });
    frames.collect()
}
