//! The buffers of memories: one `ArrayBuffer` per memory. One of a fixed length lasts until the memory
//! grows; one that can be resized grows with it.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached, or longer,
//! when it runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] asks
//! the store which memories have grown.

use super::realm::HostData;
use crate::raw::{self, Attempt, Env, Identity, Length, Marker, Own, Ref, Stored, Thrown};
use bident::{Memory, SharedStore};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// The buffers that JavaScript has seen and that are not detached.
#[derive(Default)]
pub(super) struct Buffers {
    shown: RefCell<Shown>,
    /// Whether there are any.
    any: Cell<bool>,
    /// `ArrayBuffer.prototype.resize` as QuickJS made it.
    resize: RefCell<Option<Stored>>,
}

#[derive(Default)]
struct Shown {
    buffers: HashMap<Memory, Buffer>,
    memories: HashMap<Identity, Memory>,
}

struct Buffer {
    length: usize,
    kind: Length,
    object: Stored,
}

impl Buffers {
    /// What buffers are resized with.
    pub(super) fn set_resize(&self, resize: Stored) {
        self.resize.replace(Some(resize));
    }

    /// The buffer of a memory.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
    ) -> Attempt<Own<'js>> {
        match self.shown(env, memory) {
            Some((object, _)) => Ok(object),
            None => self.show(env, store, memory, Length::Fixed),
        }
    }

    /// The buffer of a memory, which is, or becomes, of this kind: one of another kind is detached.
    pub(super) fn of_kind<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
        kind: Length,
    ) -> Attempt<Own<'js>> {
        match self.shown(env, memory) {
            Some((object, shown)) if shown == kind => Ok(object),
            _ => {
                self.detach(env, memory);
                self.show(env, store, memory, kind)
            }
        }
    }

    /// The buffer of a memory, if JavaScript has seen one.
    fn shown<'js>(&self, env: Env<'js>, memory: Memory) -> Option<(Own<'js>, Length)> {
        let shown = self.shown.borrow();
        let buffer = shown.buffers.get(&memory)?;
        Some((buffer.object.to_owned(env), buffer.kind))
    }

    fn show<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
        kind: Length,
    ) -> Attempt<Own<'js>> {
        let object = raw::memory_buffer(env, store, memory, kind)?;
        let buffer = Buffer {
            length: store.with(|store| memory.data_size(&*store)),
            kind,
            object: object.get().to_owned(env).store(),
        };
        let mut shown = self.shown.borrow_mut();
        let identity = object.get().identity();
        shown
            .memories
            .extend(identity.map(|object| (object, memory)));
        shown.buffers.insert(memory, buffer);
        self.any.set(true);
        Ok(object)
    }

    /// Detaches the buffers that their memories have outgrown.
    #[inline]
    pub(super) fn refresh(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        if self.any.get() {
            self.look_for_grown(env, store);
        }
    }

    fn look_for_grown(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        while let Some(memory) = store.with(|store| Memory::next_grown(store)) {
            let length = store.with(|store| memory.data_size(&*store));
            let shown = self
                .shown
                .borrow()
                .buffers
                .get(&memory)
                .map(|buffer| buffer.length);
            if shown.is_some_and(|shown| shown != length) {
                self.grown(env, store, memory);
            }
        }
    }

    /// A memory has grown, be it by nothing: detaches its buffer, or resizes it.
    pub(super) fn grown(&self, env: Env<'_>, store: &SharedStore<HostData>, memory: Memory) {
        let length = store.with(|store| memory.data_size(&*store));
        let resizable = match self.shown(env, memory) {
            Some((object, Length::Resizable(_))) => object,
            _ => return self.detach(env, memory),
        };
        let resize = self.resize.borrow();
        let resize = resize.as_ref().map(|resize| resize.to_owned(env));
        let resize = resize.unwrap_or_else(|| env.undefined());
        let new_length = [env.float(length as f64)];
        if let Err(Thrown) = env.call(resize.get(), resizable.get(), &new_length) {
            // Beyond what a buffer of QuickJS can show.
            drop(env.exception());
            return self.detach(env, memory);
        }
        if let Some(buffer) = self.shown.borrow_mut().buffers.get_mut(&memory) {
            buffer.length = length;
        }
    }

    /// Detaches the buffer of a memory.
    fn detach(&self, env: Env<'_>, memory: Memory) {
        let mut shown = self.shown.borrow_mut();
        let Some(buffer) = shown.buffers.remove(&memory) else {
            return;
        };
        if let Some(identity) = buffer.object.get().identity() {
            shown.memories.remove(&identity);
        }
        self.any.set(!shown.buffers.is_empty());
        drop(shown);
        raw::detach(env, buffer.object.get());
    }

    /// The memory whose buffer a value is, and whether that can be resized.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<(Memory, Length)> {
        let shown = self.shown.borrow();
        let memory = *shown.memories.get(&value.identity()?)?;
        Some((memory, shown.buffers.get(&memory)?.kind))
    }

    /// Tells the collector about the buffers.
    pub(super) fn mark(&self, marker: &Marker) {
        let shown = self.shown.borrow();
        let buffers = shown.buffers.values();
        buffers.for_each(|buffer| buffer.object.mark(marker));
        if let Some(resize) = &*self.resize.borrow() {
            resize.mark(marker);
        }
    }

    /// Forgets the buffers.
    pub(super) fn clear(&self) {
        self.any.set(false);
        drop(self.shown.take());
        drop(self.resize.take());
    }
}
