//! `WebAssembly.Exception`, and exceptions on their way between JavaScript and WebAssembly.
//!
//! ```text
//!   JavaScript throws                  WebAssembly throws or catches          JavaScript catches
//!   ────────────────────────────────   ────────────────────────────────────   ──────────────────
//!   an object of the class        ───► its exception, tag and values     ───► the same object
//!                                      an exception of its own           ───► an object for it
//!   any other value               ───► JSTag and the value as externref  ───► the value
//!   the error of a trap           ───► nothing catches it                ───► the error
//! ```
//!
//! An exception that comes out again is the same object, even if only WebAssembly had it in between:
//!
//! ```text
//!   WebAssembly ──► exception ─────attached────► object ◄── JavaScript
//!                    │   ▲                        │   │
//!                    ▼   └─ ─ ─ ─ last, weak ─ ─ ─┘   ▼
//!                values                            tag and values
//! ```
//!
//! The object has what it takes to make the exception again. Would it keep the exception itself, the
//! two would keep each other, and no collector sees both. WebAssembly cannot compare exceptions, so
//! an object may stand for several.

use super::api::{self, Interface};
use super::realm::{self, Realm, RealmRef};
use super::{Payload, address, convert, errors, tag};
use crate::raw::{self, Attempt, Call, Env, Marker, Own, Ref, Stored};
use bident::{Error, Exception, Func, Owned, Tag, Val, ValType, WeakException};
use rquickjs::{Coerced, Ctx, Exception as JsException, IntoJs, Result, Value};
use std::cell::Cell;
use std::rc::Rc;

/// The payload of a `WebAssembly.Exception`.
pub(crate) struct ExceptionObject {
    realm: RealmRef,
    tag: Tag,
    args: Box<[Arg]>,
    /// The exception that it last stood for.
    last: Cell<Option<WeakException>>,
    /// Where it was made, if it was to remember that.
    stack: Option<String>,
}

/// A value that an exception carries.
enum Arg {
    /// An `externref`, here in the hands of JavaScript's collector.
    Js(Stored),
    /// A function, and what keeps it.
    Func(Func, RealmRef),
    /// Anything else.
    Wasm(Val),
}

impl ExceptionObject {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        for arg in &self.args {
            match arg {
                Arg::Js(value) => value.mark(marker),
                Arg::Func(_, realm) => realm.mark(marker),
                Arg::Wasm(Val::AnyRef(Some(any))) => self.realm.owner(marker, Owned::Any(any)),
                Arg::Wasm(_) => {}
            }
        }
        // As long as it can be found again, it has what it carries.
        let last = self.last.get();
        if let Some(last) = &last {
            self.realm.owner(marker, Owned::Weak(last));
        }
    }

    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// An exception that `object`, whose payload this is, stands for: the last if it still exists.
    fn exception(
        &self,
        realm: &Realm,
        env: Env<'_>,
        object: Ref<'_>,
    ) -> std::result::Result<Exception, Error> {
        let last = self.last.get();
        let last = last.and_then(|last| realm.store.with(|store| last.upgrade(store)));
        if let Some(exception) = last {
            return Ok(exception);
        }
        let args: Vec<_> = (self.args.iter())
            .map(|arg| arg.to_wasm(realm, env))
            .collect();
        let made = (realm.store).with(|store| Exception::new(store, self.tag, &args))?;
        self.stand_for(&made, realm, env, object);
        Ok(made)
    }

    /// From now on `object`, whose payload this is, stands for an exception.
    fn stand_for(&self, exception: &Exception, realm: &Realm, env: Env<'_>, object: Ref<'_>) {
        let object = realm.hold(object.to_owned(env));
        let weak = realm.store.with(|store| {
            exception.attach(&mut *store, object);
            exception.downgrade(&*store)
        });
        self.last.set(Some(weak));
    }
}

impl Arg {
    fn from_js(realm: &Rc<Realm>, env: Env<'_>, value: Own<'_>, ty: ValType) -> Attempt<Self> {
        if ty == ValType::EXTERNREF && !value.get().is_null() {
            return Ok(Self::Js(value.store()));
        }
        let value = convert::to_wasm(realm, env, value.get(), ty)?;
        Ok(Self::from_wasm(realm, env, value))
    }

    fn from_wasm(realm: &Rc<Realm>, env: Env<'_>, value: Val) -> Self {
        if let Val::FuncRef(Some(func)) = value {
            return Self::Func(func, realm.reference_to(env, func));
        }
        let held = match &value {
            Val::ExternRef(Some(held)) => realm.value_of(env, held),
            _ => None,
        };
        held.map_or(Self::Wasm(value), |held| Self::Js(held.store()))
    }

    fn to_wasm(&self, realm: &Realm, env: Env<'_>) -> Val {
        match self {
            Self::Js(value) => Val::ExternRef(Some(convert::to_extern(realm, env, value.get()))),
            Self::Func(func, _) => Val::FuncRef(Some(*func)),
            Self::Wasm(value) => value.clone(),
        }
    }

    fn to_js<'js>(&self, realm: &Rc<Realm>, env: Env<'js>) -> Attempt<Own<'js>> {
        match self {
            Self::Js(value) => Ok(value.to_owned(env)),
            Self::Func(func, _) => realm.function_object(env, *func),
            Self::Wasm(value) => convert::to_js(realm, env, value),
        }
    }
}

