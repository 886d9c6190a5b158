//! Modules that are loaded when one of their functions is first called.
//!
//! ```text
//!   call ─► late function ─► loader: load() ─► a module ──────────────────► the call goes on
//!                              │
//!                              └─► a promise ─► the calls park; all await one promise of ours
//!                                      │
//!                 settled ─► LoadReaction: Load::finish, then that promise ─► Load::resume of each
//! ```

use super::super::held::Held;
use super::super::realm::{self, HostData, Realm, RealmRef};
use super::super::sharing::Attached;
use super::super::{Payload, errors, import, module};
use super::expected;
use super::second::Second;
use crate::raw::{self, Args, Attempt, Call, Capability, Env, Marker, Own, Ref, Stored};
use bident::{
    Caller, Error, Extern, ExternRef, Func, Instance, Linker, Load, Module, StoreContextMut,
    printable,
};
use rquickjs::{Result, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The payload of what `lazy` returns.
pub(crate) struct LazyNamespace {
    /// What gives the module, or a promise of it.
    load: Stored,
    /// The name under which it imports what the instance exports that imports it.
    primary: String,
}

impl LazyNamespace {
    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.load.mark(marker);
    }
}

/// What a realm knows of its loads.
#[derive(Default)]
pub(super) struct Loads {
    /// Loads under way: what their calls await.
    waiting: RefCell<HashMap<Load<HostData>, Waiting>>,
}

/// The promise of the end of a load.
struct Waiting {
    promise: Stored,
    capability: Capability,
}

impl Loads {
    pub(super) fn mark(&self, marker: &Marker) {
        for waiting in self.waiting.borrow().values() {
            waiting.promise.mark(marker);
            waiting.capability.mark(marker);
        }
    }

    pub(super) fn clear(&self) {
        drop(self.waiting.take());
    }
}

/// `lazy(load, primary)`, instead of an object with a module's imports.
pub(super) fn lazy<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
    let load = call.arg(0);
    if !Ref::new(&load).is_function(env) {
        return Err(expected(
            &call.ctx,
            "lazy",
            "a function that gives a module",
        ));
    }
    let primary = match call.arg(1) {
        none if none.is_undefined() => "primary".to_owned(),
        name => name.get::<rquickjs::Coerced<String>>()?.0,
    };
    let load = env.own(&load).store();
    let payload = Payload::LazyNamespace(LazyNamespace { load, primary });
    let object = realm.classes.create(env, env.null().get(), payload)?;
    Ok(object.into_value())
}

/// The namespace of a module that is loaded late, if the value is one.
pub(super) fn namespace<'a>(realm: &Realm, value: &'a Value<'_>) -> Option<&'a LazyNamespace> {
    match raw::payload(realm.classes, Ref::new(value)) {
        Some(Payload::LazyNamespace(namespace)) => Some(namespace),
        _ => None,
    }
}

/// Lets a linker load a module late.
pub(super) fn add(
    realm: &Rc<Realm>,
    env: Env<'_>,
    linker: &mut Linker<HostData>,
    module: &str,
    namespace: &LazyNamespace,
) -> std::result::Result<(), Error> {
    // As long as the functions are there that are loaded late.
    let function = Arc::new(realm.held.hold(namespace.load.to_owned(env)));
    let attached = ExternRef::new(Attached::Value(function.clone()));
    let loader = move |caller: &mut Caller<'_, HostData>, load: &Load<HostData>| {
        let realm = caller.data().realm().ok_or_else(import::gone)?;
        let lent = realm.store.lend(caller, || {
            (realm.running).with(|env| {
                let loaded = begin(&realm, env, &function, load);
                loaded.map_err(|thrown| errors::carry(&realm, env, thrown))
            })
        });
        lent.unwrap_or_else(|| Err(import::gone()))
    };
    linker.lazy(module, &namespace.primary, loader)?;
    linker.attach_to_lazy(module, attached)
}

/// Instantiates a module. Imports without an item in `given` are of modules that are loaded late, which the
/// linker knows; there is one only then. The instance takes part in `second`.
pub(super) fn instantiate(
    realm: &Rc<Realm>,
    env: Env<'_>,
    linker: Option<Linker<HostData>>,
    module: &Module,
    given: &[Option<Extern>],
    second: &Second,
) -> std::result::Result<(Instance, Option<Func>), Error> {
    realm.run(env, |store| {
        let (instance, start) = match linker {
            Some(linker) => with_late_modules(store, linker, module, given)?,
            None => {
                let given: Vec<Extern> = given.iter().copied().flatten().collect();
                Instance::without_start(&mut *store, module, &given)?
            }
        };
        second.attach(store, &instance)?;
        Ok((instance, start))
    })
}

