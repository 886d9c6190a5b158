//! Compiled modules.

use crate::engine::Engine;
use crate::error::Error;
use crate::vm::code::Code;
use bident_abi::VmLayout;
use bident_module::{self as wasm, ExternType};
use std::borrow::Cow;
use std::sync::Arc;

/// A compiled module. Cheap to clone; any number of instances share it.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    engine: Engine,
    module: Arc<wasm::Module>,
    layout: VmLayout,
    code: Arc<Code>,
    type_ids: Arc<[u32]>,
}

impl Module {
    /// Validates and compiles a binary, on all cores.
    ///
    /// # Errors
    /// Kind `Compile`: the module is malformed, invalid, or uses a feature the engine lacks; the text
    /// gives the offset in the binary.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        let (module, bodies) = wasm::decode(bytes.into()).map_err(Error::compile)?;
        let artifact = engine
            .compiler()
            .compile(&module, bodies)
            .map_err(Error::compile)?;
        let module = Arc::new(module);
        let type_ids = module.types.iter().map(|ty| engine.type_id(ty)).collect();
        Ok(Self(Arc::new(Inner {
            engine: engine.clone(),
            layout: VmLayout::new(&module),
            code: Arc::new(Code::of_module(module.clone(), artifact)?),
            module,
            type_ids,
        })))
    }

    /// The same for a binary or the text format.
    ///
    /// # Errors
    /// As for [`Module::new`]; a text that does not parse gives line and column.
    pub fn from_text_or_binary(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        let binary: Cow<'_, [u8]> = wat::parse_bytes(bytes).map_err(Error::compile)?;
        Self::new(engine, &binary)
    }

    /// Checks a binary without compiling it.
    ///
    /// # Errors
    /// As for [`Module::new`].
    pub fn validate(_engine: &Engine, bytes: &[u8]) -> Result<(), Error> {
        wasm::validate(bytes).map_err(Error::compile)
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
            ty: module.import_type(import),
        })
    }

    /// What the module exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let module = &self.0.module;
        module.exports.iter().map(move |export| ExportType {
            name: &export.name,
            ty: module.item_type(export.item),
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

    pub(crate) fn type_ids(&self) -> &Arc<[u32]> {
        &self.0.type_ids
    }
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
