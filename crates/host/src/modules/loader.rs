//! ES modules from files and from the host: what QuickJS asks when it meets an `import`.

use super::resolve::{Format, ModuleResolver, ResolveError, Target};
use crate::report::caught;
use crate::{node, raw};
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Function, Module, Object, Result};
use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use url::Url;

/// What UTF-8 texts of some editors start with; not part of the JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Resolver and loader of one runtime. A module's name is its absolute path, or `node:...`.
#[derive(Clone, Default)]
pub(crate) struct ModuleLoader(Rc<RefCell<ModuleResolver>>);

/// A program that has been compiled and not yet run.
pub(crate) enum Program<'js> {
    /// An ES module.
    Module(Module<'js, Declared>),
    /// A classic script.
    Script(raw::Script<'js>),
}

impl ModuleLoader {
    /// Reads and compiles the main program.
    pub(crate) fn load_main<'js>(&self, ctx: &Ctx<'js>, path: &Path) -> Result<Program<'js>> {
        let format = self.0.borrow_mut().format(path);
        let source = read(ctx, path)?;
        if format == Format::Module {
            return self.declare(ctx, path, source).map(Program::Module);
        }
        if format == Format::Json {
            return declare_json(ctx, path, source).map(Program::Module);
        }
        if format == Format::Wasm {
            return declare_wasm(ctx, path, &source).map(Program::Module);
        }
        if format == Format::Unknown {
            // Only a module may contain `import`, `export` or `await` at its top: if the text is no
            // script, it is a module, and what is wrong with it is for the module's parser to say.
            return match raw::Script::compile(ctx, &source, &name_of(path)) {
                Ok(script) => Ok(Program::Script(script)),
                Err(_) => {
                    ctx.catch();
                    self.declare(ctx, path, source).map(Program::Module)
                }
            };
        }
        raw::Script::compile(ctx, &source, &name_of(path)).map(Program::Script)
    }

    /// Reads and compiles a classic script.
    pub(crate) fn load_script<'js>(&self, ctx: &Ctx<'js>, path: &Path) -> Result<raw::Script<'js>> {
        raw::Script::compile(ctx, &read(ctx, path)?, &name_of(path))
    }

    fn declare<'js>(
        &self,
        ctx: &Ctx<'js>,
        path: &Path,
        source: Vec<u8>,
    ) -> Result<Module<'js, Declared>> {
        let module = Module::declare(ctx.clone(), name_of(path), source)?;
        self.describe(&module.meta()?, path)?;
        Ok(module)
    }

    /// Fills in `import.meta`.
    fn describe<'js>(&self, meta: &Object<'js>, path: &Path) -> Result<()> {
        meta.set("url", file_url(path))?;
        meta.set("filename", name_of(path))?;
        meta.set("dirname", path.parent().map(name_of))?;
        let (this, importer) = (self.clone(), path.to_owned());
        let resolve = Function::new(
            meta.ctx().clone(),
            move |ctx: Ctx<'js>, specifier: String| this.resolve_url(&ctx, &specifier, &importer),
        )?;
        meta.set("resolve", resolve.with_name("resolve")?)
    }

    /// Refuses attributes that the host does not know, and a type that the module does not have. Each
    /// import is asked, also of a module that is loaded already.
    fn check_attributes(
        &self,
        ctx: &Ctx<'_>,
        specifier: &str,
        target: &Target,
        attributes: &ImportAttributes<'_>,
    ) -> Result<()> {
        for key in attributes.keys() {
            let key = key?;
            let value = attributes.get(&key)?.unwrap_or_default();
            if key != "type" || value != "json" {
                let message =
                    format!("import attribute \"{key}\" with value \"{value}\" is not supported");
                return Err(refuse(ctx, "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED", &message));
            }
            let is_json = match target {
                Target::Builtin(_) => false,
                Target::File(path) => self.0.borrow_mut().format(path) == Format::Json,
            };
            if !is_json {
                let message = format!("module '{specifier}' is not of type \"json\"");
                let code = "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE";
                return Err(refuse(ctx, code, &message));
            }
        }
        Ok(())
    }

    fn resolve_url(&self, ctx: &Ctx<'_>, specifier: &str, importer: &Path) -> Result<String> {
        let target = self.0.borrow_mut().resolve(specifier, importer);
        match target {
            Ok(Target::Builtin(name)) => Ok(name.to_owned()),
            Ok(Target::File(path)) => Ok(file_url(&path)),
            Err(error) => Err(throw(ctx, &error)),
        }
    }
}

