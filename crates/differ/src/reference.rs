//! Wasmtime as a machine. It reads like engine.rs, and does the same for its engine.

use crate::engine::{MEMORY, STACK, TABLE};
use crate::host::{self, KEPT, NESTED, Wish, Wishes};
use crate::machine::{Guest, Machine};
use crate::seen::{self, DEPTH, Ended, HostCall, Kind, Seen, State, Trap, WIDTH};
use anyhow::Result;
use wasmtime::{
    AnyRef, AsContext, AsContextMut, Caller, Collector, Config, Engine, Error, Extern, ExternRef,
    ExternType, Func, FuncType, GcHeapOutOfMemory, Global, HeapType, I31, ImportType, Instance,
    Memory, Module, OptLevel, RegallocAlgorithm, Rooted, SharedMemory, Store, StoreLimits,
    StoreLimitsBuilder, Table, Tag, ThrownException, Val, ValType,
};

/// Wasmtime: an engine that sees to it that NaNs are the same everywhere, and one that does not.
pub struct Wasmtime {
    deterministic: Engine,
    plain: Engine,
}

impl Wasmtime {
    /// With every feature that Bident has, too.
    ///
    /// # Errors
    /// The engine cannot be had.
    pub fn new() -> Result<Self> {
        let with = |deterministic: bool| {
            let mut config = Config::new();
            config
                .wasm_wide_arithmetic(true)
                .wasm_custom_page_sizes(true)
                .wasm_memory64(true)
                .wasm_multi_memory(true)
                .wasm_tail_call(true)
                .wasm_extended_const(true)
                .wasm_relaxed_simd(true)
                .wasm_function_references(true)
                .wasm_gc(true)
                .wasm_exceptions(true)
                .wasm_threads(true)
                .shared_memory(true)
                .relaxed_simd_deterministic(deterministic)
                .cranelift_nan_canonicalization(deterministic)
                // Other code than Bident's, though the code generator is the same; and soon made.
                .cranelift_opt_level(OptLevel::None)
                .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass)
                // Nobody asks where a trap was.
                .generate_address_map(false)
                .wasm_backtrace_max_frames(None)
                .native_unwind_info(false)
                // No more address space than a memory may need: shared ones cannot move. The heap of objects comes
                // from the allocator.
                .memory_init_cow(false)
                .memory_reservation(MEMORY as u64)
                .memory_guard_size(0)
                .memory_reservation_for_growth(0)
                .gc_heap_reservation(0)
                .gc_heap_guard_size(0)
                .gc_heap_reservation_for_growth(1 << 16)
                // Bident's handlers should not be in the way of others, nor theirs in its.
                .signals_based_traps(false)
                .collector(Collector::DeferredReferenceCounting)
                .max_wasm_stack(STACK);
            Engine::new(&config)
        };
        let engines = || Ok((with(true)?, with(false)?));
        let (deterministic, plain) =
            engines().map_err(|error: Error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self {
            deterministic,
            plain,
        })
    }
}

impl Machine for Wasmtime {
    fn name(&self) -> &'static str {
        "Wasmtime"
    }

    fn validate(&self, bytes: &[u8]) -> Result<(), String> {
        Module::validate(&self.plain, bytes).map_err(|error| format!("{error:?}"))
    }

    fn load(
        &self,
        bytes: &[u8],
        deterministic: bool,
        _seed: u64,
    ) -> Result<Box<dyn Guest>, String> {
        let engine = if deterministic {
            &self.deterministic
        } else {
            &self.plain
        };
        let module = Module::from_binary(engine, bytes).map_err(|error| format!("{error:?}"))?;
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY)
            .table_elements(TABLE)
            .build();
        let mut store = Store::new(
            engine,
            Host {
                limits,
                ..Host::default()
            },
        );
        store.limiter(|host| &mut host.limits);
        Ok(Box::new(WasmtimeGuest {
            store,
            module,
            exports: Vec::new(),
        }))
    }
}

