//! Bident as a machine.

use crate::host::{self, KEPT, NESTED, Wish, Wishes};
use crate::machine::{Guest, Machine};
use crate::seen::{self, DEPTH, Ended, HostCall, Kind, Seen, State, Trap, WIDTH};
use bident::{
    Answer, AnyKind, AnyRef, AsContextMut, Caller, Compile, Config, Engine, Error, ErrorKind,
    Extern, ExternRef, ExternType, Func, FuncType, Global, HeapType, ImportType, Instance, Memory,
    Module, Store, Table, Tag, TrapCode, Val, ValType,
};
use bident_fuzz::Random;
use std::cell::OnceCell;

/// Largest size of a memory, of a table: the machines agree.
pub const MEMORY: usize = 4 << 20;
/// See [`MEMORY`].
pub const TABLE: usize = 2000;
/// Largest size of a stack.
pub const STACK: usize = 2 << 20;

/// Bident in one mode. Each module is compiled and run in one of several ways, each with an engine of its own, which
/// is made when it is first needed.
pub struct Bident {
    name: &'static str,
    config: Config,
    salt: u64,
    engines: [[OnceCell<Engine>; WAYS]; 2],
}

/// How many ways there are: each of three things is done or not.
const WAYS: usize = 8;

/// What is done to a module of a seed, as bits of a number below [`WAYS`]: code made quickly, memories that move,
/// functions compiled when they are called.
fn way(seed: u64) -> usize {
    let mut random = Random::new(seed);
    [35, 25, 30]
        .into_iter()
        .fold(0, |way, often| way << 1 | usize::from(random.chance(often)))
}

impl Bident {
    /// With a configuration, to which limits are added. The salt makes machines choose different ways for a module.
    pub fn new(name: &'static str, config: Config, salt: u64) -> Self {
        let config = config
            .max_stack_size(STACK)
            .max_memory_size(MEMORY as u64)
            .max_table_elements(TABLE as u64)
            .max_heap_memory(64 << 20)
            .custom_page_sizes(true)
            .wide_arithmetic(true);
        Self {
            name,
            config,
            salt,
            engines: Default::default(),
        }
    }

    /// The engine for a way; `deterministic`: that sees to it that NaNs are the same everywhere.
    fn engine(&self, deterministic: bool, way: usize) -> Result<&Engine, Error> {
        let cell = &self.engines[usize::from(deterministic)][way];
        if let Some(engine) = cell.get() {
            return Ok(engine);
        }
        // What is not switched on is as the environment has it.
        let mut config = self.config.clone().deterministic(deterministic);
        if way & 4 != 0 {
            config = config.quick_code(true);
        }
        if way & 2 != 0 {
            config = config.moving_memories(true);
        }
        if way & 1 != 0 {
            config = config.compile(Compile::Lazy);
        }
        let engine = Engine::new(&config)?;
        Ok(cell.get_or_init(|| engine))
    }
}

impl Machine for Bident {
    fn name(&self) -> &'static str {
        self.name
    }

    fn validate(&self, bytes: &[u8]) -> Result<(), String> {
        self.engine(false, 0)
            .and_then(|engine| Module::validate(engine, bytes))
            .map_err(|error| text(&error))
    }

    fn load(&self, bytes: &[u8], deterministic: bool, seed: u64) -> Result<Box<dyn Guest>, String> {
        let load = || {
            let engine = self.engine(deterministic, way(seed ^ self.salt))?;
            let module = Module::new(engine, bytes)?;
            let store = Store::try_new(engine, Host::default())?;
            Ok(BidentGuest {
                store,
                module,
                exports: Vec::new(),
            })
        };
        match load() {
            Ok(guest) => Ok(Box::new(guest)),
            Err(error) => Err(text(&error)),
        }
    }
}

fn text(error: &Error) -> String {
    format!("{error:#}")
}

/// What the host knows while WebAssembly runs.
#[derive(Default)]
struct Host {
    calls: Vec<HostCall>,
    funcs: Vec<Func>,
    kept: Vec<Val>,
    depth: u32,
    exhausted: bool,
    said: String,
}

struct BidentGuest {
    store: Store<Host>,
    module: Module,
    exports: Vec<(String, Extern)>,
}

