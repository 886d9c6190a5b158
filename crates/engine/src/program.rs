//! A program in several parts: an instance, and what is loaded late for it ([`crate::Linker::lazy`]).

use crate::alloc;
use crate::error::{Error, ErrorKind};
use crate::func::Func;
use crate::host::{Answer, Caller};
use crate::instance::{Extern, Instance};
use crate::lazy::{Attempt, LazyModule, Load, Settling, lock};
use crate::linker::Linker;
use crate::module::Module;
use crate::slots::{FuncNumber, InstanceNumber, Number, TableNumber};
use crate::store::AsContextMut;
use crate::vm::host_func::HostBody;
use crate::vm::lifetime::Node;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreId, StoreOpaque};
use bident_abi::VmLateFunc;
use bident_module::{FuncType, Import, TypeId, TypeIndex, printable};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

const FUNCTION: &str = "a function that is loaded late";

/// An instance and the late modules of its own: what it imports of them, and what they import of each
/// other, is of the same ones.
pub(crate) struct Program<T: 'static> {
    /// For what the late modules import.
    linker: Linker<T>,
    pub(crate) store: StoreId,
    parts: Mutex<Parts<T>>,
}

/// What a late module that is instantiated belongs to.
pub(crate) struct Late<T: 'static> {
    pub(crate) program: Arc<Program<T>>,
    /// What it calls the primary instance in its imports.
    name: Arc<str>,
    primary: Instance,
}

struct Parts<T: 'static> {
    /// The instance that is there from the beginning; before its start function runs.
    primary: Option<Instance>,
    list: Vec<Part<T>>,
    /// Where they are in the list.
    positions: HashMap<Arc<str>, usize>,
}

/// The functions of one late module.
struct Part<T: 'static> {
    module: LazyModule<T>,
    functions: Vec<Function>,
    /// Where they are in `functions`.
    positions: HashMap<(Arc<str>, TypeId), usize>,
    stage: Stage,
}

enum Stage {
    Absent,
    /// Once nobody has the attempt any more, nobody can end it: then this is as `Absent`.
    Loading(Weak<Attempt>),
    Loaded(Instance),
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

/// Where a function lies in a table.
type Place = Option<(TableNumber, usize)>;

impl Function {
    /// It is there as long as the instance that its module is loaded for, and that as long as it: it may be
    /// called by whoever got it there.
    fn belong_to(&self, store: &mut StoreOpaque, primary: InstanceNumber) {
        store.adopt(primary, Node::Func(self.number.slot()));
        self.late.primary.store(primary.slot(), Ordering::Relaxed);
    }
}

impl<T: 'static> Program<T> {
    pub(crate) fn new(linker: Linker<T>, store: StoreId) -> Self {
        let parts = Parts {
            primary: None,
            list: Vec::new(),
            positions: HashMap::new(),
        };
        Self {
            linker,
            store,
            parts: Mutex::new(parts),
        }
    }

    /// An instance of it is made, and nobody may call functions of it yet.
    pub(crate) fn add_instance(&self, store: &mut StoreOpaque, instance: InstanceNumber) {
        let handle = Instance::new_handle(store, instance);
        let mut parts = lock(&self.parts);
        let primary = *parts.primary.get_or_insert(handle);
        if primary == handle {
            let functions = parts.list.iter().flat_map(|part| &part.functions);
            for function in functions {
                function.belong_to(store, instance);
            }
            return;
        }
        drop(parts);
        if let Ok(primary) = primary.number_in(store) {
            store.instances[instance].primary = Some(primary);
            if let Some(second) = store.instances[primary].second {
                store.set_second(instance, second);
            }
        }
    }

