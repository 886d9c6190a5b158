//! Lazy loading: functions whose module is loaded when one of them is first called.
//!
//! ```text
//!  call ──► late trampoline ── target ──► the late function, in the place of the call
//!              │      ▲
//!   no target  ▼      │ again
//!            Group::want ── loader ──► module ──► Group::bind sets the targets
//!              │                                      ▲
//!              └── it takes time: parks ──► Load::finish, then Load::resume for each call
//! ```

use crate::alloc;
use crate::error::Error;
use crate::func::Func;
use crate::host::{Answer, Caller};
use crate::instance::{Extern, Instance};
use crate::linker::Linker;
use crate::list::{FuncNumber, InstanceNumber, TableNumber};
use crate::module::Module;
use crate::outcome::{Outcome, ParkedCall};
use crate::store::AsContextMut;
use crate::vm::host_func::HostBody;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreId, StoreOpaque};
use bident_abi::VmLateFunc;
use bident_module::{FuncType, ItemType, TypeId, printable};
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

const FUNCTION: &str = "a function that is loaded late";

type Loader<T> =
    dyn Fn(&mut Caller<'_, T>, &Load<T>) -> Result<Option<Module>, Error> + Send + Sync;

/// What a linker knows of a module that is loaded late.
pub(crate) struct LazyModule<T: 'static> {
    name: Arc<str>,
    primary: Arc<str>,
    loader: Arc<Loader<T>>,
}

impl<T: 'static> Clone for LazyModule<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            primary: self.primary.clone(),
            loader: self.loader.clone(),
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
        }
    }
}

/// The functions that one instance imports from one module that is loaded late.
struct Group<T: 'static> {
    module: LazyModule<T>,
    /// For what the late module imports.
    linker: Linker<T>,
    store: StoreId,
    state: Mutex<State>,
}

struct State {
    /// The instance that imports; during its start function, who called.
    primary: Option<Instance>,
    functions: Vec<Function>,
    stage: Stage,
}

enum Stage {
    Absent,
    /// Once nobody has the attempt any more, nobody can end it: then this is as `Absent`.
    Loading(Weak<Attempt>),
    Loaded,
}

/// A function that stands for a late one.
struct Function {
    name: Arc<str>,
    type_id: TypeId,
    number: FuncNumber,
    late: Arc<VmLateFunc>,
    /// What was found for it, but has another type.
    misfit: Option<FuncType>,
}

/// One attempt to load.
#[derive(Default)]
struct Attempt(Mutex<Progress>);

#[derive(Default)]
enum Progress {
    #[default]
    Loading,
    /// The module is there, and is being instantiated.
    Binding,
    Done(Result<(), Arc<Error>>),
}

/// A load that is under way, of a module that is loaded late ([`Linker::lazy`]): the payload of the
/// calls that wait for it. Clones are the same load.
pub struct Load<T: 'static> {
    group: Arc<Group<T>>,
    attempt: Arc<Attempt>,
}

impl<T: 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        Self {
            group: self.group.clone(),
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
    /// The name that the functions are imported from.
    pub fn module_name(&self) -> &str {
        &self.group.module.name
    }

    /// Whether both are the same load.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.attempt, &other.attempt)
    }

    /// Whether it has ended, well or not.
    pub fn is_finished(&self) -> bool {
        matches!(*lock(&self.attempt.0), Progress::Done(_))
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
        if store.context_mut().0.opaque.id != self.group.store {
            return Err(Error::usage("a load of another store"));
        }
        {
            let mut progress = lock(&self.attempt.0);
            if !matches!(*progress, Progress::Loading) {
                return Err(Error::usage("the load has ended already"));
            }
            *progress = Progress::Binding;
        }
        let settling = Settling(self);
        let bound = module.and_then(|module| self.group.bind(store, &module));
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

    fn outcome(&self) -> Option<Result<(), Error>> {
        match &*lock(&self.attempt.0) {
            Progress::Done(Ok(())) => Some(Ok(())),
            Progress::Done(Err(error)) => Some(Err(Error::shared(error))),
            Progress::Loading | Progress::Binding => None,
        }
    }

    /// Ends it, unless it has ended.
    fn settle(&self, result: Result<(), Error>) {
        let mut state = lock(&self.group.state);
        let mut progress = lock(&self.attempt.0);
        if !matches!(*progress, Progress::Done(_)) {
            state.stage = match result {
                Ok(()) => Stage::Loaded,
                Err(_) => Stage::Absent,
            };
            *progress = Progress::Done(result.map_err(Arc::new));
        }
    }
}

/// Ends the load where a panic passes.
struct Settling<'a, T: 'static>(&'a Load<T>);

impl<T: 'static> Drop for Settling<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.settle(Err(Error::msg("the load panicked")));
        }
    }
}

