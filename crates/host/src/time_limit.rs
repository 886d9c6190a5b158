//! When JavaScript must have ended that was given a time: QuickJS asks every so often.

use rquickjs::JsLifetime;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No limit.
const NEVER: u64 = u64::MAX;

/// The limit of a runtime.
#[derive(Clone, JsLifetime)]
pub(crate) struct TimeLimit {
    start: Instant,
    /// Milliseconds from the start.
    until: Arc<AtomicU64>,
    /// Set where somebody has asked for the end.
    interrupted: Arc<AtomicBool>,
}

impl Default for TimeLimit {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            until: Arc::new(AtomicU64::new(NEVER)),
            interrupted: Arc::default(),
        }
    }
}

impl TimeLimit {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(NEVER)
    }

    /// What runs now must end in time, and no later than what it is part of; gives that for [`TimeLimit::end`].
    pub(crate) fn begin(&self, time: Duration) -> u64 {
        let time = u64::try_from(time.as_millis()).unwrap_or(NEVER);
        let until = self.now().saturating_add(time);
        self.until.fetch_min(until, Ordering::Relaxed)
    }

    /// Goes back to the limit before; whether the time was over.
    pub(crate) fn end(&self, before: u64) -> bool {
        let is_over = self.is_over();
        self.until.store(before, Ordering::Relaxed);
        is_over
    }

    /// A limit that ends where this flag says so.
    pub(crate) fn with_flag(interrupted: Arc<AtomicBool>) -> Self {
        Self {
            interrupted,
            ..Self::default()
        }
    }

    /// What says, while it is set, that JavaScript must end.
    pub(crate) fn interrupted(&self) -> Arc<AtomicBool> {
        self.interrupted.clone()
    }

    /// Whether JavaScript must end, for want of time or because somebody has interrupted it.
    pub(crate) fn must_end(&self) -> bool {
        self.is_over() || self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether the time is over.
    pub(crate) fn is_over(&self) -> bool {
        match self.until.load(Ordering::Relaxed) {
            NEVER => false,
            until => self.now() >= until,
        }
    }
}
