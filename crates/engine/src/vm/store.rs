//! The engine's record of a store: everything its instances are made of, at stable addresses.

use crate::any::AnyRef;
use crate::engine::Engine;
use crate::error::Error;
use crate::limiter::{Limiter, ResourceLimiter};
use crate::module::Module;
use crate::second_stack::Pool;
use crate::slots::{
    FuncNumber, GlobalNumber, InstanceNumber, MemoryNumber, NO_SLOT, Number, SecondNumber, Slots,
    TableNumber, TagNumber,
};
use crate::tasks::TaskCount;
use crate::value::{ExternRef, Side, Val};
use crate::vm::builtins;
use crate::vm::calls::{Call, NO_CALL};
use crate::vm::code::{Code, CodeMap};
use crate::vm::collect::Pressure;
use crate::vm::cont::Host;
use crate::vm::gc::Objects;
use crate::vm::heap::{ExnData, Heap};
use crate::vm::held::{Held, HeldList, Holding};
use crate::vm::hook::Hook;
use crate::vm::host_func::HostFunc;
use crate::vm::instance::{InstanceData, Items};
use crate::vm::interrupt::{Deadlines, NEVER};
use crate::vm::lifetime::{Fresh, Lie};
use crate::vm::memory::LinearMemory;
use crate::vm::panics::Panics;
use crate::vm::payload::Payload;
use crate::vm::record::Record;
use crate::vm::table::TableData;
use crate::vm::trace::Trace;
use bident_abi::{CLASSES, VmFuncRef, VmGlobal, VmHeap, VmRun, VmStore, VmTag, VmTrap, VmValue};
use bident_module::{FuncType, GlobalType, TypeId, ValType};
use bident_stack::{Chains, Stats};
use std::alloc::{Layout, alloc};
use std::any::Any;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Store with its owner's data. Boxed by `Store<T>`, so that its address is stable.
///
/// `opaque` comes first: a pointer to the whole is a pointer to it. `VmStore::owner` points here while
/// something runs.
#[repr(C)]
pub(crate) struct StoreInner<T> {
    pub(crate) opaque: StoreOpaque,
    pub(crate) data: T,
}

impl<T> StoreInner<T> {
    /// A store with nothing in it.
    pub(crate) fn new(engine: &Engine, data: T) -> Result<Box<Self>, Error> {
        let id = StoreId::next()?;
        // SAFETY: it has a size.
        let place = unsafe { alloc(Layout::new::<Self>()) }.cast::<Self>();
        if place.is_null() {
            return Err(Error::exhausted("no memory for a store"));
        }
        // SAFETY: allocated above, as a box would.
        unsafe {
            place.write(Self {
                opaque: StoreOpaque::new(engine, id),
                data,
            });
            Ok(Box::from_raw(place))
        }
    }
}

