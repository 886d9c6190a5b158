//! Lazy loading: functions whose module is loaded when one of them is first called.
//!
//! ```text
//!  call ──► late trampoline ── target ──► the late function, in the place of the call
//!              │      ▲
//!   no target  ▼      │ again
//!          Program::want ── loader ──► module ──► Program::bind sets the targets
//!              │                                      ▲
//!              └── it takes time: parks ──► Load::finish, then Load::resume for each call
//! ```
//!
//! Here: what the embedder sees of it. The rest: `program.rs`.

use crate::error::Error;
use crate::host::Caller;
use crate::instance::Instance;
use crate::module::Module;
use crate::outcome::{Outcome, ParkedCall};
use crate::program::Program;
use crate::store::AsContextMut;
use crate::value::ExternRef;
use bident_module::printable;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

pub(crate) type Loader<T> =
    dyn Fn(&mut Caller<'_, T>, &Load<T>) -> Result<Option<Module>, Error> + Send + Sync;

/// What a linker knows of a module that is loaded late.
pub(crate) struct LazyModule<T: 'static> {
    pub(crate) name: Arc<str>,
    /// What it calls the program, in its imports.
    pub(crate) primary: Arc<str>,
    pub(crate) loader: Arc<Loader<T>>,
    /// What each of its functions keeps for the embedder.
    pub(crate) attached: Option<ExternRef>,
}

impl<T: 'static> Clone for LazyModule<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            primary: self.primary.clone(),
            loader: self.loader.clone(),
            attached: self.attached.clone(),
        }
    }
}

impl<T: 'static> LazyModule<T> {
    pub(crate) fn new(
        name: &str,
        primary: &str,
        loader: impl Fn(&mut Caller<'_, T>, &Load<T>) -> Result<Option<Module>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            primary: primary.into(),
            loader: Arc::new(loader),
            attached: None,
        }
    }
}

/// One attempt to load.
#[derive(Default)]
pub(crate) struct Attempt {
    progress: Mutex<Progress>,
    /// Who drives the calls that wait for it, by where those lie.
    waiting: Mutex<BTreeMap<usize, Waker>>,
}

#[derive(Default)]
enum Progress {
    #[default]
    Loading,
    /// The module is there, and is being instantiated.
    Binding,
    Done(Result<(), Arc<Error>>),
}

/// A load that is under way, of a module that is loaded late ([`crate::Linker::lazy`]): the payload of the
/// calls that wait for it. Clones are the same load.
pub struct Load<T: 'static> {
    program: Arc<Program<T>>,
    part: usize,
    name: Arc<str>,
    attempt: Arc<Attempt>,
}

impl<T: 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        Self {
            program: self.program.clone(),
            part: self.part,
            name: self.name.clone(),
            attempt: self.attempt.clone(),
        }
    }
}

/// By [`Load::same`].
impl<T: 'static> PartialEq for Load<T> {
    fn eq(&self, other: &Self) -> bool {
        self.same(other)
    }
}

impl<T: 'static> Eq for Load<T> {}

impl<T: 'static> Hash for Load<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.attempt).hash(state);
    }
}

impl<T: 'static> fmt::Debug for Load<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Load({})", printable(self.module_name()))
    }
}

impl<T: 'static> Load<T> {
    pub(crate) fn new(
        program: Arc<Program<T>>,
        part: usize,
        name: Arc<str>,
        attempt: Arc<Attempt>,
    ) -> Self {
        Self {
            program,
            part,
            name,
            attempt,
        }
    }

    /// The name that the functions are imported from.
    pub fn module_name(&self) -> &str {
        &self.name
    }

    /// Whether both are the same load.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.attempt, &other.attempt)
    }

    /// Whether it has ended, well or not.
    pub fn is_finished(&self) -> bool {
        matches!(*lock(&self.attempt.progress), Progress::Done(_))
    }

    /// Ends the load with the module, which is instantiated now, or with the error that each waiting
    /// call is to fail with. Then the calls go on by [`Load::resume`]. An instantiation that fails is
    /// an error of theirs, too, not of this function; what it did to tables and memories before
    /// stays. After an error, the next call of a late function loads again.
    ///
    /// # Errors
    /// Kind `Usage`: the store is another, or the load has ended.
    ///
    /// # Panics
    /// As for [`Instance::new`]; the waiting calls fail then.
    pub fn finish(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: Result<Module, Error>,
    ) -> Result<(), Error> {
        if store.context_mut().0.opaque.id != self.program.store {
            return Err(Error::usage("a load of another store"));
        }
        {
            let mut progress = lock(&self.attempt.progress);
            if !matches!(*progress, Progress::Loading) {
                return Err(Error::usage("the load has ended already"));
            }
            *progress = Progress::Binding;
        }
        let settling = Settling(self);
        let bound = module.and_then(|module| self.program.bind(store, self.part, &module));
        settling.0.settle(bound);
        Ok(())
    }

    /// Goes on with a call that waits for this load, after [`Load::finish`].
    ///
    /// # Errors
    /// What the load failed with. Kind `Usage`: the load has not ended; [`Error::take_parked`] gives
    /// the call back. Else as for [`ParkedCall::resume`].
    ///
    /// # Panics
    /// As for [`ParkedCall::resume`].
    pub fn resume(
        &self,
        store: impl AsContextMut<Data = T>,
        call: ParkedCall,
    ) -> Result<Outcome, Error> {
        match self.outcome() {
            None => Err(Error::usage("the load has not ended").with_parked(call)),
            Some(Ok(())) => call.resume(store, &[]),
            Some(Err(error)) => call.throw(store, error),
        }
    }

    /// What it came to, for the call that lies there; who drives that is woken once it has ended.
    pub(crate) fn poll(&self, call: usize, waker: &Waker) -> Poll<Result<(), Error>> {
        if self.outcome().is_none() {
            // Its code may come here.
            let waker = waker.clone();
            let before = lock(&self.attempt.waiting).insert(call, waker);
            drop(before);
        }
        // It may have ended just before.
        self.outcome().map_or(Poll::Pending, Poll::Ready)
    }

    pub(crate) fn outcome(&self) -> Option<Result<(), Error>> {
        match &*lock(&self.attempt.progress) {
            Progress::Done(Ok(())) => Some(Ok(())),
            Progress::Done(Err(error)) => Some(Err(Error::shared(error))),
            Progress::Loading | Progress::Binding => None,
        }
    }

    /// Ends it, unless it has ended. Gives the instance that was loaded, or the error.
    fn settle(&self, result: Result<Instance, Error>) {
        let settled = || {
            let mut progress = lock(&self.attempt.progress);
            if matches!(*progress, Progress::Done(_)) {
                return None;
            }
            let instance = result.as_ref().ok().copied();
            *progress = Progress::Done(result.map(drop).map_err(Arc::new));
            Some(instance)
        };
        self.program.settle(self.part, settled);
        let waiting = std::mem::take(&mut *lock(&self.attempt.waiting));
        waiting.into_values().for_each(Waker::wake);
    }
}

/// Ends the load where a panic passes.
pub(crate) struct Settling<'a, T: 'static>(pub(crate) &'a Load<T>);

impl<T: 'static> Drop for Settling<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.settle(Err(Error::msg("the load panicked")));
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is made in one step, so a panic leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
