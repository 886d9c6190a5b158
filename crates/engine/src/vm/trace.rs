//! Traces: who among the embedder's objects leads to which host values. `crate::trace` says what for.
//!
//! ```text
//!   state       begins with                        what is marked
//!   ─────────   ────────────────────────────────   ──────────────────────────────────────────────
//!   Counting    begin_trace: no counts             nothing; owners count their handles
//!   Sharing     share: marks from the roots, then  what the roots lead to, and the owners that have
//!               from all that is counted; then     asked since
//!               the roots again, alone
//!   none        end_trace, or a collection         nothing
//! ```
//!
//! A root is what a collection begins with, but for handles all of whose clones owners have counted. Nothing
//! is freed, and nothing runs in the store between two steps, so each step finds what was there before.

use crate::any::AnyRef;
use crate::continuation::Continuation;
use crate::exception::WeakException;
use crate::kept::Kept;
use crate::outcome::ParkedCall;
use crate::value::ExternRef;
use crate::vm::held::count;
use crate::vm::lifetime::{Graph, Marks, Node, items_of};
use crate::vm::roots::{Found, Heaps, roots_of};
use crate::vm::store::StoreOpaque;
use bident_stack::{Marking, Pending};

/// A trace that is under way.
pub(crate) enum Trace {
    /// The words of exceptions that owners may find again.
    Counting(Vec<u64>),
    Sharing(Box<Marks>),
}

