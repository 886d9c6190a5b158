//! What modules and stores share: settings, the compiler, types, trampolines.

use crate::by_type::ByType;
use crate::config::{Config, Observed};
use crate::error::Error;
use crate::image::{Entry, Origin};
use crate::vm::code::Code;
use crate::vm::gc::types::{Rows, TypeTable};
use crate::vm::mapping::Spaces;
use crate::vm::signals;
use bident_abi::VmTypeRow;
use bident_compile::{Compiler, Order};
use bident_module::{CanonComposite, DefinedType, FieldType, FuncType, Registry, TypeId, ValType};
use bident_stack::Supply;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// Most parameters of a function type, and most results: what the validator allows to modules, and what
/// compiled code is known to cope with.
const MOST_VALUES: usize = 1000;

/// An engine: compiles modules, and is the world in which types have their identity. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    epoch: Epoch,
    config: Config,
    compiler: Compiler,
    types: Mutex<Types>,
    /// Of the types, without the lock.
    rows: Rows,
    /// Records and slabs for stacks.
    supply: Arc<Supply>,
    /// Address space for memories.
    spaces: Arc<Spaces>,

    /// Those of functions that somebody asked for.
    func_types: ByType<FuncType>,
    enter: ByType<Arc<Code>>,
    cont: ByType<Arc<Code>>,
    leave: ByType<Arc<Code>>,
    late: ByType<Arc<Code>>,
    origin: OnceLock<Arc<Origin>>,
    /// Code that is kept in the cache.
    kept: Mutex<Vec<Weak<Code>>>,
}

/// On a cache line of its own: running code reads it all the time.
#[derive(Default)]
#[repr(align(64))]
struct Epoch(AtomicU64);

/// The types, and a row for each.
struct Types {
    registry: Registry,
    table: TypeTable,
}

impl Engine {
    /// An engine with these settings. Installs the signal handlers that traps and growing stacks need,
    /// once per process, and keeps handlers of others off the stacks of WebAssembly.
    ///
    /// # Errors
    /// Kind `Platform`: the processor lacks something that compiled code needs, or the process runs
    /// with a shadow stack.
    pub fn new(config: &Config) -> Result<Self, Error> {
        if bident_stack::os::shadow_stack_active() {
            return Err(Error::platform(
                "this process runs with a shadow stack (x86 CET), which does not allow switching \
                 stacks; start it without, for example with \
                 GLIBC_TUNABLES=glibc.cpu.hwcaps=-SHSTK in the environment",
            ));
        }
        let compiler = match config.deterministic {
            true => Compiler::deterministic(),
            false => Compiler::host(),
        };
        let compiler = compiler.map_err(Error::platform)?;
        let compiler = compiler
            .with_limits(config.compile_limits)
            .with_quick_code(config.quick_code)
            .with_epochs(config.epochs)
            .with_moving_memories(config.moving_memories)
            .with_fuel(config.fuel)
            .with_observer(config.observer.clone().map(|Observed(observer)| observer));
        signals::adopt_handlers();
        signals::ensure_signal_stack()?;
        let table = TypeTable::new()?;
        let supply = Supply::new().map_err(Error::no_memory("the records of stacks"))?;
        Ok(Self(Arc::new(Inner {
            epoch: Epoch::default(),
            config: config.clone(),
            compiler,
            rows: table.rows(),
            supply: Arc::new(supply),
            spaces: Arc::new(Spaces::new(config.moving_memories)),
            types: Mutex::new(Types {
                registry: Registry::default(),
                table,
            }),
            func_types: ByType::default(),
            enter: ByType::default(),
            cont: ByType::default(),
            leave: ByType::default(),
            late: ByType::default(),
            origin: OnceLock::new(),
            kept: Mutex::default(),
        })))
    }

    /// Keeps signal handlers that were installed past the engine off the stacks of WebAssembly, which
    /// have no room for them, and returns how many there were.
    ///
    /// Handlers that are installed through the C library need no call: the engine sees them. It is for
    /// those that a library installs by the bare `syscall` instruction, without `SA_ONSTACK`, and for
    /// programs that load the engine with `dlopen`. [`Engine::new`] does the same, and so does the
    /// first entry of each thread. After the call, WebAssembly may run again.
    pub fn adopt_signal_handlers() -> usize {
        bident_stack::os::adopt_signal_handlers()
    }

