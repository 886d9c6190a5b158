//! `WebAssembly.Instance` and `instantiate`: reading imports, making exports.

use super::api::{self, Interface};
use super::import::{self, Imported, Waits};
use super::module::Compiled;
use super::options::Options;
use super::realm::{self, Realm, RealmRef};
use super::{Payload, convert, errors, module};
use crate::raw::{self, Attempt, Call, Env, Marker, Own, Ref, Thrown};
use bident::{
    Extern, ExternType, Func, Global, GlobalType, ImportType, Instance, Lasting, ValType, printable,
};
use rquickjs::{Ctx, Exception, Function, Object, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Instance", 1, |call| {
        let (ctx, realm) = (&call.ctx, realm::of(&call.ctx)?);
        let module = module::of(&realm, &call.arg(0)).ok_or_else(|| not_a_module(ctx))?;
        let imports = import_object(call)?;
        let externs = read_imports(&realm, ctx, &module, imports.as_ref())?;
        let exports = link(&realm, ctx, &module, &externs)?;
        let payload = Payload::Instance(Env::new(ctx).own(&exports).store());
        api::construct(call, &realm, |i| &i.instance, payload)
    })?
    .getter("exports", |call| {
        let realm = realm::of(&call.ctx)?;
        match raw::payload(realm.classes, Ref::new(&call.this)) {
            Some(Payload::Instance(exports)) => {
                Ok(exports.to_owned(Env::new(&call.ctx)).into_value())
            }
            _ => Err(api::illegal_invocation(&call.ctx, "Instance")),
        }
    })
}

fn not_a_module(ctx: &Ctx<'_>) -> rquickjs::Error {
    Exception::throw_type(ctx, "expected a WebAssembly.Module")
}

/// The second argument: an object, or nothing.
fn import_object<'js>(call: &Call<'js>) -> Result<Option<Object<'js>>> {
    let imports = call.arg(1);
    if imports.is_undefined() {
        return Ok(None);
    }
    imports
        .into_object()
        .map(Some)
        .ok_or_else(|| Exception::throw_type(&call.ctx, "the imports must be an object"))
}

/// Source of what waits for the promise of a module; programs cannot change what it calls.
pub(super) const AFTER_MODULE: &str =
    "((apply, then) => (promise, finish, imports, resolve, reject) => {
  apply(then, promise, [(module) => { finish(module, imports, resolve, reject); }, reject]);
})(Reflect.apply, Promise.prototype.then)";

/// `WebAssembly.instantiate(bytes, imports, options)` and `WebAssembly.instantiate(module, imports)`.
pub(super) fn instantiate<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    api::promise_of(&call.ctx, |resolve, reject| begin(call, resolve, reject))
}

/// Of a module, reads the imports now, and runs the start function in a job of its own. Of bytes, compiles
/// now, and does all of that once the promise of the module is fulfilled.
fn begin<'js>(call: &Call<'js>, resolve: &Function<'js>, reject: &Function<'js>) -> Result<()> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let imports = import_object(call)?;
    if let Some(module) = module::of(&realm, &call.arg(0)) {
        let externs = read_imports(&realm, ctx, &module, imports.as_ref())?;
        let payload = Payload::Imports(module, externs);
        let ready = realm.classes.create(env, env.null().get(), payload)?;
        let job = raw::function(ctx, "", 0, raw::Kind::Function, finish_module)?;
        // Five: rquickjs puts two of its own beside them, where it has room for four, or for any number.
        let ready = ready.into_value();
        return job.defer((ready, (), (), resolve.clone(), reject.clone()));
    }
    let bytes = module::bytes(call)?;
    let options = Options::read(call, 2)?;
    let promise = module::promise_of(ctx, || {
        let module = module::compile_bytes(&realm, ctx, &bytes, options)?;
        module::create(&realm, ctx, module)
    })?;
    finish_promise(&realm, ctx, promise, imports, resolve, reject)
}

/// Instantiates the module that a promise is of, and settles with it and the instance.
pub(super) fn finish_promise<'js>(
    realm: &Realm,
    ctx: &Ctx<'js>,
    promise: Value<'js>,
    imports: Option<Object<'js>>,
    resolve: &Function<'js>,
    reject: &Function<'js>,
) -> Result<()> {
    let finish = raw::function(ctx, "", 0, raw::Kind::Function, finish_bytes)?;
    let after = realm.intrinsic(Env::new(ctx), |i| &i.after_module);
    let after = Function::from_value(after.into_value())?;
    after.call((promise, finish, imports, resolve.clone(), reject.clone()))
}

/// The job of a module: settles the promise that `begin` was given.
fn finish_module<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let ctx = &call.ctx;
    let made = || -> Result<Value<'js>> {
        let realm = realm::of(ctx)?;
        let ready = call.arg(0);
        match raw::payload(realm.classes, Ref::new(&ready)) {
            Some(Payload::Imports(module, externs)) => instance_of(&realm, ctx, module, externs),
            _ => Err(rquickjs::Error::Unknown),
        }
    };
    api::settle(call, 3, made())
}

