//! `WebAssembly.Module`, `compile` and `validate`.

use super::Payload;
use super::api::{self, Interface};
use super::errors;
use super::options::Options;
use super::realm::{self, Realm};
use crate::raw::{self, Call, Env, Ref};
use bident::{ImportType, Module};
use rquickjs::atom::PredefinedAtom;
use rquickjs::{Array, ArrayBuffer, Coerced, Ctx, Exception, Object, Result, Symbol, Value};
use std::rc::Rc;

/// Most bytes of a module.
const MOST_BYTES: usize = 1 << 30;

/// A module, with what it was compiled for.
#[derive(Clone)]
pub(crate) struct Compiled {
    /// The module.
    pub(super) module: Module,
    /// Which of its imports are ours.
    pub(super) options: Option<Rc<Options>>,
}

impl Compiled {
    /// The imports that an object must give.
    pub(super) fn imports(&self) -> impl Iterator<Item = ImportType<'_>> {
        let options = self.options.as_ref();
        let given =
            move |import: &ImportType<'_>| options.is_some_and(|options| options.gives(import));
        self.module.imports().filter(move |import| !given(import))
    }
}

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Module", 1, |call| {
        let realm = realm::of(&call.ctx)?;
        let module = compile_argument(&realm, call, 1)?;
        api::construct(call, &realm, |i| &i.module, Payload::Module(module))
    })?
    .static_method("exports", 1, exports)?
    .static_method("imports", 1, imports)?
    .static_method("customSections", 2, custom_sections)?
    .below(abstract_source(ctx)?)
}

/// `%AbstractModuleSource%`, whose prototype knows modules by what they are.
fn abstract_source<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    let kind = raw::Kind::ConstructorOrFunction;
    let constructor = raw::function(ctx, "AbstractModuleSource", 0, kind, |call| {
        Err(Exception::throw_type(
            &call.ctx,
            "AbstractModuleSource cannot be constructed",
        ))
    })?;
    let tag = raw::function(
        ctx,
        "get [Symbol.toStringTag]",
        0,
        raw::Kind::Function,
        |call| {
            let realm = realm::of(&call.ctx)?;
            match of(&realm, &call.this) {
                Some(_) => Ok(
                    rquickjs::String::from_str(call.ctx.clone(), "WebAssembly.Module")?
                        .into_value(),
                ),
                None => Ok(Value::new_undefined(call.ctx.clone())),
            }
        },
    )?;
    let symbols: Object = ctx.globals().get(PredefinedAtom::Symbol)?;
    let symbol: Symbol = symbols.get("toStringTag")?;
    Interface::without_tag(constructor)?.hidden_getter(&symbol, tag)
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

/// Compiles the first argument, with the options at a position.
fn compile_argument(realm: &Rc<Realm>, call: &Call<'_>, options: usize) -> Result<Compiled> {
    let bytes = bytes(call)?;
    let options = Options::read(call, options)?;
    compile_bytes(realm, &call.ctx, &bytes, options)
}

/// Compiles a module, or throws `CompileError`.
pub(super) fn compile_bytes(
    realm: &Rc<Realm>,
    ctx: &Ctx<'_>,
    bytes: &[u8],
    options: Options,
) -> Result<Compiled> {
    let refuse = |message: &str| -> rquickjs::Error {
        errors::throw_new(realm, Env::new(ctx), |i| &i.compile_error, message).into()
    };
    check_size(bytes).map_err(|message| refuse(&message))?;
    let module = Module::new(&realm.engine, bytes);
    let module = module.map_err(|error| api::engine_error(realm, ctx, &error))?;
    (options.check(realm, &module)).map_err(|message| refuse(&message))?;
    let options = options.shared();
    Ok(Compiled { module, options })
}

fn check_size(bytes: &[u8]) -> std::result::Result<(), String> {
    match bytes.len() <= MOST_BYTES {
        true => Ok(()),
        false => Err(format!("a module has at most {MOST_BYTES} bytes")),
    }
}

/// A new object for a module.
pub(super) fn create<'js>(realm: &Realm, ctx: &Ctx<'js>, module: Compiled) -> Result<Value<'js>> {
    let object = realm.create(Env::new(ctx), |i| &i.module, Payload::Module(module))?;
    Ok(object.into_value())
}

/// The module of a `WebAssembly.Module`.
pub(super) fn of(realm: &Realm, value: &Value<'_>) -> Option<Compiled> {
    match raw::payload(realm.classes, Ref::new(value)) {
        Some(Payload::Module(module)) => Some(module.clone()),
        _ => None,
    }
}

/// `WebAssembly.validate(bytes, options)`.
pub(super) fn validate<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let bytes = bytes(call)?;
    let options = Options::read(call, 1)?;
    let valid = check_size(&bytes).is_ok() && is_valid(&realm, &bytes, &options);
    Ok(Value::new_bool(call.ctx.clone(), valid))
}

fn is_valid(realm: &Rc<Realm>, bytes: &[u8], options: &Options) -> bool {
    if options.is_default() {
        return Module::validate(&realm.engine, bytes).is_ok();
    }
    // The types of its imports are known after it is compiled only.
    let module = Module::new(&realm.engine, bytes);
    module.is_ok_and(|module| options.check(realm, &module).is_ok())
}

/// `WebAssembly.compile(bytes, options)`.
pub(super) fn compile<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    promise_of(&call.ctx, || {
        let realm = realm::of(&call.ctx)?;
        let module = compile_argument(&realm, call, 1)?;
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

fn module_argument(call: &Call<'_>) -> Result<Compiled> {
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
    for (i, export) in module.module.exports().enumerate() {
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
    let name: rquickjs::String = call.arg(1).get::<Coerced<rquickjs::String>>()?.0;
    let name = raw::with_utf8(Env::new(&call.ctx), Ref::new(name.as_value()), |name| {
        std::str::from_utf8(name).map(str::to_owned)
    })?;
    let list = Array::new(call.ctx.clone())?;
    // Names of sections are UTF-8: none is one with half of a surrogate pair.
    let Ok(name) = name else {
        return Ok(list.into_value());
    };
    for (i, content) in module.module.custom_sections(&name).enumerate() {
        list.set(i, ArrayBuffer::new_copy(call.ctx.clone(), content)?)?;
    }
    Ok(list.into_value())
}