impl Guest for BidentGuest {
    fn start(&mut self) -> Ended {
        let mut imports = Vec::new();
        for (number, import) in self.module.imports().enumerate() {
            match provide(&mut self.store, number, &import) {
                Ok(Some(item)) => imports.push(item),
                Ok(None) => return Ended::NoArguments,
                Err(error) => return ended(&mut self.store, &error),
            }
        }
        let instance = match Instance::new(&mut self.store, &self.module, &imports) {
            Ok(instance) => instance,
            Err(error) => return ended(&mut self.store, &error),
        };
        self.exports = instance.exports(&mut self.store);
        let funcs = self
            .exports
            .iter()
            .filter_map(|(_, item)| item.into_func())
            .collect();
        self.store.data_mut().funcs = funcs;
        Ended::Returned(Vec::new())
    }

    fn exports(&self) -> Vec<(String, Kind)> {
        let kind = |item: &Extern| match item {
            Extern::Func(_) => Kind::Func,
            Extern::Table(_) => Kind::Table,
            Extern::Memory(_) => Kind::Memory,
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
        let Some(func) = self.exports[export].1.into_func() else {
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
                        let value = table.get(&mut *store, i)?;
                        Some(see(store, &value, 0))
                    })
                    .collect();
                State::Table(size, first)
            }
            Extern::Memory(memory) => {
                State::Memory(memory.size(&*store), seen::hash(memory.data(store)))
            }
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
        self.store.gc();
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
            let results = ty.results().to_vec();
            let func = Func::new(store, ty.clone(), move |mut caller, given, answers| {
                act(&mut caller, number, given, &results, answers)
            })?;
            Extern::Func(func)
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, *ty)?),
        ExternType::Table(ty) => match argument(store, ValType::Ref(ty.element), &mut wishes) {
            Some(element) => Extern::Table(Table::new(store, *ty, element)?),
            None => return Ok(None),
        },
        ExternType::Global(ty) => match argument(store, ty.content, &mut wishes) {
            Some(value) => Extern::Global(Global::new(store, *ty, value)?),
            None => return Ok(None),
        },
        ExternType::Tag(ty) => Extern::Tag(Tag::new(store, ty.clone())?),
    }))
}

/// A host function.
fn act(
    caller: &mut Caller<'_, Host>,
    import: usize,
    given: &[Val],
    results: &[ValType],
    answers: &mut [Val],
) -> Result<Answer, Error> {
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
            .find(|value| wishes.passes_on() && value.matches(&*caller, *ty));
        *answer = match passed_on {
            Some(value) => value.clone(),
            None => argument(caller, *ty, &mut wishes).ok_or(TrapCode::Unreachable)?,
        };
    }
    Ok(Answer::Ready)
}

/// A number of a type; `None` for references.
fn numeric(ty: ValType, wishes: &mut Wishes) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(wishes.integer() as i32),
        ValType::I64 => Val::I64(wishes.integer().cast_signed()),
        ValType::F32 => Val::F32(wishes.f32()),
        ValType::F64 => Val::F64(wishes.f64()),
        ValType::V128 => Val::from(wishes.v128()),
        ValType::Ref(_) => return None,
    })
}

/// Calls a function with arguments of a seed.
fn call<C: AsContextMut<Data = Host>>(store: &mut C, func: Func, seed: u64, keep: bool) -> Ended {
    let ty: FuncType = func.ty(&*store);
    let mut wishes = Wishes::new(seed);
    let mut params = Vec::new();
    for ty in ty.params() {
        match argument(store, *ty, &mut wishes) {
            Some(value) => params.push(value),
            None => return Ended::NoArguments,
        }
    }
    let mut results: Vec<Val> = ty
        .results()
        .iter()
        .map(|ty| Val::default_for(*ty))
        .collect();
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
                let mut context = store.context_mut();
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
    ty: ValType,
    wishes: &mut Wishes,
) -> Option<Val> {
    let ValType::Ref(reference) = ty else {
        return numeric(ty, wishes);
    };
    let is_any = matches!(Val::default_for(ty), Val::AnyRef(_));
    let context = store.context_mut();
    let (funcs, kept) = (&context.data().funcs, &context.data().kept);
    let one_of = |number: u32, count: usize| (count > 0).then(|| number as usize % count);
    let wished = match wishes.reference() {
        Wish::Null => None,
        Wish::Host(n) if is_any => host_value(store, n),
        Wish::Host(n) => Some(Val::from(ExternRef::new(n))),
        Wish::I31(n) => AnyRef::new_i31(n).map(Val::from),
        Wish::Func(n) => one_of(n, funcs.len()).map(|i| Val::from(funcs[i])),
        Wish::Kept(n) => one_of(n, kept.len()).map(|i| kept[i].clone()),
    };
    if let Some(value) = wished
        && value.matches(&*store, ty)
    {
        return Some(value);
    }
    if reference.nullable {
        return Some(Val::default_for(ty));
    }
    let context = store.context_mut();
    let funcs = context.data().funcs.iter().map(|func| Val::from(*func));
    let all: Vec<Val> = context.data().kept.iter().cloned().chain(funcs).collect();
    let last = match reference.heap {
        HeapType::Extern => Some(Val::from(ExternRef::new(7u32))),
        HeapType::Any | HeapType::Eq | HeapType::I31 => AnyRef::new_i31(7).map(Val::from),
        _ => None,
    };
    all.into_iter()
        .chain(last)
        .find(|value| value.matches(&*store, ty))
}

