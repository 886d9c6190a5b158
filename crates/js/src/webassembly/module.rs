//! `WebAssembly.Module`, `compile` and `validate`.

use super::Payload;
use super::api::{self, Interface};
use super::realm::{self, Realm};
use crate::raw::{self, Call, Env, Ref};
use bident::Module;
use rquickjs::{Array, ArrayBuffer, Coerced, Ctx, Exception, Object, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Module", 1, |call| {
        let realm = realm::of(&call.ctx)?;
        let module = compile_bytes(&realm, &call.ctx, &bytes(call)?)?;
        api::construct(call, &realm, |i| &i.module, Payload::Module(module))
    })?
    .static_method("exports", 1, exports)?
    .static_method("imports", 1, imports)?
    .static_method("customSections", 2, custom_sections)
}

/// The first argument, a buffer or a view of one, copied.
pub(super) fn bytes(call: &Call<'_>) -> Result<Vec<u8>> {
    copy_bytes(&call.ctx, &call.arg(0))
}

/// A copy of the bytes of a buffer or of a view of one.
pub(crate) fn copy_bytes<'js>(ctx: &Ctx<'js>, source: &Value<'js>) -> Result<Vec<u8>> {
    let env = Env::new(ctx);
    let getters = realm::of(ctx)?.view_getters(env);
    match raw::copy_bytes(env, Ref::new(source), &getters)? {
        Some(bytes) => Ok(bytes),
        None => {
            let message = "expected an ArrayBuffer or a view of one";
            Err(Exception::throw_type(ctx, message))
        }
    }
}

/// Compiles a module, or throws `CompileError`.
pub(super) fn compile_bytes(realm: &Rc<Realm>, ctx: &Ctx<'_>, bytes: &[u8]) -> Result<Module> {
    Module::new(&realm.engine, bytes).map_err(|error| api::engine_error(realm, ctx, &error))
}

/// A new object for a module.
pub(super) fn create<'js>(realm: &Realm, ctx: &Ctx<'js>, module: Module) -> Result<Value<'js>> {
    let object = realm.create(Env::new(ctx), |i| &i.module, Payload::Module(module))?;
    Ok(object.into_value())
}

/// The module of a `WebAssembly.Module`.
pub(super) fn of(realm: &Realm, value: &Value<'_>) -> Option<Module> {
    match raw::payload(realm.classes, Ref::new(value)) {
        Some(Payload::Module(module)) => Some(module.clone()),
        _ => None,
    }
}

/// `WebAssembly.validate(bytes)`.
pub(super) fn validate<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let valid = Module::validate(&realm.engine, &bytes(call)?).is_ok();
    Ok(Value::new_bool(call.ctx.clone(), valid))
}

/// `WebAssembly.compile(bytes)`.
pub(super) fn compile<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    promise_of(&call.ctx, || {
        let realm = realm::of(&call.ctx)?;
        let module = compile_bytes(&realm, &call.ctx, &bytes(call)?)?;
        create(&realm, &call.ctx, module)
    })
}

/// A promise that is settled with the outcome of `f`.
pub(super) fn promise_of<'js>(
    ctx: &Ctx<'js>,
    f: impl FnOnce() -> Result<Value<'js>>,
) -> Result<Value<'js>> {
    api::promise_of(ctx, |resolve, _| resolve.call((f()?,)))
}

fn module_argument(call: &Call<'_>) -> Result<Module> {
    let realm = realm::of(&call.ctx)?;
    of(&realm, &call.arg(0))
        .ok_or_else(|| Exception::throw_type(&call.ctx, "expected a WebAssembly.Module"))
}

/// The word of the interface for a kind of import or export.
fn kind(ty: &bident::ExternType) -> &'static str {
    match ty.kind() {
        "func" => "function",
        other => other,
    }
}

fn exports<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let module = module_argument(call)?;
    let list = Array::new(call.ctx.clone())?;
    for (i, export) in module.exports().enumerate() {
        let entry = Object::new(call.ctx.clone())?;
        entry.set("name", export.name())?;
        entry.set("kind", kind(export.ty()))?;
        list.set(i, entry)?;
    }
    Ok(list.into_value())
}

fn imports<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let module = module_argument(call)?;
    let list = Array::new(call.ctx.clone())?;
    for (i, import) in module.imports().enumerate() {
        let entry = Object::new(call.ctx.clone())?;
        entry.set("module", import.module())?;
        entry.set("name", import.name())?;
        entry.set("kind", kind(import.ty()))?;
        list.set(i, entry)?;
    }
    Ok(list.into_value())
}

fn custom_sections<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let module = module_argument(call)?;
    if !call.has(1) || call.arg(1).is_undefined() {
        return Err(Exception::throw_type(
            &call.ctx,
            "customSections needs the name of a section",
        ));
    }
    let name = call.arg(1).get::<Coerced<String>>()?.0;
    let list = Array::new(call.ctx.clone())?;
    for (i, content) in module.custom_sections(&name).enumerate() {
        list.set(i, ArrayBuffer::new_copy(call.ctx.clone(), content)?)?;
    }
    Ok(list.into_value())
}