/// What the host knows while WebAssembly runs.
#[derive(Default)]
struct Host {
    limits: StoreLimits,
    calls: Vec<HostCall>,
    funcs: Vec<Func>,
    kept: Vec<Val>,
    depth: u32,
    exhausted: bool,
    said: String,
}

struct WasmtimeGuest {
    store: Store<Host>,
    module: Module,
    exports: Vec<(String, Extern)>,
}

impl Guest for WasmtimeGuest {
    fn start(&mut self) -> Ended {
        let mut imports = Vec::new();
        for (number, import) in self.module.imports().enumerate() {
            match provide(&mut self.store, number, &import) {
                Ok(Some(item)) => imports.push(item),
                Ok(None) => return Ended::NoArguments,
                Err(error) => return instantiated(&mut self.store, &error),
            }
        }
        let instance = match Instance::new(&mut self.store, &self.module, &imports) {
            Ok(instance) => instance,
            Err(error) => return instantiated(&mut self.store, &error),
        };
        let exports: Vec<_> = instance
            .exports(&mut self.store)
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect();
        let funcs = exports
            .iter()
            .filter_map(|(_, item)| item.clone().into_func())
            .collect();
        self.exports = exports;
        self.store.data_mut().funcs = funcs;
        Ended::Returned(Vec::new())
    }

    fn exports(&self) -> Vec<(String, Kind)> {
        let kind = |item: &Extern| match item {
            Extern::Func(_) => Kind::Func,
            Extern::Table(_) => Kind::Table,
            Extern::Memory(_) | Extern::SharedMemory(_) => Kind::Memory,
            Extern::Global(_) => Kind::Global,
            Extern::Tag(_) => Kind::Tag,
        };
        self.exports
            .iter()
            .map(|(name, item)| (name.clone(), kind(item)))
            .collect()
    }

    fn set(&mut self, export: usize, value: i32) {
        if let Extern::Global(global) = &self.exports[export].1 {
            global
                .set(&mut self.store, Val::I32(value))
                .expect("it is a mutable i32");
        }
    }

    fn call(&mut self, export: usize, seed: u64) -> Ended {
        let Extern::Func(func) = self.exports[export].1 else {
            return Ended::Refused;
        };
        call(&mut self.store, func, seed, true)
    }

    fn state(&mut self, export: usize) -> Option<State> {
        let store = &mut self.store;
        Some(match &self.exports[export].1 {
            Extern::Global(global) => {
                let value = global.get(&mut *store);
                State::Global(see(store, &value, 0))
            }
            Extern::Table(table) => {
                let size = table.size(&*store);
                let first = (0..size.min(u64::from(WIDTH)))
                    .filter_map(|i| {
                        let value = Val::from(table.get(&mut *store, i)?);
                        Some(see(store, &value, 0))
                    })
                    .collect();
                State::Table(size, first)
            }
            Extern::Memory(memory) => {
                State::Memory(memory.size(&*store), seen::hash(memory.data(&*store)))
            }
            Extern::SharedMemory(memory) => State::Memory(memory.size(), seen::hash(&[])),
            Extern::Func(_) | Extern::Tag(_) => return None,
        })
    }

    fn host_calls(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.store.data_mut().calls)
    }

    fn said(&self) -> &str {
        &self.store.data().said
    }

    fn exhausted(&self) -> bool {
        self.store.data().exhausted
    }

    fn collect(&mut self) {
        // It is not what is tested.
    }
}

