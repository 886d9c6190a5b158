//! One script: its store, its instances by name, and what each directive does.

use crate::matching::{argument, check_results, matches_trap};
use crate::modules::{Refused, compile, compile_wat};
use crate::spectest;
use crate::threads::Share;
use bident::{
    Engine, Error, ErrorKind, Extern, Instance, Linker, Module, Store, TrapCode, Val, printable,
};
use std::collections::HashMap;
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// What came of a directive.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It did what it should.
    Pass,
    /// It needs a feature that is not there.
    Skip,
    /// It did not, and why.
    Fail(String),
}

/// How many assertions a directive stands for in a report; a thread has one of its own.
pub(crate) fn assertions_in(directive: &WastDirective<'_>) -> usize {
    match directive {
        WastDirective::Module(_)
        | WastDirective::ModuleDefinition(_)
        | WastDirective::ModuleInstance { .. }
        | WastDirective::Register { .. }
        | WastDirective::Invoke(_)
        | WastDirective::Thread(_)
        | WastDirective::Wait { .. } => 0,
        _ => 1,
    }
}

/// A name of the script: what stands for it, or why nothing does.
type Slot<T> = Result<T, Refused>;

/// Why an action gave no results.
enum Stopped {
    /// There was nothing to act on.
    Refused(Refused),
    /// The engine says so.
    Error(Error),
}

impl From<Refused> for Stopped {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn bad(message: impl Into<String>) -> Refused {
    Refused::Bad(message.into())
}

/// The state of a script.
pub(crate) struct Runner {
    engine: Engine,
    store: Store<()>,
    linker: Linker<()>,
    definitions: HashMap<String, Slot<Module>>,
    instances: HashMap<String, Slot<Instance>>,
    /// What this thread was given of others, by the name of the module.
    shares: Vec<Share>,
    last_definition: Slot<Module>,
    last_instance: Slot<Instance>,
}

impl Runner {
    pub(crate) fn new(engine: &Engine, shares: Vec<Share>) -> Result<Self, Error> {
        let mut store = Store::try_new(engine, ())?;
        let linker = spectest::linker(engine, &mut store)?;
        Ok(Self {
            engine: engine.clone(),
            store,
            linker,
            definitions: HashMap::new(),
            instances: HashMap::new(),
            shares,
            last_definition: Err(bad("no module was defined before")),
            last_instance: Err(bad("no module was instantiated before")),
        })
    }

    /// Carries out a directive.
    pub(crate) fn run(&mut self, directive: &mut WastDirective<'_>) -> Verdict {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.define(module),
            WastDirective::ModuleInstance {
                instance, module, ..
            } => self.instantiate_definition(*instance, *module),
            WastDirective::Register { name, module, .. } => self.register(name, *module),
            WastDirective::Invoke(invoke) => match self.invoke(invoke) {
                Ok(_) => Verdict::Pass,
                Err(stopped) => unexpected(stopped),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, results),
            WastDirective::AssertTrap { exec, message, .. } => {
                let outcome = self.execute(exec);
                assert_trap(outcome, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let outcome = self.invoke(call);
                assert_trap(outcome, message)
            }
            WastDirective::AssertMalformed { module, .. }
            | WastDirective::AssertInvalid { module, .. }
            | WastDirective::AssertMalformedCustom { module, .. }
            | WastDirective::AssertInvalidCustom { module, .. } => self.assert_refused(module),
            WastDirective::AssertUnlinkable { module, .. } => self.assert_unlinkable(module),
            WastDirective::AssertException { exec, .. } => assert_exception(self.execute(exec)),
            WastDirective::AssertSuspension { exec, message, .. } => {
                assert_suspension(self.execute(exec), message)
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Verdict::Fail("threads are begun elsewhere".into())
            }
        }
    }

    fn module(&mut self, module: &mut QuoteWat<'_>) -> Verdict {
        let name = module.name();
        let instance = compile(&self.engine, module).and_then(|module| self.instantiate(&module));
        self.keep_instance(name, instance)
    }

    fn define(&mut self, module: &mut QuoteWat<'_>) -> Verdict {
        let compiled = compile(&self.engine, module);
        let verdict = verdict_of(&compiled);
        if let Some(name) = module.name() {
            self.definitions
                .insert(name.name().to_owned(), compiled.clone());
        }
        self.last_definition = compiled;
        verdict
    }

