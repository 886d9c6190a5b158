//! The buffers of memories: one `ArrayBuffer` per memory. One of a fixed length lasts until the memory
//! grows; one that can be resized grows with it.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached, or longer,
//! when it runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] asks
//! the store which memories have grown.

use super::known_buffers::KnownBuffers;
use super::realm::HostData;
use super::shared_buffers::SharedBuffers;
use super::shown::{Found, Showing, Shown, Weakly};
use crate::raw::{self, Attempt, ContextId, Env, Length, Marker, Own, Ref, Stored, Thrown};
use bident::{Memory, SharedMemory, SharedStore};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The buffers that JavaScript has and that are not detached.
pub(super) struct Buffers {
    shown: Rc<Shown>,
    tools: RefCell<Option<Tools>>,
    /// Memories that have grown when there was no room on the stack to tell their buffers.
    late: RefCell<HashSet<Memory>>,
    /// Memories whose buffer has no bytes that could go with it: see [`Buffers::forget_empty`].
    empty: RefCell<HashMap<Memory, Showing>>,
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
    /// What makes the buffer of a memory that can have no bytes.
    pub(super) empty: Stored,
}

impl Buffers {
    /// Those of a context.
    pub(super) fn new(known: &Rc<KnownBuffers>, context: ContextId) -> Self {
        Self {
            shown: Rc::new(Shown::known_to(known, context)),
            tools: RefCell::default(),
            late: RefCell::default(),
            empty: RefCell::default(),
            shared: SharedBuffers::new(known),
        }
    }

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
            empty: self.tool(env, |tools| &tools.empty),
            make: self.tool(env, |tools| &tools.weakly),
            deref: self.tool(env, |tools| &tools.deref),
        }
    }

    fn found<'js>(&self, env: Env<'js>, memory: Memory) -> Attempt<Option<Found<'js>>> {
        self.shown.get(env, &self.weakly(env), memory)
    }

    /// The buffer of a memory.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
    ) -> Attempt<Own<'js>> {
        match self.found(env, memory)? {
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
        match self.found(env, memory)? {
            Some((object, _, shown)) if shown == kind => Ok(object),
            found => {
                self.detach(env, memory, found);
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
            if kind == Length::Resizable(0) {
                return self.show_empty(env, &weakly, memory, showing, false);
            }
            raw::memory_buffer(env, store, memory, kind, showing)
        })
    }

    /// The growing buffer of a shared memory.
    pub(super) fn shared_of<'js>(
        &self,
        env: Env<'js>,
        memory: Memory,
        shared: &SharedMemory,
        kind: Length,
    ) -> Attempt<Own<'js>> {
        let weakly = self.weakly(env);
        (self.shared).of(env, &weakly, memory, shared, kind, |showing| {
            self.show_empty(env, &weakly, memory, showing, true)
        })
    }

    /// The buffer of a memory that can have no bytes.
    fn show_empty<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        showing: Showing,
        shared: bool,
    ) -> Attempt<Own<'js>> {
        let shared = [env.int(shared.into())];
        let buffer = env.call(weakly.empty.get(), Ref::UNDEFINED, &shared)?;
        let before = self.empty.borrow_mut().insert(memory, showing);
        drop(before);
        Ok(buffer)
    }

    /// The object of a memory goes. Its buffer may stay, if that has no bytes, but is not that of the memory any more.
    pub(super) fn forget_empty(&self, memory: Memory) {
        let showing = self.empty.borrow_mut().remove(&memory);
        drop(showing);
    }

    /// Detaches the buffers that their memories have outgrown; those that grow with them do.
    #[inline]
    pub(super) fn refresh(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        if self.shown.any() || self.shared.any_growable() {
            self.look_for_grown(env, store);
        }
    }

    fn look_for_grown(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        let late = self.late.take();
        late.into_iter()
            .for_each(|memory| self.grown_or_late(env, store, memory));
        while let Some(memory) = store.with(|store| Memory::next_grown(store)) {
            self.grown_or_late(env, store, memory);
        }
    }

    fn grown_or_late(&self, env: Env<'_>, store: &SharedStore<HostData>, memory: Memory) {
        if let Err(Thrown) = self.grown_to(env, store, memory) {
            drop(env.exception());
            self.late.borrow_mut().insert(memory);
        }
    }

    /// Tells buffers what they have not been told yet. From then on nothing is late.
    pub(super) fn settle(&self, env: Env<'_>, store: &SharedStore<HostData>) -> Attempt<()> {
        loop {
            let memory = self.late.borrow().iter().next().copied();
            let Some(memory) = memory else {
                return Ok(());
            };
            self.grown_to(env, store, memory)?;
            self.late.borrow_mut().remove(&memory);
        }
    }

    /// What is done with the length of a memory that has grown, where that is new.
    fn grown_to(&self, env: Env<'_>, store: &SharedStore<HostData>, memory: Memory) -> Attempt<()> {
        let length = store.with(|store| memory.data_size(&*store));
        let shown = self.shown.length(memory);
        match shown.is_some_and(|shown| shown != length) {
            true => self.grown(env, store, memory),
            false => (self.shared).grown(env, &self.weakly(env), memory, length),
        }
    }

    /// A memory has grown, be it by nothing: detaches its buffer, or resizes it. Where that fails, nothing has
    /// happened.
    pub(super) fn grown(
        &self,
        env: Env<'_>,
        store: &SharedStore<HostData>,
        memory: Memory,
    ) -> Attempt<()> {
        let length = store.with(|store| memory.data_size(&*store));
        (self.shared).grown(env, &self.weakly(env), memory, length)?;
        let found = self.found(env, memory)?;
        let resizable = match &found {
            Some((object, _, Length::Resizable(most))) if length as u64 <= *most => object,
            _ => {
                self.detach(env, memory, found);
                return Ok(());
            }
        };
        let before = self.shown.length(memory).unwrap_or(length);
        let written = match raw::fits_buffer(length) {
            true => written_since(store, memory, before),
            false => None,
        };
        let Some(written) = written else {
            self.detach(env, memory, found);
            return Ok(());
        };
        let resize = self.tool(env, |tools| &tools.resize);
        env.call(resize.get(), resizable.get(), &[env.float(length as f64)])?;
        // QuickJS has zeroed what is new to the buffer: so every page of it takes memory.
        store.with(|store| {
            let zeros = memory.give_back_zeros(&mut *store, before, length - before);
            debug_assert!(zeros.is_ok(), "within the memory of the store");
            let data = memory.data_mut(store);
            for (at, bytes) in written {
                data[at..at + bytes.len()].copy_from_slice(&bytes);
            }
        });
        self.shown.set_length(memory, length);
        Ok(())
    }

    /// A growth would find the buffer: where not, it had better not begin.
    pub(super) fn check(&self, env: Env<'_>, memory: Memory) -> Attempt<()> {
        self.found(env, memory).map(drop)
    }

    /// Detaches the buffer of a memory.
    fn detach(&self, env: Env<'_>, memory: Memory, found: Option<Found<'_>>) {
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
            let tools = [&tools.resize, &tools.weakly, &tools.deref, &tools.empty];
            tools.iter().for_each(|tool| tool.mark(marker));
        }
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.shown.clear();
        self.late.take();
        drop(self.empty.take());
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