/// What a module imports, made for it.
fn provide(
    store: &mut Store<Host>,
    number: usize,
    import: &ImportType<'_>,
) -> Result<Option<Extern>, Error> {
    let mut wishes = Wishes::new(host::seed_of(number, &[]));
    Ok(Some(match import.ty() {
        ExternType::Func(ty) => {
            let results: Vec<ValType> = ty.results().collect();
            let func = Func::new(store, ty, move |mut caller, given, answers| {
                act(&mut caller, number, given, &results, answers)
            });
            Extern::Func(func)
        }
        ExternType::Memory(ty) if ty.is_shared() => {
            Extern::SharedMemory(SharedMemory::new(store.engine(), ty)?)
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, ty)?),
        ExternType::Table(ty) => {
            let element = ValType::Ref(ty.element().clone());
            let element = argument(store, &element, &mut wishes).and_then(|value| value.ref_());
            match element {
                Some(element) => Extern::Table(Table::new(store, ty, element)?),
                None => return Ok(None),
            }
        }
        ExternType::Global(ty) => match argument(store, ty.content(), &mut wishes) {
            Some(value) => Extern::Global(Global::new(store, ty, value)?),
            None => return Ok(None),
        },
        ExternType::Tag(ty) => Extern::Tag(Tag::new(store, &ty)?),
    }))
}

/// Zero or null, null also for types that do not allow it.
fn default(ty: &ValType) -> Val {
    match ty {
        ValType::Ref(reference) => Val::null_ref(reference.heap_type()),
        ty => Val::default_for_ty(ty).expect("numbers have a default"),
    }
}

/// A number of a type; `None` for references.
fn numeric(ty: &ValType, wishes: &mut Wishes) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(wishes.integer() as i32),
        ValType::I64 => Val::I64(wishes.integer().cast_signed()),
        ValType::F32 => Val::F32(wishes.f32()),
        ValType::F64 => Val::F64(wishes.f64()),
        ValType::V128 => Val::V128(wishes.v128().into()),
        ValType::Ref(_) => return None,
    })
}

/// Whether a value is of a type. Wasmtime's own answer takes functions of types that read the same for the
/// same, which those of different groups, or places in a group, are not.
fn matches(store: impl AsContext, value: &Val, ty: &ValType) -> bool {
    if let (Val::FuncRef(Some(func)), ValType::Ref(wanted)) = (value, ty)
        && let HeapType::ConcreteFunc(wanted) = wanted.heap_type()
    {
        let chain = std::iter::successors(Some(func.ty(&store)), FuncType::supertype);
        return chain.into_iter().any(|ty| FuncType::eq(&ty, wanted));
    }
    value.matches_ty(store, ty).unwrap_or(false)
}

/// A host function.
fn act(
    caller: &mut Caller<'_, Host>,
    import: usize,
    given: &[Val],
    results: &[ValType],
    answers: &mut [Val],
) -> Result<(), Error> {
    let seen: Vec<Seen> = given.iter().map(|value| see(caller, value, 0)).collect();
    let mut wishes = Wishes::new(host::seed_of(import, &seen));
    let func = given.iter().find_map(|value| match value {
        Val::FuncRef(func) => *func,
        _ => None,
    });
    let nested = match func {
        Some(func) if caller.data().depth < NESTED => {
            caller.data_mut().depth += 1;
            let ended = call(caller, func, wishes.integer(), false);
            caller.data_mut().depth -= 1;
            caller.data_mut().exhausted |= ended == Ended::Exhausted;
            Some(ended)
        }
        _ => None,
    };
    let call = HostCall {
        import,
        given: seen,
        nested,
    };
    caller.data_mut().calls.push(call);
    for (ty, answer) in results.iter().zip(answers) {
        let passed_on = given
            .iter()
            .find(|value| wishes.passes_on() && matches(&*caller, value, ty));
        *answer = match passed_on {
            Some(value) => *value,
            None => {
                argument(caller, ty, &mut wishes).ok_or(wasmtime::Trap::UnreachableCodeReached)?
            }
        };
    }
    Ok(())
}

