//! The engine's side: scripts in the module's memory, and a host that does what `model/host.rs` does.

mod held;

use crate::host_call::{CANCELLED, HOST_DEPTH, NONE_PARKED, TOO_DEEP};
use crate::module;
use crate::report::{Outcome, Report, TRACE, Trap};
use crate::script::{HeldWord, HostCall, Instr, Script, Step};
use anyhow::{Context as _, Result, ensure};
use bident::{
    AsContextMut, Caller, Config, Continuation, Engine, Error, ErrorKind, Exception, ExternRef,
    Global, Instance, Linker, Memory, Module, Outcome as Ended, ParkedCall, Reply, Store, TrapCode,
    TypedFunc, TypedOutcome, Val,
};
use held::Own;
use std::sync::Arc;

/// Programs that run in one store, one after the other, so that each starts among the remains of
/// those before it.
const STORE_PROGRAMS: u32 = 2048;
/// Programs after which nothing may be left of them.
const LOOK: u32 = 256;
/// Where the script lies in memory; the trace is below.
const CODE: usize = TRACE * 8;

/// Runs scripts on the engine.
pub struct Runner {
    module: Module,
    linker: Linker<Host>,
    guest: Guest,
    /// Programs run in this store.
    used: u32,
}

/// A store with an instance of the module.
struct Guest {
    store: Store<Host>,
    memory: Memory,
    fuel: Global,
    events: Global,
    hash: Global,
    reset: TypedFunc<(i32,), ()>,
    nulls: TypedFunc<(), i64>,
}

#[derive(Default)]
struct Host {
    /// The functions that the host calls back; `None` only before there is an instance.
    calls: Option<Calls>,
    /// What the host uses continuations with; `None` likewise.
    own: Option<Arc<Own>>,
    parked: Vec<ParkedCall>,
    held: Vec<Continuation>,
    /// The last exception that left an activation.
    caught: Option<Exception>,
    /// Activations that run.
    depth: u32,
}

#[derive(Clone, Copy)]
struct Calls {
    body: TypedFunc<(i32, i64), i64>,
    throw: TypedFunc<(i64,), ()>,
}

impl Runner {
    /// A runner with an engine of this configuration.
    ///
    /// # Errors
    /// The engine does not take the module.
    pub fn new(config: &Config) -> Result<Self> {
        let engine = Engine::new(config)?;
        let module = Module::from_text_or_binary(&engine, module::text().as_bytes())?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "act", act)?;
        linker.func_wrap("host", "leaf", leaf)?;
        linker.func_wrap("host", "make", |acc: i64| {
            Some(ExternRef::new(acc as i32 & 0xff))
        })?;
        linker.func_wrap("host", "id", |external: Option<ExternRef>| {
            external.map_or(-1, |external| id(&external))
        })?;
        held::define(&mut linker, &module)?;
        let guest = Guest::new(&linker, &module)?;
        Ok(Self {
            module,
            linker,
            guest,
            used: 0,
        })
    }

    /// What the engine does with a script.
    ///
    /// # Errors
    /// The engine cannot even begin, or end: the module's functions for that fail. Or stacks are left of
    /// programs before this.
    pub fn run(&mut self, script: &Script) -> Result<Report> {
        if self.used == STORE_PROGRAMS {
            self.guest = Guest::new(&self.linker, &self.module)?;
            self.used = 0;
        }
        if self.used.is_multiple_of(LOOK) {
            self.guest.check_freed()?;
        }
        self.used += 1;
        self.guest.run(script)
    }
}

impl Guest {
    fn new(linker: &Linker<Host>, module: &Module) -> Result<Self> {
        let mut store = Store::new(linker.engine(), Host::default());
        let instance = linker.instantiate(&mut store, module)?;
        store.data_mut().calls = Some(Calls {
            body: instance.get_typed_func(&mut store, "body")?,
            throw: instance.get_typed_func(&mut store, "throw")?,
        });
        store.data_mut().own = Some(Arc::new(Own::new(&mut store, instance)?));
        let memory = instance
            .get_memory(&mut store, "memory")
            .context("memory")?;
        Ok(Self {
            memory,
            fuel: global(&mut store, instance, "fuel")?,
            events: global(&mut store, instance, "events")?,
            hash: global(&mut store, instance, "hash")?,
            reset: instance.get_typed_func(&mut store, "reset")?,
            nulls: instance.get_typed_func(&mut store, "nulls")?,
            store,
        })
    }

    /// Fails if stacks are left when nothing refers to one.
    fn check_freed(&mut self) -> Result<()> {
        self.reset.call(&mut self.store, (0,))?;
        self.store.gc();
        let left = self.store.stats().live;
        ensure!(
            left == 0,
            "{left} stacks are left of the programs before it"
        );
        Ok(())
    }

