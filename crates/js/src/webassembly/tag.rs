//! `WebAssembly.Tag` and `WebAssembly.JSTag`.

use super::api::{self, Interface};
use super::realm::{self, Realm};
use super::{Payload, convert};
use crate::raw::{self, Call, Env, Ref};
use bident::{FuncType, Tag, ValType};
use rquickjs::{Ctx, Exception, Result, Value};
use std::rc::Rc;

/// Most parameters of a tag, as of every function type.
const MOST_PARAMETERS: usize = 1000;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Tag", 1, construct)
}

/// The type of the tag of JavaScript's exceptions: any value.
pub(super) fn type_of_js_tag() -> FuncType {
    FuncType::new([ValType::EXTERNREF], [])
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let descriptor = api::dictionary(call, 0, "a tag type")?;
    let Some(list) = api::member(&descriptor, "parameters")? else {
        let message = "a tag type must have `parameters`";
        return Err(Exception::throw_type(ctx, message));
    };
    let names = convert::list_from_iterable(env, Ref::new(&list), "`parameters`", MOST_PARAMETERS)?;
    let Some(names) = names.all() else {
        let message = format!("a tag has at most {MOST_PARAMETERS} parameters");
        return Err(Exception::throw_range(ctx, &message));
    };
    let parameters = (names.into_iter())
        .map(|name| convert::val_type(ctx, &name.into_value()))
        .collect::<Result<Vec<_>>>()?;
    let tag = realm
        .store
        .with(|store| Tag::new(store, FuncType::new(parameters, [])))
        .map_err(|error| api::engine_error(&realm, ctx, &error))?;
    let payload = Payload::Tag(realm.reference(env), tag);
    let object = api::construct(call, &realm, |i| &i.tag, payload)?;
    realm.adopt(tag.into(), env.own(&object).store());
    Ok(object)
}

/// An argument that must be a tag of this realm.
pub(super) fn argument(call: &Call<'_>, realm: &Rc<Realm>, i: usize) -> Result<Tag> {
    match raw::payload(realm.classes, Ref::new(&call.arg(i))) {
        Some(Payload::Tag(owner, tag)) if Rc::ptr_eq(owner, realm) => Ok(*tag),
        _ => Err(Exception::throw_type(
            &call.ctx,
            &format!("argument {i} must be a WebAssembly.Tag"),
        )),
    }
}

/// `WebAssembly.JSTag`.
pub(super) fn js_tag<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let object = realm.object_of(Env::new(&call.ctx), realm.js_tag.into())?;
    Ok(object.into_value())
}
