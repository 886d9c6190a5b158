//! ES modules from files and from the host: what QuickJS asks when it meets an `import`.

use super::errors::{Class, ModuleError};
use super::resolve::{Format, Kind, ModuleResolver, Target};
use super::{commonjs, data_url};
use crate::report::caught;
use crate::{node, raw, scripts};
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Function, JsLifetime, Module, Object, Result, Value};
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use url::Url;

/// What UTF-8 texts of some editors start with; not part of the JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Resolver and loader of one runtime. A module's name is its absolute path; its URL if that says more; or
/// `node:...`.
#[derive(Clone, Default)]
pub(crate) struct ModuleLoader(pub(super) Rc<RefCell<ModuleResolver>>);

/// A program that has been compiled and not yet run.
pub(crate) enum Program<'js> {
    /// An ES module.
    Module(Module<'js, Declared>),
    /// A classic script.
    Script(raw::Script<'js>),
    /// A CommonJS module: its file.
    CommonJs(PathBuf),
}

impl<'js> Program<'js> {
    /// Runs it; gives the promise of a module. What a script ends with is nothing that anyone waits for.
    pub(crate) fn run(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        match self {
            Self::Module(module) => module.eval().map(|(_, promise)| promise.into_value()),
            Self::Script(script) => script.run().map(|_| Value::new_undefined(ctx.clone())),
            Self::CommonJs(path) => {
                let main: Function = scripts::exports(ctx, "node/module")?.get("runMain")?;
                main.call::<_, Value>((name_of(&path),))?;
                Ok(Value::new_undefined(ctx.clone()))
            }
        }
    }
}

impl ModuleLoader {
    /// The file that a path on the command line means, without symbolic links.
    pub(crate) fn main_file(&self, path: &Path) -> std::io::Result<PathBuf> {
        let found = self.0.borrow_mut().main(path);
        found.as_deref().unwrap_or(path).canonicalize()
    }

    /// Reads and compiles the main program.
    pub(crate) fn load_main<'js>(&self, ctx: &Ctx<'js>, path: &Path) -> Result<Program<'js>> {
        let format = self.0.borrow_mut().format(path);
        let format = format.map_err(|error| error.throw(ctx))?;
        let source = match format {
            Format::CommonJs => return Ok(Program::CommonJs(path.to_owned())),
            _ => read(ctx, path)?,
        };
        let module = match format {
            Format::Module => self.declare(ctx, &name_of(path), source)?,
            Format::Json => declare_json(ctx, &name_of(path), source)?,
            Format::Wasm => declare_wasm(ctx, &name_of(path), &source)?,
            _ => match commonjs::compile(ctx, &source, &name_of(path)) {
                Ok(_) => return Ok(Program::CommonJs(path.to_owned())),
                Err(_) => {
                    let wrong = ctx.catch();
                    self.declare_other(ctx, &name_of(path), source, wrong)?
                }
            },
        };
        Ok(Program::Module(module))
    }

    /// Compiles a text that stands in no file, and lies as if it were `[eval1]` in the current directory.
    pub(crate) fn load_text<'js>(&self, ctx: &Ctx<'js>, text: &str) -> Result<Program<'js>> {
        let name = commonjs::absolute(Path::new("[eval1]"));
        match commonjs::compile(ctx, text.as_bytes(), "[eval]") {
            Ok(_) => {
                let text = text.as_bytes().to_vec();
                raw::Script::compile(ctx, text, "[eval]").map(Program::Script)
            }
            Err(_) => {
                let wrong = ctx.catch();
                let module =
                    self.declare_other(ctx, &name_of(&name), text.as_bytes().to_vec(), wrong)?;
                Ok(Program::Module(module))
            }
        }
    }

    /// Reads and compiles a classic script.
    pub(crate) fn load_script<'js>(&self, ctx: &Ctx<'js>, path: &Path) -> Result<raw::Script<'js>> {
        raw::Script::compile(ctx, read(ctx, path)?, &name_of(path))
    }

    /// A text that is no CommonJS module, for `wrong`. Only an ES module may contain `import`, `export` or `await`
    /// at its top; if it is none either, the complaint of the parser that got further is the better one.
    fn declare_other<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        source: Vec<u8>,
        wrong: Value<'js>,
    ) -> Result<Module<'js, Declared>> {
        let is_of_module = source_has_module_syntax(&source);
        self.declare(ctx, name, source).map_err(|error| {
            if is_of_module {
                return error;
            }
            ctx.catch();
            ctx.throw(wrong)
        })
    }

    fn declare<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        source: Vec<u8>,
    ) -> Result<Module<'js, Declared>> {
        let module = raw::declare_module(ctx, name, source)?;
        self.describe(&module.meta()?, name)?;
        Ok(module)
    }

    /// Fills in `import.meta`.
    fn describe<'js>(&self, meta: &Object<'js>, name: &str) -> Result<()> {
        let path = file_of(name);
        if let Some(path) = &path {
            meta.set("dirname", path.parent().map(name_of))?;
            meta.set("filename", name_of(path))?;
        }
        meta.set("main", commonjs::is_main(meta.ctx(), name)?)?;
        let (this, importer) = (self.clone(), name.to_owned());
        let resolve = Function::new(
            meta.ctx().clone(),
            move |ctx: Ctx<'js>, specifier: rquickjs::Coerced<String>| {
                let target = this.target(&specifier.0, &importer, Kind::Url);
                target
                    .map(|target| url_of(&target))
                    .map_err(|error| error.throw(&ctx))
            },
        )?;
        meta.set("resolve", resolve.with_name("resolve")?)?;
        let url = match path {
            Some(path) if !name.starts_with("file:") => file_url(&path),
            _ => name.to_owned(),
        };
        meta.set("url", url)
    }

    /// What a specifier means in a module.
    pub(super) fn target(
        &self,
        specifier: &str,
        importer: &str,
        kind: Kind,
    ) -> super::errors::Result<Target> {
        let Some(importer) = file_of(importer) else {
            return target_in_data(specifier, importer);
        };
        self.0.borrow_mut().resolve(specifier, &importer, kind)
    }

    /// How to read what a target stands for.
    fn format(&self, target: &Target) -> super::errors::Result<Format> {
        match target {
            Target::Builtin(_) => Ok(Format::Module),
            Target::File(path, _) => self.0.borrow_mut().format(path),
            Target::Data(url) => Ok(match &*data_url::parse(url)?.mime {
                "text/javascript" => Format::Module,
                "application/json" => Format::Json,
                "application/wasm" => Format::Wasm,
                _ => Format::Foreign,
            }),
        }
    }

    /// Refuses attributes that the host does not know, and a type that the module does not have. Each
    /// import is asked, also of a module that is loaded already.
    fn check_attributes(
        &self,
        ctx: &Ctx<'_>,
        target: &Target,
        attributes: Option<ImportAttributes<'_>>,
    ) -> Result<()> {
        let mut given = None;
        for key in attributes.iter().flat_map(ImportAttributes::keys) {
            let key = key?;
            let value = attributes
                .as_ref()
                .and_then(|all| all.get(&key).transpose());
            let value = value.transpose()?.unwrap_or_default();
            if key != "type" || value != "json" {
                let message =
                    format!("Import attribute \"{key}\" with value \"{value}\" is not supported");
                let code = "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED";
                return Err(ModuleError::of_type(code, message).throw(ctx));
            }
            given = Some(value);
        }
        let format = self.format(target).map_err(|error| error.throw(ctx))?;
        let error = match (format, given) {
            (Format::Json, None) => ModuleError::of_type(
                "ERR_IMPORT_ATTRIBUTE_MISSING",
                format!(
                    "Module \"{}\" needs an import attribute of \"type: json\"",
                    url_of(target)
                ),
            ),
            (Format::Json, Some(_)) | (_, None) => return Ok(()),
            (_, Some(_)) => ModuleError::of_type(
                "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE",
                format!("Module \"{}\" is not of type \"json\"", url_of(target)),
            ),
        };
        Err(error.throw(ctx))
    }
}

