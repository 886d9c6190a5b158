//! The threads of a script: each has a thread of the system, a store and names of its own.
//!
//! What a thread is given of another is the shared memories of one module, under the names of its exports.

use crate::Report;
use crate::runner::{Runner, Verdict, assertions_in};
use bident::{Engine, SharedMemory};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Scope, ScopedJoinHandle};
use wast::token::Id;
use wast::{WastDirective, WastThread};

/// What all threads of a script have in common.
#[derive(Clone, Copy)]
pub(crate) struct Script<'env> {
    pub(crate) engine: &'env Engine,
    pub(crate) name: &'env str,
    pub(crate) text: &'env str,
}

/// The name of a module, and its shared memories.
pub(crate) type Share = (String, Vec<(String, SharedMemory)>);

/// Threads that were not waited for.
type Running<'scope> = HashMap<String, ScopedJoinHandle<'scope, Report>>;

impl<'env> Script<'env> {
    /// Runs directives, and waits for all threads that they begin.
    pub(crate) fn run<'scope>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        directives: Vec<WastDirective<'env>>,
        shares: Vec<Share>,
    ) -> Report {
        let mut report = Report::default();
        let mut runner = match Runner::new(self.engine, shares) {
            Ok(runner) => runner,
            Err(error) => {
                report.fail(self.name, (0, 0), format!("no module `spectest`: {error}"));
                return report;
            }
        };
        let mut running = Running::new();
        let mut directives = directives.into_iter();
        while let Some(mut directive) = directives.next() {
            let span = directive.span();
            let counted = assertions_in(&directive);
            let verdict = match directive {
                WastDirective::Thread(thread) => {
                    self.begin(scope, &mut runner, thread, &mut running)
                }
                WastDirective::Wait { thread, .. } => wait(thread, &mut running, &mut report),
                _ => match catch_unwind(AssertUnwindSafe(|| runner.run(&mut directive))) {
                    Ok(verdict) => verdict,
                    Err(_) => {
                        let at = span.linecol_in(self.text);
                        report.fail(self.name, at, "panicked; nothing after it was run");
                        report.failed += count_assertions(directives.by_ref());
                        // Its store is in the middle of something: not even dropping it is safe to try.
                        std::mem::forget(runner);
                        break;
                    }
                },
            };
            match verdict {
                Verdict::Pass => report.passed += counted,
                // A module counts too: otherwise one that has no assertions would be missing unseen.
                Verdict::Skip => report.skipped += counted.max(1),
                Verdict::Fail(message) => {
                    report.fail(self.name, span.linecol_in(self.text), message);
                }
            }
        }
        running
            .into_values()
            .for_each(|thread| join(thread, &mut report));
        report
    }

    /// Begins a thread. Its own report counts what it asserts.
    fn begin<'scope>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        runner: &mut Runner,
        thread: WastThread<'env>,
        running: &mut Running<'scope>,
    ) -> Verdict {
        let shares = match thread.shared_module.map(|module| runner.share(module)) {
            None => Vec::new(),
            Some(Ok(share)) => vec![share],
            Some(Err(message)) => return Verdict::Fail(message),
        };
        let name = thread.name.name().to_owned();
        if running.contains_key(&name) {
            return Verdict::Fail(format!("there is a thread `${name}`"));
        }
        let begun = std::thread::Builder::new()
            .spawn_scoped(scope, move || self.run(scope, thread.directives, shares));
        match begun {
            Ok(handle) => {
                running.insert(name, handle);
                Verdict::Pass
            }
            Err(error) => Verdict::Fail(format!("no thread: {error}")),
        }
    }
}

fn wait(thread: Id<'_>, running: &mut Running<'_>, report: &mut Report) -> Verdict {
    match running.remove(thread.name()) {
        Some(thread) => {
            join(thread, report);
            Verdict::Pass
        }
        None => Verdict::Fail(format!("no thread `${}` runs", thread.name())),
    }
}

fn join(thread: ScopedJoinHandle<'_, Report>, report: &mut Report) {
    match thread.join() {
        Ok(part) => report.add(part),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn count_assertions<'a>(directives: impl Iterator<Item = WastDirective<'a>>) -> usize {
    directives.map(|directive| assertions_in(&directive)).sum()
}
