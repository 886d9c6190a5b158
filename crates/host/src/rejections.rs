//! Promises that were rejected and have no handler yet.

use rquickjs::{Ctx, JsLifetime, Value};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Frames above a call that may be native ones, so that the name of a script is found below them.
const NATIVE_FRAMES: isize = 8;

/// Rejected promises without a handler, oldest first. To add one, to forget one and to take the oldest
/// cost the same however many there are.
#[derive(Default, JsLifetime)]
pub(super) struct Rejections<'js> {
    by_age: BTreeMap<u64, Rejection<'js>>,
    ages: HashMap<Value<'js>, u64>,
    next_age: u64,
    /// Number of calls that the host has made so far: jobs and callbacks.
    pub(super) calls: Rc<Cell<u64>>,
}

/// A promise and why it was rejected.
#[derive(JsLifetime)]
pub(super) struct Rejection<'js> {
    pub(super) promise: Value<'js>,
    pub(super) reason: Value<'js>,
    /// On whose behalf it was rejected.
    pub(super) frame: Option<Value<'js>>,
    /// The call of the host in which QuickJS itself rejected it, with no JavaScript on the stack.
    natively_in: Option<u64>,
}

impl<'js> Rejections<'js> {
    /// A promise was rejected and has no handler.
    ///
    /// A module that throws rejects a promise of QuickJS's own, which nobody can ever handle, and then
    /// its own, with the same reason: only that one counts. It is the one case in which QuickJS rejects
    /// two promises within one call of the host while no JavaScript runs.
    pub(super) fn add(
        &mut self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        frame: Option<Value<'js>>,
    ) {
        let natively_in = (!is_javascript_running(ctx)).then_some(self.calls.get());
        if natively_in.is_some()
            && let Some(newest) = self.by_age.last_entry()
            && newest.get().natively_in == natively_in
            && newest.get().reason == reason
        {
            self.ages.remove(&newest.remove().promise);
        }
        self.ages.insert(promise.clone(), self.next_age);
        let rejection = Rejection {
            promise,
            reason,
            frame,
            natively_in,
        };
        self.by_age.insert(self.next_age, rejection);
        self.next_age += 1;
    }

    /// A promise has got a handler.
    pub(super) fn forget(&mut self, promise: &Value<'js>) {
        if let Some(age) = self.ages.remove(promise) {
            self.by_age.remove(&age);
        }
    }

    /// The oldest one; from now on it is nobody's business any more.
    pub(super) fn take_oldest(&mut self) -> Option<Rejection<'js>> {
        let (_, oldest) = self.by_age.pop_first()?;
        self.ages.remove(&oldest.promise);
        Some(oldest)
    }
}

fn is_javascript_running(ctx: &Ctx<'_>) -> bool {
    (0..NATIVE_FRAMES).any(|level| ctx.script_or_module_name(level).is_some())
}