    fn run(&mut self, script: &Script) -> Result<Report> {
        let code = &mut self.memory.data_mut(&mut self.store)[CODE..];
        for (to, Instr { op, a, b, c }) in code.chunks_exact_mut(16).zip(&script.code) {
            for (to, word) in to.chunks_exact_mut(4).zip([*op as u32, *a, *b, *c]) {
                to.copy_from_slice(&word.to_le_bytes());
            }
        }
        self.reset.call(&mut self.store, (script.fuel as i32,))?;
        let outcomes = embed(&mut self.store, &script.steps);
        let store = &mut self.store;
        let events = self.events.get(&mut *store).i32().context("events")? as u32;
        let trace = &self.memory.data(&*store)[..8 * TRACE.min(events as usize)];
        let trace = trace
            .as_chunks()
            .0
            .iter()
            .map(|event| i64::from_le_bytes(*event));
        Ok(Report {
            outcomes,
            trace: trace.collect(),
            events,
            hash: self.hash.get(&mut *store).i64().context("hash")?,
            nulls: self.nulls.call(&mut *store, ())?,
            fuel: self.fuel.get(&mut *store).i32().context("fuel")? as u32,
            held: held::used(store),
        })
    }
}

fn global(store: &mut Store<Host>, instance: Instance, name: &'static str) -> Result<Global> {
    instance.get_global(store, name).context(name)
}

/// Everything the embedder does; how each activation ended.
fn embed(store: &mut Store<Host>, steps: &[Step]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for &step in steps {
        match step {
            Step::Start(pc, acc) => outcomes.push(start(store, pc, acc)),
            Step::Wake(i, value) => outcomes.extend(wake(store, i, value)),
            Step::ThrowInto(i, value) => outcomes.extend(throw_into(store, i, value)),
            Step::Fail(i) => {
                let parked = unpark(store, i);
                let ended = parked.map(|it| it.throw(&mut *store, Error::msg("failed on purpose")));
                outcomes.extend(ended.map(|ended| outcome_of(store, ended)));
            }
            Step::Cancel(i) => {
                if let Some(parked) = unpark(store, i) {
                    parked.cancel(&mut *store);
                }
            }
            Step::Collect => store.gc(),
            Step::Held(what, word, acc) => {
                let ended = held::act(store, what, HeldWord(word), acc);
                outcomes.extend(ended.map(|ended| outcome_of(store, ended)));
            }
        }
    }
    while let Some(outcome) = wake(store, 0, 1) {
        outcomes.push(outcome);
    }
    outcomes
}

fn act(mut caller: Caller<'_, Host>, what: i32, arg: i32, acc: i64) -> Result<Reply<i64>, Error> {
    let (what, arg) = (HostCall::of(what as u32), arg as u32);
    if what.runs_something() && caller.data().depth >= HOST_DEPTH {
        return Ok(Reply::Ready(TOO_DEEP));
    }
    let code = |outcome: Option<Outcome>| outcome.map_or(NONE_PARKED, Outcome::code);
    Ok(Reply::Ready(match what {
        HostCall::Value => acc.wrapping_mul(7).wrapping_add(arg.into()),
        HostCall::Collect => {
            caller.gc();
            acc
        }
        HostCall::Throw => return Err(exception(&mut caller, acc)),
        HostCall::ThrowCaught => match caller.data().caught.clone() {
            Some(caught) => return Err(caught.into()),
            None => NONE_PARKED,
        },
        HostCall::Trap => return Err(TrapCode::Unreachable.into()),
        HostCall::Fail => return Err(Error::msg("failed on purpose")),
        HostCall::Pending => return Ok(Reply::Pending(())),
        HostCall::Swallow => match call(&mut caller, arg, acc) {
            Ok(value) => value,
            Err(error) => outcome(&mut caller, &error).code(),
        },
        HostCall::Propagate => call(&mut caller, arg, acc)?,
        HostCall::Start => start(&mut caller, arg, acc).code(),
        HostCall::Wake => code(wake(&mut caller, arg, acc)),
        HostCall::ThrowInto => code(throw_into(&mut caller, arg, acc)),
        HostCall::Cancel => match unpark(&mut caller, arg) {
            Some(parked) => {
                parked.cancel(&mut caller);
                CANCELLED
            }
            None => NONE_PARKED,
        },
        HostCall::MakeHeld
        | HostCall::ResumeHeld
        | HostCall::ThrowHeld1
        | HostCall::ThrowHeld2
        | HostCall::ThrowHeldCaught
        | HostCall::MisuseHeld
        | HostCall::DropHeld => return act_on_held(caller, what, HeldWord(arg), acc),
    }))
}

/// What `act` does with a continuation of the host.
fn act_on_held(
    mut caller: Caller<'_, Host>,
    what: HostCall,
    word: HeldWord,
    acc: i64,
) -> Result<Reply<i64>, Error> {
    let had_some = !caller.data().held.is_empty();
    let ended = held::act(&mut caller, what, word, acc);
    Ok(Reply::Ready(match ended {
        Some(ended) if word.passes_on() => outcome_of(&mut caller, Ok(ended?)).code(),
        Some(ended) => outcome_of(&mut caller, ended).code(),
        None if what == HostCall::MakeHeld => acc,
        None if what == HostCall::DropHeld && had_some => CANCELLED,
        None => NONE_PARKED,
    }))
}