/// A store without the type of its data.
#[repr(C)]
pub(crate) struct StoreOpaque {
    /// Read by compiled code.
    pub(crate) vm: VmStore,
    // What every entry and every park looks at is side by side.
    /// What the host call waits for that is about to park; nothing at any other time.
    pub(crate) payload: Payload,
    /// The innermost call of the host that has entered again.
    pub(crate) calls: *const Call,
    /// Why a host function ended the run that now unwinds.
    pub(crate) unwinding: Option<Unwinding>,
    pub(crate) id: StoreId,
    /// Whether stack sizes are remembered; a copy of the engine's setting.
    pub(crate) learns: bool,
    /// Whether calls that wait at an address of a memory park.
    pub(crate) park_waits: bool,
    /// Whether calls of an instance may share a second stack.
    pub(crate) share_second_stack: bool,
    pub(crate) engine: Engine,
    pub(crate) code: CodeMap,
    pub(crate) instances: Slots<InstanceNumber, InstanceData>,
    pub(crate) funcs: Slots<FuncNumber, FuncData>,
    pub(crate) memories: Slots<MemoryNumber, LinearMemory>,
    /// Numbers of the shared ones, by the addresses of their mappings.
    #[expect(
        clippy::box_collection,
        reason = "most stores have none, and there may be a million of them"
    )]
    pub(super) shared: Option<Box<HashMap<usize, MemoryNumber>>>,
    /// Numbers of the memories that have grown and not been asked for since, each once.
    pub(super) grown: Vec<MemoryNumber>,
    pub(crate) tables: Slots<TableNumber, TableData>,
    pub(crate) globals: Slots<GlobalNumber, GlobalData>,
    pub(crate) tags: Slots<TagNumber, TagData>,
    pub(crate) seconds: Slots<SecondNumber, Arc<Pool>>,
    pub(crate) externs: Heap<ExternRef>,
    pub(crate) exns: Heap<ExnData>,
    /// The trace that is under way.
    pub(crate) trace: Option<Trace>,
    pub(crate) objects: Objects,
    /// Operands of the constant expression that is being evaluated, and what came of those before: roots.
    pub(crate) under_way: Vec<VmValue>,
    pub(crate) held: HeldList<Held>,
    /// What the embedder keeps.
    pub(crate) kept: HeldList<Holding>,
    /// What was made since the last collection.
    pub(crate) fresh: Fresh,
    pub(crate) pressure: Pressure,
    /// Per function type, the code that starts continuations of such functions.
    #[expect(
        clippy::box_collection,
        reason = "most stores have none, and there may be a million of them"
    )]
    pub(crate) cont_entries: Option<Box<HashMap<TypeId, usize>>>,
    /// What stands for the host function in calls that parked at an address of a memory, once one has.
    pub(crate) wait_func: Option<FuncNumber>,
    /// The same for calls that yielded.
    pub(crate) yield_func: Option<FuncNumber>,
    /// The same for calls that wait for the limiter.
    pub(crate) growth_func: Option<FuncNumber>,
    /// Who is told where host and WebAssembly take turns.
    pub(crate) hook: Option<Hook>,
    /// Who decides how much there may be.
    pub(crate) limiter: Option<Box<Limiter>>,
    /// Why the limiter has refused memory for stacks or objects, where it gave an error.
    pub(crate) refusal: Option<Error>,
    /// How many tasks there are.
    pub(crate) tasks: OnceLock<Arc<TaskCount>>,
    pub(crate) deadlines: Deadlines,
    /// Buffer that calls of dynamically typed host functions use, so that none allocates.
    pub(crate) scratch: Vec<Val>,
}

// SAFETY: every pointer inside leads to memory that the store owns; host functions and their data are
// Send by their bounds; nothing runs in the store while it moves between threads.
unsafe impl Send for StoreOpaque {}
// SAFETY: a shared borrow of a store only reads.
unsafe impl Sync for StoreOpaque {}

/// Identity of a store: handles carry it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StoreId(NonZeroU32);

impl StoreId {
    /// An identity that no store of this process has had.
    fn next() -> Result<Self, Error> {
        // Wider than an identity: it does not begin anew.
        static LAST: AtomicU64 = AtomicU64::new(0);
        let id = u32::try_from(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        id.ok()
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or_else(|| Error::limit("a process can make 2^32 - 1 stores"))
    }
}

/// Error or panic that travels from a host function to whoever entered WebAssembly.
pub(crate) enum Unwinding {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// A function that the host knows by number.
pub(crate) struct FuncData {
    pub(crate) func_ref: NonNull<VmFuncRef>,
    pub(crate) ty: FuncType,
    /// Identity of that type.
    pub(crate) type_id: TypeId,
    /// Address of the trampoline that calls it, once needed.
    pub(crate) trampoline: usize,
    /// Where a call of it that may park has its second stack.
    pub(crate) second: Option<SecondNumber>,
    /// Host values that it keeps for the embedder, if it is the host's.
    pub(crate) attached: Vec<ExternRef>,
    /// The function itself, if it is the host's. Compiled code has its address.
    pub(crate) host: Option<Box<HostFunc>>,
}

/// A global.
pub(crate) struct GlobalData {
    pub(crate) record: Record<VmGlobal>,
    pub(crate) ty: GlobalType,
    /// The instance that defines it, if one does: the record lies there.
    pub(crate) home: Option<InstanceNumber>,
    /// Instances that import it, if it is mutable.
    pub(crate) importers: Vec<InstanceNumber>,
    /// The second stack whose pointer it is.
    pub(crate) second: Option<SecondNumber>,
}

/// A tag.
pub(crate) struct TagData {
    pub(crate) record: Record<VmTag>,
    pub(crate) ty: FuncType,
    /// Lists of what the host handles have clones.
    pub(crate) handled: Handled,
}

/// See [`TagData::handled`].
pub(crate) type Handled = Arc<()>;

impl TagData {
    /// Whether the host handles it.
    pub(crate) fn is_handled(&self) -> bool {
        Arc::strong_count(&self.handled) > 1
    }

