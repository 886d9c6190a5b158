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

use super::api::{self, Interface};
use super::realm::{self, Realm, RealmRef};
use super::{Payload, convert, errors, tag};
use crate::raw::{self, Attempt, Backlink, Call, Env, Marker, Own, Ref, Stored};
use bident::{Error, Exception, Tag, Val};
use rquickjs::{Coerced, Ctx, Exception as JsException, IntoJs, Result, Value};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// The payload of a `WebAssembly.Exception`.
pub(crate) struct ExceptionObject {
    realm: RealmRef,
    entry: Rc<Entry>,
    /// Where it was made, if it was to remember that.
    stack: Option<String>,
}

impl ExceptionObject {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
    }
}

impl Drop for ExceptionObject {
    fn drop(&mut self) {
        self.realm.exceptions.forget(&self.entry);
    }
}

/// An exception that JavaScript has an object for.
struct Entry {
    exception: Exception,
    object: Backlink,
    /// Where it lies in the list of its tag, once it does.
    place: Cell<Option<usize>>,
}

/// How many objects JavaScript may drop while WebAssembly has the exception, without being given
/// another object when it comes out.
const MOST_INSIDE: usize = 64;

/// Which object stands for which exception.
#[derive(Default)]
pub(super) struct Exceptions {
    /// Every object there is, by tag. Keeps none of them alive.
    objects: RefCell<HashMap<Tag, Vec<Rc<Entry>>>>,
    /// The objects that were last thrown into WebAssembly and have not come out. JavaScript may have
    /// no other reference to one until it does, and what programs put on it should still be there.
    inside: RefCell<VecDeque<Stored>>,
}

impl Exceptions {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        (self.inside.borrow().iter()).for_each(|object| object.mark(marker));
    }

    /// Drops every JavaScript value.
    pub(super) fn clear(&self) {
        // Taken out first: dropping an object leads to `forget`.
        drop(self.inside.take());
    }

    /// From now on the object stands for the exception.
    fn add(&self, entry: &Rc<Entry>, object: &Own<'_>) {
        entry.object.bind(object);
        let mut objects = self.objects.borrow_mut();
        let list = objects.entry(entry.exception.tag()).or_default();
        entry.place.set(Some(list.len()));
        list.push(entry.clone());
    }

    /// The object of the exception goes away.
    fn forget(&self, entry: &Entry) {
        entry.object.unbind();
        let mut objects = self.objects.borrow_mut();
        let tag = entry.exception.tag();
        let (Some(list), Some(place)) = (objects.get_mut(&tag), entry.place.take()) else {
            return;
        };
        list.swap_remove(place);
        match list.get(place) {
            Some(moved) => moved.place.set(Some(place)),
            None if list.is_empty() => drop(objects.remove(&tag)),
            None => {}
        }
    }

    fn find<'js>(&self, env: Env<'js>, exception: &Exception) -> Option<Own<'js>> {
        let objects = self.objects.borrow();
        let list = objects.get(&exception.tag())?;
        // The latest is the likeliest.
        let mut latest_first = list.iter().rev();
        let entry = latest_first.find(|entry| entry.exception.same(exception))?;
        Some(entry.object.get(env))
    }

    /// An object is thrown into WebAssembly.
    fn goes_in(&self, object: Own<'_>) {
        let mut inside = self.inside.borrow_mut();
        if place_of(&inside, object.get()).is_some() {
            return;
        }
        inside.push_back(object.store());
        let oldest = (inside.len() > MOST_INSIDE).then(|| inside.pop_front());
        drop(inside);
        drop(oldest);
    }

    /// An object has come out again.
    fn comes_out(&self, object: Ref<'_>) {
        let mut inside = self.inside.borrow_mut();
        let found = place_of(&inside, object).and_then(|place| inside.remove(place));
        drop(inside);
        drop(found);
    }
}

fn place_of(objects: &VecDeque<Stored>, object: Ref<'_>) -> Option<usize> {
    (objects.iter()).position(|other| other.get().is_same_object(object))
}

