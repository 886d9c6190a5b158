//! `instantiateAsync(module, asyncImports, stacklet, syncImports)`.

use super::super::import::Waits;
use super::super::instance::{
    exports, given, namespace_of_import, object_of_exports, read_import, value_of_import,
};
use super::super::module::{self, Compiled};
use super::super::pending;
use super::super::realm::{self, HostData, Realm, RealmRef};
use super::super::{Payload, api, errors};
use super::object::{self, StackletObject};
use super::{expected, function, lazy};
use crate::raw::{self, Call, Env, Kind, Own, Ref};
use bident::{Extern, ExternType, Func, ImportType, Instance, Lasting, Linker, Outcome, printable};
use rquickjs::{Ctx, Function, Object, Result, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// Looks at the arguments now; reads the imports and runs the start function in a job of its own, as
/// `WebAssembly.instantiate` does.
pub(super) fn instantiate<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    api::promise_of(&call.ctx, |resolve, reject| begin(call, resolve, reject))
}

fn begin<'js>(call: &Call<'js>, resolve: &Function<'js>, reject: &Function<'js>) -> Result<()> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let wrong = |what: &str| expected(ctx, "instantiateAsync", what);
    if module::of(&realm, &call.arg(0)).is_none() {
        return Err(wrong("a WebAssembly.Module"));
    }
    for (i, what) in [
        (1, "an object of imports"),
        (3, "an object of sync imports"),
    ] {
        if !call.arg(i).is_undefined() && !call.arg(i).is_object() {
            return Err(wrong(what));
        }
    }
    let stacklet = match call.arg(2) {
        none if none.is_undefined() => object::own(&realm, env)?.into_value(),
        given => given,
    };
    if !stacklet_of(&realm, &stacklet).is_some_and(|stacklet| stacklet.is_of(&realm)) {
        return Err(wrong("a Stacklet"));
    }
    let job = raw::function(ctx, "", 0, Kind::Function, finish)?;
    let (module, imports, sync) = (call.arg(0), call.arg(1), call.arg(3));
    let (resolve, reject) = (resolve.clone(), reject.clone());
    job.defer((module, imports, stacklet, sync, resolve, reject))
}

/// The job: settles the promise that `begin` was given.
fn finish<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    api::settle(call, 4, instance(call))
}

fn stacklet_of<'a>(realm: &Realm, value: &'a Value<'_>) -> Option<&'a StackletObject> {
    match raw::payload(realm.classes, Ref::new(value)) {
        Some(Payload::Stacklet(stacklet)) => Some(stacklet),
        _ => None,
    }
}

/// The instance, or the promise of one whose start function waits.
fn instance<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let (module, owner) = (call.arg(0), call.arg(2));
    let module = module::of(&realm, &module).ok_or(rquickjs::Error::Unknown)?;
    let stacklet = stacklet_of(&realm, &owner).ok_or(rquickjs::Error::Unknown)?;
    let (imports, sync) = (call.arg(1), call.arg(3));
    let mut linker = None;
    let (externs, _held) = externs(
        &realm,
        ctx,
        &module,
        (&imports, &sync),
        stacklet,
        &mut linker,
    )?;

    let made = lazy::instantiate(
        &realm,
        env,
        linker,
        &module.module,
        &externs,
        &stacklet.second,
    );
    realm.buffers.refresh(env, &realm.store);
    let (instance, start) = made.map_err(|error| api::engine_error(&realm, ctx, &error))?;
    let begun = begin_instance(&realm, ctx, (instance, start), stacklet, &owner);
    // What it exports keeps it, and the call of its start function.
    realm.store.with(|store| instance.release(store).ok());
    begun
}

/// Gives an instance its exports, and runs its start function; `owner` is the object of the stacklet.
fn begin_instance<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    (instance, start): (Instance, Option<Func>),
    stacklet: &StackletObject,
    owner: &Value<'js>,
) -> Result<Value<'js>> {
    let env = Env::new(ctx);
    let name = realm.stacklets.next_instance();
    let exports = exports(realm, ctx, instance, |item| {
        stacklet.add(&name, item);
        match item {
            Extern::Func(func) => stacklet.function_object(env, Ref::new(owner), func),
            item => realm.object_of(env, item),
        }
    })?;
    let object = object_of_exports(realm, env, &exports)?;
    match start {
        Some(start) => Ok(run_start(realm, env, stacklet, start, object)?.into_value()),
        None => Ok(object.into_value()),
    }
}

