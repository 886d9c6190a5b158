//! `wasm:js-string`: functions on strings of JavaScript that a module imports from us.
//!
//! Where an argument is no string, or a position lies outside, they trap, as instructions would.

use super::errors;
use super::import::gone;
use super::intrinsics::Intrinsics;
use super::realm::{HostData, Realm};
use crate::raw::{self, Attempt, Env, Own, Ref, Stored, Thrown};
use bident::{
    Answer, AnyRef, Caller, Error, Extern, ExternType, Func, FuncType, Kept, Lasting, Module, Val,
};
use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::rc::Rc;

/// A module that imports each of the functions, in the order of [`Builtin::ALL`].
const SIGNATURES: &str = r#"(module
  (type $units (array (mut i16)))
  (import "" "test" (func (param externref) (result i32)))
  (import "" "cast" (func (param externref) (result (ref extern))))
  (import "" "fromCharCodeArray" (func (param (ref null $units) i32 i32) (result (ref extern))))
  (import "" "intoCharCodeArray" (func (param externref (ref null $units) i32) (result i32)))
  (import "" "fromCharCode" (func (param i32) (result (ref extern))))
  (import "" "fromCodePoint" (func (param i32) (result (ref extern))))
  (import "" "charCodeAt" (func (param externref i32) (result i32)))
  (import "" "codePointAt" (func (param externref i32) (result i32)))
  (import "" "length" (func (param externref) (result i32)))
  (import "" "concat" (func (param externref externref) (result (ref extern))))
  (import "" "substring" (func (param externref i32 i32) (result (ref extern))))
  (import "" "equals" (func (param externref externref) (result i32)))
  (import "" "compare" (func (param externref externref) (result i32))))"#;

/// One of the functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Builtin {
    Test,
    Cast,
    FromCharCodeArray,
    IntoCharCodeArray,
    FromCharCode,
    FromCodePoint,
    CharCodeAt,
    CodePointAt,
    Length,
    Concat,
    Substring,
    Equals,
    Compare,
}

impl Builtin {
    const ALL: [(&str, Self); 13] = [
        ("test", Self::Test),
        ("cast", Self::Cast),
        ("fromCharCodeArray", Self::FromCharCodeArray),
        ("intoCharCodeArray", Self::IntoCharCodeArray),
        ("fromCharCode", Self::FromCharCode),
        ("fromCodePoint", Self::FromCodePoint),
        ("charCodeAt", Self::CharCodeAt),
        ("codePointAt", Self::CodePointAt),
        ("length", Self::Length),
        ("concat", Self::Concat),
        ("substring", Self::Substring),
        ("equals", Self::Equals),
        ("compare", Self::Compare),
    ];

    /// The one with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(its, _)| *its == name)
            .map(|(_, builtin)| *builtin)
    }
}

/// The functions of a realm, as far as modules have asked for them.
#[derive(Default)]
pub(super) struct StringBuiltins {
    /// Their types, in the order of [`Builtin::ALL`].
    types: OnceCell<Vec<FuncType>>,
    made: RefCell<[Option<(Func, Kept)>; Builtin::ALL.len()]>,
}

impl StringBuiltins {
    /// The type of one.
    pub(super) fn ty(&self, realm: &Realm, builtin: Builtin) -> Option<FuncType> {
        let types = self.types.get_or_init(|| {
            let module = Module::from_text_or_binary(&realm.engine, SIGNATURES.as_bytes());
            let Ok(module) = module else {
                return Vec::new();
            };
            let types = module.imports().filter_map(|import| match import.ty() {
                ExternType::Func(ty) => Some(ty.clone()),
                _ => None,
            });
            types.collect()
        });
        types.get(builtin as usize).cloned()
    }

