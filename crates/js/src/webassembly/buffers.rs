//! The buffers of memories: one `ArrayBuffer` per memory. One of a fixed length lasts until the memory
//! grows; one that can be resized grows with it.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached, or longer,
//! when it runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] asks
//! the store which memories have grown.

use super::realm::HostData;
use super::shared_buffers::SharedBuffers;
use super::shown::Shown;
use crate::raw::{self, Attempt, Env, Length, Marker, Own, Ref, Stored, Thrown};
use bident::{Memory, SharedStore};
use std::cell::RefCell;
use std::rc::Rc;

/// The buffers that JavaScript has and that are not detached.
#[derive(Default)]
pub(super) struct Buffers {
    shown: Rc<Shown>,
    /// `ArrayBuffer.prototype.resize` as QuickJS made it.
    resize: RefCell<Option<Stored>>,
    /// Those of shared memories.
    pub(super) shared: SharedBuffers,
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
        match self.shown.get(env, memory) {
            Some((object, ..)) => Ok(object),
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
        match self.shown.get(env, memory) {
            Some((object, _, shown)) if shown == kind => Ok(object),
            _ => {
                self.detach(env, memory);
                self.show(env, store, memory, kind)
            }
        }
    }

    fn show<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
        kind: Length,
    ) -> Attempt<Own<'js>> {
        let (showing, link) = self.shown.showing(memory);
        let object = raw::memory_buffer(env, store, memory, kind, (showing, &link))?;
        let length = store.with(|store| memory.data_size(&*store));
        (self.shown).insert(memory, (length, kind), (link, object.get()));
        Ok(object)
    }

    /// Detaches the buffers that their memories have outgrown; those that grow with them do.
    #[inline]
    pub(super) fn refresh(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        if self.shown.any() || self.shared.any_growable() {
            self.look_for_grown(env, store);
        }
    }

    fn look_for_grown(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        while let Some(memory) = store.with(|store| Memory::next_grown(store)) {
            let length = store.with(|store| memory.data_size(&*store));
            let shown = self.shown.length(memory);
            if shown.is_some_and(|shown| shown != length) {
                self.grown(env, store, memory);
            }
            self.shared.grown(env, memory, length);
        }
    }

    /// A memory has grown, be it by nothing: detaches its buffer, or resizes it.
    pub(super) fn grown(&self, env: Env<'_>, store: &SharedStore<HostData>, memory: Memory) {
        let length = store.with(|store| memory.data_size(&*store));
        self.shared.grown(env, memory, length);
        let resizable = match self.shown.get(env, memory) {
            Some((object, _, Length::Resizable(_))) => object,
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
        self.shown.set_length(memory, length);
    }

    /// Detaches the buffer of a memory.
    fn detach(&self, env: Env<'_>, memory: Memory) {
        if let Some((object, ..)) = self.shown.get(env, memory) {
            self.shown.forget(memory);
            raw::detach(env, object.get());
        }
    }

    /// The memory whose buffer a value is, and whether that can be resized.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<(Memory, Length)> {
        self.shown.memory_of(value)
    }

    /// Tells the collector about what buffers are resized with.
    pub(super) fn mark(&self, marker: &Marker) {
        self.shared.mark(marker);
        if let Some(resize) = &*self.resize.borrow() {
            resize.mark(marker);
        }
    }

    /// Forgets that.
    pub(super) fn clear(&self) {
        drop(self.resize.take());
        self.shared.clear();
    }
}
