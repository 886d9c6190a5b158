//! The set, as its owner has it.

use super::inner::Call;
use super::round::Slot;
use super::shared::{Place, Request, Shared};
use super::spawner::Spawner;
use super::task::{Task, TaskId};
use crate::error::Error;
use crate::host::WasmValues;
use crate::instance::Instance;
use crate::linker::InstancePre;
use crate::store::{AsContext, AsContextMut};
use crate::typed::TypedFunc;
use crate::vm::interrupt::NEVER;
use crate::vm::panics::Panics;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A set of calls that run in one store, in one instance or many, each waiting for itself.
///
/// It is no executor: whoever polls it (by [`Self::run`], [`Self::run_until`], [`Self::next`], ...), on whatever
/// executor or in a loop of his own, runs the tasks, on the thread of the poll. A poll touches only tasks that were
/// woken or spawned, each once. So a task that waits costs nothing but its memory, and one that loops keeps the others
/// waiting.
///
/// The set does not own the store: each call that runs tasks takes it. Between those calls the store is free for
/// anything. The set is `Send`, and so are the futures of its methods where the store is.
///
/// ```
/// use bident::{Accessor, Engine, Error, Linker, Module, Store, Tasks};
///
/// # fn main() -> Result<(), Error> {
/// let engine = Engine::default();
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (import "host" "turn" (func $turn (param i32) (result i32)))
///     (func (export "sum") (param $n i32) (result i32) (local $sum i32)
///       (loop $more
///         (local.set $sum (i32.add (local.get $sum) (call $turn (local.get $n))))
///         (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
///       (local.get $sum)))"#)?;
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap_async("host", "turn", |n: u32| async move {
///     tokio::task::yield_now().await;
///     n
/// })?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let sum = instance.get_typed_func::<u32, u32>(&mut store, "sum")?;
///
/// let mut tasks = Tasks::new(&store);
/// let spawned: Vec<_> = (1..=100).map(|n| tasks.spawn(&sum, n)).collect::<Result<_, _>>()?;
/// # let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # executor.block_on(async {
/// tasks.run(&mut store).await;
/// for (n, task) in (1..=100).zip(spawned) {
///     assert_eq!(task.await?, n * (n + 1) / 2);
/// }
/// # Ok(())
/// # })
/// # }
/// ```
pub struct Tasks {
    pub(super) shared: Arc<Shared>,
    pub(super) slots: Vec<Slot>,
    /// What is left of the round.
    pub(super) batch: VecDeque<Place>,
    /// Those that have yielded, and new ones where there are slices, in the order of their turns.
    pub(super) line: VecDeque<Place>,
    /// Whether the next in line may have its turn in this round.
    pub(super) has_turn: bool,
    /// Those that have ended and were not told of.
    pub(super) ended: VecDeque<TaskId>,
    /// What the holders of tasks have asked.
    pub(super) requests: VecDeque<(Arc<dyn Call>, Request)>,
    /// How many tasks were polled in this round.
    pub(super) polls: u32,
    /// How many ticks a task may run at a time.
    pub(super) slice: u64,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish()
    }
}

impl Tasks {
    /// An empty set for calls in this store.
    pub fn new(store: impl AsContext) -> Self {
        let store = store.opaque().0;
        Self {
            shared: Arc::new(Shared::new(
                store.id,
                store.engine.clone(),
                store.task_count().clone(),
            )),
            slice: NEVER,
            slots: Vec::new(),
            batch: VecDeque::new(),
            line: VecDeque::new(),
            has_turn: false,
            ended: VecDeque::new(),
            requests: VecDeque::new(),
            polls: 0,
        }
    }

    /// The most tasks that there may be at once; one that has ended does not count. Default: no limit. Where there are
    /// as many, [`Spawner::spawn`] waits and [`Spawner::try_spawn`] is an error.
    pub fn set_most(&mut self, most: usize) {
        let mut state = self.shared.lock();
        state.room.most = most;
        let mut wakers = Vec::new();
        while let Some(waker) = state.room.offer() {
            wakers.push(waker);
        }
        drop(state);
        wakers.into_iter().for_each(|waker| waker.wake());
    }

    /// For how many ticks of [`crate::Engine::increment_epoch`] a task may run at a time: then it yields. Those that have
    /// yielded and those that are new take turns, after each round of those that were woken, until one of them yields: so
    /// a task that waits for something goes on at most about one turn after that has come, however many others never
    /// end. Default: no limit. It has an effect only with
    /// [`crate::Config::epoch_interruption`]. A task in a call that may not park, as that goes through a host function
    /// which has called WebAssembly, goes on for as long again. See also [`Task::set_epoch_deadline`].
    pub fn set_slice(&mut self, ticks: u64) {
        self.slice = ticks;
    }

    /// How many tasks have not ended, those included that have not begun.
    pub fn len(&self) -> usize {
        self.shared.lock().room.taken
    }

    /// Whether all tasks have ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What spawns tasks from elsewhere.
    pub fn spawner(&self) -> Spawner {
        Spawner(self.shared.clone())
    }

    /// Spawns a call; see [`Spawner::try_spawn`].
    ///
    /// # Errors
    /// As for [`Spawner::try_spawn`].
    pub fn spawn<P: WasmValues, R: WasmValues>(
        &self,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<Task<R>, Error> {
        self.spawner().try_spawn(func, params)
    }

    /// Instantiates a module, whose start function is a task; see [`Spawner::instantiate`].
    ///
    /// # Errors
    /// As for [`Spawner::instantiate`].
    ///
    /// # Panics
    /// As for [`Spawner::instantiate`].
    pub fn instantiate<T: 'static>(
        &self,
        store: impl AsContextMut<Data = T>,
        pre: &InstancePre<T>,
    ) -> Result<Task<Instance>, Error> {
        self.spawner().instantiate(store, pre)
    }

    /// Cancels a task: the future that it waits for is dropped now, its stack freed; it ends with an error of
    /// kind `Cancelled`, and [`Self::poll_next`] does not tell of it. Gives whether there was one to cancel: not where it has
    /// ended, or is of another set.
    ///
    /// # Panics
    /// If the set is another store's, or a destructor of the future panics.
    pub fn cancel<R>(&mut self, mut store: impl AsContextMut, task: &Task<R>) -> bool {
        let store = store.context_mut().0;
        self.check(store);
        let of_this = Arc::ptr_eq(task.0.shared(), &self.shared);
        of_this && self.cancel_now(&mut store.opaque, &*task.0.clone().as_call())
    }

    /// Lets what a task waits for fail with an error, as [`crate::ParkedCall::throw`] does: an exception is thrown there,
    /// which WebAssembly may catch, to go on until it waits again or ends; any other error ends the task. The
    /// future that it waited for is dropped. One that has not begun ends with the error. Gives whether there was
    /// such a task.
    ///
    /// # Panics
    /// As a poll does ([`Self::run`]).
    pub fn throw<R>(
        &mut self,
        mut store: impl AsContextMut,
        task: &Task<R>,
        error: impl Into<Error>,
    ) -> bool {
        let store = store.context_mut().0;
        self.check(store);
        let of_this = Arc::ptr_eq(task.0.shared(), &self.shared);
        of_this && self.throw_now(store, &*task.0.clone().as_call(), error.into())
    }

    /// Runs what was woken; ready with the next task that has ended, or with `None` where there is no task.
    ///
    /// After 128 tasks it gives way: it wakes its own waker and is pending, so that others have the thread in between.
    ///
    /// # Panics
    /// As for [`Self::run`].
    pub fn poll_next(
        &mut self,
        mut store: impl AsContextMut,
        context: &mut Context<'_>,
    ) -> Poll<Option<TaskId>> {
        let store = store.context_mut().0;
        self.check(store);
        self.begin_round();
        loop {
            if let Some(ended) = self.ended.pop_front() {
                return Poll::Ready(Some(ended));
            }
            if !self.step(store) {
                break;
            }
        }
        match self.end_round(context.waker()) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Waits for the next task that ends; `None` where there is no task. Dropped before it is ready, it loses
    /// nothing.
    ///
    /// # Panics
    /// A poll panics as that of [`Self::run`].
    pub fn next<C: AsContextMut>(
        &mut self,
        mut store: C,
    ) -> impl Future<Output = Option<TaskId>> + use<'_, C> {
        poll_fn(move |context| self.poll_next(&mut store, context))
    }

    /// Runs the tasks until all have ended, those that are spawned meanwhile included.
    ///
    /// # Panics
    /// A poll panics where a host function does, or the future of one, or a destructor, or where the store is another. The
    /// task of the host function has ended then, with an error of kind `Host`; the others go on at the next poll.
    pub fn run<C: AsContextMut>(&mut self, mut store: C) -> impl Future<Output = ()> + use<'_, C> {
        poll_fn(move |context| self.poll_round(&mut store, context))
    }

    /// Runs the tasks until a future is ready, which is polled with them; gives its output. For futures that spawn
    /// ([`Self::spawner`]), or wait for some task. Tasks that have not ended stay as they are.
    ///
    /// # Panics
    /// A poll panics as that of [`Self::run`], or of the future.
    pub async fn run_until<C: AsContextMut, F: Future>(
        &mut self,
        mut store: C,
        future: F,
    ) -> F::Output {
        let mut future = pin!(future);
        poll_fn(move |context| {
            let output = future.as_mut().poll(context);
            if output.is_pending() {
                let _all_ended = self.poll_round(&mut store, context);
            }
            output
        })
        .await
    }

    /// Runs what was woken, once each; whether all tasks have ended.
    fn poll_round(&mut self, store: &mut impl AsContextMut, context: &Context<'_>) -> Poll<()> {
        let store = store.context_mut().0;
        self.check(store);
        self.begin_round();
        while self.step(store) {
            self.ended.clear();
        }
        self.ended.clear();
        self.end_round(context.waker())
    }
}

impl Drop for Tasks {
    /// Cancels all tasks.
    ///
    /// # Panics
    /// If a destructor of the embedder does, after all are dropped.
    fn drop(&mut self) {
        let left = self.shared.lock().close();
        let mut panics = Panics::default();
        let slots = self.slots.drain(..).filter_map(|slot| slot.0);
        let mut calls = left.fresh;
        for live in slots {
            panics.drop(live.parked);
            calls.push(live.call);
        }
        for call in calls {
            call.end(Err(Error::cancelled("the set of tasks was dropped")));
            panics.drop(call);
        }
        left.room.close().for_each(Waker::wake);
        panics.go_on();
    }
}