    fn instantiate_definition(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Verdict {
        let definition = match module {
            None => self.last_definition.clone(),
            Some(id) => look_up(&self.definitions, id),
        };
        let instance = definition.and_then(|module| self.instantiate(&module));
        self.keep_instance(name, instance)
    }

    fn instantiate(&mut self, module: &Module) -> Slot<Instance> {
        let instance = self.linker.instantiate(&mut self.store, module);
        instance.map_err(|error| bad(format!("instantiation failed: {error}")))
    }

    fn keep_instance(&mut self, name: Option<Id<'_>>, instance: Slot<Instance>) -> Verdict {
        let verdict = verdict_of(&instance);
        if let Some(name) = name {
            self.instances
                .insert(name.name().to_owned(), instance.clone());
        }
        self.last_instance = instance;
        verdict
    }

    fn instance(&self, name: Option<Id<'_>>) -> Slot<Instance> {
        match name {
            None => self.last_instance.clone(),
            Some(id) => look_up(&self.instances, id),
        }
    }

    /// What a thread is given of a module.
    pub(crate) fn share(&mut self, module: Id<'_>) -> Result<Share, String> {
        if let Some(share) = self.share_of(module) {
            return Ok(share.clone());
        }
        let instance = match look_up(&self.instances, module) {
            Ok(instance) => instance,
            Err(refused) => return Err(format!("nothing to share: {refused:?}")),
        };
        let mut memories = Vec::new();
        for (name, item) in instance.exports(&mut self.store) {
            if let Extern::Memory(memory) = item
                && let Ok(Some(shared)) = memory.shared(&self.store)
            {
                memories.push((name, shared));
            }
        }
        Ok((module.name().to_owned(), memories))
    }

    fn share_of(&self, module: Id<'_>) -> Option<&Share> {
        self.shares.iter().find(|(name, _)| name == module.name())
    }

    /// Registers what another thread has given.
    fn register_share(&mut self, name: &str, (_, memories): &Share) -> Result<(), Error> {
        for (export, memory) in memories {
            let memory = memory.in_store(&mut self.store)?;
            self.linker.define(name, export, memory)?;
        }
        Ok(())
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Verdict {
        if let Some(share) = module.and_then(|module| self.share_of(module)).cloned() {
            return match self.register_share(name, &share) {
                Ok(()) => Verdict::Pass,
                Err(error) => Verdict::Fail(format!("a share was not registered: {error}")),
            };
        }
        let instance = match self.instance(module) {
            Ok(instance) => instance,
            Err(refused) => return verdict_of::<()>(&Err(refused)),
        };
        match self.linker.instance(&mut self.store, name, instance) {
            Ok(_) => Verdict::Pass,
            Err(error) => {
                Verdict::Fail(format!("`{}` was not registered: {error}", printable(name)))
            }
        }
    }

    fn execute(&mut self, action: &mut WastExecute<'_>) -> Result<Vec<Val>, Stopped> {
        match action {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(*module)?;
                let global = match instance.get_export(&mut self.store, global) {
                    Some(Extern::Global(global)) => global,
                    _ => {
                        return Err(
                            bad(format!("no exported global `{}`", printable(global))).into()
                        );
                    }
                };
                Ok(vec![global.get(&mut self.store)])
            }
            WastExecute::Wat(module) => {
                let module = compile_wat(&self.engine, module)?;
                self.linker.instantiate(&mut self.store, &module)?;
                Ok(Vec::new())
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Vec<Val>, Stopped> {
        let instance = self.instance(invoke.module)?;
        let name = invoke.name;
        let func = instance
            .get_func(&mut self.store, name)
            .ok_or_else(|| bad(format!("no exported function `{}`", printable(name))))?;
        let args = invoke.args.iter();
        let args = args.map(|arg| argument(&mut self.store, arg));
        let args: Option<Vec<Val>> = args.collect::<Result<_, _>>()?;
        let args = args.ok_or(Refused::Unsupported)?;
        let ty = func.ty(&self.store);
        let mut results: Vec<Val> = ty
            .results()
            .iter()
            .map(|ty| Val::default_for(*ty))
            .collect();
        func.call(&mut self.store, &args, &mut results)?;
        Ok(results)
    }

    fn assert_return(&mut self, action: &mut WastExecute<'_>, expected: &[WastRet<'_>]) -> Verdict {
        match self.execute(action) {
            Ok(actual) => match check_results(&mut self.store, &actual, expected) {
                Ok(()) => Verdict::Pass,
                Err(message) => Verdict::Fail(message),
            },
            Err(stopped) => unexpected(stopped),
        }
    }

    fn assert_refused(&self, module: &mut QuoteWat<'_>) -> Verdict {
        match compile(&self.engine, module) {
            Err(_) => Verdict::Pass,
            Ok(_) => Verdict::Fail("the module was accepted".into()),
        }
    }

    fn assert_unlinkable(&mut self, module: &mut Wat<'_>) -> Verdict {
        let module = match compile_wat(&self.engine, module) {
            Ok(module) => module,
            Err(refused) => return verdict_of::<()>(&Err(refused)),
        };
        match self.linker.instantiate(&mut self.store, &module) {
            Ok(_) => Verdict::Fail("the module was linked".into()),
            Err(error) if error.kind() == ErrorKind::Link => Verdict::Pass,
            Err(error) => Verdict::Fail(format!("not the kind of error expected: {error}")),
        }
    }
}

fn look_up<T: Clone>(slots: &HashMap<String, Slot<T>>, id: Id<'_>) -> Slot<T> {
    let missing = || {
        Err(bad(format!(
            "there is no module `${}`",
            printable(id.name())
        )))
    };
    slots.get(id.name()).cloned().unwrap_or_else(missing)
}

fn verdict_of<T>(slot: &Slot<T>) -> Verdict {
    match slot {
        Ok(_) => Verdict::Pass,
        Err(Refused::Unsupported) => Verdict::Skip,
        Err(Refused::Bad(message)) => Verdict::Fail(message.clone()),
    }
}

/// Verdict on an action that should have given results.
fn unexpected(stopped: Stopped) -> Verdict {
    match stopped {
        Stopped::Refused(refused) => verdict_of::<()>(&Err(refused)),
        Stopped::Error(error) => Verdict::Fail(error.to_string()),
    }
}

/// The error that an action should have ended with, or the verdict where there is none.
fn stopped(outcome: Result<Vec<Val>, Stopped>, expected: &str) -> Result<Error, Verdict> {
    match outcome {
        Ok(_) => Err(Verdict::Fail(format!("it returned; expected {expected}"))),
        Err(Stopped::Refused(refused)) => Err(verdict_of::<()>(&Err(refused))),
        Err(Stopped::Error(error)) => Ok(error),
    }
}

fn assert_trap(outcome: Result<Vec<Val>, Stopped>, expected: &str) -> Verdict {
    let wanted = printable(expected);
    let error = match stopped(outcome, &format!("trap `{wanted}`")) {
        Ok(error) => error,
        Err(verdict) => return verdict,
    };
    match error.trap() {
        Some(code) if matches_trap(code.message(), expected) => Verdict::Pass,
        Some(code) => Verdict::Fail(format!("trap `{code}`; expected `{wanted}`")),
        None => Verdict::Fail(format!("no trap but {error}; expected `{wanted}`")),
    }
}

fn assert_exception(outcome: Result<Vec<Val>, Stopped>) -> Verdict {
    match stopped(outcome, "an exception") {
        Ok(error) if error.kind() == ErrorKind::Exception => Verdict::Pass,
        Ok(error) => Verdict::Fail(format!("no exception but {error}")),
        Err(verdict) => verdict,
    }
}

/// A suspension that nobody handles is a trap with a message of its own; older scripts say only
/// `unhandled`.
fn assert_suspension(outcome: Result<Vec<Val>, Stopped>, expected: &str) -> Verdict {
    let wanted = printable(expected);
    match stopped(outcome, &format!("suspension `{wanted}`")) {
        Ok(error) => match error.trap() {
            Some(code @ TrapCode::UnhandledTag) if matches_trap(code.message(), expected) => {
                Verdict::Pass
            }
            _ => Verdict::Fail(format!("no suspension `{wanted}` but {error}")),
        },
        Err(verdict) => verdict,
    }
}