    /// Identity of its type.
    pub(crate) fn type_id(&self) -> TypeId {
        // SAFETY: the record lives as long as this value, and never changes.
        TypeId(unsafe { self.record.address().as_ref().type_id })
    }
}

/// In stress mode revisions wrap after so few uses that they often do.
const FIRST_REVISION_UNDER_STRESS: u32 = u32::MAX - 30;

impl StoreOpaque {
    #[inline(always)] // So that it is made in its place.
    fn new(engine: &Engine, id: StoreId) -> Self {
        let stressed = engine.config().stress;
        let limits = engine.config().stack_limits();
        let mut chains = Chains::new::<Host>(limits, stressed, engine.supply());
        if stressed {
            chains.set_first_revision(FIRST_REVISION_UNDER_STRESS);
        }
        let pressure = Pressure::new(chains.limit());
        let transfers = chains.transfers();
        Self {
            vm: VmStore {
                chains,
                caller: ptr::null_mut(),
                epoch: engine.epoch_address(),
                deadline: NEVER,
                fuel: i64::try_from(engine.config().initial_fuel).unwrap_or(i64::MAX),
                builtins: builtins::TABLE.as_ptr().cast(),
                leave_builtin: bident_stack::leave_builtin as *const () as usize,
                leave_preserving: bident_stack::leave_preserving as *const () as usize,
                transfers,
                heap: VmHeap {
                    base: ptr::null_mut(),
                    types: engine.type_rows(),
                    runs: [VmRun::default(); CLASSES],
                },
                trap: VmTrap::default(),
                owner: ptr::null_mut(),
            },
            engine: engine.clone(),
            id,
            learns: !engine.config().smallest_stacks,
            code: CodeMap::default(),
            payload: Payload::NONE,
            unwinding: None,
            instances: Slots::default(),
            funcs: Slots::default(),
            memories: Slots::default(),
            grown: Vec::new(),
            tables: Slots::default(),
            globals: Slots::default(),
            tags: Slots::default(),
            seconds: Slots::default(),
            externs: Heap::new(usize::MAX),
            exns: Heap::new(engine.config().max_exception_memory),
            trace: None,
            objects: Objects::new(engine.config().max_heap_memory),
            under_way: Vec::new(),
            held: HeldList::default(),
            kept: HeldList::default(),
            fresh: Fresh::default(),
            calls: NO_CALL,
            pressure,
            cont_entries: None,
            wait_func: None,
            yield_func: None,
            growth_func: None,
            hook: None,
            limiter: None,
            refusal: None,
            tasks: OnceLock::new(),
            deadlines: Deadlines::default(),
            park_waits: engine.config().park_waits,
            share_second_stack: engine.config().share_second_stack,
            shared: None,
            scratch: Vec::new(),
        }
    }

    /// Asks the processor to have near what an entry reads of the store: for who is about to go on with a call of one
    /// that others have pushed out of its caches.
    #[inline]
    pub(crate) fn prefetch(&self) {
        self.vm.chains.prefetch();
        bident_stack::prefetch((&raw const self.vm.caller).addr());
        bident_stack::prefetch((&raw const self.vm.owner).addr());
        bident_stack::prefetch((&raw const self.unwinding).addr());
    }

    /// Makes room for the values of a function type in the transfer buffer.
    pub(crate) fn reserve_values(&mut self, ty: &FuncType) -> Result<(), Error> {
        // One at least: wherever a function is, the first value is.
        self.reserve(ty.params().len().max(ty.results().len()).max(1))
    }