    /// One as WebAssembly imports it.
    pub(super) fn function(
        &self,
        realm: &Rc<Realm>,
        env: Env<'_>,
        builtin: Builtin,
    ) -> Attempt<Extern> {
        if let Some((func, _)) = &self.made.borrow()[builtin as usize] {
            return Ok((*func).into());
        }
        let ty = self.ty(realm, builtin);
        let ty = ty.ok_or_else(|| env.raise(rquickjs::Error::Unknown))?;
        let made = realm.store.with(|store| {
            let func = Func::new(&mut *store, ty, move |mut caller, params, results| {
                call(&mut caller, builtin, params, results)
            })?;
            // Instances that import it come and go.
            Ok((func, func.keep(store)?))
        });
        let (func, kept) = made.map_err(|error| errors::throw(realm, env, &error))?;
        self.made.borrow_mut()[builtin as usize] = Some((func, kept));
        Ok(func.into())
    }
}

fn call(
    caller: &mut Caller<'_, HostData>,
    builtin: Builtin,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    let realm = caller.data().realm().ok_or_else(gone)?;
    let lent = realm.store.lend(caller, || {
        (realm.running).with(|env| {
            let on = Strings {
                realm: &realm,
                env,
                params,
            };
            on.call(builtin)
                .map_err(|thrown| errors::carry(&realm, env, thrown))
        })
    });
    results[0] = lent.unwrap_or_else(|| Err(gone()))?;
    Ok(Answer::Ready)
}

/// One call.
struct Strings<'a, 'js> {
    realm: &'a Rc<Realm>,
    env: Env<'js>,
    params: &'a [Val],
}

