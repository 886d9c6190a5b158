//! Puts the namespace together, with the property attributes that Web IDL asks for.

use super::atomics;
use super::buffers::Tools;
use super::interrupt;
use super::intrinsics::Intrinsics;
use super::realm::{self, Realm};
use super::tag;
use super::{
    collected, errors, exception, global, instance, jspi, memory, module, pending, shown, stacklet,
};
use super::{function as exported, streaming, table};
use crate::raw::{self, Call, Env, Kind, Ref, Stored, Thrown, accessor, function};
use bident::Engine;
use rquickjs::atom::PredefinedAtom;
use rquickjs::function::Constructor;
use rquickjs::object::Property;
use rquickjs::{Ctx, Exception, Function, Object, Promise, Result, Symbol, Value};
use std::rc::Rc;

/// An interface of the namespace: its constructor and its prototype.
pub(super) struct Interface<'js> {
    constructor: Function<'js>,
    prototype: Object<'js>,
}

impl<'js> Interface<'js> {
    /// An interface with a constructor that must be called with `new`.
    pub(super) fn new<F>(
        ctx: &Ctx<'js>,
        name: &'static str,
        length: i32,
        construct: F,
    ) -> Result<Self>
    where
        F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
    {
        let constructor = function(ctx, name, length, Kind::Constructor, construct)?;
        let interface = Self::without_tag(constructor)?;
        let tag = Property::from(format!("WebAssembly.{name}")).configurable();
        (interface.prototype).prop(PredefinedAtom::SymbolToStringTag, tag)?;
        Ok(interface)
    }

    /// One of a class whose prototype has no tag yet.
    pub(super) fn without_tag(constructor: Function<'js>) -> Result<Self> {
        let prototype = Object::new(constructor.ctx().clone())?;
        let hidden = Property::from(constructor.clone())
            .writable()
            .configurable();
        prototype.prop(PredefinedAtom::Constructor, hidden)?;
        constructor.prop(PredefinedAtom::Prototype, Property::from(prototype.clone()))?;
        Ok(Self {
            constructor,
            prototype,
        })
    }

    /// Adds an attribute that can only be read, and is not enumerable.
    pub(super) fn hidden_getter(self, name: &Symbol<'js>, get: Function<'js>) -> Result<Self> {
        raw::hidden_accessor(&self.prototype, name, get)?;
        Ok(self)
    }

    /// Makes it one that inherits from another.
    pub(super) fn below(self, other: Self) -> Result<Self> {
        self.constructor.set_prototype(Some(&other.constructor))?;
        self.prototype.set_prototype(Some(&other.prototype))?;
        Ok(self)
    }

    /// Its constructor.
    pub(super) fn constructor(&self) -> Function<'js> {
        self.constructor.clone()
    }

    /// Its prototype.
    pub(super) fn prototype(&self) -> &Object<'js> {
        &self.prototype
    }

    /// Adds a method.
    pub(super) fn method<F>(self, name: &str, length: i32, f: F) -> Result<Self>
    where
        F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
    {
        let method = function(self.prototype.ctx(), name, length, Kind::Function, f)?;
        self.prototype.prop(
            name,
            Property::from(method)
                .writable()
                .enumerable()
                .configurable(),
        )?;
        Ok(self)
    }

    /// Adds a static method.
    pub(super) fn static_method<F>(self, name: &str, length: i32, f: F) -> Result<Self>
    where
        F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
    {
        let method = function(self.prototype.ctx(), name, length, Kind::Function, f)?;
        self.constructor.prop(
            name,
            Property::from(method)
                .writable()
                .enumerable()
                .configurable(),
        )?;
        Ok(self)
    }

    /// Adds an attribute that can only be read.
    pub(super) fn getter<F>(self, name: &str, get: F) -> Result<Self>
    where
        F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
    {
        let get = function(
            self.prototype.ctx(),
            &format!("get {name}"),
            0,
            Kind::Function,
            get,
        )?;
        accessor(&self.prototype, name, get, None)?;
        Ok(self)
    }

    /// Adds an attribute that can be read and set.
    pub(super) fn attribute<G, S>(self, name: &str, get: G, set: S) -> Result<Self>
    where
        G: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
        S: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
    {
        let ctx = self.prototype.ctx();
        let get = function(ctx, &format!("get {name}"), 0, Kind::Function, get)?;
        let set = function(ctx, &format!("set {name}"), 1, Kind::Function, set)?;
        accessor(&self.prototype, name, get, Some(set))?;
        Ok(self)
    }
}