/// Calls a function with arguments of a seed.
fn call<C: AsContextMut<Data = Host>>(store: &mut C, func: Func, seed: u64, keep: bool) -> Ended {
    let ty = func.ty(&*store);
    let mut wishes = Wishes::new(seed);
    let mut params = Vec::new();
    for ty in ty.params() {
        match argument(store, &ty, &mut wishes) {
            Some(value) => params.push(value),
            None => return Ended::NoArguments,
        }
    }
    let mut results: Vec<Val> = ty.results().map(|ty| default(&ty)).collect();
    match func.call(&mut *store, &params, &mut results) {
        Ok(()) => {
            let seen = results.iter().map(|value| see(store, value, 0)).collect();
            if keep {
                let references = results.into_iter().filter(|value| {
                    matches!(
                        value,
                        Val::AnyRef(Some(_))
                            | Val::FuncRef(Some(_))
                            | Val::ExternRef(Some(_))
                            | Val::ExnRef(Some(_))
                    )
                });
                let mut context = store.as_context_mut();
                let kept = &mut context.data_mut().kept;
                for value in references {
                    kept.insert(0, value);
                    kept.truncate(KEPT);
                }
            }
            Ended::Returned(seen)
        }
        Err(error) => ended(store, &error),
    }
}

/// An argument: what is wished, null, or the first reference to hand that fits.
fn argument<C: AsContextMut<Data = Host>>(
    store: &mut C,
    ty: &ValType,
    wishes: &mut Wishes,
) -> Option<Val> {
    let ValType::Ref(reference) = ty else {
        return numeric(ty, wishes);
    };
    let is_any = matches!(reference.heap_type().top(), HeapType::Any);
    let context = store.as_context();
    let (funcs, kept) = (&context.data().funcs, &context.data().kept);
    let one_of = |number: u32, count: usize| (count > 0).then(|| number as usize % count);
    let wished = match wishes.reference() {
        Wish::Null => None,
        Wish::Host(n) if is_any => {
            let value = external(store, n)?;
            AnyRef::convert_extern(&mut *store, value)
                .ok()
                .map(Val::from)
        }
        Wish::Host(n) => external(store, n).map(Val::from),
        Wish::I31(n) => I31::new_i32(n).map(|n| Val::from(AnyRef::from_i31(&mut *store, n))),
        Wish::Func(n) => one_of(n, funcs.len()).map(|i| Val::from(funcs[i])),
        Wish::Kept(n) => one_of(n, kept.len()).map(|i| kept[i]),
    };
    if let Some(value) = wished
        && matches(&*store, &value, ty)
    {
        return Some(value);
    }
    if reference.is_nullable() {
        return Some(default(ty));
    }
    let context = store.as_context();
    let funcs = context.data().funcs.iter().map(|func| Val::from(*func));
    let all: Vec<Val> = context.data().kept.iter().copied().chain(funcs).collect();
    let last = match reference.heap_type() {
        HeapType::Extern => external(store, 7).map(Val::from),
        HeapType::Any | HeapType::Eq | HeapType::I31 => Some(Val::from(AnyRef::from_i31(
            &mut *store,
            I31::wrapping_i32(7),
        ))),
        _ => None,
    };
    all.into_iter()
        .chain(last)
        .find(|value| matches(&*store, value, ty))
}

fn external<C: AsContextMut>(store: &mut C, number: u32) -> Option<Rooted<ExternRef>> {
    ExternRef::new(&mut *store, number).ok()
}

/// What an error says of how an instance did not come to be.
fn instantiated(store: &mut Store<Host>, error: &Error) -> Ended {
    match ended(store, error) {
        Ended::Trap(Trap::Other) => Ended::Refused,
        ended => ended,
    }
}