    /// Advances the epoch by one tick: on any thread, also in a signal handler. What runs in a store whose deadline has
    /// come sees it at its next loop, call or long instruction; see [`crate::Store::set_epoch_deadline`].
    pub fn increment_epoch(&self) {
        self.0.epoch.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it was advanced.
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.0.epoch.0.load(Ordering::Relaxed)
    }

    /// Where it lies, for as long as there is a clone of the engine.
    pub(crate) fn epoch_address(&self) -> *const AtomicU64 {
        &raw const self.0.epoch.0
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Address space for memories.
    pub(crate) fn spaces(&self) -> &Arc<Spaces> {
        &self.0.spaces
    }

    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    /// What code of this engine is compiled by.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        let origin = || Origin::of(self.config(), self.compiler()).into();
        self.0.origin.get_or_init(origin)
    }

    /// The place of a binary in the cache, if it has one.
    pub(crate) fn entry(&self, binary: &[u8]) -> Option<Entry> {
        let takes = self.config().cache.as_ref()?.takes(binary.len());
        takes.then(|| self.entry_of(*blake3::hash(binary).as_bytes()))?
    }

    /// The place in the cache of a binary with this hash, if there is a cache.
    pub(crate) fn entry_of(&self, key: [u8; 32]) -> Option<Entry> {
        let cache = self.config().cache.as_ref()?.clone();
        Some(Entry::new(cache, self.origin().clone(), key))
    }

    /// Code of a module came: it is kept, if it is to be.
    pub(crate) fn remember(&self, code: &Arc<Code>) {
        if code.is_kept() {
            let mut kept = lock(&self.0.kept);
            if kept.len() == kept.capacity() {
                kept.retain(|code| code.strong_count() > 0);
                // At least half is free afterwards, so that this happens rarely.
                let more = kept.len().max(8);
                kept.reserve(more);
            }
            kept.push(Arc::downgrade(code));
        }
    }

    /// Writes to the cache ([`Config::cache`]) what was compiled and is not there yet: for who ends the process with
    /// [`std::process::exit`], which drops nothing. Takes about a millisecond for each two megabytes of code. Where
    /// that cannot be, nothing happens.
    pub fn keep_code(&self) {
        let kept = std::mem::take(&mut *lock(&self.0.kept));
        for code in kept.iter().filter_map(Weak::upgrade) {
            code.keep(true);
            self.remember(&code);
        }
    }

    /// Whether both are the same engine.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Identities of a module's types.
    ///
    /// # Errors
    /// Kind `Limit`: no room for so many types.
    pub(crate) fn register(
        &self,
        types: &[DefinedType],
        groups: &[Range<u32>],
    ) -> Result<Vec<TypeId>, Error> {
        let Types { registry, table } = &mut *lock(&self.0.types);
        let ids = registry.register(types, groups);
        table.fill(registry)?;
        Ok(ids)
    }

    /// A row for each type, for casts. They never move.
    pub(crate) fn type_rows(&self) -> *const VmTypeRow {
        self.0.rows.0
    }

    /// Records and slabs for the stacks of its stores.
    pub(crate) fn supply(&self) -> &Arc<Supply> {
        &self.0.supply
    }

    /// Identity of a function type that the embedder gives.
    ///
    /// # Errors
    /// As for [`Engine::register`].
    pub(crate) fn type_id(&self, ty: &FuncType) -> Result<TypeId, Error> {
        let Types { registry, table } = &mut *lock(&self.0.types);
        let id = registry.given_func(ty);
        table.fill(registry)?;
        Ok(id)
    }

    /// The function type with this identity.
    ///
    /// # Panics
    /// If it is none of a function type.
    pub(crate) fn type_of(&self, id: TypeId) -> FuncType {
        if let Some(ty) = self.0.func_types.get(id) {
            return ty.clone();
        }
        let ty = match &lock(&self.0.types).registry.get(id).composite {
            CanonComposite::Func(ty) => ty.clone().identified(id),
            _ => panic!("type {} is no function type", id.0),
        };
        // Without memory for it, it is asked for again.
        let _known = self.0.func_types.set(id, ty.clone());
        ty
    }

    /// The function type that continuations of the type with this identity go on as.
    ///
    /// # Panics
    /// If it is none of a continuation type.
    pub(crate) fn func_type_of_cont(&self, id: TypeId) -> FuncType {
        let func = match &lock(&self.0.types).registry.get(id).composite {
            CanonComposite::Cont(func) => *func,
            _ => panic!("type {} is no continuation type", id.0),
        };
        self.type_of(func)
    }

