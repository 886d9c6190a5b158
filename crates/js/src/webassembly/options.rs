//! Compile options: imports that a module gets from us instead of from an object of imports.

use super::api::{self, member};
use super::convert;
use super::realm::Realm;
use super::strings;
use crate::raw::{Attempt, Call, Env, Ref};
use bident::{Extern, ExternType, Global, HeapType, ImportType, Module, RefType, ValType};
use bident::{Val, printable};
use rquickjs::{Coerced, Exception, Result, Value};
use std::rc::Rc;

/// The set of builtins that `builtins: ["js-string"]` asks for, by the module that it is imported as.
const JS_STRING: &str = "wasm:js-string";

/// Most sets of builtins that are looked at: there is one.
const MOST_SETS: usize = 100;

/// The options of a module.
#[derive(Default, Debug)]
pub(super) struct Options {
    /// Whether `wasm:js-string` is ours.
    strings: bool,
    /// The module whose imports are strings: their names.
    constants: Option<String>,
    /// Whether a set of builtins was named twice.
    repeated: bool,
}

impl Options {
    /// Those of a module that JavaScript imports.
    pub(super) fn of_imported_module() -> Self {
        Self {
            strings: true,
            constants: Some("wasm:js/string-constants".to_owned()),
            repeated: false,
        }
    }

    /// The argument at this position.
    pub(super) fn read<'js>(call: &Call<'js>, i: usize) -> Result<Self> {
        let given = call.arg(i);
        if given.is_undefined() || given.is_null() {
            return Ok(Self::default());
        }
        let given = api::dictionary(call, i, "compile options")?;
        let mut options = Self::default();
        if let Some(builtins) = member(&given, "builtins")? {
            options.read_builtins(call, &builtins)?;
        }
        let constants = member(&given, "importedStringConstants")?;
        options.constants = match constants.filter(|value| !value.is_null()) {
            Some(name) => Some(name.get::<Coerced<String>>()?.0),
            None => None,
        };
        Ok(options)
    }

    fn read_builtins<'js>(&mut self, call: &Call<'js>, list: &Value<'js>) -> Result<()> {
        let env = Env::new(&call.ctx);
        let list = convert::list_from_iterable(env, Ref::new(list), "`builtins`", MOST_SETS)?;
        let Some(list) = list.all() else {
            let message = format!("`builtins` has at most {MOST_SETS} names");
            return Err(Exception::throw_range(&call.ctx, &message));
        };
        let mut seen: Vec<String> = Vec::new();
        for name in list {
            let name = name.into_value().get::<Coerced<String>>()?.0;
            self.repeated |= seen.contains(&name);
            self.strings |= name == "js-string";
            seen.push(name);
        }
        Ok(())
    }

    /// Whether there are none.
    pub(super) fn is_default(&self) -> bool {
        !self.strings && self.constants.is_none() && !self.repeated
    }

    /// The same for a module that has any.
    pub(super) fn shared(self) -> Option<Rc<Self>> {
        let any = self.strings || self.constants.is_some();
        any.then(|| Rc::new(self))
    }

    /// Checks the types of the imports that a module gets from us; says what is wrong.
    pub(super) fn check(&self, realm: &Realm, module: &Module) -> std::result::Result<(), String> {
        if self.repeated {
            return Err("a set of builtins is named twice".to_owned());
        }
        for import in module.imports() {
            let expected = match self.what(&import) {
                Some(Given::Constant) if !is_constant(import.ty()) => "a constant externref".into(),
                Some(Given::Builtin(builtin)) => {
                    match (realm.strings.ty(realm, builtin), import.ty()) {
                        (Some(expected), ExternType::Func(ty)) if ty.id() == expected.id() => {
                            continue;
                        }
                        (Some(expected), _) => format!("a function {expected}"),
                        (None, _) => continue,
                    }
                }
                _ => continue,
            };
            let (module, name) = (printable(import.module()), printable(import.name()));
            return Err(format!("import \"{module}\" \"{name}\" must be {expected}"));
        }
        Ok(())
    }

    /// Whether an import is one that a module gets from us.
    pub(super) fn gives(&self, import: &ImportType<'_>) -> bool {
        self.what(import).is_some()
    }

    /// What a module gets from us for an import, if anything.
    pub(super) fn give(
        &self,
        realm: &Rc<Realm>,
        env: Env<'_>,
        import: &ImportType<'_>,
    ) -> Option<Attempt<Extern>> {
        Some(match self.what(import)? {
            Given::Constant => constant(realm, env, import),
            Given::Builtin(builtin) => realm.strings.function(realm, env, builtin),
        })
    }

    fn what(&self, import: &ImportType<'_>) -> Option<Given> {
        if self.constants.as_deref() == Some(import.module()) {
            return Some(Given::Constant);
        }
        if !self.strings || import.module() != JS_STRING {
            return None;
        }
        strings::Builtin::named(import.name()).map(Given::Builtin)
    }
}

/// What an import is that a module gets from us.
enum Given {
    /// The string that is its name.
    Constant,
    /// A function on strings.
    Builtin(strings::Builtin),
}

fn is_constant(ty: &ExternType) -> bool {
    let ExternType::Global(ty) = ty else {
        return false;
    };
    let is_extern = matches!(
        ty.content,
        ValType::Ref(RefType {
            heap: HeapType::Extern,
            ..
        })
    );
    is_extern && !ty.mutable
}

fn constant(realm: &Rc<Realm>, env: Env<'_>, import: &ImportType<'_>) -> Attempt<Extern> {
    let ExternType::Global(ty) = import.ty() else {
        return Err(env.raise(rquickjs::Error::Unknown));
    };
    let text = rquickjs::String::from_str(env.ctx(), import.name());
    let text = text.map_err(|error| env.raise(error))?;
    let value = Val::ExternRef(Some(realm.hold(env.own(text.as_value()))));
    let made = (realm.store).with(|store| Global::new(store, *ty, value));
    made.map(Extern::from)
        .map_err(|error| super::errors::throw(realm, env, &error))
}
