//! The job queue.

use rquickjs::{Ctx, qjs};
use std::marker::PhantomData;

/// What [`Jobs::run_next`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Job {
    /// The queue was empty.
    None,
    /// A job ran.
    Done,
    /// A job ran and left an exception in the context.
    Threw,
}

/// The queue of a runtime.
#[derive(Clone, Copy)]
pub(crate) struct Jobs<'a> {
    runtime: *mut qjs::JSRuntime,
    /// As long as the context is there, its runtime is.
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Jobs<'a> {
    /// The queue that a context shares with all of its runtime.
    pub(crate) fn of(ctx: &'a Ctx<'_>) -> Self {
        // SAFETY: `ctx` is alive.
        let runtime = unsafe { qjs::JS_GetRuntime(ctx.as_raw().as_ptr()) };
        let lifetime = PhantomData;
        Self { runtime, lifetime }
    }

    /// Runs the first job.
    #[inline]
    pub(crate) fn run_next(self) -> Job {
        let mut job_ctx = std::ptr::null_mut();
        // SAFETY: the runtime is alive for 'a; QuickJS writes the job's context through the pointer.
        match unsafe { qjs::JS_ExecutePendingJob(self.runtime, &mut job_ctx) } {
            0 => Job::None,
            1.. => Job::Done,
            _ => Job::Threw,
        }
    }
}