    /// Whether the type with identity `given` is a subtype of the other.
    pub(crate) fn is_subtype(&self, given: TypeId, wanted: TypeId) -> bool {
        given == wanted || lock(&self.0.types).registry.is_subtype(given, wanted)
    }

    /// A field of a structure type, or what each element of an array type is.
    pub(crate) fn field_of(&self, id: TypeId, index: u32) -> Option<FieldType> {
        match &lock(&self.0.types).registry.get(id).composite {
            CanonComposite::Struct(fields) => fields.get(index as usize).copied(),
            CanonComposite::Array(element) => Some(*element),
            CanonComposite::Func(_) | CanonComposite::Cont(_) => None,
        }
    }

    /// Whether every value of one type is a value of another.
    pub(crate) fn val_matches(&self, given: ValType, wanted: ValType) -> bool {
        given == wanted || lock(&self.0.types).registry.val_matches(given, wanted)
    }

    /// Checks types that the embedder gives.
    ///
    /// # Errors
    /// Kind `Usage`: one refers to a type that is none of this engine's.
    pub(crate) fn check_types<'a>(
        &self,
        types: impl IntoIterator<Item = &'a ValType>,
    ) -> Result<(), Error> {
        let registry = &lock(&self.0.types).registry;
        match types.into_iter().find(|ty| !registry.knows(**ty)) {
            None => Ok(()),
            Some(ty) => Err(Error::usage(format!(
                "the type {ty} refers to a type that this engine does not know"
            ))),
        }
    }

    /// As [`Engine::check_types`], for a function type.
    ///
    /// # Errors
    /// Also kind `Limit`: it has more parameters or results than a type of a module may have.
    pub(crate) fn check_func_type(&self, ty: &FuncType) -> Result<(), Error> {
        let most = ty.params().len().max(ty.results().len());
        if most > MOST_VALUES {
            return Err(Error::limit(format!(
                "a function type with {} parameters and {} results; at most {MOST_VALUES} of each \
                 are possible",
                ty.params().len(),
                ty.results().len()
            )));
        }
        self.check_types(ty.params().iter().chain(ty.results()))
    }

    /// Code that calls a function of this type with values from the transfer buffer.
    pub(crate) fn enter_trampoline(&self, type_id: TypeId) -> Result<Arc<Code>, Error> {
        self.trampoline(&self.0.enter, type_id, |compiler, ty| {
            compiler.enter_trampoline(ty, Order::Forward)
        })
    }

    /// Code that starts a continuation of a function of this type, with arguments from the transfer
    /// buffer.
    pub(crate) fn cont_trampoline(&self, type_id: TypeId) -> Result<Arc<Code>, Error> {
        self.trampoline(&self.0.cont, type_id, |compiler, ty| {
            compiler.enter_trampoline(ty, Order::Reversed)
        })
    }

    /// Code that brings a call of a host function of this type to the transfer buffer.
    pub(crate) fn leave_trampoline(&self, type_id: TypeId) -> Result<Arc<Code>, Error> {
        let stub = bident_stack::leave_host as *const () as usize;
        self.trampoline(&self.0.leave, type_id, |compiler, ty| {
            compiler.leave_trampoline(ty, stub)
        })
    }

    /// Code that stands for a function of this type that is loaded late.
    pub(crate) fn late_trampoline(&self, type_id: TypeId) -> Result<Arc<Code>, Error> {
        let stub = bident_stack::leave_host as *const () as usize;
        self.trampoline(&self.0.late, type_id, |compiler, ty| {
            compiler.late_trampoline(ty, stub)
        })
    }

    fn trampoline(
        &self,
        known: &ByType<Arc<Code>>,
        type_id: TypeId,
        compile: impl FnOnce(
            &Compiler,
            &FuncType,
        ) -> Result<bident_compile::Trampoline, bident_compile::Error>,
    ) -> Result<Arc<Code>, Error> {
        if let Some(code) = known.get(type_id) {
            return Ok(code.clone());
        }
        let ty = self.type_of(type_id);
        let trampoline = compile(&self.0.compiler, &ty).map_err(Error::compile)?;
        let code = Arc::new(Code::of_trampoline(trampoline)?);
        known.set(type_id, code).cloned()
    }
}

impl Default for Engine {
    /// An engine with the default settings.
    ///
    /// # Panics
    /// Where [`Engine::new`] gives an error.
    fn default() -> Self {
        Self::new(&Config::default()).expect("this machine can run compiled code")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while one of these maps was locked left it whole: entries are inserted in one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
