//! Operand stack and control stack while a body is translated.

use cranelift_codegen::ir::{Block, Value};

/// The two stacks, and whether the code in hand can be reached.
#[derive(Default, Debug)]
pub(crate) struct Operands {
    values: Vec<Value>,
    frames: Vec<Frame>,
    reachable: bool,
    /// Blocks that were begun where nothing can be reached: they have no frame.
    dead_frames: usize,
}

/// A block, loop, conditional or function body in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    /// Where a branch to this frame goes: the start of a loop, the end of anything else. Takes what
    /// the branch carries as parameters.
    pub(crate) label: Block,
    /// Number of values that a branch carries.
    pub(crate) arity: usize,
    /// Whether anything branches to `label`.
    pub(crate) used: bool,
    /// Operands that belong to outer frames.
    pub(crate) height: usize,
}

/// What began a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FrameKind {
    /// `block`, an `if` past its `else`, or the function.
    Block,
    /// `loop`.
    Loop,
    /// `if`, as long as no `else` was seen.
    If {
        /// Where to go if the condition is false. Has the parameters of the `if`.
        otherwise: Block,
    },
}

impl Operands {
    /// Forgets everything, for a new function.
    pub(crate) fn reset(&mut self) {
        self.values.clear();
        self.frames.clear();
        self.reachable = true;
        self.dead_frames = 0;
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    pub(crate) fn extend(&mut self, values: &[Value]) {
        self.values.extend_from_slice(values);
    }

    pub(crate) fn pop(&mut self) -> Value {
        self.values.pop().expect("the validator counts operands")
    }

    /// The topmost `count` operands, lowest first.
    pub(crate) fn top(&self, count: usize) -> &[Value] {
        &self.values[self.values.len() - count..]
    }

    /// Takes the topmost `count` operands, lowest first.
    pub(crate) fn pop_many(&mut self, count: usize) -> impl Iterator<Item = Value> + '_ {
        self.values.drain(self.values.len() - count..)
    }

    /// Number of operands.
    pub(crate) fn height(&self) -> usize {
        self.values.len()
    }

    /// Drops all operands above a height.
    pub(crate) fn truncate(&mut self, height: usize) {
        self.values.truncate(height);
    }

    /// Begins a frame.
    pub(crate) fn enter(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Ends the innermost frame.
    pub(crate) fn leave(&mut self) -> Frame {
        self.frames.pop().expect("the validator counts frames")
    }

    /// Whether the body has ended.
    pub(crate) fn is_complete(&self) -> bool {
        self.frames.is_empty()
    }

    /// The frame that a branch of this depth refers to.
    pub(crate) fn frame(&mut self, depth: u32) -> &mut Frame {
        let innermost = self.frames.len() - 1;
        &mut self.frames[innermost - depth as usize]
    }

    /// Whether the code in hand can be reached.
    pub(crate) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// Says whether the code that follows can be reached.
    pub(crate) fn set_reachable(&mut self, reachable: bool) {
        self.reachable = reachable;
    }

    /// Begins a frame in code that cannot be reached.
    pub(crate) fn enter_dead(&mut self) {
        self.dead_frames += 1;
    }

    /// Ends a frame that began in code that cannot be reached; false if there is none.
    pub(crate) fn leave_dead(&mut self) -> bool {
        let any = self.in_dead_frame();
        self.dead_frames -= usize::from(any);
        any
    }

    /// Whether the innermost frame began in code that cannot be reached.
    pub(crate) fn in_dead_frame(&self) -> bool {
        self.dead_frames > 0
    }
}
