//! The job queue: running the next job, and adding one without making a function for it.

use rquickjs::{Ctx, qjs};

/// What [`run_next_job`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Job {
    /// The queue was empty.
    None,
    /// A job ran.
    Done,
    /// A job ran and left an exception in the context.
    Threw,
}

/// Runs the first job of the runtime's queue.
pub(crate) fn run_next_job(ctx: &Ctx<'_>) -> Job {
    let mut job_ctx = std::ptr::null_mut();
    // SAFETY: `ctx` is alive, so is its runtime; QuickJS writes the job's context through the pointer.
    let done = unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_ExecutePendingJob(runtime, &mut job_ctx)
    };
    match done {
        0 => Job::None,
        1.. => Job::Done,
        _ => Job::Threw,
    }
}