/// The same where there were bytes: gets what their promise was fulfilled with.
fn finish_bytes<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let ctx = &call.ctx;
    let made = || -> Result<Value<'js>> {
        let realm = realm::of(ctx)?;
        let module = module::of(&realm, &call.arg(0)).ok_or_else(|| not_a_module(ctx))?;
        let externs = read_imports(&realm, ctx, &module, call.arg(1).as_object())?;
        let both = Object::new(ctx.clone())?;
        let instance = instance_of(&realm, ctx, &module, &externs)?;
        both.set("module", call.arg(0))?;
        both.set("instance", instance)?;
        Ok(both.into_value())
    };
    api::settle(call, 2, made())
}

fn instance_of<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    module: &Compiled,
    externs: &ReadImports,
) -> Result<Value<'js>> {
    let exports = link(realm, ctx, module, externs)?;
    Ok(object_of_exports(realm, Env::new(ctx), &exports)?.into_value())
}

/// A `WebAssembly.Instance` with these exports.
pub(super) fn object_of_exports<'js>(
    realm: &Realm,
    env: Env<'js>,
    exports: &Value<'js>,
) -> Attempt<Own<'js>> {
    let payload = Payload::Instance(env.own(exports).store());
    realm.create(env, |i| &i.instance, payload)
}

/// What a module is to be instantiated with.
#[derive(Default)]
pub(crate) struct ReadImports {
    items: Vec<Extern>,
    /// What getters of the imports have made and dropped is there until the instance has it.
    held: Vec<RealmRef>,
}

impl ReadImports {
    fn push(&mut self, realm: &Rc<Realm>, env: Env<'_>, item: Extern) {
        self.held.push(realm.reference_to(env, item));
        self.items.push(item);
    }

    /// Its object is freed.
    pub(super) fn going(&self) {
        if let Some(realm) = self.held.first() {
            realm.drop_dead();
        }
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.held.iter().for_each(|held| held.mark(marker));
    }
}

/// What an object of imports, or the module itself, gives for each import.
pub(super) fn read_imports<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    module: &Compiled,
    imports: Option<&Object<'js>>,
) -> Result<ReadImports> {
    let env = Env::new(ctx);
    let mut read = ReadImports::default();
    for import in module.module.imports() {
        if let Some(given) = given(realm, env, module, &import) {
            read.push(realm, env, given?);
            continue;
        }
        let namespace = namespace_of_import(ctx, imports, &import)?;
        let value = value_of_import(ctx, &namespace, &import)?;
        let item = read_import(realm, env, &import, env.own(&value), Waits::No)?;
        read.push(realm, env, item);
    }
    Ok(read)
}

/// What a module gets from us for an import, if anything.
pub(super) fn given(
    realm: &Rc<Realm>,
    env: Env<'_>,
    module: &Compiled,
    import: &ImportType<'_>,
) -> Option<Attempt<Extern>> {
    module.options.as_ref()?.give(realm, env, import)
}

/// Instantiates a module and gives its exports object.
pub(super) fn link<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    module: &Compiled,
    imports: &ReadImports,
) -> Result<Value<'js>> {
    let made = realm.making(ctx, |store| {
        Instance::without_start(store, &module.module, &imports.items)
    });
    let made = made.map_err(|error| api::engine_error(realm, ctx, &error));
    let (instance, start) = made?;
    let exports = begin_instance(realm, ctx, (instance, start));
    // What it exports keeps it.
    realm.store.with(|store| instance.release(store).ok());
    exports
}

/// Runs the start function of an instance, and gives its exports object.
fn begin_instance<'js>(
    realm: &Rc<Realm>,
    ctx: &Ctx<'js>,
    (instance, start): (Instance, Option<Func>),
) -> Result<Value<'js>> {
    let env = Env::new(ctx);
    if let Some(start) = start {
        let started = realm.run(env, |store| start.call(store, &[], &mut []));
        realm.buffers.refresh(env, &realm.store);
        started.map_err(|error| api::engine_error(realm, ctx, &error))?;
    }
    exports(realm, ctx, instance, |item| realm.object_of(env, item))
}

/// The exports object of an instance; `object` gives what JavaScript sees of each.
pub(super) fn exports<'js>(
    realm: &Realm,
    ctx: &Ctx<'js>,
    instance: Instance,
    object: impl Fn(Extern) -> Attempt<Own<'js>>,
) -> Result<Value<'js>> {
    let exports = Object::new(ctx.clone())?;
    exports.set_prototype(None)?;
    for (name, item) in realm.store.with(|store| instance.exports(store)) {
        api::freeze(&exports, &name, object(item)?.into_value())?;
    }
    raw::prevent_extensions(&exports)?;
    Ok(exports.into_value())
}