/// The error that throws a JavaScript value in WebAssembly.
pub(super) fn into_wasm(realm: &Rc<Realm>, value: Own<'_>) -> Error {
    if let Some(Payload::Exception(object)) = raw::payload(realm.classes, value.get())
        && Rc::ptr_eq(&object.realm, realm)
    {
        let exception = object.entry.exception.clone();
        realm.exceptions.goes_in(value);
        return exception.into();
    }
    let value = Val::ExternRef((!value.get().is_null()).then(|| realm.hold(value)));
    let made = (realm.store).with(|store| Exception::new(store, realm.js_tag, &[value]));
    made.map_or_else(|error| error, Error::from)
}

/// The JavaScript value of an exception that WebAssembly did not catch.
pub(super) fn into_js<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    exception: &Exception,
) -> Attempt<Own<'js>> {
    if exception.tag() == realm.js_tag {
        let values = realm.store.with(|store| exception.values(store));
        return convert::results_to_js(realm, env, &values);
    }
    if let Some(object) = realm.exceptions.find(env, exception) {
        realm.exceptions.comes_out(object.get());
        return Ok(object);
    }
    let payload = payload(realm, env, exception.clone(), None);
    let object = realm.create(env, |i| &i.exception, payload)?;
    register(realm, &object);
    Ok(object)
}

fn payload(
    realm: &Rc<Realm>,
    env: Env<'_>,
    exception: Exception,
    stack: Option<String>,
) -> Payload {
    let entry = Entry {
        exception,
        object: Backlink::new(),
        place: Cell::default(),
    };
    Payload::Exception(ExceptionObject {
        realm: realm.reference(env),
        entry: Rc::new(entry),
        stack,
    })
}

fn register(realm: &Realm, object: &Own<'_>) {
    if let Some(Payload::Exception(payload)) = raw::payload(realm.classes, object.get()) {
        realm.exceptions.add(&payload.entry, object);
    }
}

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Exception", 2, construct)?
        .method("getArg", 2, get_arg)?
        .method("is", 1, |call| {
            let realm = realm::of(&call.ctx)?;
            let same = with_this(call, |this| Ok(this.entry.exception.tag()))?
                == tag::argument(call, &realm, 0)?;
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
    let given = convert::list_from_iterable(env, Ref::new(&call.arg(1)), "the payload")?;
    let traced = trace_stack(call)?;
    let type_error = |message: &str| JsException::throw_type(ctx, message);
    if tag == realm.js_tag {
        return Err(type_error("JSTag belongs to the exceptions of JavaScript"));
    }
    let ty = realm.store.with(|store| tag.ty(&*store));
    if !ty.results().is_empty() {
        return Err(type_error("a tag with results is not for exceptions"));
    }
    let types = ty.params();
    if types.len() != given.len() {
        let message = format!(
            "the tag asks for {} values, got {}",
            types.len(),
            given.len()
        );
        return Err(type_error(&message));
    }
    let mut values = Vec::with_capacity(types.len());
    for (value, ty) in given.iter().zip(types) {
        values.push(convert::to_wasm(&realm, env, value.get(), *ty)?);
    }
    let exception = (realm.store)
        .with(|store| Exception::new(store, tag, &values))
        .map_err(|error| api::engine_error(&realm, ctx, &error))?;
    let stack = traced.then(|| errors::current_stack(&realm, env));
    let payload = payload(&realm, env, exception, stack.transpose()?);
    let object = api::construct(call, &realm, |i| &i.exception, payload)?;
    register(&realm, &env.own(&object));
    Ok(object)
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
        let exception = &this.entry.exception;
        let tag = tag::argument(call, realm, 0)?;
        let index = api::to_u32(ctx, &call.arg(1), "index")?;
        if tag != exception.tag() {
            return Err(JsException::throw_type(
                ctx,
                "the exception has another tag",
            ));
        }
        let Some(ty) = exception.types().get(index as usize) else {
            let message = format!("the exception has no value {index}");
            return Err(JsException::throw_range(ctx, &message));
        };
        convert::check_type(env, *ty)?;
        let values = realm.store.with(|store| exception.values(store));
        Ok(convert::to_js(realm, env, &values[index as usize])?.into_value())
    })
}