/// The context that modules belong to: those that a program makes beside it have none, as nothing of the host's may
/// come into them.
#[derive(JsLifetime)]
pub(crate) struct MainContext(usize);

impl MainContext {
    pub(crate) fn of(ctx: &Ctx<'_>) -> Self {
        Self(ctx.as_raw().addr().get())
    }

    fn is(ctx: &Ctx<'_>) -> bool {
        ctx.userdata::<Self>()
            .is_none_or(|main| main.0 == Self::of(ctx).0)
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
        if !MainContext::is(ctx) {
            let message = "A dynamic import callback was not specified.".to_owned();
            let code = "ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING";
            return Err(ModuleError::of_type(code, message).throw(ctx));
        }
        if node::is_internal(base) && !name.starts_with('.') {
            return Ok(name.to_owned());
        }
        let target = self.target(name, base, Kind::Import);
        let target = target.map_err(|error| error.throw(ctx))?;
        self.check_attributes(ctx, &target, attributes)?;
        Ok(name_of_target(&target))
    }
}

impl Loader for ModuleLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if node::builtin(name) == Some(name) {
            return node::declare(ctx, name);
        }
        let (target, source) = if name.starts_with("data:") {
            let data = data_url::parse(name).map_err(|error| error.throw(ctx))?;
            (Target::Data(name.to_owned()), data.bytes)
        } else {
            let path = file_of(name).unwrap_or_else(|| PathBuf::from(name));
            let source = read(ctx, &path)?;
            (Target::File(path, String::new()), source)
        };
        let format = self.format(&target).map_err(|error| error.throw(ctx))?;
        match format {
            Format::Json => declare_json(ctx, name, source),
            Format::Wasm => declare_wasm(ctx, name, &source),
            Format::Module => self.declare(ctx, name, source),
            Format::CommonJs => commonjs::declare(self, ctx, name, &source),
            Format::Unknown => match commonjs::compile(ctx, &source, name) {
                Ok(_) => commonjs::declare(self, ctx, name, &source),
                Err(_) => {
                    let wrong = ctx.catch();
                    self.declare_other(ctx, name, source, wrong)
                }
            },
            Format::Foreign => Err(foreign(&target).throw(ctx)),
        }
    }
}