/// Runs a start function; gives the instance, or a promise of it.
fn run_start<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    stacklet: &StackletObject,
    start: Func,
    object: Own<'js>,
) -> raw::Attempt<Own<'js>> {
    let (realm, border) = (realm.reference(env), stacklet.border.clone());
    border.check(&realm, env)?;
    let outcome = {
        let _frame = realm.frames.enter_promising(start);
        border.start(&realm, env, start, &[])
    };
    realm.buffers.refresh(env, &realm.store);
    match outcome {
        Ok(Outcome::Parked(parked)) => {
            pending::park(&realm, env, start, border, Some(object.store()), parked)
        }
        ended => border.finish(&realm, env, ended).map(|_| object),
    }
}

/// The imports: those from `sync`, and the others; `None` where a module is loaded late, which the linker
/// knows then. What comes along keeps them.
fn externs<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    module: &Compiled,
    (imports, sync): (&Value<'js>, &Value<'js>),
    stacklet: &StackletObject,
    linker: &mut Option<Linker<HostData>>,
) -> Result<(Vec<Option<Extern>>, Vec<RealmRef>)> {
    let env = Env::new(ctx);
    let (mut externs, mut held) = (Vec::new(), Vec::new());
    let mut lazies = HashSet::new();
    for import in module.module.imports() {
        if let Some(given) = given(realm, env, module, &import) {
            let item = given?;
            held.push(realm.reference_to(env, item));
            externs.push(Some(item));
            continue;
        }
        let given = match sync.as_object() {
            Some(sync) => sync_value(ctx, sync, &import)?,
            None => None,
        };
        if let Some(value) = given {
            let owned = env.own(&value);
            let item = sync_import(realm, env, stacklet, &import, &owned)?;
            held.push(realm.reference_to(env, item));
            externs.push(Some(item));
            continue;
        }
        let namespace = namespace_of_import(ctx, imports.as_object(), &import)?;
        if let Some(late) = lazy::namespace(realm, &namespace)
            && matches!(import.ty(), ExternType::Func(_))
        {
            if lazies.insert(import.module().to_owned()) {
                let linker = linker.get_or_insert_with(|| Linker::new(&realm.engine));
                lazy::add(realm, env, linker, import.module(), late)
                    .map_err(|error| api::engine_error(realm, ctx, &error))?;
            }
            externs.push(None);
            continue;
        }
        let value = value_of_import(ctx, &namespace, &import)?;
        let item = read_import(realm, env, &import, env.own(&value), Waits::ForPromises)?;
        held.push(realm.reference_to(env, item));
        externs.push(Some(item));
    }
    Ok((externs, held))
}

/// What the sync imports have for an import, if anything.
fn sync_value<'js>(
    ctx: &Ctx<'js>,
    sync: &Object<'js>,
    import: &ImportType<'_>,
) -> Result<Option<Value<'js>>> {
    let namespace: Value = sync.get(import.module())?;
    if namespace.is_undefined() {
        return Ok(None);
    }
    let Some(namespace) = namespace.as_object() else {
        let name = printable(import.module());
        let message = format!("sync import \"{name}\" must be an object");
        return Err(errors::throw_type(ctx, &message));
    };
    let value: Value = namespace.get(import.name())?;
    Ok((!value.is_undefined()).then_some(value))
}

/// A sync import: an export of an instance of the same stacklet.
fn sync_import(
    realm: &Rc<Realm>,
    env: Env<'_>,
    stacklet: &StackletObject,
    import: &ImportType<'_>,
    value: &Own<'_>,
) -> raw::Attempt<Extern> {
    let item = match raw::payload(realm.classes, value.get()) {
        Some(Payload::Memory(memory)) => memory.memory_in(realm).map(Extern::from),
        Some(Payload::Table(owner, item)) if Rc::ptr_eq(owner, realm) => Some((*item).into()),
        Some(Payload::Global(owner, item)) if Rc::ptr_eq(owner, realm) => Some((*item).into()),
        Some(Payload::Tag(owner, item)) if Rc::ptr_eq(owner, realm) => Some((*item).into()),
        Some(Payload::AsyncFunction(function)) if function.is_wrapper() => None,
        _ => function::exported(realm, value.get()).map(|(func, _)| Extern::from(func)),
    };
    if let Some(item) = item
        && stacklet.contains(item)
    {
        return Ok(item);
    }
    let found = match item.and_then(|item| realm.stacklets.owner(item)) {
        Some((id, instance)) => format!("is an export of {instance} of {id}"),
        None => "is no export of an instance that instantiateAsync has made".to_owned(),
    };
    let message = format!(
        "sync import \"{}\" \"{}\" must be an export of an instance of {}, but it {found}",
        printable(import.module()),
        printable(import.name()),
        stacklet.id,
    );
    Err(env.raise(errors::throw_type(&env.ctx(), &message)))
}