/// What a promise is rejected with after an error: the pending exception, unless no program may catch it.
pub(super) fn reason<'js>(ctx: &Ctx<'js>, error: rquickjs::Error) -> Result<Value<'js>> {
    if !error.is_exception() {
        return Err(error);
    }
    Ok(Env::new(ctx).catch(Thrown)?.into_value())
}

/// A new promise; rejects it where `begin`, which gets the functions that settle it, fails.
pub(super) fn promise_of<'js>(
    ctx: &Ctx<'js>,
    begin: impl FnOnce(&Function<'js>, &Function<'js>) -> Result<()>,
) -> Result<Value<'js>> {
    let (promise, resolve, reject) = Promise::new(ctx)?;
    if let Err(error) = begin(&resolve, &reject) {
        reject.call::<_, ()>((reason(ctx, error)?,))?;
    }
    Ok(promise.into_value())
}

/// Settles a promise by its functions, which are the last two arguments of a job, from `first` on.
pub(super) fn settle<'js>(
    call: &Call<'js>,
    first: usize,
    made: Result<Value<'js>>,
) -> Result<Value<'js>> {
    let (settle, value) = match made {
        Ok(value) => (call.arg(first), value),
        Err(error) => (call.arg(first + 1), reason(&call.ctx, error)?),
    };
    Function::from_value(settle)?.call((value,))
}

/// Defines `WebAssembly`.
pub(super) fn install(ctx: &Ctx<'_>, engine: &Engine) -> Result<()> {
    let (realm, object) = realm::create(ctx, engine)?;
    // The global object keeps the realm object alive, out of programs' way.
    let hidden: Symbol = ctx.eval("Symbol('WebAssembly realm')")?;
    ctx.globals()
        .prop(hidden, Property::from(object.into_value()))?;

    let namespace = Object::new(ctx.clone())?;
    let tag = Property::from("WebAssembly").configurable();
    namespace.prop(PredefinedAtom::SymbolToStringTag, tag)?;
    operation(&namespace, "validate", 1, module::validate)?;
    operation(&namespace, "compile", 1, module::compile)?;
    operation(&namespace, "instantiate", 1, instance::instantiate)?;
    operation(&namespace, "promising", 1, jspi::promising)?;
    streaming::define(ctx, &namespace)?;
    let js_tag = function(ctx, "get JSTag", 0, Kind::Function, tag::js_tag)?;
    accessor(&namespace, "JSTag", js_tag, None)?;
    realm.set_intrinsics(define_classes(ctx, &namespace)?);
    let weak: Object = ctx.globals().get::<_, Object>("WeakRef")?;
    let weak: Object = weak.get(PredefinedAtom::Prototype)?;
    let env = Env::new(ctx);
    realm.buffers.set_tools(Tools {
        resize: realm.intrinsic(env, |i| &i.resize).store(),
        weakly: env.own(&ctx.eval::<Value, _>(shown::WEAKLY)?).store(),
        deref: env.own(&weak.get::<_, Value>("deref")?).store(),
        empty: env.own(&ctx.eval::<Value, _>(shown::EMPTY)?).store(),
    });
    let grow = realm.intrinsic(env, |i| &i.grow_shared);
    realm.buffers.shared.set_grow(grow.store());
    memory::guard_buffers(ctx)?;
    atomics::guard(ctx)?;
    ctx.eval::<(), _>(errors::GUARD_SETTERS)?;
    let show: Function = ctx.eval(errors::SHOW_STACKS)?;
    show.call::<_, ()>((realm.intrinsic(env, |i| &i.stacks).into_value(),))?;
    ctx.globals().prop(
        "WebAssembly",
        Property::from(namespace).writable().configurable(),
    )
}

fn operation<'js, F>(namespace: &Object<'js>, name: &str, length: i32, f: F) -> Result<()>
where
    F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
{
    let operation = function(namespace.ctx(), name, length, Kind::Function, f)?;
    namespace.prop(
        name,
        Property::from(operation)
            .writable()
            .enumerable()
            .configurable(),
    )
}