impl<'js> Strings<'_, 'js> {
    fn call(&self, builtin: Builtin) -> Attempt<Val> {
        match builtin {
            Builtin::Test => Ok(Val::I32(self.value(0).is_some().into())),
            Builtin::Cast => self.string(0).map(|_| self.params[0].clone()),
            Builtin::FromCharCodeArray => self.of_array(),
            Builtin::IntoCharCodeArray => self.fill_array(),
            Builtin::FromCharCode => self.make(&[self.number(0) as u16]),
            Builtin::FromCodePoint => self.of_code_point(),
            Builtin::CharCodeAt => self.unit_at(|i| &i.char_code_at),
            Builtin::CodePointAt => self.unit_at(|i| &i.code_point_at),
            Builtin::Length => self.length(self.string(0)?.get()),
            Builtin::Concat => self.concat(),
            Builtin::Substring => self.substring(),
            Builtin::Equals => self.equals(),
            Builtin::Compare => {
                let order = self.order(&self.string(0)?, &self.string(1)?)?;
                Ok(Val::I32(order as i32))
            }
        }
    }

    /// A parameter that is a number, without a sign.
    fn number(&self, i: usize) -> u32 {
        self.params[i].i32().unwrap_or_default().cast_unsigned()
    }

    /// A parameter, if it is a string.
    fn value(&self, i: usize) -> Option<Own<'js>> {
        let Val::ExternRef(Some(value)) = &self.params[i] else {
            return None;
        };
        let value = self.realm.value_of(self.env, value)?;
        value.get().is_string().then_some(value)
    }

    /// A parameter that must be a string.
    fn string(&self, i: usize) -> Attempt<Own<'js>> {
        self.value(i).ok_or_else(|| self.trap("not a string"))
    }

    fn array(&self, i: usize) -> Attempt<&AnyRef> {
        match &self.params[i] {
            Val::AnyRef(Some(array)) => Ok(array),
            _ => Err(self.trap("null reference")),
        }
    }

    #[cold]
    fn trap(&self, message: &str) -> Thrown {
        errors::throw_trap(self.realm, self.env, message)
    }

    fn make(&self, units: &[u16]) -> Attempt<Val> {
        let made = raw::string_of_utf16(self.env, units)?;
        Ok(self.give(made))
    }

    fn give(&self, string: Own<'js>) -> Val {
        Val::ExternRef(Some(self.realm.hold(string)))
    }

    fn length(&self, string: Ref<'_>) -> Attempt<Val> {
        let length = raw::length_of_string(self.env, string)?;
        Ok(Val::I32(length.cast_signed()))
    }

    fn of_array(&self) -> Attempt<Val> {
        let array = self.array(0)?;
        let (start, end) = (self.number(1), self.number(2));
        let length = (self.realm.store).with(|store| array.len(&*store));
        if start > end || end > length {
            return Err(self.trap("out of bounds array access"));
        }
        let mut units = Vec::new();
        let count = (end - start) as usize;
        if units.try_reserve_exact(count).is_err() {
            return Err(self.trap("no memory for a string"));
        }
        units.resize(count, 0);
        if !(self.realm.store).with(|store| array.read_u16(&*store, start, &mut units)) {
            return Err(self.trap("out of bounds array access"));
        }
        self.make(&units)
    }

    fn fill_array(&self) -> Attempt<Val> {
        let (string, array, start) = (self.string(0)?, self.array(1)?, self.number(2));
        let written = raw::with_utf16(self.env, string.get(), |units| {
            (self.realm.store).with(|store| array.write_u16(store, start, units))
        })?;
        match written {
            true => self.length(string.get()),
            false => Err(self.trap("out of bounds array access")),
        }
    }

    fn of_code_point(&self) -> Attempt<Val> {
        let point = self.number(0);
        match char::from_u32(point) {
            Some(point) => self.make(point.encode_utf16(&mut [0; 2])),
            // Half of a pair.
            None if point <= 0xFFFF => self.make(&[point as u16]),
            None => Err(self.trap("no code point")),
        }
    }

    /// What a method gives for a position in the string.
    fn unit_at(&self, method: impl FnOnce(&Intrinsics) -> &Stored) -> Attempt<Val> {
        let (string, index) = (self.string(0)?, self.number(1));
        if index >= raw::length_of_string(self.env, string.get())? {
            return Err(self.trap("out of bounds string access"));
        }
        let index = self.env.int(index.cast_signed());
        let unit = self.method(method, &string, &[index])?;
        self.env.to_i32(unit.get()).map(Val::I32)
    }

    fn method(
        &self,
        method: impl FnOnce(&Intrinsics) -> &Stored,
        string: &Own<'js>,
        args: &[Own<'js>],
    ) -> Attempt<Own<'js>> {
        let method = self.realm.intrinsic(self.env, method);
        self.env.call(method.get(), string.get(), args)
    }

    fn concat(&self) -> Attempt<Val> {
        let (first, second) = (self.string(0)?, self.string(1)?);
        let made = self.method(|i| &i.concat, &first, &[second])?;
        Ok(self.give(made))
    }

    fn substring(&self) -> Attempt<Val> {
        let string = self.string(0)?;
        let (start, end) = (self.number(1), self.number(2));
        let length = raw::length_of_string(self.env, string.get())?;
        if start > length || start > end {
            return self.make(&[]);
        }
        let position = |at: u32| self.env.int(at.min(length).cast_signed());
        let made = self.method(|i| &i.substring, &string, &[position(start), position(end)])?;
        Ok(self.give(made))
    }

    fn equals(&self) -> Attempt<Val> {
        let is_null = |i: usize| matches!(self.params[i], Val::ExternRef(None));
        let string = |i: usize| match is_null(i) {
            true => Ok(None),
            false => self.string(i).map(Some),
        };
        let same = match (string(0)?, string(1)?) {
            (Some(first), Some(second)) => self.order(&first, &second)? == Ordering::Equal,
            (first, second) => first.is_none() && second.is_none(),
        };
        Ok(Val::I32(same.into()))
    }

    fn order(&self, first: &Own<'js>, second: &Own<'js>) -> Attempt<Ordering> {
        raw::with_utf16(self.env, first.get(), |first| {
            raw::with_utf16(self.env, second.get(), |second| first.cmp(second))
        })?
    }
}
