//! Which buffers the memories of all contexts of a runtime have: a program can hand one to another context, whose
//! functions must know what it is.
//!
//! What is shared stays known as long as the buffer is there, for it may outlive its context.

use crate::raw::{ContextId, Identity, Ref};
use bident::SharedMemory;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// See the module.
#[derive(Default)]
pub(super) struct KnownBuffers {
    /// The contexts whose memories have them.
    contexts: RefCell<HashMap<Identity, ContextId>>,
    /// Those that grow with shared memories.
    growing: RefCell<HashMap<Identity, SharedMemory>>,
    /// The shared memories that there is any buffer of, by their first byte, each with how many buffers.
    seen: RefCell<HashMap<usize, (SharedMemory, usize)>>,
}

impl KnownBuffers {
    /// The context whose memory, one that is not shared, a value is the buffer of.
    pub(super) fn context_of(&self, value: Ref<'_>) -> Option<ContextId> {
        let identity = value.identity()?;
        self.contexts.borrow().get(&identity).copied()
    }

    /// A buffer is that of a memory of a context.
    pub(super) fn add(&self, buffer: Identity, context: ContextId) {
        self.contexts.borrow_mut().insert(buffer, context);
    }

    /// It is so no longer.
    pub(super) fn remove(&self, buffer: Identity) {
        self.contexts.borrow_mut().remove(&buffer);
    }

    /// The memory whose growing buffer a value is.
    pub(super) fn growing(&self, value: Ref<'_>) -> Option<SharedMemory> {
        let identity = value.identity()?;
        self.growing.borrow().get(&identity).cloned()
    }

    /// The shared memory that begins at an address, if there is a buffer of it.
    pub(super) fn memory_at(&self, base: usize) -> Option<SharedMemory> {
        let all = self.seen.borrow();
        all.get(&base).map(|(memory, _)| memory.clone())
    }
}

/// A shared memory that a buffer shows, and keeps. Known as long as it is there.
pub(crate) struct SeenMemory {
    memory: SharedMemory,
    known: Rc<KnownBuffers>,
    growing: Cell<Option<Identity>>,
}

impl SeenMemory {
    pub(super) fn new(known: &Rc<KnownBuffers>, memory: &SharedMemory) -> Self {
        let mut all = known.seen.borrow_mut();
        let entry = all.entry(memory.data_ptr().addr());
        entry.or_insert_with(|| (memory.clone(), 0)).1 += 1;
        Self {
            memory: memory.clone(),
            known: known.clone(),
            growing: Cell::default(),
        }
    }

    /// The memory.
    pub(crate) fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// This is the buffer, which grows with the memory.
    pub(crate) fn grows(&self, buffer: Identity) {
        let mut growing = self.known.growing.borrow_mut();
        growing.insert(buffer, self.memory.clone());
        self.growing.set(Some(buffer));
    }
}

impl Drop for SeenMemory {
    fn drop(&mut self) {
        if let Some(buffer) = self.growing.get() {
            self.known.growing.borrow_mut().remove(&buffer);
        }
        let mut all = self.known.seen.borrow_mut();
        let base = self.memory.data_ptr().addr();
        if let Some((_, buffers)) = all.get_mut(&base) {
            *buffers -= 1;
            if *buffers == 0 {
                all.remove(&base);
            }
        }
    }
}
