//! Spawning, from anywhere.

use super::inner::{Call, Inner, Join};
use super::room::Waiter;
use super::shared::{Shared, State};
use super::task::Task;
use crate::asynchronous::{Dynamic, Signature, Start, Typed, Unfinished};
use crate::error::Error;
use crate::func::Func;
use crate::host::WasmValues;
use crate::instance::Instance;
use crate::linker::InstancePre;
use crate::outcome::Results;
use crate::store::AsContextMut;
use crate::typed::TypedFunc;
use crate::value::Val;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll};

/// Spawns tasks into a set, from any thread, also while the set is polled: so from host functions, and from other
/// tasks. Cheap to clone.
///
/// A task begins when the set is next polled. Until then nothing is checked but that there is room: what is wrong
/// with function or parameters, the task ends with.
#[derive(Clone)]
pub struct Spawner(pub(super) Arc<Shared>);

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}

impl Spawner {
    /// Spawns a call, and waits until there is room for it: see [`crate::Tasks::set_most`]. Who waits longest is next.
    ///
    /// # Errors
    /// Kind `Cancelled`: the set was dropped. Kind `Limit`: the store has as many tasks as its limiter allows
    /// ([`crate::ResourceLimiter::tasks`]).
    pub fn spawn<P: WasmValues, R: WasmValues>(
        &self,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Spawn<R> {
        self.waiting::<Typed<P, R>>(func.func(), params)
    }

    /// The same with types that are known at run time.
    ///
    /// # Errors
    /// As for [`Self::spawn`].
    pub fn spawn_dynamic(&self, func: &Func, params: &[Val]) -> Spawn<Results> {
        self.waiting::<Dynamic>(*func, params.to_vec())
    }

    /// Spawns a call.
    ///
    /// # Errors
    /// Kind `Limit`: there is no room, or others wait for it, or the store has as many tasks as its limiter allows. Kind
    /// `Cancelled`: the set was dropped.
    pub fn try_spawn<P: WasmValues, R: WasmValues>(
        &self,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<Task<R>, Error> {
        self.at_once::<Typed<P, R>>(func.func(), params)
    }

    /// The same with types that are known at run time.
    ///
    /// # Errors
    /// As for [`Self::try_spawn`].
    pub fn try_spawn_dynamic(&self, func: &Func, params: &[Val]) -> Result<Task<Results>, Error> {
        self.at_once::<Dynamic>(*func, params.to_vec())
    }

    /// Instantiates a module, all but its start function now; that runs as a task, which gives the instance.
    ///
    /// So any number of instances of a store may begin at once, also from host functions. Where the start function fails or is
    /// cancelled, the store does not keep the instance, as with [`crate::Linker::instantiate_async`]. A limiter is asked as by
    /// [`InstancePre::instantiate`]: it cannot take its time.
    ///
    /// # Errors
    /// As for [`InstancePre::instantiate`] and [`Self::try_spawn`]. Kind `Usage`: the set is for another store.
    ///
    /// # Panics
    /// If a destructor of the embedder's does.
    pub fn instantiate<T: 'static>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        pre: &InstancePre<T>,
    ) -> Result<Task<Instance>, Error> {
        if store.context_mut().0.opaque.id != self.0.store {
            return Err(Error::usage("a spawner of another store"));
        }
        let prepared = pre.without_start(&mut store)?;
        let unfinished = Unfinished::new(&mut store, prepared)?;
        self.at_once::<Start>(unfinished, ())
    }

    fn waiting<S: Signature>(&self, callee: S::Callee, params: S::Params) -> Spawn<S::Results> {
        let shared = self.0.clone();
        let mut call = Some((callee, params));
        let add = move |state: MutexGuard<'_, State>| {
            let (callee, params) = call
                .take()
                .ok_or_else(|| Error::usage("a future that has spawned its task was polled"))?;
            Ok(add::<S>(&shared, state, callee, params))
        };
        Spawn {
            shared: self.0.clone(),
            add: Box::new(add),
            waiter: None,
        }
    }

    fn at_once<S: Signature>(
        &self,
        callee: S::Callee,
        params: S::Params,
    ) -> Result<Task<S::Results>, Error> {
        let mut state = self.0.lock();
        if state.closed {
            return Err(closed());
        }
        self.0.count.take().map_err(too_many)?;
        if !state.room.take() {
            self.0.count.give_back();
            let most = state.room.most;
            return Err(Error::limit(format!(
                "the set has {most} tasks already, or others wait to spawn"
            )));
        }
        Ok(add::<S>(&self.0, state, callee, params))
    }
}

#[cold]
fn closed() -> Error {
    Error::cancelled("the set of tasks was dropped")
}

#[cold]
fn too_many(most: usize) -> Error {
    Error::limit(format!(
        "the store's limiter allows {most} tasks, and there are as many"
    ))
}

/// Adds a task for which room was taken, and which was counted.
fn add<S: Signature>(
    shared: &Arc<Shared>,
    mut state: MutexGuard<'_, State>,
    callee: S::Callee,
    params: S::Params,
) -> Task<S::Results> {
    let place = state.place();
    let inner = Arc::new(Inner::<S>::new(shared.clone(), place, callee, params));
    let call: Arc<dyn Call> = inner.clone();
    state.fresh.push(call);
    let waker = state.notify();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
    let join: Arc<dyn Join<S::Results>> = inner;
    Task(join)
}

type Add<R> = dyn FnMut(MutexGuard<'_, State>) -> Result<Task<R>, Error> + Send;

/// Waits for room, and gives the task that was spawned: see [`Spawner::spawn`]. Dropped before, it spawns nothing.
#[must_use = "nothing is spawned unless it is awaited"]
pub struct Spawn<R> {
    shared: Arc<Shared>,
    add: Box<Add<R>>,
    waiter: Option<Arc<Waiter>>,
}

impl<R> fmt::Debug for Spawn<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawn")
    }
}

impl<R> Future for Spawn<R> {
    type Output = Result<Task<R>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut state = this.shared.lock();
        if state.closed {
            return Poll::Ready(Err(closed()));
        }
        let has_room = match &this.waiter {
            None => state.room.take(),
            Some(waiter) => waiter.poll(context).is_ready(),
        };
        if has_room {
            this.waiter = None;
            if let Err(most) = this.shared.count.take() {
                let next = state.room.give_back();
                drop(state);
                if let Some(next) = next {
                    next.wake();
                }
                return Poll::Ready(Err(too_many(most)));
            }
            return Poll::Ready((this.add)(state));
        }
        if this.waiter.is_none() {
            let waiter = state.room.wait();
            let _waits = waiter.poll(context);
            this.waiter = Some(waiter);
        }
        Poll::Pending
    }
}

impl<R> Drop for Spawn<R> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else {
            return;
        };
        // Locked, so that nobody gives him room meanwhile.
        let mut state = self.shared.lock();
        if !waiter.leave() || state.closed {
            return;
        }
        let next = state.room.give_back();
        // Perhaps none is left, and `run` waits for that.
        let waker = state.notify();
        drop(state);
        for waker in [next, waker].into_iter().flatten() {
            waker.wake();
        }
    }
}