/// Defines the classes, and gathers what the realm needs of them and of the context.
fn define_classes<'js>(ctx: &Ctx<'js>, namespace: &Object<'js>) -> Result<Intrinsics> {
    let env = Env::new(ctx);
    let keep = |value: &Value<'js>| env.own(value).store();
    let class = |name: &str, interface: Interface<'js>| -> Result<Stored> {
        define(namespace, name, interface.constructor)?;
        Ok(keep(interface.prototype.as_value()))
    };
    let globals = ctx.globals();
    let weak_set: Constructor = globals.get(PredefinedAtom::WeakSet)?;
    let traps: Object = weak_set.construct(())?;
    let stacks: Object = globals.get::<_, Constructor>("WeakMap")?.construct(())?;
    let error_class: Object = globals.get(PredefinedAtom::Error)?;
    let buffer = prototype_of_global(ctx, "ArrayBuffer")?;
    let view = prototype_of_global(ctx, "DataView")?;
    // That of all typed arrays lies above that of each kind.
    let arrays = prototype_of_global(ctx, "Uint8Array")?.get_prototype();
    let arrays = arrays.ok_or(rquickjs::Error::Unknown)?;
    let text = prototype_of_global(ctx, "String")?;
    let atomics: Object = globals.get("Atomics")?;
    let method = |name: &str| -> Result<Stored> { Ok(keep(&text.get::<_, Value>(name)?)) };
    let stacklet = stacklet::define(ctx)?;
    Ok(Intrinsics {
        module: class("Module", module::interface(ctx)?)?,
        instance: class("Instance", instance::interface(ctx)?)?,
        memory: class("Memory", memory::interface(ctx)?)?,
        table: class("Table", table::interface(ctx)?)?,
        global: class("Global", global::interface(ctx)?)?,
        tag: class("Tag", tag::interface(ctx)?)?,
        exception: class("Exception", exception::interface(ctx)?)?,
        suspending: class("Suspending", jspi::interface(ctx)?)?,
        exported_function: class("Function", exported::interface(ctx)?)?,
        function: keep(Function::prototype(ctx.clone()).as_value()),
        error: keep(error_class.as_value()),
        compile_error: error(namespace, "CompileError", |i| &i.compile_error)?,
        link_error: error(namespace, "LinkError", |i| &i.link_error)?,
        runtime_error: error(namespace, "RuntimeError", |i| &i.runtime_error)?,
        suspend_error: error(namespace, "SuspendError", |i| &i.suspend_error)?,
        stacks: keep(stacks.as_value()),
        stacks_get: keep(&stacks.get::<_, Value>("get")?),
        stacks_set: keep(&stacks.get::<_, Value>("set")?),
        error_stack: getter(&prototype_of_global(ctx, "Error")?, "stack")?,
        prepare_stack: getter(&error_class, "prepareStackTrace")?,
        stack_limit: getter(&error_class, "stackTraceLimit")?,
        traps: keep(traps.as_value()),
        traps_add: keep(&traps.get::<_, Value>("add")?),
        as_int_n: keep(
            &globals
                .get::<_, Object>(PredefinedAtom::BigInt)?
                .get::<_, Value>("asIntN")?,
        ),
        traps_has: keep(&traps.get::<_, Value>("has")?),
        promise_then: keep(&prototype_of_global(ctx, "Promise")?.get::<_, Value>("then")?),
        awaiter: keep(&ctx.eval::<Value, _>(pending::AWAITER)?),
        after_module: keep(&ctx.eval::<Value, _>(instance::AFTER_MODULE)?),
        rounds: keep(&ctx.eval::<Value, _>(interrupt::ROUNDS)?),
        opaque_handler: keep(&ctx.eval::<Value, _>(collected::HANDLER)?),
        resize: keep(&buffer.get::<_, Value>("resize")?),
        grow_shared: keep(&prototype_of_global(ctx, "SharedArrayBuffer")?.get::<_, Value>("grow")?),
        atomics_wait: keep(&atomics.get::<_, Value>("wait")?),
        atomics_notify: keep(&atomics.get::<_, Value>("notify")?),
        char_code_at: method("charCodeAt")?,
        code_point_at: method("codePointAt")?,
        concat: method("concat")?,
        substring: method("substring")?,
        transfer: keep(&buffer.get::<_, Value>("transfer")?),
        transfer_to_fixed_length: keep(&buffer.get::<_, Value>("transferToFixedLength")?),
        transfer_to_immutable: keep(&buffer.get::<_, Value>("transferToImmutable")?),
        view_buffer: getter(&view, "buffer")?,
        view_offset: getter(&view, "byteOffset")?,
        view_length: getter(&view, "byteLength")?,
        array_length: getter(&arrays, "byteLength")?,
        stacklet_exports: stacklet.exports,
        stacklet: stacklet.stacklet,
        suspender: stacklet.suspender,
    })
}

