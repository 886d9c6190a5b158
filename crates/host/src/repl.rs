//! What a read-eval-print loop has of a runtime: an [`Editor`] on one thread asks, [`crate::Runtime::interact`]
//! answers on another, where timers and sockets go on while somebody types.

use crate::event_loop::{self, Exit, Host};
use crate::process::Start;
use crate::time_limit::TimeLimit;
use crate::{Runtime, report, scripts};
use bident::Engine;
use rquickjs::context::EvalOptions;
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Function, Object, Result, Value};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::task::Poll;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The script that evaluates, prints and completes.
const SCRIPT: &str = "node/global_repl";

enum Request {
    Evaluate(String, mpsc::Sender<()>),
    Complete(String, mpsc::Sender<(usize, Vec<String>)>),
    Interrupt,
}

/// Asks a runtime on behalf of whoever types.
#[derive(Clone)]
pub struct Editor {
    requests: UnboundedSender<Request>,
    state: Arc<State>,
}

/// What an [`Editor`] asks, for [`Runtime::interact`].
pub struct Requests {
    requests: UnboundedReceiver<Request>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// A text is being evaluated, or waited for.
    is_busy: AtomicBool,
    /// Set while what runs is to end; known once the runtime has begun.
    interrupted: OnceLock<Arc<AtomicBool>>,
    /// Whose code looks for interrupts.
    engine: OnceLock<Engine>,
}

/// The editor that Ctrl-C is meant for.
static CURRENT: Mutex<Option<Editor>> = Mutex::new(None);

/// An editor, and what its runtime needs. From now on [`crate::interrupt`] interrupts what it evaluates.
pub fn editor() -> (Editor, Requests) {
    let (sender, receiver) = unbounded_channel();
    let state = Arc::new(State::default());
    let editor = Editor {
        requests: sender,
        state: state.clone(),
    };
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    *current = Some(editor.clone());
    let requests = Requests {
        requests: receiver,
        state,
    };
    (editor, requests)
}

/// Interrupts what the editor evaluates; true if there is an editor.
pub(crate) fn interrupt() -> bool {
    let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(editor) = current.as_ref() else {
        return false;
    };
    if editor.state.is_busy.load(Ordering::Relaxed) {
        editor.state.interrupt(true);
        let _gone = editor.requests.send(Request::Interrupt);
    }
    true
}

impl State {
    fn interrupt(&self, ends: bool) {
        if let Some(flag) = self.interrupted.get() {
            flag.store(ends, Ordering::Relaxed);
        }
        if ends && let Some(engine) = self.engine.get() {
            engine.increment_epoch();
        }
    }
}

impl Editor {
    /// Evaluates a text and prints what comes of it; returns when that is done. False if the runtime has ended.
    #[must_use]
    pub fn evaluate(&self, text: &str) -> bool {
        let (done, wait) = mpsc::channel();
        self.state.is_busy.store(true, Ordering::Relaxed);
        let is_asked = self.requests.send(Request::Evaluate(text.to_owned(), done));
        let is_done = is_asked.is_ok() && wait.recv().is_ok();
        self.state.is_busy.store(false, Ordering::Relaxed);
        is_done
    }

    /// What could stand at the end of a text: the byte that it begins at, and the possible names.
    #[must_use]
    pub fn complete(&self, text: &str) -> (usize, Vec<String>) {
        let (answer, wait) = mpsc::channel();
        let asked = self
            .requests
            .send(Request::Complete(text.to_owned(), answer));
        asked
            .ok()
            .and_then(|()| wait.recv().ok())
            .unwrap_or((text.len(), Vec::new()))
    }

    /// Nothing more will be asked: the runtime ends.
    pub fn leave(self) {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        *current = None;
    }
}

impl Runtime {
    /// Does what an editor asks until it leaves, and whatever the texts leave to be done meanwhile. Returns the
    /// status to exit with.
    pub fn interact(&self, mut requests: Requests) -> i32 {
        let ended = self.tokio.block_on(async {
            self.context
                .with(|ctx| begin(&ctx, &requests.state))
                .await?;
            while let Some(request) = self.next_request(&mut requests).await? {
                self.context
                    .with(|ctx| answer(&ctx, request, &requests.state))
                    .await?;
            }
            self.context.with(|ctx| crate::end_well(&ctx)).await
        });
        match ended {
            Ok(()) => 0,
            Err(Exit(status)) => status,
        }
    }
}