    /// What an instance of it gets for a function that it imports from a late module.
    pub(crate) fn function(
        self: &Arc<Self>,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        (name, ty): (&str, TypeIndex),
        lazy: &LazyModule<T>,
    ) -> Result<Extern, Error> {
        let store = &mut store.context_mut().0.opaque;
        let key = (Arc::<str>::from(name), module.type_id(ty));
        let mut parts = lock(&self.parts);
        let part = parts.part(lazy);
        let primary = parts.primary;
        let Part {
            module,
            functions,
            positions,
            stage,
        } = &mut parts.list[part];
        if let Some(&position) = positions.get(&key) {
            return Ok(Func::new_handle(store, functions[position].number).into());
        }
        let position = functions.len();
        let mut function = self.late_function(store, (part, position), module, &key)?;
        if let Stage::Loaded(instance) = stage {
            function.bind(store, *instance, None)?;
        }
        let number = function.number;
        if let Some(primary) = primary.and_then(|primary| primary.number_in(store).ok()) {
            function.belong_to(store, primary);
        }
        alloc::push(functions, function, FUNCTION)?;
        alloc::insert(positions, key, position, FUNCTION)?;
        Ok(Func::new_handle(store, number).into())
    }

    fn late_function(
        self: &Arc<Self>,
        store: &mut StoreOpaque,
        (part, position): (usize, usize),
        module: &LazyModule<T>,
        (name, type_id): &(Arc<str>, TypeId),
    ) -> Result<Function, Error> {
        let program = self.clone();
        let nothing = FuncType::new([], []);
        let loader = HostBody::dynamic::<T, _>(nothing, move |caller, _, _| {
            program.want(caller, part, position)
        });
        let link_name = (module.name.clone(), name.clone());
        let (number, late) = store.add_late_func(*type_id, loader, link_name)?;
        if let Some(value) = &module.attached {
            alloc::push(&mut store.funcs[number].attached, value.clone(), FUNCTION)?;
        }
        Ok(Function {
            name: name.clone(),
            type_id: *type_id,
            number,
            late,
            misfit: None,
        })
    }