fn define<'js>(namespace: &Object<'js>, name: &str, constructor: Function<'js>) -> Result<()> {
    namespace.prop(name, Property::from(constructor).writable().configurable())
}

/// Defines a class of errors; `which` is where it is kept.
fn error(
    namespace: &Object<'_>,
    name: &'static str,
    which: impl Fn(&Intrinsics) -> &Stored + Copy + 'static,
) -> Result<Stored> {
    let constructor = errors::define(namespace.ctx(), name, which)?;
    define(namespace, name, constructor.clone())?;
    Ok(Env::new(namespace.ctx())
        .own(constructor.as_value())
        .store())
}

fn prototype_of_global<'js>(ctx: &Ctx<'js>, class: &str) -> Result<Object<'js>> {
    let class: Object = ctx.globals().get(class)?;
    class.get(PredefinedAtom::Prototype)
}

/// The function behind a property that is computed.
fn getter(object: &Object<'_>, name: &str) -> Result<Stored> {
    let ctx = object.ctx();
    let describe: Function = ctx
        .globals()
        .get::<_, Object>(PredefinedAtom::Object)?
        .get("getOwnPropertyDescriptor")?;
    let property: Object = describe.call((object.clone(), name))?;
    let getter: Value = property.get(PredefinedAtom::Getter)?;
    Ok(Env::new(ctx).own(&getter).store())
}

/// The prototype that a constructor call asks for: that of `new.target`, else the class's own.
pub(super) fn prototype_of<'js>(
    call: &Call<'js>,
    realm: &Realm,
    own: impl FnOnce(&Intrinsics) -> &Stored,
) -> Result<Value<'js>> {
    let asked = call
        .this
        .as_object()
        .map(|target| target.get::<_, Value>(PredefinedAtom::Prototype));
    match asked.transpose()?.filter(Value::is_object) {
        Some(prototype) => Ok(prototype),
        None => Ok(realm.intrinsic(Env::new(&call.ctx), own).into_value()),
    }
}

/// A new object for a constructor call.
pub(super) fn construct<'js>(
    call: &Call<'js>,
    realm: &Rc<Realm>,
    own: impl FnOnce(&Intrinsics) -> &Stored,
    payload: super::Payload,
) -> Result<Value<'js>> {
    let prototype = prototype_of(call, realm, own)?;
    let object = realm
        .classes
        .create(Env::new(&call.ctx), Ref::new(&prototype), payload)?;
    Ok(object.into_value())
}

/// A dictionary argument.
pub(super) fn dictionary<'js>(call: &Call<'js>, i: usize, what: &str) -> Result<Object<'js>> {
    call.arg(i)
        .into_object()
        .ok_or_else(|| Exception::throw_type(&call.ctx, &format!("{what} must be an object")))
}

/// A member of a dictionary that is not `undefined`.
pub(super) fn member<'js>(dictionary: &Object<'js>, name: &str) -> Result<Option<Value<'js>>> {
    Ok(Some(dictionary.get::<_, Value>(name)?).filter(|value| !value.is_undefined()))
}

/// Complaint about a method called on something else than it is for.
pub(super) fn illegal_invocation(ctx: &Ctx<'_>, class: &str) -> rquickjs::Error {
    Exception::throw_type(ctx, &format!("receiver is not a WebAssembly.{class}"))
}

/// Throws what an error of the engine is in JavaScript.
pub(super) fn engine_error(
    realm: &Rc<Realm>,
    ctx: &Ctx<'_>,
    error: &bident::Error,
) -> rquickjs::Error {
    errors::throw(realm, Env::new(ctx), error).into()
}

/// Defines an enumerable property that cannot be changed.
pub(super) fn freeze<'js>(object: &Object<'js>, name: &str, value: Value<'js>) -> Result<()> {
    object.prop(name, Property::from(value).enumerable())
}