/// The value that an object of imports gives for the module of an import.
pub(super) fn namespace_of_import<'js>(
    ctx: &Ctx<'js>,
    imports: Option<&Object<'js>>,
    import: &ImportType<'_>,
) -> Result<Value<'js>> {
    let imports = imports.ok_or_else(|| {
        Exception::throw_type(ctx, "the module has imports: an object must give them")
    })?;
    imports.get(import.module())
}

/// The value that such a value gives for an import.
pub(super) fn value_of_import<'js>(
    ctx: &Ctx<'js>,
    namespace: &Value<'js>,
    import: &ImportType<'_>,
) -> Result<Value<'js>> {
    let Some(namespace) = namespace.as_object() else {
        let name = printable(import.module());
        let message = format!("import \"{name}\" must be an object");
        return Err(errors::throw_type(ctx, &message));
    };
    namespace.get(import.name())
}

/// What a value is for an import; `unmarked` is how a function waits that nothing is said of.
pub(super) fn read_import<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    import: &ImportType<'_>,
    value: Own<'js>,
    unmarked: Waits,
) -> Attempt<Extern> {
    let link_error = |what: &str| {
        let message = format!(
            "import \"{}\" \"{}\" must be {what}",
            printable(import.module()),
            printable(import.name())
        );
        errors::throw_new(realm, env, |i| &i.link_error, &message)
    };
    let payload = raw::payload(realm.classes, value.get());
    match (import.ty(), payload) {
        (ExternType::Memory(_), memory) => match memory {
            Some(Payload::Memory(memory)) => memory.memory_in(realm).map(Extern::from),
            _ => None,
        }
        .ok_or_else(|| link_error("a WebAssembly.Memory")),
        (ExternType::Table(_), Some(Payload::Table(owner, table))) if Rc::ptr_eq(owner, realm) => {
            Ok((*table).into())
        }
        (ExternType::Table(_), _) => Err(link_error("a WebAssembly.Table")),
        (ExternType::Global(_), Some(Payload::Global(owner, global)))
            if Rc::ptr_eq(owner, realm) =>
        {
            Ok((*global).into())
        }
        (ExternType::Global(ty), _) => global_of_value(realm, env, *ty, &value, link_error),
        (ExternType::Func(ty), _) => {
            if let Some(func) = convert::exported(realm, value.get()) {
                return Ok(func.into());
            }
            let imported = imported(realm, env, value, unmarked);
            let imported = imported.ok_or_else(|| link_error("a function"))?;
            let name = (import.module(), import.name());
            let func = import::create(realm, imported, ty.clone(), name);
            func.map(Extern::from)
                .map_err(|error| errors::throw(realm, env, &error))
        }
        (ExternType::Tag(_), Some(Payload::Tag(owner, tag))) if Rc::ptr_eq(owner, realm) => {
            Ok((*tag).into())
        }
        (ExternType::Tag(_), _) => Err(link_error("a WebAssembly.Tag")),
    }
}

/// The function that a value stands for, if it stands for one.
fn imported<'js>(
    realm: &Realm,
    env: Env<'js>,
    value: Own<'js>,
    unmarked: Waits,
) -> Option<Imported<'js>> {
    let (function, waits, suspender) = match raw::payload(realm.classes, value.get()) {
        Some(Payload::Suspending(function)) => (function.to_owned(env), Waits::Yes, None),
        Some(Payload::Marked(marked)) => marked.parts(env),
        _ if value.get().is_function(env) => (value, unmarked, None),
        _ => return None,
    };
    Some(Imported {
        function,
        waits,
        suspender,
    })
}

/// An immutable global with the value of a JavaScript value of the right type.
fn global_of_value(
    realm: &Rc<Realm>,
    env: Env<'_>,
    ty: GlobalType,
    value: &Own<'_>,
    link_error: impl Fn(&str) -> Thrown,
) -> Attempt<Extern> {
    let fits = match ty.content {
        _ if ty.mutable => return Err(link_error("a mutable WebAssembly.Global")),
        ValType::I64 => value.get().is_bigint(),
        ValType::I32 | ValType::F32 | ValType::F64 => value.get().is_number(),
        ValType::V128 => false,
        ValType::Ref(ty) => convert::reference(realm, env, value.get(), ty)?.is_some(),
    };
    if !fits {
        return Err(link_error(&format!(
            "a WebAssembly.Global or a value for {}",
            ty.content
        )));
    }
    let initial = convert::to_wasm(realm, env, value.get(), ty.content)?;
    let global = realm.store.with(|store| Global::new(store, ty, initial));
    global
        .map(Extern::from)
        .map_err(|error| errors::throw(realm, env, &error))
}