/// The complaint about a file of a kind that nobody knows.
fn foreign(target: &Target) -> ModuleError {
    if let Target::File(path, _) = target {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned());
        return ModuleError::of_type(
            "ERR_UNKNOWN_FILE_EXTENSION",
            format!(
                "Unknown file extension \".{}\" for {}",
                extension.unwrap_or_default(),
                path.display()
            ),
        );
    }
    let mime = match target {
        Target::Data(url) => data_url::parse(url).map(|data| data.mime),
        _ => Ok(String::new()),
    };
    ModuleError {
        class: Class::Range,
        code: "ERR_UNKNOWN_MODULE_FORMAT",
        message: format!(
            "Unknown module format: {} for URL {}",
            mime.unwrap_or_default(),
            url_of(target)
        ),
    }
}

/// What a specifier means in a module that lies nowhere.
fn target_in_data(specifier: &str, importer: &str) -> super::errors::Result<Target> {
    if let Some(name) = node::builtin(specifier) {
        return Ok(Target::Builtin(name));
    }
    if specifier.starts_with("data:") {
        return Ok(Target::Data(specifier.to_owned()));
    }
    let url = Url::parse(specifier)
        .ok()
        .filter(|url| url.scheme() == "file");
    if let Some(path) = url.as_ref().and_then(|url| url.to_file_path().ok()) {
        return Ok(Target::File(path, String::new()));
    }
    let message = format!(
        "Failed to resolve module specifier \"{specifier}\" from \"{importer}\": Invalid relative URL or base \
         scheme is not hierarchical."
    );
    Err(ModuleError::of_type(
        "ERR_UNSUPPORTED_RESOLVE_REQUEST",
        message,
    ))
}

/// Whether a line begins as only ES modules have it: enough to choose whose complaint is shown.
fn source_has_module_syntax(source: &[u8]) -> bool {
    let text = String::from_utf8_lossy(source);
    text.lines().any(|line| {
        let line = line.trim_start();
        [
            "import ", "import{", "import\"", "import'", "export ", "export{",
        ]
        .iter()
        .any(|start| line.starts_with(start))
            || line.contains("import.meta")
    })
}

/// A module whose default export is the value that a JSON text stands for.
fn declare_json<'js>(
    ctx: &Ctx<'js>,
    name: &str,
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
        Exception::throw_syntax(ctx, &format!("{name} is not JSON: {reason}"))
    })?;
    // Nothing but this one line ever sees the module's `import.meta`.
    let module = Module::declare(ctx.clone(), name, "export default import.meta.value")?;
    module.meta()?.set("value", value)?;
    Ok(module)
}

/// A module of JavaScript's that instantiates one of WebAssembly and exports what that exports.
fn declare_wasm<'js>(ctx: &Ctx<'js>, name: &str, bytes: &[u8]) -> Result<Module<'js, Declared>> {
    let prepared = bident_js::hosting::prepare_import(ctx, bytes)?;
    let module = Module::declare(ctx.clone(), name, prepared.source)?;
    // Nothing but its text ever sees the module's `import.meta`.
    let meta = module.meta()?;
    meta.set("link", prepared.link)?;
    meta.set("module", prepared.module)?;
    Ok(module)
}

pub(super) fn read(ctx: &Ctx<'_>, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        Exception::throw_message(ctx, &format!("cannot read {}: {error}", path.display()))
    })
}

/// What QuickJS knows a module by.
pub(super) fn name_of_target(target: &Target) -> String {
    match target {
        Target::Builtin(name) => (*name).to_owned(),
        Target::File(path, suffix) if suffix.is_empty() => name_of(path),
        other => url_of(other),
    }
}

fn url_of(target: &Target) -> String {
    match target {
        Target::Builtin(name) => (*name).to_owned(),
        Target::File(path, suffix) => file_url(path) + suffix,
        Target::Data(url) => url.clone(),
    }
}

/// The file that a module was read from; `None` for a `data:` URL.
pub(super) fn file_of(name: &str) -> Option<PathBuf> {
    if name.starts_with("data:") {
        return None;
    }
    if name.starts_with("file:") {
        return Url::parse(name).ok()?.to_file_path().ok();
    }
    Some(commonjs::absolute(Path::new(name)))
}

pub(super) fn name_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The `file:` URL of an absolute path.
fn file_url(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| name_of(path), String::from)
}