impl Runtime {
    /// The next request; until it comes, what has been started goes on. None if the editor has left.
    async fn next_request(
        &self,
        requests: &mut Requests,
    ) -> std::result::Result<Option<Request>, Exit> {
        let mut is_running = true;
        let mut turns = pin!(event_loop::run(&self.runtime, &self.context));
        poll_fn(|cx| {
            if let Poll::Ready(request) = requests.requests.poll_recv(cx) {
                return Poll::Ready(Ok(request));
            }
            if is_running && let Poll::Ready(ended) = turns.as_mut().poll(cx) {
                is_running = false;
                if let Err(exit) = ended {
                    return Poll::Ready(Err(exit));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// What the script has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("evaluate", Func::from(evaluate))?;
    natives.set(
        "complain",
        Func::from(|line: String| report::complain(&line)),
    )?;
    Ok(natives)
}

/// Runs a text as a script that may wait; gives the promise of an object with its `value`.
fn evaluate<'js>(ctx: Ctx<'js>, text: String, name: String) -> Result<Value<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.promise = true;
    options.backtrace_barrier = true;
    options.filename = Some(name);
    ctx.eval_with_options(text, options)
}

fn begin(ctx: &Ctx<'_>, state: &State) -> std::result::Result<(), Exit> {
    let begun = || -> Result<()> {
        let host = Host::of(ctx)?;
        host.is_interactive.set(true);
        drop(host);
        let _second = state.engine.set(Start::of(ctx)?.engine);
        if let Some(limit) = ctx.userdata::<TimeLimit>() {
            let _second = state.interrupted.set(limit.interrupted());
        }
        script(ctx, "begin")?.call::<_, Value>(()).map(drop)
    };
    begun().or_else(|error| event_loop::fail(ctx, error))
}

fn script<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Function<'js>> {
    scripts::exports(ctx, SCRIPT)?.get(name)
}

fn answer(ctx: &Ctx<'_>, request: Request, state: &State) -> std::result::Result<(), Exit> {
    let answered = match request {
        Request::Evaluate(text, done) => {
            let evaluated = start(ctx, text, done);
            if evaluated.is_ok() {
                return event_loop::settle(ctx);
            }
            // What was interrupted cannot tell: the script tells that nobody waits for it any more.
            ctx.catch();
            state.interrupt(false);
            script(ctx, "interrupt")
                .and_then(|interrupt| interrupt.call::<_, Value>(()))
                .map(drop)
        }
        Request::Complete(text, answer) => {
            let found = complete(ctx, &text).unwrap_or_else(|_| {
                ctx.catch();
                (text.len(), Vec::new())
            });
            let _gone = answer.send(found);
            Ok(())
        }
        Request::Interrupt => {
            state.interrupt(false);
            script(ctx, "interrupt")
                .and_then(|interrupt| interrupt.call::<_, Value>(()))
                .map(drop)
        }
    };
    state.interrupt(false);
    answered.or_else(|error| event_loop::fail(ctx, error))?;
    event_loop::settle(ctx)
}

/// Evaluates a text; `done` is told when everything is over, also what it waits for.
fn start(ctx: &Ctx<'_>, text: String, done: mpsc::Sender<()>) -> Result<()> {
    let tell = Function::new(ctx.clone(), move || {
        // Nobody need wait any more.
        let _gone = done.send(());
    })?;
    let evaluate = script(ctx, "evaluate")?;
    evaluate.call::<_, Value>((text, tell)).map(drop)
}

fn complete(ctx: &Ctx<'_>, text: &str) -> Result<(usize, Vec<String>)> {
    let found: Object = script(ctx, "complete")?.call((text,))?;
    let prefix: String = found.get("prefix")?;
    Ok((text.len().saturating_sub(prefix.len()), found.get("names")?))
}
