//! `WebAssembly.Global`.

use super::api::{self, Interface};
use super::realm::{self, Realm};
use super::{Payload, convert, reflect};
use crate::raw::{self, Call, Env, Ref};
use bident::{Global, GlobalType, Val, ValType};
use rquickjs::{Coerced, Ctx, Exception, Object, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Global", 1, construct)?
        .method("valueOf", 0, get)?
        .method("type", 0, type_of)?
        .attribute("value", get, set)
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let descriptor = api::dictionary(call, 0, "a global descriptor")?;
    let mutable = match api::member(&descriptor, "mutable")? {
        Some(mutable) => mutable.get::<Coerced<bool>>()?.0,
        None => false,
    };
    let content = match api::member(&descriptor, "value")? {
        Some(name) => convert::val_type(&call.ctx, &name)?,
        None => {
            return Err(Exception::throw_type(
                &call.ctx,
                "a global descriptor must have `value`",
            ));
        }
    };
    let env = Env::new(&call.ctx);
    convert::check_type(env, content)?;
    let value = call.arg(1);
    let initial = match content {
        ValType::EXTERNREF if call.has(1) => {
            convert::to_wasm(&realm, env, Ref::new(&value), content)?
        }
        ValType::EXTERNREF => Val::ExternRef(Some(realm.hold(env.undefined()))),
        _ if value.is_undefined() => Val::default_for(content),
        _ => convert::to_wasm(&realm, env, Ref::new(&value), content)?,
    };
    let global = realm
        .store
        .with(|store| Global::new(store, GlobalType { content, mutable }, initial))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    let object = api::construct(
        call,
        &realm,
        |i| &i.global,
        Payload::Global(realm.reference_to(env, global), global),
    )?;
    realm.adopt(global.into(), Ref::new(&object));
    Ok(object)
}

fn this(call: &Call<'_>) -> Result<(Rc<Realm>, Global)> {
    let realm = realm::of(&call.ctx)?;
    match raw::payload(realm.classes, Ref::new(&call.this)) {
        Some(Payload::Global(owner, global)) => Ok(((**owner).clone(), *global)),
        _ => Err(api::illegal_invocation(&call.ctx, "Global")),
    }
}

fn type_of<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, global) = this(call)?;
    let ty = realm.store.with(|store| global.ty(&*store));
    let object = Object::new(call.ctx.clone())?;
    object.set("mutable", ty.mutable)?;
    object.set("value", reflect::name(ty.content))?;
    Ok(object.into_value())
}

fn get<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, global) = this(call)?;
    let ty = realm.store.with(|store| global.ty(&*store));
    convert::check_type(Env::new(&call.ctx), ty.content)?;
    let value = realm.store.with(|store| global.get(store));
    Ok(convert::to_js(&realm, Env::new(&call.ctx), &value)?.into_value())
}

fn set<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, global) = this(call)?;
    if !call.has(0) {
        return Err(Exception::throw_type(&call.ctx, "a value is needed"));
    }
    let ty = realm.store.with(|store| global.ty(&*store));
    if !ty.mutable {
        return Err(Exception::throw_type(
            &call.ctx,
            "an immutable WebAssembly.Global cannot be set",
        ));
    }
    let value = convert::to_wasm(
        &realm,
        Env::new(&call.ctx),
        Ref::new(&call.arg(0)),
        ty.content,
    )?;
    realm
        .store
        .with(|store| global.set(store, value))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    Ok(Value::new_undefined(call.ctx.clone()))
}
