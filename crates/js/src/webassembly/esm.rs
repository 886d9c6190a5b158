//! A WebAssembly module as a module of JavaScript's: its imports are imports, its exports exports.
//!
//! ```text
//!   import * as m0 from "./other.js";                  one line per module that it imports from
//!   const v = import.meta.link(import.meta.module, { ["./other.js"]: m0 });
//!   const e0 = v[0];                                   a global is its value
//!   export { e0 as "add" };
//! ```
//!
//! So it is instantiated where JavaScript's evaluation of modules comes to it. `wasm:js-string` and the
//! strings of `wasm:js/string-constants` it has from us.

use super::instance::{link, read_imports};
use super::module::{self, Compiled};
use super::options::Options;
use super::realm;
use super::{Payload, convert};
use crate::raw::{self, Call, Env, Kind, Ref};
use rquickjs::{Array, Ctx, Function, Object, Result, Value};
use std::fmt::Write;

/// A module of WebAssembly that JavaScript imports, before it is instantiated. A module of JavaScript's with
/// this source stands for it, once its `import.meta` has `link` and `module`.
pub struct Prepared<'js> {
    /// The `WebAssembly.Module`.
    pub module: Value<'js>,
    /// The function that instantiates it.
    pub link: Function<'js>,
    /// The text that does what it is to do.
    pub source: String,
}

/// Compiles a module.
pub(crate) fn prepare<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Prepared<'js>> {
    let realm = realm::of(ctx)?;
    let compiled = module::compile_bytes(&realm, ctx, bytes, Options::of_imported_module())?;
    let source = source(&compiled);
    Ok(Prepared {
        module: module::create(&realm, ctx, compiled)?,
        link: raw::function(ctx, "", 2, Kind::Function, instantiate)?,
        source,
    })
}

fn source(compiled: &Compiled) -> String {
    let mut modules: Vec<&str> = compiled.imports().map(|import| import.module()).collect();
    modules.sort_unstable();
    modules.dedup();
    let (mut before, mut given, mut after) = (String::new(), String::new(), String::new());
    for (i, name) in modules.iter().map(|name| literal(name)).enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(before, "import * as m{i} from {name};");
        let _ = write!(given, "[{name}]: m{i}, ");
    }
    for (i, export) in compiled.module.exports().enumerate() {
        let name = literal(export.name());
        let _ = writeln!(after, "const e{i} = v[{i}]; export {{ e{i} as {name} }};");
    }
    format!(
        "{before}const v = import.meta.link(import.meta.module, {{ {given}}});\n{after}\
         delete import.meta.link; delete import.meta.module;\n"
    )
}

/// A text as a string of JavaScript.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            plain if plain.is_ascii_alphanumeric() => literal.push(plain),
            other => {
                let _ = write!(literal, "\\u{{{:x}}}", u32::from(other));
            }
        }
    }
    literal.push('"');
    literal
}

/// Instantiates a module; gives the values of its exports, in their order.
fn instantiate<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let module = module::of(&realm, &call.arg(0)).ok_or(rquickjs::Error::Unknown)?;
    let externs = read_imports(&realm, ctx, &module, call.arg(1).as_object())?;
    let exports = link(&realm, ctx, &module, &externs)?;
    let exports = Object::from_value(exports)?;
    let values = Array::new(ctx.clone())?;
    for (i, export) in module.module.exports().enumerate() {
        let value: Value = exports.get(export.name())?;
        let value = match raw::payload(realm.classes, Ref::new(&value)) {
            Some(Payload::Global(_, global)) => {
                let ty = realm.store.with(|store| global.ty(&*store));
                match convert::stays_inside(ty.content) {
                    true => Value::new_undefined(ctx.clone()),
                    false => {
                        let held = realm.store.with(|store| global.get(store));
                        convert::to_js(&realm, env, &held)?.into_value()
                    }
                }
            }
            _ => value,
        };
        values.set(i, value)?;
    }
    Ok(values.into_value())
}