fn with_late_modules(
    store: &mut StoreContextMut<'_, HostData>,
    mut linker: Linker<HostData>,
    module: &Module,
    given: &[Option<Extern>],
) -> std::result::Result<(Instance, Option<Func>), Error> {
    // The late modules may import what this one does.
    linker.allow_shadowing(true);
    for (import, item) in module.imports().zip(given) {
        if let Some(item) = item {
            linker.define(import.module(), import.name(), *item)?;
        }
    }
    linker.without_start(store, module, given)
}

/// Calls the function that loads.
fn begin(
    realm: &Rc<Realm>,
    env: Env<'_>,
    function: &Held,
    load: &Load<HostData>,
) -> Attempt<Option<Module>> {
    let function = realm.held.get(env, function);
    let function = function.unwrap_or_else(|| env.undefined());
    // Before JavaScript runs: it may call a late function again.
    let (promise, capability) = Capability::new(env)?;
    let promise = promise.store();
    let waiting = Waiting {
        promise,
        capability,
    };
    let loads = &realm.stacklets.loads;
    loads.waiting.borrow_mut().insert(load.clone(), waiting);
    let module = match call_loader(realm, env, function.get()) {
        Ok(value) if raw::promise_state(env, value.get()).is_some() => {
            match react(realm, env, load, value) {
                Ok(()) => return Ok(None),
                Err(thrown) => Err(thrown),
            }
        }
        Ok(value) => loaded(realm, env, load, value.get()),
        Err(thrown) => Err(thrown),
    };
    // The load ends when this returns, which is before any call that waits goes on.
    let thrown = module.is_err().then(|| env.exception());
    if let Some(waiting) = take(realm, load) {
        waiting.capability.settle(env, Ok(env.undefined()));
    }
    match thrown {
        Some(exception) => Err(env.throw(exception)),
        None => module.map(Some),
    }
}

fn call_loader<'js>(realm: &Rc<Realm>, env: Env<'js>, function: Ref<'_>) -> Attempt<Own<'js>> {
    realm.buffers.refresh(env, &realm.store);
    let _frame = realm.frames.enter_loader();
    env.call(function, Ref::UNDEFINED, &[])
}

/// Takes out what the calls await: the load ends.
fn take(realm: &Realm, load: &Load<HostData>) -> Option<Waiting> {
    realm.stacklets.loads.waiting.borrow_mut().remove(load)
}

/// Ends the load when the promise of its module is settled.
fn react<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    load: &Load<HostData>,
    promise: Own<'js>,
) -> Attempt<()> {
    let reaction = |fulfilled| {
        let payload = Payload::LoadReaction(LoadReaction {
            realm: realm.reference(env),
            load: load.clone(),
            fulfilled,
        });
        realm.classes.create(env, env.null().get(), payload)
    };
    let args = [reaction(true)?, reaction(false)?];
    let then = realm.intrinsic(env, |i| &i.promise_then);
    env.call(then.get(), promise.get(), &args).map(drop)
}

/// The module that a value is.
fn loaded(
    realm: &Rc<Realm>,
    env: Env<'_>,
    load: &Load<HostData>,
    value: Ref<'_>,
) -> Attempt<Module> {
    let value = value.to_owned(env).into_value();
    let compiled = module::of(realm, &value);
    compiled.map(|compiled| compiled.module).ok_or_else(|| {
        let name = printable(load.module_name());
        let message = format!("the function that loads \"{name}\" must give a WebAssembly.Module");
        env.raise(errors::throw_type(&env.ctx(), &message))
    })
}

/// What the calls that wait for a load await.
pub(in super::super) fn awaited<'js>(
    realm: &Realm,
    env: Env<'js>,
    load: &Load<HostData>,
) -> Option<Own<'js>> {
    let waiting = realm.stacklets.loads.waiting.borrow();
    (waiting.get(load)).map(|waiting| waiting.promise.to_owned(env))
}

/// The payload of a reaction to the promise of a module.
pub(crate) struct LoadReaction {
    realm: RealmRef,
    load: Load<HostData>,
    fulfilled: bool,
}

impl LoadReaction {
    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
    }

    /// The promise is settled: ends the load, and lets the calls go on.
    pub(in super::super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        let realm: &Rc<Realm> = &self.realm;
        let Some(waiting) = take(realm, &self.load) else {
            return Ok(env.undefined());
        };
        let value = args.get(0);
        let module = match self.fulfilled {
            true => loaded(realm, env, &self.load, value),
            false => Err(env.throw(value.to_owned(env))),
        };
        let module = module.map_err(|thrown| errors::carry(realm, env, thrown));
        let ended = realm.run(env, |store| self.load.finish(store, module));
        realm.buffers.refresh(env, &realm.store);
        waiting.capability.settle(env, Ok(env.undefined()));
        match ended {
            Ok(()) => Ok(env.undefined()),
            Err(error) => Err(errors::throw(realm, env, &error)),
        }
    }
}