impl Resolver for ModuleLoader {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if node::is_internal(name) && node::is_internal_or_builtin(base) {
            return Ok(name.to_owned());
        }
        let target = self.0.borrow_mut().resolve(name, Path::new(base));
        let target = target.map_err(|error| throw(ctx, &error))?;
        if let Some(attributes) = attributes {
            self.check_attributes(ctx, name, &target, &attributes)?;
        }
        match target {
            Target::Builtin(name) => Ok(name.to_owned()),
            Target::File(path) => Ok(name_of(&path)),
        }
    }
}

impl Loader for ModuleLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if node::is_internal_or_builtin(name) {
            return node::declare(ctx, name);
        }
        let path = Path::new(name);
        let source = read(ctx, path)?;
        let format = self.0.borrow_mut().format(path);
        match format {
            Format::Json => declare_json(ctx, path, source),
            Format::Wasm => declare_wasm(ctx, path, &source),
            Format::Script => Err(Exception::throw_syntax(
                ctx,
                &format!("{name} is a CommonJS script; only ES modules and JSON can be imported"),
            )),
            Format::Module | Format::Unknown => self.declare(ctx, path, source),
        }
    }
}

/// A module whose default export is the value that a JSON text stands for.
fn declare_json<'js>(
    ctx: &Ctx<'js>,
    path: &Path,
    mut source: Vec<u8>,
) -> Result<Module<'js, Declared>> {
    if source.starts_with(BYTE_ORDER_MARK) {
        source.drain(..BYTE_ORDER_MARK.len());
    }
    let value = ctx.json_parse(source).map_err(|error| {
        let error = caught(ctx, error);
        let reason = error
            .as_object()
            .and_then(|error| error.get::<_, String>("message").ok())
            .unwrap_or_default();
        Exception::throw_syntax(ctx, &format!("{} is not JSON: {reason}", path.display()))
    })?;
    // Nothing but this one line ever sees the module's `import.meta`.
    let module = Module::declare(
        ctx.clone(),
        name_of(path),
        "export default import.meta.value",
    )?;
    module.meta()?.set("value", value)?;
    Ok(module)
}

/// A module of JavaScript's that instantiates one of WebAssembly and exports what that exports.
fn declare_wasm<'js>(ctx: &Ctx<'js>, path: &Path, bytes: &[u8]) -> Result<Module<'js, Declared>> {
    let prepared = bident_js::hosting::prepare_import(ctx, bytes)?;
    let module = Module::declare(ctx.clone(), name_of(path), prepared.source)?;
    // Nothing but its text ever sees the module's `import.meta`.
    let meta = module.meta()?;
    meta.set("link", prepared.link)?;
    meta.set("module", prepared.module)?;
    Ok(module)
}

fn read(ctx: &Ctx<'_>, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        Exception::throw_message(ctx, &format!("cannot read {}: {error}", path.display()))
    })
}

fn throw(ctx: &Ctx<'_>, error: &ResolveError) -> rquickjs::Error {
    let exception = Exception::from_message(ctx.clone(), &error.to_string());
    match exception.and_then(|e| e.as_object().set("code", error.code).map(|()| e)) {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// A `TypeError` with Node's code.
fn refuse(ctx: &Ctx<'_>, code: &str, message: &str) -> rquickjs::Error {
    let thrown = Exception::throw_type(ctx, message);
    let error = ctx.catch();
    if let Some(object) = error.as_object()
        && let Err(error) = object.set("code", code)
    {
        return error;
    }
    ctx.throw(error);
    thrown
}

fn name_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The `file:` URL of an absolute path.
fn file_url(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| name_of(path), String::from)
}