fn host_value<C: AsContextMut>(store: &mut C, number: u32) -> Option<Val> {
    AnyRef::from_extern(store, ExternRef::new(number))
        .ok()
        .map(Val::from)
}

/// What an error says of how a call ended.
fn ended<C: AsContextMut<Data = Host>>(store: &mut C, error: &Error) -> Ended {
    store.context_mut().data_mut().said = text(error);
    match error.kind() {
        ErrorKind::Trap(code) => trap(code),
        ErrorKind::Exception => match error.exception() {
            Some(exception) => {
                let values = exception.values(&mut *store);
                Ended::Exception(values.iter().map(|value| see(store, value, 0)).collect())
            }
            None => Ended::Exception(Vec::new()),
        },
        ErrorKind::Limit | ErrorKind::Link => Ended::Refused,
        _ => Ended::Trap(Trap::Other),
    }
}

fn trap(code: TrapCode) -> Ended {
    Ended::Trap(match code {
        TrapCode::Unreachable => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds
        | TrapCode::UnalignedAtomic
        | TrapCode::ExpectedSharedMemory => Trap::Memory,
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => Trap::Table,
        TrapCode::UninitializedElement => Trap::NullElement,
        TrapCode::IndirectCallTypeMismatch => Trap::Signature,
        TrapCode::IntegerDivideByZero => Trap::DivisionByZero,
        TrapCode::IntegerOverflow => Trap::Overflow,
        TrapCode::InvalidConversionToInteger => Trap::BadConversion,
        TrapCode::NullReference
        | TrapCode::NullFunctionReference
        | TrapCode::NullExceptionReference
        | TrapCode::NullStructReference
        | TrapCode::NullArrayReference
        | TrapCode::NullI31Reference => Trap::Null,
        TrapCode::ArrayOutOfBounds => Trap::Array,
        TrapCode::CastFailure => Trap::Cast,
        TrapCode::StackOverflow
        | TrapCode::StackMemoryExhausted
        | TrapCode::HostStackOverflow
        | TrapCode::ExceptionMemoryExhausted
        | TrapCode::HeapMemoryExhausted => return Ended::Exhausted,
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
        Val::V128(v) => Seen::V128(**v),
        Val::FuncRef(Some(_)) => Seen::Func,
        Val::ExnRef(Some(_)) => Seen::Exception,
        Val::ExternRef(Some(value)) => see_extern(store, value, depth),
        Val::AnyRef(Some(value)) => see_any(store, value, depth),
        _ => Seen::Null,
    }
}

fn see_extern<C: AsContextMut>(store: &mut C, value: &ExternRef, depth: u32) -> Seen {
    let data = value.data();
    if let Some(number) = data.downcast_ref() {
        return Seen::Host(*number);
    }
    match data.downcast_ref::<AnyRef>() {
        Some(any) => see_any(store, &any.clone(), depth),
        None => Seen::Host(u32::MAX),
    }
}

fn see_any<C: AsContextMut>(store: &mut C, value: &AnyRef, depth: u32) -> Seen {
    let kind = value.kind(&*store);
    match kind {
        AnyKind::I31 => Seen::I31(value.i31().unwrap_or_default()),
        AnyKind::Extern => {
            let value = value.to_extern(&mut *store);
            see_extern(store, &value, depth)
        }
        _ if depth == DEPTH => Seen::Deep,
        _ => {
            let length = value.len(&*store);
            let inner = (0..length.min(WIDTH))
                .filter_map(|i| {
                    let field = value.get(&mut *store, i)?;
                    Some(see(store, &field, depth + 1))
                })
                .collect();
            if kind == AnyKind::Struct {
                Seen::Struct(inner)
            } else {
                Seen::Array(length, inner)
            }
        }
    }
}