impl<T: 'static> Group<T> {
    /// A function was called that is not there.
    fn want(self: &Arc<Self>, mut caller: Caller<'_, T>, position: usize) -> Result<Answer, Error> {
        let (load, first) = self.current(&caller, position)?;
        if first {
            let _settling = Settling(&load);
            match (self.module.loader)(&mut caller, &load) {
                Ok(None) => {}
                Ok(Some(module)) => load.finish(&mut caller, Ok(module))?,
                Err(error) => load.finish(&mut caller, Err(error))?,
            }
        }
        match load.outcome() {
            None => Ok(Answer::Pending(Payload::new(load))),
            Some(Ok(())) => Ok(Answer::Ready),
            Some(Err(error)) => Err(error),
        }
    }

    /// The load to wait for, and whether it begins now.
    fn current(
        self: &Arc<Self>,
        caller: &Caller<'_, T>,
        position: usize,
    ) -> Result<(Load<T>, bool), Error> {
        let mut state = lock(&self.state);
        let attempt = match &state.stage {
            Stage::Loaded => {
                let function = &state.functions[position];
                return Err(self.missing(caller.engine().type_of(function.type_id), function));
            }
            Stage::Loading(attempt) => attempt.upgrade(),
            Stage::Absent => None,
        };
        let first = attempt.is_none();
        let attempt = attempt.unwrap_or_default();
        if first {
            state.stage = Stage::Loading(Arc::downgrade(&attempt));
            state.primary = state.primary.or_else(|| caller.instance());
        }
        let group = self.clone();
        Ok((Load { group, attempt }, first))
    }

    #[cold]
    fn missing(&self, ty: FuncType, function: &Function) -> Error {
        let (module, name) = (printable(&self.module.name), printable(&function.name));
        Error::link(match &function.misfit {
            Some(found) => format!(
                "`{module}.{name}` is imported as a function {ty}, but the one that was loaded for it \
                 is a function {found}"
            ),
            None => format!(
                "`{module}.{name}` (function {ty}) is not in the module that was loaded for it"
            ),
        })
    }

    /// Instantiates the late module, and sets what its functions stand for.
    fn bind(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<(), Error> {
        let primary = lock(&self.state).primary;
        let primary = primary.ok_or_else(|| {
            Error::usage("the instance whose functions are loaded was never made")
        })?;
        let mut linker = self.linker.clone();
        linker.allow_shadowing(true);
        linker.instance(&mut store, &self.module.primary, primary)?;
        let opaque = &store.context_mut().0.opaque;
        let places = self.places(opaque, primary.number_in(opaque)?)?;
        let instance = linker.instantiate(&mut store, module)?;

        let mut state = lock(&self.state);
        for (function, place) in state.functions.iter_mut().zip(places) {
            let exported = instance.get_func(&mut store, &function.name);
            let opaque = &mut store.context_mut().0.opaque;
            let found = match exported {
                Some(func) => Some(func.number_in(opaque)?),
                None => place.and_then(|(table, slot)| {
                    let word = *opaque.tables[table].elements().get(slot)?;
                    opaque.func_of_word(word)
                }),
            };
            // What stands for itself would call itself forever.
            if let Some(found) = found.filter(|found| *found != function.number) {
                function.set(opaque, found);
            }
        }
        Ok(())
    }

    /// Where each function lies in the tables of the instance that imports it.
    fn places(
        &self,
        store: &StoreOpaque,
        primary: InstanceNumber,
    ) -> Result<Vec<Option<(TableNumber, usize)>>, Error> {
        let state = lock(&self.state);
        let mut positions = HashMap::new();
        let mut places = alloc::list(state.functions.len(), FUNCTION)?;
        for (position, function) in state.functions.iter().enumerate() {
            let word = store.word_of_func(function.number);
            alloc::insert(&mut positions, word, position, FUNCTION)?;
            places.push(None);
        }
        for table in store.instances[primary].items.tables.iter() {
            for (slot, word) in store.tables[*table].elements().iter().enumerate() {
                if let Some(position) = positions.get(word) {
                    places[*position].get_or_insert((*table, slot));
                }
            }
        }
        Ok(places)
    }
}

impl Function {
    fn set(&mut self, store: &StoreOpaque, found: FuncNumber) {
        if !store.set_target(&self.late, self.type_id, found) {
            self.misfit = Some(store.funcs[found].ty.clone());
        }
    }
}

/// The groups of an instance that is being made.
pub(crate) struct Groups<'a, T: 'static> {
    linker: &'a Linker<T>,
    groups: Vec<Arc<Group<T>>>,
}

impl<'a, T: 'static> Groups<'a, T> {
    pub(crate) fn new(linker: &'a Linker<T>) -> Self {
        Self {
            linker,
            groups: Vec::new(),
        }
    }

    /// A function for the import at a position; `None` where that is none of a function.
    pub(crate) fn function(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        position: usize,
        lazy: &LazyModule<T>,
    ) -> Result<Option<Extern>, Error> {
        let import = &module.inner().imports[position];
        let ItemType::Func(ty) = import.kind else {
            return Ok(None);
        };
        let store = &mut store.context_mut().0.opaque;
        let group = self.group(store.id, lazy);
        let name: Arc<str> = import.name.as_str().into();
        let type_id = module.type_id(ty);

        let index = lock(&group.state).functions.len();
        let loading = group.clone();
        let nothing = FuncType::new([], []);
        let loader =
            HostBody::dynamic::<T, _>(nothing, move |caller, _, _| loading.want(caller, index));
        let link_name = (group.module.name.clone(), name.clone());
        let (number, late) = store.add_late_func(type_id, loader, link_name)?;
        let function = Function {
            name,
            type_id,
            number,
            late,
            misfit: None,
        };
        alloc::push(&mut lock(&group.state).functions, function, FUNCTION)?;
        Ok(Some(Func::new_handle(store, number).into()))
    }

    /// The group of a lazy module; one instance has few.
    fn group(&mut self, store: StoreId, lazy: &LazyModule<T>) -> Arc<Group<T>> {
        let known = self.groups.iter().find(|g| g.module.name == lazy.name);
        if let Some(group) = known {
            return group.clone();
        }
        let group = Arc::new(Group {
            module: lazy.clone(),
            linker: self.linker.clone(),
            store,
            state: Mutex::new(State {
                primary: None,
                functions: Vec::new(),
                stage: Stage::Absent,
            }),
        });
        self.groups.push(group.clone());
        group
    }

    /// The instance is made.
    pub(crate) fn belong_to(self, instance: Instance) {
        for group in self.groups {
            lock(&group.state).primary = Some(instance);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is made in one step, so a panic leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
