//! Which calls are under way: for the message of a `SuspendError`, which needs no more than the
//! innermost of each kind.

use super::realm::Realm;
use bident::{Func, printable};
use std::cell::Cell;

/// The innermost promising call under way, and the innermost import that it has come to since.
pub(super) struct Frames {
    promising: Cell<Option<Func>>,
    /// Its number; [`NO_IMPORT`] if there is none.
    import: Cell<u32>,
    /// How many calls are under way.
    depth: Cell<usize>,
}

const NO_IMPORT: u32 = u32::MAX;

impl Default for Frames {
    fn default() -> Self {
        Self {
            promising: Cell::new(None),
            import: Cell::new(NO_IMPORT),
            depth: Cell::new(0),
        }
    }
}

impl Frames {
    /// A call that has promised, and the import whose JavaScript function stands between it and now.
    pub(super) fn barrier(&self) -> Option<(Func, u32)> {
        let import = Some(self.import.get()).filter(|import| *import != NO_IMPORT);
        self.promising.get().zip(import)
    }

    /// How many calls are under way.
    pub(super) fn depth(&self) -> usize {
        self.depth.get()
    }

    /// Notes a call of the JavaScript function with this number as long as the guard lives.
    #[inline]
    pub(super) fn enter_import(&self, number: u32) -> ImportGuard<'_> {
        let before = self.import.replace(number);
        self.depth.set(self.depth.get() + 1);
        ImportGuard(self, before)
    }

    /// Notes a promising call of this function, or that it goes on, as long as the guard lives.
    #[inline]
    pub(super) fn enter_promising(&self, func: Func) -> PromisingGuard<'_> {
        PromisingGuard {
            _import: self.enter_import(NO_IMPORT),
            frames: self,
            before: self.promising.replace(Some(func)),
        }
    }

    /// Notes a call of a JavaScript function that loads a module as long as the guard lives.
    pub(super) fn enter_loader(&self) -> ImportGuard<'_> {
        self.enter_import(self.import.get())
    }
}

/// See [`Frames::enter_import`].
pub(super) struct ImportGuard<'a>(&'a Frames, u32);

impl Drop for ImportGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.import.set(self.1);
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

/// See [`Frames::enter_promising`].
pub(super) struct PromisingGuard<'a> {
    _import: ImportGuard<'a>,
    frames: &'a Frames,
    before: Option<Func>,
}

impl Drop for PromisingGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.frames.promising.set(self.before);
    }
}

impl Realm {
    /// Words for messages about a promising call.
    pub(super) fn describe(&self, func: Func) -> String {
        match (self.store).with(|store| (func.name(&*store), func.index_in_module(&*store))) {
            (Some(name), _) => printable(&name).to_string(),
            (None, index) => format!("wasm-function[{}]", index.unwrap_or_default()),
        }
    }
}
