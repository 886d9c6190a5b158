//! Exported functions: calling WebAssembly from JavaScript. `WebAssembly.Function`.

use super::api::{self, Interface};
use super::import::{self, Imported, Waits};
use super::realm::{self, Realm, RealmRef};
use super::{Payload, convert, errors, reflect};
use crate::raw::{self, Args, Attempt, Call, Env, Marker, Own, Ref, Thrown};
use bident::{Func, FuncType, Val, WordFunc};
use rquickjs::atom::PredefinedAtom;
use rquickjs::object::Property;
use rquickjs::{Ctx, Exception, Function, Object, Result, Value};
use std::cell::Cell;
use std::rc::Rc;

/// Arguments up to this number need no allocation.
pub(super) const INLINE: usize = 4;

/// The payload of an exported function.
pub(crate) struct ExportedFunction {
    callee: Callee,
    /// Whether the function keeps the object.
    pub(super) given: Cell<bool>,
}

/// A function that JavaScript calls.
pub(super) struct Callee {
    pub(super) realm: RealmRef,
    pub(super) func: Func,
    pub(super) ty: FuncType,
    /// The same for its calls on the bits of numbers, where they can be such.
    pub(super) words: Option<WordFunc>,
}

impl Callee {
    /// A function of the realm's store.
    pub(super) fn new(realm: RealmRef, func: Func, ty: FuncType) -> Self {
        let words = match convert::is_of_words(&ty) && ty.params().len() <= INLINE {
            true => realm.store.with(|store| func.words(&*store)).ok(),
            false => None,
        };
        Self {
            realm,
            func,
            ty,
            words,
        }
    }

    /// The bits of a call's arguments, converted in order into `room`.
    #[inline(always)]
    pub(super) fn words_of<'a>(
        &self,
        env: Env<'_>,
        args: Args<'_>,
        room: &'a mut [u64; INLINE],
    ) -> Attempt<&'a [u64]> {
        let types = self.ty.params();
        for (i, (word, ty)) in room.iter_mut().zip(types).enumerate() {
            *word = convert::to_word(env, args.get(i), *ty)?;
        }
        Ok(&room[..types.len().min(INLINE)])
    }

    /// The result of a call, by its bits.
    #[inline(always)]
    pub(super) fn result<'js>(&self, env: Env<'js>, word: u64) -> Attempt<Own<'js>> {
        match self.ty.results() {
            [ty, ..] => convert::word_to_js(env, word, *ty),
            [] => Ok(env.undefined()),
        }
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
    }
}

/// The exported function for a function of the store. Only the realm's cache calls this.
pub(super) fn create<'js>(realm: &Rc<Realm>, env: Env<'js>, func: Func) -> Attempt<Own<'js>> {
    let (ty, index) = realm
        .store
        .with(|store| (func.ty(&*store), func.index_in_module(&*store)));
    let index = index.unwrap_or_else(|| realm.imports.number_of(func));
    let length = ty.params().len();
    let callee = Callee::new(realm.reference_to(env, func), func, ty);
    let payload = Payload::Function(ExportedFunction {
        callee,
        given: Cell::new(false),
    });
    let function = realm
        .create(env, |i| &i.exported_function, payload)?
        .into_value();
    match function.as_object() {
        Some(object) => {
            describe(object, &index.to_string(), length).map_err(|error| env.raise(error))?
        }
        None => return Err(Thrown),
    }
    Ok(env.own(&function))
}

/// The interface: of exported functions, and of those that it makes of JavaScript's.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    let interface = Interface::new(ctx, "Function", 2, construct)?.method("type", 0, |call| {
        let realm = realm::of(&call.ctx)?;
        let Some(Payload::Function(this)) = raw::payload(realm.classes, Ref::new(&call.this))
        else {
            return Err(api::illegal_invocation(&call.ctx, "Function"));
        };
        Ok(reflect::function(&call.ctx, &this.callee.ty, true)?.into_value())
    })?;
    // They say of themselves what all functions do.
    interface
        .prototype()
        .remove(PredefinedAtom::SymbolToStringTag)?;
    let all = Function::prototype(ctx.clone());
    interface.prototype().set_prototype(Some(&all))?;
    Ok(interface)
}

/// `new WebAssembly.Function(type, callable)`.
fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let descriptor = api::dictionary(call, 0, "a function type")?;
    let types = |name: &str| match api::member(&descriptor, name)? {
        Some(list) => reflect::types(ctx, &list, name),
        None => {
            let message = format!("a function type must have `{name}`");
            Err(Exception::throw_type(ctx, &message))
        }
    };
    let ty = FuncType::new(types("parameters")?, types("results")?);
    let callable = env.own(&call.arg(1));
    if !callable.get().is_function(env) {
        return Err(Exception::throw_type(ctx, "expected a function"));
    }
    let imported = Imported {
        function: callable,
        waits: Waits::No,
        suspender: None,
    };
    let func = import::create(&realm, imported, ty, ("WebAssembly", "Function"));
    let func = func.map_err(|error| api::engine_error(&realm, ctx, &error))?;
    Ok(realm.function_object(env, func)?.into_value())
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
        self.callee.mark(marker);
    }

    /// The function, if it belongs to this realm.
    pub(super) fn func_in(&self, realm: &Rc<Realm>) -> Option<Func> {
        Rc::ptr_eq(&self.callee.realm, realm).then_some(self.callee.func)
    }

    /// What it calls.
    pub(super) fn callee(&self) -> &Callee {
        &self.callee
    }

    /// A call from JavaScript.
    pub(super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        let Callee { realm, words, .. } = &self.callee;
        let Some(words) = words else {
            return self.call_on_values(env, args);
        };
        let mut room = [0; INLINE];
        let params = self.callee.words_of(env, args, &mut room)?;
        let called = realm.run(env, |store| words.call(store, params));
        realm.buffers.refresh(env, &realm.store);
        match called {
            Ok(word) => self.callee.result(env, word),
            Err(error) => Err(errors::throw(realm, env, &error)),
        }
    }

    fn call_on_values<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        let Callee {
            realm, func, ty, ..
        } = &self.callee;
        with_params(realm, env, ty, args, |params| {
            with_results(ty, |results| {
                let called = realm.run(env, |store| func.call(store, params, results));
                realm.buffers.refresh(env, &realm.store);
                match called {
                    Ok(()) => convert::results_to_js(realm, env, results),
                    Err(error) => Err(errors::throw(realm, env, &error)),
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