    /// Makes room for this many values in the transfer buffer.
    pub(crate) fn reserve(&mut self, needed: usize) -> Result<(), Error> {
        let reserved = self.vm.chains.reserve(needed);
        reserved.map_err(|_| Error::exhausted("no memory for the values of a call"))
    }

    /// Types of the parameters or results of a function.
    #[inline]
    pub(crate) fn types(&self, func: FuncNumber, side: Side) -> &[ValType] {
        let ty = &self.funcs[func].ty;
        match side {
            Side::Params => ty.params(),
            Side::Results => ty.results(),
        }
    }

    /// Writes value `i` of a transfer, a word.
    #[inline]
    pub(crate) fn set_value(&mut self, i: usize, low: u64) {
        self.vm.chains.set_value(i, low);
    }

    /// Reads value `i` of a transfer: a word, or the low half of a vector.
    #[inline]
    pub(crate) fn value(&self, i: usize) -> u64 {
        self.vm.chains.value(i)
    }

    /// Writes value `i` of a transfer, of any type.
    #[inline]
    pub(crate) fn set_any_value(&mut self, i: usize, value: VmValue) {
        let VmValue { low, high } = value;
        self.vm.chains.set_wide_value(i, [low, high]);
    }

    /// Reads value `i` of a transfer, of this type. Only of a vector more than a word: compiled code
    /// has just written as much, and a wider load waits for the store before it.
    #[inline]
    pub(crate) fn any_value(&self, i: usize, ty: ValType) -> VmValue {
        match ty {
            ValType::V128 => {
                let [low, high] = self.vm.chains.wide_value(i);
                VmValue { low, high }
            }
            _ => self.value(i).into(),
        }
    }

    /// Keeps a trampoline alive as long as the store, and known to the signal handler.
    pub(crate) fn add_code(&mut self, code: &Arc<Code>) -> Result<(), Error> {
        self.code.add(code)
    }

    /// What is as good as the address of a function's code, whatever code it gets later.
    pub(crate) fn lasting(&self, address: usize) -> usize {
        let code = self.code.find(address);
        code.map_or(address, |code| code.lasting(address))
    }

    /// Keeps the code of a module alive as long as something may run it, and known to the signal handler.
    pub(crate) fn add_module(&mut self, module: &Module) -> Result<(), Error> {
        self.code.add_module(module)
    }

    /// Adds an instance with everything but values and segments; gives its number.
    pub(crate) fn add_instance(
        &mut self,
        module: Module,
        items: Items,
    ) -> Result<InstanceNumber, Error> {
        let count = self.instances.len();
        self.check_count("instances", count, ResourceLimiter::instances)?;
        let number = self.instances.next();
        self.instances.room("an instance")?;
        // SAFETY: put there right away.
        let instance = unsafe { InstanceData::new(self, number, module, items)? };
        self.instances.put(instance);
        self.fresh.note(1, 0);
        let taken = self.take_part(number);
        if taken.is_err() {
            self.instances.release(number);
        }
        taken.map(|()| number)
    }

    /// Number of a tag of this store.
    pub(crate) fn tag_number(&self, tag: NonNull<VmTag>) -> TagNumber {
        // SAFETY: who has a tag keeps it.
        let slot = unsafe { tag.as_ref().number };
        self.tags.number(slot)
    }

    /// Number of the function that a reference points to.
    pub(crate) fn func_number(&mut self, func_ref: NonNull<VmFuncRef>) -> FuncNumber {
        // SAFETY: who has a function keeps it.
        let record = unsafe { &mut *func_ref.as_ptr() };
        if record.handle == NO_SLOT {
            let type_id = TypeId(record.type_id);
            let ty = self.engine.type_of(type_id);
            debug_assert!(
                ty.params().len().max(ty.results().len()) <= self.vm.chains.room_for_values(),
                "who made the function has reserved room for its values"
            );
            let number = self.funcs.put(FuncData {
                func_ref,
                ty,
                type_id,
                trampoline: 0,
                second: None,
                attached: Vec::new(),
                host: None,
            });
            self.funcs.release(number);
            record.handle = number.slot();
            self.funcs[number].second = self.second_of(number);
        }
        self.funcs.number(record.handle)
    }

