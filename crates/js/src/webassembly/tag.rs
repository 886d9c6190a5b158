//! `WebAssembly.Tag` and `WebAssembly.JSTag`.

use super::api::{self, Interface};
use super::realm::{self, Realm};
use super::{Payload, reflect};
use crate::raw::{self, Call, Env, Ref};
use bident::{FuncType, Tag, ValType};
use rquickjs::{Ctx, Exception, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Tag", 1, construct)?.method("type", 0, |call| {
        let realm = realm::of(&call.ctx)?;
        let Some(Payload::Tag(owner, tag)) = raw::payload(realm.classes, Ref::new(&call.this))
        else {
            return Err(api::illegal_invocation(&call.ctx, "Tag"));
        };
        let ty = owner.store.with(|store| tag.ty(&*store));
        let has_results = !ty.results().is_empty();
        Ok(reflect::function(&call.ctx, &ty, has_results)?.into_value())
    })
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
    let parameters = reflect::types(ctx, &list, "`parameters`")?;
    let tag = realm
        .store
        .with(|store| Tag::new(store, FuncType::new(parameters, [])))
        .map_err(|error| api::engine_error(&realm, ctx, &error))?;
    let payload = Payload::Tag(realm.reference_to(env, tag), tag);
    let object = api::construct(call, &realm, |i| &i.tag, payload)?;
    realm.adopt(tag.into(), Ref::new(&object));
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
