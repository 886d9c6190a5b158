//! The buffers of memories: one `ArrayBuffer` per memory. One of a fixed length lasts until the memory
//! grows; one that can be resized grows with it.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached, or longer,
//! when it runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] asks
//! the store which memories have grown.

use super::realm::HostData;
use super::shared_buffers::SharedBuffers;
use super::shown::{Found, Shown, Weakly};
use crate::raw::{self, Attempt, Env, Length, Marker, Own, Ref, Stored, Thrown};
use bident::{Memory, SharedStore};
use std::cell::RefCell;
use std::rc::Rc;

/// The buffers that JavaScript has and that are not detached.
#[derive(Default)]
pub(super) struct Buffers {
    shown: Rc<Shown>,
    tools: RefCell<Option<Tools>>,
    /// Those of shared memories.
    pub(super) shared: SharedBuffers,
}

/// What buffers are handled with, as it was before any program ran.
pub(super) struct Tools {
    /// `ArrayBuffer.prototype.resize` as QuickJS made it.
    pub(super) resize: Stored,
    /// What makes a weak reference.
    pub(super) weakly: Stored,
    /// `WeakRef.prototype.deref`.
    pub(super) deref: Stored,
}

impl Buffers {
    /// What buffers are handled with.
    pub(super) fn set_tools(&self, tools: Tools) {
        self.tools.replace(Some(tools));
    }

    fn tool<'js>(&self, env: Env<'js>, which: impl FnOnce(&Tools) -> &Stored) -> Own<'js> {
        let tools = self.tools.borrow();
        (tools.as_ref()).map_or_else(|| env.undefined(), |tools| which(tools).to_owned(env))
    }

    /// How buffers are referred to weakly.
    pub(super) fn weakly<'js>(&self, env: Env<'js>) -> Weakly<'js> {
        Weakly {
            make: self.tool(env, |tools| &tools.weakly),
            deref: self.tool(env, |tools| &tools.deref),
        }
    }

    fn found<'js>(&self, env: Env<'js>, memory: Memory) -> Option<Found<'js>> {
        self.shown.get(env, &self.weakly(env), memory)
    }

    /// The buffer of a memory.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
    ) -> Attempt<Own<'js>> {
        match self.found(env, memory) {
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
        match self.found(env, memory) {
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
        let length = store.with(|store| memory.data_size(&*store));
        let weakly = self.weakly(env);
        (self.shown).show(env, &weakly, memory, (length, kind), |showing| {
            raw::memory_buffer(env, store, memory, kind, showing)
        })
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
            self.shared.grown(env, &self.weakly(env), memory, length);
        }
    }

    /// A memory has grown, be it by nothing: detaches its buffer, or resizes it.
    pub(super) fn grown(&self, env: Env<'_>, store: &SharedStore<HostData>, memory: Memory) {
        let length = store.with(|store| memory.data_size(&*store));
        self.shared.grown(env, &self.weakly(env), memory, length);
        let resizable = match self.found(env, memory) {
            Some((object, _, Length::Resizable(_))) => object,
            _ => return self.detach(env, memory),
        };
        let resize = self.tool(env, |tools| &tools.resize);
        let new_length = [env.float(length as f64)];
        let before = self.shown.length(memory).unwrap_or(length);
        let Some(written) = written_since(store, memory, before) else {
            return self.detach(env, memory);
        };
        if let Err(Thrown) = env.call(resize.get(), resizable.get(), &new_length) {
            // Beyond what a buffer of QuickJS can show.
            drop(env.exception());
            return self.detach(env, memory);
        }
        // QuickJS has zeroed what is new to the buffer.
        store.with(|store| {
            let data = memory.data_mut(store);
            for (at, bytes) in written {
                data[at..at + bytes.len()].copy_from_slice(&bytes);
            }
        });
        self.shown.set_length(memory, length);
    }

    /// Detaches the buffer of a memory.
    fn detach(&self, env: Env<'_>, memory: Memory) {
        let found = self.found(env, memory);
        self.shown.forget(memory);
        if let Some((object, ..)) = found {
            raw::detach(env, object.get());
        }
    }

    /// Whether a value is the buffer of this memory.
    pub(super) fn is_shown(&self, memory: Memory, value: Ref<'_>) -> bool {
        matches!(self.shown.memory_of(value), Some((found, _)) if found == memory)
    }

    /// The memory whose buffer a value is, and whether that can be resized.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<(Memory, Length)> {
        self.shown.memory_of(value)
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.shown.mark(marker);
        self.shared.mark(marker);
        if let Some(tools) = &*self.tools.borrow() {
            let tools = [&tools.resize, &tools.weakly, &tools.deref];
            tools.iter().for_each(|tool| tool.mark(marker));
        }
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.shown.clear();
        drop(self.tools.take());
        self.shared.clear();
    }
}

/// Bytes that are looked at together.
const PART: usize = 4096;

/// What a memory has from a place on that is not zero, part by part; `None` where there is no room for a copy.
fn written_since(
    store: &SharedStore<HostData>,
    memory: Memory,
    from: usize,
) -> Option<Vec<(usize, Vec<u8>)>> {
    store.with(|store| {
        let mut written = Vec::new();
        let data = memory.data(&*store).get(from..).unwrap_or_default();
        for (i, part) in data.chunks(PART).enumerate() {
            if part.iter().any(|byte| *byte != 0) {
                let mut copy = Vec::new();
                copy.try_reserve_exact(part.len()).ok()?;
                copy.extend_from_slice(part);
                written.try_reserve(1).ok()?;
                written.push((from + i * PART, copy));
            }
        }
        Some(written)
    })
}