/// The host function that a continuation can be made of.
fn leaf(mut caller: Caller<'_, Host>, value: i64) -> Result<Reply<i64>, Error> {
    match value & 3 {
        2 => Ok(Reply::Pending(())),
        3 => Err(exception(&mut caller, value)),
        _ => Ok(Reply::Ready(value.wrapping_mul(3).wrapping_add(1))),
    }
}

fn calls(store: &mut impl AsContextMut<Data = Host>) -> Calls {
    store
        .context_mut()
        .data()
        .calls
        .expect("there is an instance")
}

/// Exception 1 as an error.
fn exception(store: &mut impl AsContextMut<Data = Host>, value: i64) -> Error {
    let thrown = calls(store).throw.call(store, (value,));
    thrown.expect_err("it throws")
}

/// A call that cannot park.
fn call(store: &mut impl AsContextMut<Data = Host>, pc: u32, acc: i64) -> Result<i64, Error> {
    store.context_mut().data_mut().depth += 1;
    let result = calls(store).body.call(&mut *store, (pc as i32, acc));
    store.context_mut().data_mut().depth -= 1;
    result
}

/// A call that may park.
fn start(store: &mut impl AsContextMut<Data = Host>, pc: u32, acc: i64) -> Outcome {
    store.context_mut().data_mut().depth += 1;
    let started = calls(store).body.start(&mut *store, (pc as i32, acc));
    store.context_mut().data_mut().depth -= 1;
    match started {
        Ok(TypedOutcome::Returned(value)) => Outcome::Returned(value),
        Ok(TypedOutcome::Parked(call)) => {
            let call = call.into_call();
            store.context_mut().data_mut().parked.push(call);
            Outcome::Parked
        }
        Err(error) => outcome(store, &error),
    }
}

/// A parked activation; its number counts modulo how many there are.
fn unpark(store: &mut impl AsContextMut<Data = Host>, number: u32) -> Option<ParkedCall> {
    let mut store = store.context_mut();
    let parked = &mut store.data_mut().parked;
    let count = parked.len();
    (count > 0).then(|| parked.remove(number as usize % count))
}

fn wake(store: &mut impl AsContextMut<Data = Host>, number: u32, value: i64) -> Option<Outcome> {
    let parked = unpark(store, number)?;
    store.context_mut().data_mut().depth += 1;
    let ended = parked.resume(&mut *store, &[Val::I64(value)]);
    store.context_mut().data_mut().depth -= 1;
    Some(outcome_of(store, ended))
}

fn throw_into(
    store: &mut impl AsContextMut<Data = Host>,
    number: u32,
    value: i64,
) -> Option<Outcome> {
    let parked = unpark(store, number)?;
    let exception = exception(store, value);
    store.context_mut().data_mut().depth += 1;
    let ended = parked.throw(&mut *store, exception);
    store.context_mut().data_mut().depth -= 1;
    Some(outcome_of(store, ended))
}

/// How an activation ended that was parked, or that a continuation of the host ran in; keeps what can
/// go on.
fn outcome_of(store: &mut impl AsContextMut<Data = Host>, ended: Result<Ended, Error>) -> Outcome {
    match ended {
        Ok(Ended::Returned(values)) => Outcome::Returned(held::fold_all(store, &values)),
        Ok(Ended::Parked(call)) => {
            store.context_mut().data_mut().parked.push(call);
            Outcome::Parked
        }
        Ok(Ended::Suspended(suspended)) => held::take(store, *suspended),
        Err(error) => outcome(store, &error),
    }
}

fn outcome(store: &mut impl AsContextMut<Data = Host>, error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::Trap(code) => {
            Trap::of_message(code.message()).map_or(Outcome::Other, Outcome::Trap)
        }
        ErrorKind::Exception => exception_outcome(store, error).unwrap_or(Outcome::Other),
        ErrorKind::Host => Outcome::Failed,
        ErrorKind::Barrier => Outcome::Barrier,
        ErrorKind::Usage => Outcome::Misused,
        _ => Outcome::Other,
    }
}

/// The two exceptions are told apart by what they carry.
fn exception_outcome(store: &mut impl AsContextMut<Data = Host>, error: &Error) -> Option<Outcome> {
    let exception = error.exception()?;
    store.context_mut().data_mut().caught = Some(exception.clone());
    let values = exception.values(store);
    Some(match values.as_slice() {
        [Val::I64(value)] => Outcome::Exception(1, *value),
        [Val::I32(a), Val::F64(b), Val::ExternRef(c)] => {
            let (float, c) = (f64::from_bits(*b), c.as_ref().map_or(-1, id));
            let acc = i64::from(*a)
                .wrapping_mul(31)
                .wrapping_add((float * 2.0) as i64);
            Outcome::Exception(2, acc.wrapping_mul(31).wrapping_add(c.into()))
        }
        _ => return None,
    })
}

fn id(external: &ExternRef) -> i32 {
    external.data().downcast_ref().copied().unwrap_or(-2)
}
