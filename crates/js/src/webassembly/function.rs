//! Exported functions: calling WebAssembly from JavaScript.

use super::realm::{Realm, RealmRef};
use super::{Payload, convert, errors};
use crate::raw::{Args, Attempt, Env, Marker, Own, Thrown};
use bident::{Func, FuncType, Val};
use rquickjs::atom::PredefinedAtom;
use rquickjs::object::Property;
use rquickjs::{Object, Result};
use std::rc::Rc;

/// Arguments up to this number need no allocation.
const INLINE: usize = 4;

/// The payload of an exported function.
pub(crate) struct ExportedFunction {
    realm: RealmRef,
    func: Func,
    ty: FuncType,
}

/// The exported function for a function of the store. Only the realm's cache calls this.
pub(super) fn create<'js>(realm: &Rc<Realm>, env: Env<'js>, func: Func) -> Attempt<Own<'js>> {
    let (ty, index) = realm
        .store
        .with(|store| (func.ty(&*store), func.index_in_module(&*store)));
    let index = index.unwrap_or_else(|| realm.imports.number_of(func));
    let length = ty.params().len();
    let payload = Payload::Function(ExportedFunction {
        realm: realm.reference(env),
        func,
        ty,
    });
    let function = realm.create(env, |i| &i.function, payload)?.into_value();
    match function.as_object() {
        Some(object) => {
            describe(object, &index.to_string(), length).map_err(|error| env.raise(error))?
        }
        None => return Err(Thrown),
    }
    Ok(env.own(&function))
}

/// Gives a function object its `name` and `length`.
pub(super) fn describe(function: &Object<'_>, name: &str, length: usize) -> Result<()> {
    function.prop(
        PredefinedAtom::Length,
        Property::from(length as i32).configurable(),
    )?;
    function.prop(PredefinedAtom::Name, Property::from(name).configurable())
}

impl ExportedFunction {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
    }

    /// The function, if it belongs to this realm.
    pub(super) fn func_in(&self, realm: &Rc<Realm>) -> Option<Func> {
        Rc::ptr_eq(&self.realm, realm).then_some(self.func)
    }

    /// Its type.
    pub(super) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// Its realm.
    pub(super) fn realm(&self) -> &RealmRef {
        &self.realm
    }

    /// Its function.
    pub(super) fn func(&self) -> Func {
        self.func
    }

    /// A call from JavaScript.
    pub(super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        with_params(&self.realm, env, &self.ty, args, |params| {
            with_results(&self.ty, |results| {
                let called = (self.realm).run(env, |store| self.func.call(store, params, results));
                self.realm.buffers.refresh(env, &self.realm.store);
                match called {
                    Ok(()) => convert::results_to_js(&self.realm, env, results),
                    Err(error) => Err(errors::throw(&self.realm, env, &error)),
                }
            })
        })
    }
}

/// Converts the arguments of a call, in order, and goes on with them.
pub(super) fn with_params<T>(
    realm: &Rc<Realm>,
    env: Env<'_>,
    ty: &FuncType,
    args: Args<'_>,
    go_on: impl FnOnce(&[Val]) -> Attempt<T>,
) -> Attempt<T> {
    convert::check_signature(env, ty)?;
    let types = ty.params();
    let mut inline = [const { Val::I32(0) }; INLINE];
    let mut many = Vec::new();
    let params = room(&mut inline, &mut many, types.len());
    for (i, (param, ty)) in params.iter_mut().zip(types).enumerate() {
        convert::write_wasm(realm, env, args.get(i), *ty, param)?;
    }
    go_on(params)
}

fn with_results<T>(ty: &FuncType, go_on: impl FnOnce(&mut [Val]) -> T) -> T {
    let mut one = [Val::I32(0)];
    let mut many = Vec::new();
    go_on(room(&mut one, &mut many, ty.results().len()))
}

/// Room for so many values: `inline` if it is enough, else `many`.
pub(super) fn room<'a>(
    inline: &'a mut [Val],
    many: &'a mut Vec<Val>,
    length: usize,
) -> &'a mut [Val] {
    if length <= inline.len() {
        return &mut inline[..length];
    }
    many.resize(length, Val::I32(0));
    many
}
