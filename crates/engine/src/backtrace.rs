//! WebAssembly frames as the embedder sees them.

use crate::store::AsContext;
use crate::vm::frames::{self, Frame, MOST_FRAMES};
use crate::vm::store::StoreOpaque;
use bident_module::printable;
use bident_stack::View;
use std::fmt;

/// A WebAssembly frame of a backtrace.
#[derive(Clone)]
pub struct FrameInfo(Frame);

impl FrameInfo {
    pub(crate) fn new(frame: Frame) -> Self {
        Self(frame)
    }

    /// The frames of the innermost call that is under way, innermost first, at most 100: what lies
    /// between the host function that runs now and the host code that made the call. None where nothing
    /// runs.
    pub fn of_running(store: impl AsContext) -> Vec<Self> {
        let store = store.opaque().0;
        Self::of(store, store.vm.chains.current_chain())
    }

    pub(crate) fn of<'a>(
        store: &StoreOpaque,
        stacklets: impl Iterator<Item = View<'a>>,
    ) -> Vec<Self> {
        let frames = frames::of(&store.code, stacklets, None).into_iter();
        frames.take(MOST_FRAMES).map(Self).collect()
    }

    /// Name of the module, from its name section: whatever the module says. [`crate::printable`] makes
    /// it fit for a terminal, as `Display` does.
    pub fn module_name(&self) -> Option<&str> {
        self.0.module.names.module()
    }

    /// Position of the function in its module, imports counted.
    pub fn func_index(&self) -> u32 {
        self.0.func.0
    }

    /// Name of the function, from the name section or an export: whatever the module says.
    pub fn func_name(&self) -> Option<&str> {
        self.0.module.func_name(self.0.func)
    }

    /// Whether it is the outermost frame of a continuation: the next frame is the one that resumed it.
    pub fn is_resumed(&self) -> bool {
        self.0.resumed
    }

    /// Whether it is the outermost frame of a call from the host: the next one, if there is one, belongs
    /// to another call, and host code lies between them.
    pub fn is_entered(&self) -> bool {
        self.0.entered
    }

    /// Offset of the instruction in the binary, in bytes.
    pub fn module_offset(&self) -> Option<usize> {
        self.0.offset.map(|o| o as usize)
    }

    /// Offset of the instruction from the start of the function's body, in bytes.
    pub fn func_offset(&self) -> Option<usize> {
        let defined = self.0.module.defined_func(self.0.func)?;
        self.module_offset()?
            .checked_sub(self.0.module.bodies[defined].range.start)
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module_offset() {
            Some(offset) => write!(f, "{offset:#8x} - ")?,
            None => write!(f, "{:>8} - ", "?")?,
        }
        if let Some(module) = self.module_name() {
            write!(f, "{}!", printable(module))?;
        }
        match self.func_name() {
            Some(name) => write!(f, "{}", printable(name))?,
            None => write!(f, "<function {}>", self.func_index())?,
        }
        if self.is_resumed() {
            f.write_str(", resumed by")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