    /// A function was called that is not there.
    fn want(
        self: &Arc<Self>,
        mut caller: Caller<'_, T>,
        part: usize,
        position: usize,
    ) -> Result<Answer, Error> {
        let (load, loader) = {
            let mut parts = lock(&self.parts);
            let Part {
                module,
                functions,
                stage,
                ..
            } = &mut parts.list[part];
            let (attempt, first) = match stage.attempt() {
                Some(attempt) => attempt,
                None => {
                    let function = &functions[position];
                    let ty = caller.engine().type_of(function.type_id);
                    return Err(module.missing(&ty, function));
                }
            };
            let load = Load::new(self.clone(), part, module.name.clone(), attempt);
            (load, first.then(|| module.loader.clone()))
        };
        if let Some(loader) = loader {
            let _settling = Settling(&load);
            let loaded = loader(&mut caller, &load);
            match loaded {
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

    /// Ends an attempt: what `settled` gives is how, unless it has ended before.
    pub(crate) fn settle(&self, part: usize, settled: impl FnOnce() -> Option<Option<Instance>>) {
        let mut parts = lock(&self.parts);
        if let Some(instance) = settled() {
            parts.list[part].stage = instance.map_or(Stage::Absent, Stage::Loaded);
        }
    }

    /// Instantiates a late module, and sets what its functions stand for.
    pub(crate) fn bind(
        self: &Arc<Self>,
        mut store: impl AsContextMut<Data = T>,
        part: usize,
        module: &Module,
    ) -> Result<Instance, Error> {
        let primary = lock(&self.parts).primary.ok_or_else(|| {
            Error::usage("the instance whose functions are loaded was never made")
        })?;
        let lazy = lock(&self.parts).list[part].module.clone();
        let places = self.places(&store.context_mut().0.opaque, part, primary)?;
        let late = Late {
            program: self.clone(),
            name: lazy.primary.clone(),
            primary,
        };
        let linked = self.linker.link(&mut store, module, Some(&late));
        let opaque = &mut store.context_mut().0.opaque;
        let instance = linked.map_err(|error| lazy.explained(error))?;
        let late = Node::Instance(instance.number_in(opaque)?.slot());
        opaque.adopt(primary.number_in(opaque)?, late);

        let mut parts = lock(&self.parts);
        let functions = parts.list[part].functions.iter_mut();
        // Those that the late modules import lie in no table of the primary's.
        let places = places.into_iter().chain(std::iter::repeat(None));
        for (function, place) in functions.zip(places) {
            function.bind(opaque, instance, place)?;
        }
        Ok(instance)
    }

    /// Where each function lies in the tables of the instance that imports it.
    fn places(
        &self,
        store: &StoreOpaque,
        part: usize,
        primary: Instance,
    ) -> Result<Vec<Place>, Error> {
        let primary = primary.number_in(store)?;
        let parts = lock(&self.parts);
        let functions = &parts.list[part].functions;
        let mut positions = HashMap::new();
        let mut places = alloc::list(functions.len(), FUNCTION)?;
        for (position, function) in functions.iter().enumerate() {
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

impl<T: 'static> Parts<T> {
    /// Position of the part that is a lazy module's.
    fn part(&mut self, lazy: &LazyModule<T>) -> usize {
        if let Some(&position) = self.positions.get(&lazy.name) {
            return position;
        }
        let position = self.list.len();
        self.positions.insert(lazy.name.clone(), position);
        self.list.push(Part {
            module: lazy.clone(),
            functions: Vec::new(),
            positions: HashMap::new(),
            stage: Stage::Absent,
        });
        position
    }
}

impl<T: 'static> Late<T> {
    /// Whether the primary instance has what a late module imports.
    pub(crate) fn exports(&self, store: &StoreOpaque, import: &Import) -> bool {
        let primary = self.primary.number_in(store).ok();
        let module = primary.map(|primary| store.instances[primary].module.inner());
        self.name.as_ref() == import.module
            && module.is_some_and(|module| module.export(&import.name).is_some())
    }

    /// That export.
    pub(crate) fn export(&self, store: impl AsContextMut, import: &Import) -> Option<Extern> {
        (self.name.as_ref() == import.module)
            .then(|| self.primary.get_export(store, &import.name))?
    }
}

impl Stage {
    /// The attempt to wait for, and whether it begins now; `None` after the last.
    fn attempt(&mut self) -> Option<(Arc<Attempt>, bool)> {
        let attempt = match self {
            Self::Loaded(_) => return None,
            Self::Loading(attempt) => attempt.upgrade(),
            Self::Absent => None,
        };
        let first = attempt.is_none();
        let attempt = attempt.unwrap_or_default();
        if first {
            *self = Self::Loading(Arc::downgrade(&attempt));
        }
        Some((attempt, first))
    }
}

impl<T: 'static> LazyModule<T> {
    /// The caller's module has nothing to do with what the late one imports.
    fn explained(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Link => {
                let module = printable(&self.name);
                Error::link(format!(
                    "the module that was loaded for `{module}`: {error:#}"
                ))
            }
            _ => error,
        }
    }

    #[cold]
    fn missing(&self, ty: &FuncType, function: &Function) -> Error {
        let (module, name) = (printable(&self.name), printable(&function.name));
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
}

impl Function {
    /// Sets what it stands for: what an instance exports by its name, or what lies where it lay.
    fn bind(
        &mut self,
        store: &mut StoreOpaque,
        instance: Instance,
        place: Place,
    ) -> Result<(), Error> {
        let found = match instance.exported_func(store, &self.name)? {
            Some(func) => Some(func),
            None => place.and_then(|(table, slot)| {
                let word = *store.tables[table].elements().get(slot)?;
                store.func_of_word(word)
            }),
        };
        // What stands for itself would call itself forever.
        let found = found.filter(|found| *found != self.number);
        if let Some(found) = found
            && !store.set_target(&self.late, self.type_id, found)
        {
            self.misfit = Some(store.funcs[found].ty.clone());
        }
        Ok(())
    }
}