    /// What a word that compiled code holds as `funcref` refers to: null or a number.
    pub(crate) fn func_of_word(&mut self, word: u64) -> Option<FuncNumber> {
        NonNull::new(word as usize as *mut VmFuncRef).map(|f| self.func_number(f))
    }

    /// The word that compiled code holds for a function.
    #[inline]
    pub(crate) fn word_of_func(&self, func: FuncNumber) -> u64 {
        self.funcs[func].func_ref.as_ptr() as u64
    }

    /// The word that compiled code holds for a host value. May collect others first.
    pub(crate) fn word_of_extern(&mut self, value: Option<ExternRef>) -> Result<u64, Error> {
        let Some(value) = value else { return Ok(0) };
        if let Some(any) = value.data().downcast_ref::<AnyRef>() {
            return Ok(self.extern_of_any(any.word_in(self)?));
        }
        if self.externs.wants_collection(&value) || self.collects_always() {
            self.collect_values();
            if !self.externs.fits(&value) {
                return Err(Error::limit("no memory for a reference to a host value"));
            }
        }
        Ok(self.externs.insert(value))
    }

    /// The host value that a word of compiled code stands for.
    pub(crate) fn extern_of_word(&mut self, word: u64) -> Option<ExternRef> {
        if word >> 32 == 0 && word != 0 {
            return Some(ExternRef::new(AnyRef::from_word(self, word)));
        }
        self.externs.get(word).cloned()
    }

    /// Figures about the stacks.
    pub(crate) fn stats(&self) -> Stats {
        self.vm.chains.stats()
    }

    /// Adds a global.
    pub(crate) fn add_global(
        &mut self,
        ty: GlobalType,
        value: VmValue,
    ) -> Result<GlobalNumber, Error> {
        let record = Record::new(VmGlobal { value });
        let global = GlobalData {
            record,
            ty,
            home: None,
            importers: Vec::new(),
            second: None,
        };
        self.fresh.note(1, 0);
        self.globals.push(global, "a global")
    }

    /// Adds a tag whose function type has this identity.
    pub(crate) fn add_tag(&mut self, type_id: TypeId) -> Result<TagNumber, Error> {
        let ty = self.engine.type_of(type_id);
        self.reserve_values(&ty)?;
        self.tags.room("a tag")?;
        let record = Record::new(VmTag {
            type_id: type_id.0,
            number: self.tags.next().slot(),
        });
        self.fresh.note(1, 0);
        let handled = Arc::default();
        Ok(self.tags.put(TagData {
            record,
            ty,
            handled,
        }))
    }

    /// The value of a global.
    pub(crate) fn global(&self, global: GlobalNumber) -> VmValue {
        let global = &self.globals[global];
        // SAFETY: the record lives as long as the global.
        let value = unsafe { global.record.address().as_ref().value };
        // Compiled code writes only the low 4 bytes of narrow values.
        match global.ty.content {
            ValType::I32 | ValType::F32 => (value.low & 0xffff_ffff).into(),
            _ => value,
        }
    }

    /// Changes the value of a global.
    pub(crate) fn set_global(&mut self, global: GlobalNumber, value: VmValue) {
        let record = self.globals[global].record.address();
        // SAFETY: as above, and the store is borrowed exclusively.
        unsafe { (*record.as_ptr()).value = value };
    }
}

impl GlobalData {
    /// The word of its value that may be a reference.
    pub(crate) fn word(&self) -> u64 {
        // SAFETY: the record lives as long as this value.
        unsafe { self.record.address().as_ref().value.low }
    }
}

impl Lie for GlobalData {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        each(self.record.own_place());
    }
}

impl Lie for TagData {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        each(self.record.own_place());
    }
}

impl Lie for FuncData {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        if let Some(host) = &self.host {
            let start = std::ptr::from_ref(&**host).addr();
            each(start..start + size_of::<HostFunc>());
        }
    }
}

impl Drop for StoreOpaque {
    /// # Panics
    /// If a destructor of the embedder does, after all of its values are dropped.
    fn drop(&mut self) {
        let mut panics = Panics::default();
        for func in self.funcs.iter_mut() {
            panics.drop(func.host.take());
        }
        self.exns.clear(&mut panics);
        self.externs.clear(&mut panics);
        panics.go_on();
    }
}
