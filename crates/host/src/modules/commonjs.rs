//! CommonJS modules: what `node/module.js` needs of Rust, and how an ES module imports one.

use super::lexer;
use super::loader::{ModuleLoader, file_of, name_of, name_of_target, read};
use super::resolve::{Format, Kind, Target};
use crate::event_loop::Host;
use crate::process::Start;
use crate::{raw, scripts};
use rquickjs::module::Declared;
use rquickjs::prelude::Func;
use rquickjs::promise::PromiseState;
use rquickjs::{Array, Ctx, Exception, Function, Module, Object, Result, Value};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What stands before the text of a module, and behind it. On the same line, so that lines keep their numbers.
const BEFORE: &str = "(function (exports, require, module, __filename, __dirname) { ";
const BEHIND: &str = "\n})";

/// Most modules that are read for the names that they hand on from each other.
const MOST_READ: usize = 1000;

/// Compiles the text of a module to its function, which is not called.
pub(super) fn compile<'js>(ctx: &Ctx<'js>, source: &[u8], name: &str) -> Result<raw::Script<'js>> {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let mut text = Vec::with_capacity(BEFORE.len() + source.len() + BEHIND.len() + 2);
    text.extend_from_slice(BEFORE.as_bytes());
    if source.starts_with(b"#!") {
        text.extend_from_slice(b"//");
    }
    text.extend_from_slice(source);
    text.extend_from_slice(BEHIND.as_bytes());
    raw::Script::compile(ctx, text, name)
}

/// A path from the root, whether or not it exists.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether a module is the program.
pub(super) fn is_main(ctx: &Ctx<'_>, name: &str) -> Result<bool> {
    let main = Host::of(ctx)?.main_name.borrow().clone();
    Ok(main.as_deref() == Some(name))
}

/// A module of ES's whose exports are those of a CommonJS module, which runs where JavaScript's evaluation of
/// modules comes to it.
pub(super) fn declare<'js>(
    loader: &ModuleLoader,
    ctx: &Ctx<'js>,
    name: &str,
    source: &[u8],
) -> Result<Module<'js, Declared>> {
    let path = file_of(name).unwrap_or_else(|| PathBuf::from(name));
    let names = names_of(loader, &path, source);
    let load = move |ctx: Ctx<'js>| -> Result<Value<'js>> {
        let load: Function = scripts::exports(&ctx, "node/module")?.get("loadForImport")?;
        load.call((name_of(&path),))
    };
    facade(ctx, name, names, Function::new(ctx.clone(), load)?)
}

/// A module of ES's with these exports, besides `default`: properties of the object that `load` gives.
pub(crate) fn facade<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    names: BTreeSet<String>,
    load: Function<'js>,
) -> Result<Module<'js, Declared>> {
    let names: Vec<String> = names.into_iter().filter(|name| name != "default").collect();
    let mut text = String::from(
        "const v = import.meta.values(); const d = v[0]; export { d as default };\ndelete import.meta.values;\n",
    );
    for (i, name) in names.iter().enumerate() {
        let literal = literal(name);
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "const e{i} = v[{}]; export {{ e{i} as {literal} }};",
            i + 1
        );
    }
    let module = Module::declare(ctx.clone(), name, text)?;
    let values = move |ctx: Ctx<'js>| -> Result<Array<'js>> {
        let exports: Value = load.call(())?;
        let values = Array::new(ctx)?;
        values.set(0, exports.clone())?;
        for (i, name) in names.iter().enumerate() {
            let value: Option<Value> = match (name.as_str(), exports.as_object()) {
                ("module.exports", _) => Some(exports.clone()),
                (name, Some(object)) => Some(object.get(name)?),
                _ => None,
            };
            values.set(i + 1, value)?;
        }
        Ok(values)
    };
    module
        .meta()?
        .set("values", Function::new(ctx.clone(), values)?)?;
    Ok(module)
}

fn literal(name: &str) -> String {
    let mut literal = String::from("\"");
    for c in name.chars() {
        let _ = write!(literal, "\\u{{{:x}}}", u32::from(c));
    }
    literal.push('"');
    literal
}

/// The names that a CommonJS module exports, as far as its text tells, and those it hands on.
fn names_of(loader: &ModuleLoader, path: &Path, source: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["module.exports".to_owned()]);
    let mut seen = BTreeSet::from([path.to_owned()]);
    let mut work = vec![(path.to_owned(), source.to_vec())];
    while let Some((path, source)) = work.pop() {
        let found = lexer::exports(&source);
        names.extend(found.names);
        for specifier in found.reexports {
            let mut resolver = loader.0.borrow_mut();
            let Ok(Target::File(file, _)) = resolver.resolve(&specifier, &path, Kind::Require)
            else {
                continue;
            };
            let is_script = matches!(
                resolver.format(&file),
                Ok(Format::CommonJs | Format::Unknown)
            );
            if is_script
                && seen.len() < MOST_READ
                && seen.insert(file.clone())
                && let Ok(source) = std::fs::read(&file)
            {
                work.push((file, source));
            }
        }
    }
    names
}