/// The error that throws a JavaScript value in WebAssembly.
pub(super) fn into_wasm(realm: &Rc<Realm>, env: Env<'_>, value: Own<'_>) -> Error {
    if let Some(Payload::Exception(object)) = raw::payload(realm.classes, value.get())
        && Rc::ptr_eq(&object.realm, realm)
    {
        let exception = object.exception(realm, env, value.get());
        return exception.map_or_else(|error| error, Error::from);
    }
    let value = value.get();
    let value = Val::ExternRef((!value.is_null()).then(|| convert::to_extern(realm, env, value)));
    let made = (realm.store).with(|store| Exception::new(store, realm.js_tag, &[value]));
    made.map_or_else(|error| error, Error::from)
}

/// The JavaScript value of an exception that WebAssembly did not catch.
pub(super) fn into_js<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    exception: &Exception,
) -> Attempt<Own<'js>> {
    let tag = exception.tag();
    if tag == realm.js_tag {
        let values = realm.store.with(|store| exception.values(store));
        return convert::results_to_js(realm, env, &values);
    }
    let attached = realm.store.with(|store| exception.attached(&*store));
    if let Some(object) = attached.and_then(|object| realm.value_of(env, &object)) {
        return Ok(object);
    }
    let values = realm.store.with(|store| exception.values(store));
    let args = (values.into_iter())
        .map(|value| Arg::from_wasm(realm, env, value))
        .collect();
    let payload = payload(realm, env, tag, args, None);
    let object = realm.create(env, |i| &i.exception, payload)?;
    if let Some(Payload::Exception(payload)) = raw::payload(realm.classes, object.get()) {
        payload.stand_for(exception, realm, env, object.get());
    }
    Ok(object)
}

fn payload(
    realm: &Rc<Realm>,
    env: Env<'_>,
    tag: Tag,
    args: Box<[Arg]>,
    stack: Option<String>,
) -> Payload {
    Payload::Exception(ExceptionObject {
        realm: realm.reference_to(env, tag),
        tag,
        args,
        last: Cell::default(),
        stack,
    })
}

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Exception", 2, construct)?
        .method("getArg", 2, get_arg)?
        .method("is", 1, |call| {
            let realm = realm::of(&call.ctx)?;
            let same = with_this(call, |this| Ok(this.tag))? == tag::argument(call, &realm, 0)?;
            Ok(Value::new_bool(call.ctx.clone(), same))
        })?
        .getter("stack", |call| {
            let stack = with_this(call, |this| Ok(this.stack.clone()))?;
            stack.into_js(&call.ctx)
        })
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let tag = tag::argument(call, &realm, 0)?;
    let ty = realm.store.with(|store| tag.ty(&*store));
    let types = ty.params();
    let given = call.arg(1);
    let given = Ref::new(&given);
    let given = convert::list_from_iterable(env, given, "the payload", types.len())?;
    let traced = trace_stack(call)?;
    let type_error = |message: &str| JsException::throw_type(ctx, message);
    if tag == realm.js_tag {
        return Err(type_error("JSTag belongs to the exceptions of JavaScript"));
    }
    if !ty.results().is_empty() {
        return Err(type_error("a tag with results is not for exceptions"));
    }
    let given = given.exactly(types.len()).map_err(|given| {
        type_error(&format!(
            "the tag asks for {} values, got {given}",
            types.len()
        ))
    })?;
    let args = (given.into_iter().zip(types))
        .map(|(value, ty)| Arg::from_js(&realm, env, value, *ty))
        .collect::<Attempt<_>>()?;
    let stack = traced.then(|| errors::current_stack(&realm, env));
    let payload = payload(&realm, env, tag, args, stack.transpose()?);
    api::construct(call, &realm, |i| &i.exception, payload)
}

/// The option `traceStack`.
fn trace_stack(call: &Call<'_>) -> Result<bool> {
    let options = call.arg(2);
    if options.is_undefined() || options.is_null() {
        return Ok(false);
    }
    let options = api::dictionary(call, 2, "the options")?;
    match api::member(&options, "traceStack")? {
        Some(value) => Ok(value.get::<Coerced<bool>>()?.0),
        None => Ok(false),
    }
}

fn with_this<T>(call: &Call<'_>, f: impl FnOnce(&ExceptionObject) -> Result<T>) -> Result<T> {
    let realm = realm::of(&call.ctx)?;
    match raw::payload(realm.classes, Ref::new(&call.this)) {
        Some(Payload::Exception(this)) => f(this),
        _ => Err(api::illegal_invocation(&call.ctx, "Exception")),
    }
}

fn get_arg<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    with_this(call, |this| {
        let (ctx, env, realm) = (&call.ctx, Env::new(&call.ctx), &this.realm);
        let tag = tag::argument(call, realm, 0)?;
        let index = address::to_u32(ctx, &call.arg(1), "index")?;
        if tag != this.tag {
            return Err(JsException::throw_type(
                ctx,
                "the exception has another tag",
            ));
        }
        let Some(arg) = this.args.get(index as usize) else {
            let message = format!("the exception has no value {index}");
            return Err(JsException::throw_range(ctx, &message));
        };
        Ok(arg.to_js(realm, env)?.into_value())
    })
}