/// What an error says of how a call ended.
fn ended<C: AsContextMut<Data = Host>>(store: &mut C, error: &Error) -> Ended {
    store.as_context_mut().data_mut().said = format!("{error:?}");
    if let Some(code) = error.downcast_ref::<wasmtime::Trap>() {
        return trap(*code);
    }
    if error.is::<ThrownException>() {
        let exception = store.as_context_mut().take_pending_exception();
        let values: Vec<Val> = match exception {
            Some(exception) => match exception.fields(&mut *store) {
                Ok(fields) => fields.collect(),
                Err(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        return Ended::Exception(values.iter().map(|value| see(store, value, 0)).collect());
    }
    if error.is::<GcHeapOutOfMemory<()>>() {
        return Ended::Exhausted;
    }
    Ended::Trap(Trap::Other)
}

fn trap(code: wasmtime::Trap) -> Ended {
    use wasmtime::Trap as Code;
    Ended::Trap(match code {
        Code::UnreachableCodeReached => Trap::Unreachable,
        Code::MemoryOutOfBounds | Code::HeapMisaligned | Code::AtomicWaitNonSharedMemory => {
            Trap::Memory
        }
        Code::TableOutOfBounds => Trap::Table,
        Code::IndirectCallToNull => Trap::NullElement,
        Code::BadSignature => Trap::Signature,
        Code::IntegerDivisionByZero => Trap::DivisionByZero,
        Code::IntegerOverflow => Trap::Overflow,
        Code::BadConversionToInteger => Trap::BadConversion,
        Code::NullReference => Trap::Null,
        Code::ArrayOutOfBounds => Trap::Array,
        Code::CastFailure => Trap::Cast,
        Code::StackOverflow | Code::AllocationTooLarge => return Ended::Exhausted,
        _ => Trap::Other,
    })
}

/// What can be observed of a value.
fn see<C: AsContextMut>(store: &mut C, value: &Val, depth: u32) -> Seen {
    match value {
        Val::I32(v) => Seen::I32(*v),
        Val::I64(v) => Seen::I64(*v),
        Val::F32(v) => Seen::F32(*v),
        Val::F64(v) => Seen::F64(*v),
        Val::V128(v) => Seen::V128(v.as_u128()),
        Val::FuncRef(Some(_)) => Seen::Func,
        Val::ExnRef(Some(_)) => Seen::Exception,
        Val::ExternRef(Some(value)) => see_extern(store, *value, depth),
        Val::AnyRef(Some(value)) => see_any(store, *value, depth),
        _ => Seen::Null,
    }
}

fn see_extern<C: AsContextMut>(store: &mut C, value: Rooted<ExternRef>, depth: u32) -> Seen {
    if let Ok(Some(data)) = value.data(&*store) {
        return Seen::Host(data.downcast_ref().copied().unwrap_or(u32::MAX));
    }
    match AnyRef::convert_extern(&mut *store, value) {
        Ok(any) => see_any(store, any, depth),
        Err(_) => Seen::Host(u32::MAX),
    }
}

fn see_any<C: AsContextMut>(store: &mut C, value: Rooted<AnyRef>, depth: u32) -> Seen {
    let seen = see_object(store, value, depth);
    seen.unwrap_or(Seen::Host(u32::MAX))
}

fn see_object<C: AsContextMut>(
    store: &mut C,
    value: Rooted<AnyRef>,
    depth: u32,
) -> Result<Seen, Error> {
    if let Some(number) = value.as_i31(&*store)? {
        return Ok(Seen::I31(number.get_i32()));
    }
    if let Some(structure) = value.as_struct(&*store)? {
        if depth == DEPTH {
            return Ok(Seen::Deep);
        }
        let count = structure.ty(&*store)?.fields().len();
        let mut inner = Vec::new();
        for i in 0..count.min(WIDTH as usize) {
            let field = structure.field(&mut *store, i)?;
            inner.push(see(store, &field, depth + 1));
        }
        return Ok(Seen::Struct(inner));
    }
    if let Some(array) = value.as_array(&*store)? {
        if depth == DEPTH {
            return Ok(Seen::Deep);
        }
        let length = array.len(&*store)?;
        let mut inner = Vec::new();
        for i in 0..length.min(WIDTH) {
            let element = array.get(&mut *store, i)?;
            inner.push(see(store, &element, depth + 1));
        }
        return Ok(Seen::Array(length, inner));
    }
    let value = ExternRef::convert_any(&mut *store, value)?;
    match value.data(&*store)? {
        Some(data) => Ok(Seen::Host(data.downcast_ref().copied().unwrap_or(u32::MAX))),
        None => Ok(Seen::Host(u32::MAX)),
    }
}