/// What `node/module.js` has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    let loader = Start::of(ctx)?.loader;
    natives.set("builtins", crate::node::names().collect::<Vec<_>>())?;
    let of = loader.clone();
    natives.set(
        "resolve",
        Func::from(move |ctx: Ctx<'js>, specifier: String, importer: String| {
            let target = of.target(&specifier, &importer, Kind::Require);
            let target = target.map_err(|error| error.throw(&ctx))?;
            Ok::<_, rquickjs::Error>(name_of_target(&target))
        }),
    )?;
    let of = loader.clone();
    natives.set(
        "format",
        Func::from(move |ctx: Ctx<'js>, path: String| {
            let format = of.0.borrow_mut().format(Path::new(&path));
            let format = format.map_err(|error| error.throw(&ctx))?;
            Ok::<_, rquickjs::Error>(match format {
                Format::Module => "module",
                Format::CommonJs => "commonjs",
                Format::Json => "json",
                Format::Wasm => "wasm",
                Format::Unknown => "unknown",
                Format::Foreign => "foreign",
            })
        }),
    )?;
    natives.set(
        "read",
        Func::from(|ctx: Ctx<'js>, path: String| {
            let bytes = read(&ctx, Path::new(&path))?;
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            Ok::<_, rquickjs::Error>(String::from_utf8_lossy(bytes).into_owned())
        }),
    )?;
    natives.set(
        "compile",
        Func::from(|ctx: Ctx<'js>, source: String, name: String| {
            compile(&ctx, source.as_bytes(), &name)?.run()
        }),
    )?;
    natives.set("importNow", Func::from(import_now))?;
    natives.set(
        "setMain",
        Func::from(|ctx: Ctx<'js>, name: String| {
            Host::of(&ctx)?.main_name.replace(Some(name));
            Ok::<_, rquickjs::Error>(())
        }),
    )?;
    Ok(natives)
}

/// The namespace of an ES module, evaluated before this returns.
fn import_now<'js>(ctx: Ctx<'js>, name: String) -> Result<Value<'js>> {
    let namespace = evaluate(
        &ctx,
        &format!(
            "import * as n from {};\nimport.meta.take(n);",
            literal(&name)
        ),
        &name,
    )?;
    let object = namespace.as_object().ok_or(rquickjs::Error::Unknown)?;
    if object.contains_key("module.exports")? {
        return object.get("module.exports");
    }
    if !object.contains_key("default")? || object.contains_key("__esModule")? {
        return Ok(namespace);
    }
    let from = literal(&name);
    let text = format!(
        "export * from {from}; export {{ default }} from {from}; export const __esModule = true;"
    );
    let module = Module::declare(ctx.clone(), format!("host:required:{name}"), text)?;
    let (module, _) = module.eval()?;
    module.namespace().map(Object::into_value)
}

/// Evaluates a module that hands something to `import.meta.take` before it waits for anything.
fn evaluate<'js>(ctx: &Ctx<'js>, text: &str, name: &str) -> Result<Value<'js>> {
    let module = Module::declare(ctx.clone(), format!("host:requires:{name}"), text)?;
    let taken = Object::new(ctx.clone())?;
    let (into, took) = (taken.clone(), Rc::new(Cell::new(false)));
    let done = took.clone();
    let take = move |value: Value<'js>| {
        done.set(true);
        into.set("value", value)
    };
    module
        .meta()?
        .set("take", Function::new(ctx.clone(), take)?)?;
    let (_, promise) = module.eval()?;
    if promise.state() == PromiseState::Rejected {
        // Somebody looks at it: it is no rejection without a handler.
        let catch: Function = promise.get("catch")?;
        let ignore = Function::new(ctx.clone(), || {})?;
        catch.call::<_, Value>((rquickjs::prelude::This(promise.clone()), ignore))?;
        promise.result::<Value>().transpose()?;
    }
    if !took.get() {
        let message = format!(
            "require() cannot be used on an ESM graph with top-level await. Use import() instead. To see where the \
             top-level await comes from, look into {name}"
        );
        let error = Exception::from_message(ctx.clone(), &message)?;
        error.as_object().set("code", "ERR_REQUIRE_ASYNC_MODULE")?;
        return Err(error.throw());
    }
    taken.get("value")
}
