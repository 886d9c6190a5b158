//! `WebAssembly.Table`.

use super::api::{self, Interface};
use super::realm::{self, Realm};
use super::{Payload, address, convert, reflect};
use crate::raw::{self, Call, Env, Ref};
use bident::{RefType, Table, TableType, Val, ValType};
use rquickjs::{Coerced, Ctx, Exception, Result, Value};
use std::rc::Rc;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Table", 1, construct)?
        .method("grow", 1, grow)?
        .method("get", 1, get)?
        .method("set", 1, set)?
        .method("type", 0, |call| {
            let (realm, table) = this(call)?;
            let ty = type_of(&realm, table);
            // Its smallest size is the one it has.
            let object = reflect::limits(call, ty.address, ty.limits.min, ty.limits.max)?;
            object.set("element", reflect::name(ValType::Ref(ty.element)))?;
            Ok(object.into_value())
        })?
        .getter("length", length)
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let descriptor = api::dictionary(call, 0, "a table descriptor")?;
    let name = match api::member(&descriptor, "element")? {
        Some(name) => name.get::<Coerced<String>>()?.0,
        None => String::new(),
    };
    let Some(element) = reflect::element(&name) else {
        return Err(Exception::throw_type(
            &call.ctx,
            "`element` must be \"anyfunc\", \"funcref\" or \"externref\"",
        ));
    };
    let mut ty = TableType::new(element, 0, None);
    ty.address = address::of(call, &descriptor)?;
    ty.limits = address::limits(call, &realm, &descriptor, ty.address, ty.most_elements())?;
    let given = call.has(1) && !call.arg(1).is_undefined();
    let fill = element_argument(call, &realm, given, element)?;
    let table = realm
        .store
        .with(|store| Table::new(store, ty, fill))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    let env = Env::new(&call.ctx);
    let object = api::construct(
        call,
        &realm,
        |i| &i.table,
        Payload::Table(realm.reference_to(env, table), table),
    )?;
    realm.adopt(table.into(), Ref::new(&object));
    Ok(object)
}

/// The element that is the second argument; where none is given, the default of the type.
fn element_argument(
    call: &Call<'_>,
    realm: &Rc<Realm>,
    given: bool,
    element: RefType,
) -> Result<Val> {
    let value = call.arg(1);
    let ty = ValType::Ref(element);
    if !given && element != RefType::EXTERN {
        return match element.nullable {
            true => Ok(Val::default_for(ty)),
            false => {
                let message = format!("{ty} has no default value: one must be given");
                Err(Exception::throw_type(&call.ctx, &message))
            }
        };
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

fn type_of(realm: &Realm, table: Table) -> TableType {
    realm.store.with(|store| table.ty(&*store))
}

fn length<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let ty = type_of(&realm, table);
    address::to_js(call, ty.address, ty.limits.min)
}

fn get<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let ty = type_of(&realm, table);
    let index = address::to_u64(call, &realm, &call.arg(0), ty.address, "index")?;
    check_element(call, ty.element)?;
    match realm.store.with(|store| table.get(store, index)) {
        Some(element) => Ok(convert::to_js(&realm, Env::new(&call.ctx), &element)?.into_value()),
        None => Err(out_of_range(call, index)),
    }
}

fn set<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let ty = type_of(&realm, table);
    let index = address::to_u64(call, &realm, &call.arg(0), ty.address, "index")?;
    check_element(call, ty.element)?;
    let value = element_argument(call, &realm, call.has(1), ty.element)?;
    if index >= realm.store.with(|store| table.size(&*store)) {
        return Err(out_of_range(call, index));
    }
    realm
        .store
        .with(|store| table.set(store, index, value))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    Ok(Value::new_undefined(call.ctx.clone()))
}

fn grow<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, table) = this(call)?;
    let ty = type_of(&realm, table);
    let delta = address::to_u64(call, &realm, &call.arg(0), ty.address, "delta")?;
    let fill = element_argument(call, &realm, call.has(1), ty.element)?;
    let before = realm
        .store
        .with(|store| table.grow(store, delta, fill))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    address::to_js(call, ty.address, before)
}

/// Whether JavaScript may have such elements.
fn check_element(call: &Call<'_>, element: RefType) -> Result<()> {
    Ok(convert::check_type(
        Env::new(&call.ctx),
        ValType::Ref(element),
    )?)
}

fn out_of_range(call: &Call<'_>, index: u64) -> rquickjs::Error {
    Exception::throw_range(
        &call.ctx,
        &format!("element {index} is beyond the end of the table"),
    )
}