/// A handle that an object of the embedder's has.
#[derive(Clone, Copy, Debug)]
pub enum Owned<'a> {
    /// An item.
    Item(&'a Kept),
    /// A structure or an array.
    Any(&'a AnyRef),
    /// A parked call.
    Call(&'a ParkedCall),
    /// A continuation.
    Continuation(&'a Continuation),
    /// The way back to an exception, which keeps it for a trace alone.
    Weak(&'a WeakException),
}

/// Where a step of a trace begins.
#[derive(Clone, Copy)]
enum From<'a> {
    Roots,
    /// Everything that is counted, and these words.
    Counted(&'a [u64]),
    Handle(Owned<'a>),
}

impl StoreOpaque {
    /// Begins a trace: no handle is counted.
    pub(crate) fn begin_trace(&mut self) {
        self.end_trace();
        self.vm.chains.free_dropped();
        self.vm.chains.clear_values();
        self.held.forget_counts();
        self.kept.forget_counts();
        self.trace = Some(Trace::Counting(Vec::new()));
    }

    /// An owner has this handle.
    pub(crate) fn count_owned(&mut self, owned: Owned<'_>) {
        match owned {
            Owned::Item(kept) => kept.count(),
            Owned::Any(any) => {
                if let Some(held) = any.only_clone() {
                    count(held);
                }
            }
            Owned::Continuation(continuation) => {
                if let Some(held) = continuation.only_clone() {
                    count(held);
                }
            }
            Owned::Call(call) => {
                if call.0.waits() && call.0.belongs_to(self) {
                    self.vm.chains.own(call.0.chain());
                }
            }
            Owned::Weak(weak) => {
                if let (Some(Trace::Counting(words)), Some(word)) =
                    (&mut self.trace, weak.word(&self.exns))
                    // Without memory for it, what it alone leads to is not shared.
                    && words.try_reserve(1).is_ok()
                {
                    words.push(word);
                }
            }
        }
    }

    /// All owners have counted their handles. Gives the host values that only they lead to; whether there
    /// was memory to find out.
    pub(crate) fn share_values(&mut self, found: &mut dyn FnMut(&ExternRef)) -> bool {
        let Some(Trace::Counting(words)) = self.trace.take() else {
            return false;
        };
        let Ok(graph) = Graph::unmarked(items_of!(self)) else {
            self.unmark_all(true);
            return false;
        };
        let marks = self.step(graph.into_marks(), None, From::Roots);
        let mut marks = self.step(marks, Some(found), From::Counted(&words));
        marks.clear();
        self.unmark_all(false);
        let marks = self.step(marks, None, From::Roots);
        self.trace = Some(Trace::Sharing(marks));
        true
    }

    /// Marks from the handle of an owner; gives the host values that were not reached before. Whether the
    /// trace is still under way.
    pub(crate) fn reach_owned(
        &mut self,
        owned: Owned<'_>,
        found: &mut dyn FnMut(&ExternRef),
    ) -> bool {
        match self.trace.take() {
            Some(Trace::Sharing(mut marks)) => {
                if !matches!(owned, Owned::Item(kept) if marks.has(kept.node())) {
                    marks = self.step(marks, Some(found), From::Handle(owned));
                }
                self.trace = Some(Trace::Sharing(marks));
                true
            }
            _ => false,
        }
    }

    /// Ends the trace, if one is under way.
    pub(crate) fn end_trace(&mut self) {
        if self.trace.take().is_some() {
            self.unmark_all(true);
        }
    }

    fn unmark_all(&mut self, ends: bool) {
        self.vm.chains.unmark(ends);
        self.externs.unmark();
        self.exns.unmark();
        self.objects.unmark();
    }

    /// Marks what can be reached from somewhere, beside what is marked.
    fn step(&mut self, marks: Box<Marks>, found: Found<'_>, from: From<'_>) -> Box<Marks> {
        self.objects.note_runs(&self.vm.heap);
        let roots = roots_of!(self, &[]);
        let mut heaps = Heaps {
            graph: Some(Graph::with(items_of!(self), marks)),
            externs: &mut self.externs,
            exns: &mut self.exns,
            objects: &mut self.objects,
            words: Pending::new(0),
            found,
        };
        let mut marking = match from {
            From::Roots => self.vm.chains.mark(),
            From::Counted(_) | From::Handle(_) => self.vm.chains.mark_on(),
        };
        let is_root = matches!(from, From::Roots);
        match from {
            From::Roots | From::Counted(_) => {
                for (kept, uncounted) in roots.kept.counted() {
                    if uncounted == is_root {
                        heaps.reach(kept.node());
                    }
                }
                for (held, uncounted) in roots.held.counted() {
                    if uncounted == is_root {
                        heaps.follow(&mut marking, held.word());
                    }
                }
                if is_root {
                    heaps.reach_kept();
                    roots.each_other_word(|word| heaps.follow(&mut marking, word));
                }
                if let From::Counted(words) = from {
                    marking.reach_owned();
                    for word in words {
                        heaps.follow(&mut marking, *word);
                    }
                }
            }
            From::Handle(Owned::Item(kept)) => heaps.reach(kept.node()),
            From::Handle(Owned::Any(any)) => heaps.follow(&mut marking, any.word()),
            From::Handle(Owned::Continuation(continuation)) => {
                heaps.follow(&mut marking, continuation.word());
            }
            From::Handle(Owned::Call(call)) if call.0.waits() => {
                marking.reach_held(call.0.chain());
            }
            From::Handle(Owned::Call(_)) => {}
            From::Handle(Owned::Weak(weak)) => {
                if let Some(word) = weak.word(heaps.exns) {
                    heaps.follow(&mut marking, word);
                }
            }
        }
        heaps.follow_all_reached(&mut marking, is_root);
        marking.pause();
        // There is one: it was put in above.
        let graph = heaps.graph.take();
        graph.map(Graph::into_marks).expect("the graph of a trace")
    }
}

impl Heaps<'_, '_> {
    fn reach_kept(&mut self) {
        if let Some(graph) = &mut self.graph {
            graph.reach_kept();
        }
    }

    /// Follows all that is reached; at first also what held chains and the transfer buffer have.
    fn follow_all_reached(&mut self, marking: &mut Marking<'_>, all: bool) {
        self.follow_some(marking, 0);
        match all {
            true => marking.scan(|marking, word| self.follow(marking, word)),
            false => marking.scan_reached(|marking, word| self.follow(marking, word)),
        }
        while self.were_incomplete() {
            self.follow_again(marking);
            marking.scan_reached(|marking, word| self.follow(marking, word));
        }
    }
}

/// Where an item lies that a handle keeps.
impl Kept {
    fn node(&self) -> Node {
        self.holding().node()
    }
}
