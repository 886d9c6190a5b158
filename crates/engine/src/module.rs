//! Compiled modules.

use crate::engine::Engine;
use crate::error::Error;
use crate::image::{Entry, Kind};
use crate::second_stack;
use crate::vm::code::Code;
use bident_abi::VmLayout;
use bident_module::{
    self as wasm, Canonical, ExternType, GlobalIndex, ItemType, TypeId, TypeIndex, printable,
    printable_lines,
};
use bytes::Bytes;
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A compiled module. Cheap to clone; any number of instances share it.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

/// On lines of the cache of its own: how many share it changes with each instance.
#[repr(align(64))]
struct Inner {
    engine: Engine,
    module: Arc<wasm::Module>,
    layout: VmLayout,
    code: Arc<Code>,
    type_ids: Vec<TypeId>,
    /// The pointer of its second stack, by its usual name; looked for when an instance wants to know.
    stack_pointer: OnceLock<Option<GlobalIndex>>,
}

impl Module {
    /// Validates and compiles a binary, on all cores.
    ///
    /// # Errors
    /// Kind `Compile`: the module is malformed, invalid, or uses a feature the engine lacks; the text
    /// gives the offset in the binary. Or it would take longer to compile than
    /// [`crate::Config::max_function_work`] or [`crate::Config::max_work_per_byte`] allows.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        Self::of_binary(engine, Bytes::copy_from_slice(bytes))
    }

    fn of_binary(engine: &Engine, binary: Bytes) -> Result<Self, Error> {
        let entry = engine.entry(&binary);
        let kept = |entry: &Entry| Self::of_kept(engine, &binary, entry);
        if let Some(module) = entry.as_ref().and_then(kept) {
            return Ok(module);
        }
        let optional = engine.config().optional;
        let (module, bodies) = wasm::decode_with(binary, optional).map_err(Error::compile)?;
        let (config, compiler) = (engine.config(), engine.compiler());
        let module = Arc::new(module);
        let code = if config.compile.is_late(&module) {
            let late = compiler.late(&module, bodies).map_err(Error::compile)?;
            Code::of_cold(
                module.clone(),
                late,
                None,
                (config.stress, config.has_tiers()),
                entry,
            )?
        } else {
            let artifact = compiler.compile(&module, bodies);
            let artifact = artifact.map_err(Error::compile)?;
            Code::of_module(module.clone(), artifact, config.stress, entry)?
        };
        Self::of_code(engine, module, code)
    }

    /// A module whose code is in the cache, if it is.
    fn of_kept(engine: &Engine, binary: &Bytes, entry: &Entry) -> Option<Self> {
        let (config, compiler) = (engine.config(), engine.compiler());
        let image = entry.find()?;
        let (module, bodies) = wasm::decode_with(binary.clone(), config.optional).ok()?;
        let module = Arc::new(module);
        let code = match image.kind {
            Kind::Whole => Code::of_image(module.clone(), &image, config.stress).ok()?,
            Kind::Growing if config.compile.is_late(&module) => {
                let entry = Some(entry.found(image.text.bytes.len()));
                // There is code of this very binary only where it was valid.
                let late = compiler.late_valid(&module, bodies);
                Code::of_cold(
                    module.clone(),
                    late,
                    Some(&image),
                    (config.stress, config.has_tiers()),
                    entry,
                )
                .ok()?
            }
            Kind::Growing => return None,
        };
        Self::of_code(engine, module, code).ok()
    }

    /// The same for a file, which is not kept in memory if the cache has the binary, too.
    fn of_kept_file(engine: &Engine, file: &Path) -> Option<Self> {
        let cache = engine.config().cache.as_ref()?;
        // What comes out of a pipe can be read but once.
        let is_file = fs::metadata(file).ok()?.is_file();
        let file = is_file.then(|| File::open(file))?.ok()?;
        let entry = engine.entry_of(cache.key_of(&file)?)?;
        Self::of_kept(engine, &entry.find_binary()?, &entry)
    }

    /// A module with its code.
    pub(crate) fn of_code(
        engine: &Engine,
        module: Arc<wasm::Module>,
        code: Code,
    ) -> Result<Self, Error> {
        let code = Arc::new(code);
        engine.remember(&code);
        let type_ids = engine.register(&module.types, &module.groups)?;
        Ok(Self(Arc::new(Inner {
            engine: engine.clone(),
            layout: VmLayout::new(&module),
            code,
            stack_pointer: OnceLock::new(),
            module,
            type_ids,
        })))
    }

    /// The same for a binary or the text format.
    ///
    /// # Errors
    /// As for [`Module::new`]; a text that does not parse gives line and column.
    pub fn from_text_or_binary(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        Self::of_text_or_binary(engine, Bytes::copy_from_slice(bytes), "")
    }

    /// The same for a file, which messages about a text name.
    ///
    /// # Errors
    /// As for [`Module::new`]; an [`std::io::Error`], to be had by `downcast`, if it cannot be read.
    pub fn from_file(engine: &Engine, file: impl AsRef<Path>) -> Result<Self, Error> {
        let file = file.as_ref();
        if let Some(module) = Self::of_kept_file(engine, file) {
            return Ok(module);
        }
        let bytes = Bytes::from(fs::read(file).map_err(Error::new)?);
        let place = format!("{}:", file.display());
        let module = Self::of_text_or_binary(engine, bytes.clone(), &place)?;
        let is_binary = bytes.as_ptr() == module.inner().bytes.as_ptr();
        if let Some(cache) = &engine.config().cache
            && is_binary
            && cache.takes_binary(bytes.len() as u64)
            && let Some(entry) = engine.entry(&bytes)
        {
            entry.keep_binary(&bytes);
        }
        Ok(module)
    }

    fn of_text_or_binary(engine: &Engine, bytes: Bytes, place: &str) -> Result<Self, Error> {
        let parsed = wat::parse_bytes(&bytes).map_err(|error| text_error(&error, place))?;
        let made = match parsed {
            Cow::Borrowed(_) => None,
            Cow::Owned(binary) => Some(binary.into()),
        };
        Self::of_binary(engine, made.unwrap_or(bytes))
    }

    /// Checks a binary without compiling it.
    ///
    /// # Errors
    /// As for [`Module::new`].
    pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<(), Error> {
        wasm::validate_with(bytes, engine.config().optional).map_err(Error::compile)
    }

    /// Its bytes in the binary format. A module of another engine can be made of them.
    pub fn binary(&self) -> &[u8] {
        &self.inner().bytes
    }

    /// The engine it was compiled by.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Name of the module, from its name section.
    pub fn name(&self) -> Option<&str> {
        self.0.module.names.module()
    }

    /// What the module imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let module = &self.0.module;
        module.imports.iter().map(move |import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: self.extern_type(import.kind),
        })
    }

    /// What the module exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let module = &self.0.module;
        module.exports.iter().map(move |export| ExportType {
            name: &export.name,
            ty: self.extern_type(module.kind_of(export.item)),
        })
    }

    /// Contents of the custom sections with this name.
    pub fn custom_sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let module = &self.0.module;
        let named = module.custom.iter().filter(move |(n, _)| n == name);
        named.map(move |(_, range)| &module.bytes[range.clone()])
    }

    pub(crate) fn inner(&self) -> &Arc<wasm::Module> {
        &self.0.module
    }

    pub(crate) fn layout(&self) -> &VmLayout {
        &self.0.layout
    }

    pub(crate) fn code(&self) -> &Arc<Code> {
        &self.0.code
    }

    /// The pointer of its second stack, by its usual name, if it can be one.
    pub(crate) fn stack_pointer(&self) -> Option<GlobalIndex> {
        let find = || second_stack::usual_pointer(self.inner());
        *self.0.stack_pointer.get_or_init(find)
    }

    /// Identities of the module's types in its engine.
    pub(crate) fn type_ids(&self) -> &[TypeId] {
        &self.0.type_ids
    }

    /// Translation of the module's types to those of its engine.
    pub(crate) fn canonical(&self) -> Canonical<'_> {
        Canonical {
            types: &self.0.module.types,
            ids: &self.0.type_ids,
        }
    }

    /// Type of an import or an export in its engine.
    fn extern_type(&self, ty: ItemType) -> ExternType {
        let types = self.canonical();
        let func = |ty| {
            let func = types.func_type(self.inner().func_type_at(ty));
            func.identified(self.type_id(ty))
        };
        match ty {
            ItemType::Func(ty) => ExternType::Func(func(ty)),
            ItemType::Table(ty) => ExternType::Table(types.table_type(ty)),
            ItemType::Memory(ty) => ExternType::Memory(ty),
            ItemType::Global(ty) => ExternType::Global(types.global_type(ty)),
            ItemType::Tag(ty) => ExternType::Tag(func(ty)),
        }
    }

    /// Identity of the function type at a position of the type section.
    pub(crate) fn type_id(&self, ty: TypeIndex) -> TypeId {
        self.0.type_ids[ty.index()]
    }
}

/// What is wrong with a text: a message, which quotes names, and the place, which quotes a line.
/// `file` stands before its line and column.
fn text_error(error: &wat::Error, file: &str) -> Error {
    let text = error.to_string();
    // A name may have such a line in it; the last is the parser's, since what follows has no line ends
    // of the text.
    let place = text.rfind("\n     --> ").unwrap_or(text.len());
    let (message, place) = (printable(&text[..place]), &text[place..]);
    let place = place.replacen("<anon>:", file, 1);
    Error::of_text(format!("{message}{}", printable_lines(&place)))
}

/// An import of a [`Module`].
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    module: &'a str,
    name: &'a str,
    ty: ExternType,
}

impl<'a> ImportType<'a> {
    /// Module part of its name.
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// Field part of its name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it imports.
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// An export of a [`Module`].
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    name: &'a str,
    ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it exports.
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}
