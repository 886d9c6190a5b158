//! `WebAssembly.Table`.

use super::api::{self, Interface};
use super::realm::{self, Realm};
use super::{Payload, convert};
use crate::raw::{self, Call, Env, Ref};
use bident::{HeapType, RefType, Table, TableType, Val, ValType};
use rquickjs::{Coerced, Ctx, Exception, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Table", 1, construct)?
        .method("grow", 1, grow)?
        .method("get", 1, get)?
        .method("set", 1, set)?
        .getter("length", length)
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let descriptor = api::dictionary(call, 0, "a table descriptor")?;
    let element = match api::member(&descriptor, "element")?
        .map(|v| v.get::<Coerced<String>>())
        .transpose()?
    {
        Some(Coerced(name)) if name == "anyfunc" => RefType::FUNC,
        Some(Coerced(name)) if name == "externref" => RefType::EXTERN,
        _ => {
            return Err(Exception::throw_type(
                &call.ctx,
                "`element` must be \"anyfunc\" or \"externref\"",
            ));
        }
    };
    let limits = api::limits(call, &descriptor, u32::MAX)?;
    let fill = element_argument(call, &realm, 1, element)?;
    let table = realm
        .store
        .with(|store| Table::new(store, TableType::new(element, limits.min, limits.max), fill))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    let env = Env::new(&call.ctx);
    let object = api::construct(
        call,
        &realm,
        |i| &i.table,
        Payload::Table(realm.reference(env), table),
    )?;
    realm.adopt(table.into(), env.own(&object).store());
    Ok(object)
}

/// An element given as an argument; where there is none, the default of the type.
fn element_argument(call: &Call<'_>, realm: &Rc<Realm>, i: usize, element: RefType) -> Result<Val> {
    let value = call.arg(i);
    let ty = ValType::Ref(element);
    if !call.has(i) && element.nullable && element.heap != HeapType::Extern {
        return Ok(Val::default_for(ty));
    }
    Ok(convert::to_wasm(
        realm,
        Env::new(&call.ctx),
        Ref::new(&value),
        ty,
    )?)
}

fn this(call: &Call<'_>) -> Result<(Rc<Realm>, Table)> {
    let realm = realm::of(&call.ctx)?;
    match raw::payload(realm.classes, Ref::new(&call.this)) {
        Some(Payload::Table(owner, table)) => Ok(((**owner).clone(), *table)),
        _ => Err(api::illegal_invocation(&call.ctx, "Table")),
    }
}

fn length<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let length = realm.store.with(|store| table.size(&*store));
    Ok(Value::new_number(call.ctx.clone(), length as f64))
}

fn get<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let index = api::to_u32(&call.ctx, &call.arg(0), "index")?;
    check_element(call, &realm, table)?;
    match realm.store.with(|store| table.get(store, index.into())) {
        Some(element) => Ok(convert::to_js(&realm, Env::new(&call.ctx), &element)?.into_value()),
        None => Err(out_of_range(call, index)),
    }
}

fn set<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let index = api::to_u32(&call.ctx, &call.arg(0), "index")?;
    let element = check_element(call, &realm, table)?;
    let value = element_argument(call, &realm, 1, element)?;
    if u64::from(index) >= realm.store.with(|store| table.size(&*store)) {
        return Err(out_of_range(call, index));
    }
    realm
        .store
        .with(|store| table.set(store, index.into(), value))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    Ok(Value::new_undefined(call.ctx.clone()))
}

fn grow<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let delta = api::to_u32(&call.ctx, &call.arg(0), "delta")?;
    let element = realm.store.with(|store| table.ty(&*store)).element;
    let fill = element_argument(call, &realm, 1, element)?;
    let before = realm
        .store
        .with(|store| table.grow(store, delta.into(), fill))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    Ok(Value::new_number(call.ctx.clone(), before as f64))
}

/// The table's element type, if JavaScript may have such elements.
fn check_element(call: &Call<'_>, realm: &Rc<Realm>, table: Table) -> Result<RefType> {
    let element = realm.store.with(|store| table.ty(&*store)).element;
    convert::check_type(Env::new(&call.ctx), ValType::Ref(element))?;
    Ok(element)
}

fn out_of_range(call: &Call<'_>, index: u32) -> rquickjs::Error {
    Exception::throw_range(
        &call.ctx,
        &format!("element {index} is beyond the end of the table"),
    )
}
