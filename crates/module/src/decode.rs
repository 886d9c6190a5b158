//! One pass over a binary: every section is validated, then read into the record.
//!
//! ```text
//! parser ──payload──► validator ──► the method of `Decoder` for that section ──► Module
//!                         └─ per function body ──► BodyValidator, for whoever compiles it
//! ```

use crate::const_expr;
use crate::convert::{
    defined_type, global_type, import_type, memory_type, ref_type, table_type, unsupported,
    val_type,
};
use crate::error::Error;
use crate::features::Optional;
use crate::handlers;
use crate::hints::Hints;
use crate::index::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex};
use crate::layout;
use crate::module::{
    Body, ConstExpr, ConstOp, Data, Elem, ElemItems, ElemMode, Export, Import, Item, ItemType,
    Module,
};
use crate::names::Names;
use crate::types::{HeapType, RefType};
use bytes::Bytes;
use std::ops::Range;
use wasmparser::{
    BinaryReader, CustomSectionReader, DataKind, DataSectionReader, ElementItems, ElementKind,
    ElementSectionReader, Encoding, ExportSectionReader, ExternalKind, FuncToValidate,
    FuncValidator, FuncValidatorAllocations, FunctionBody, FunctionSectionReader,
    GlobalSectionReader, ImportSectionReader, MemorySectionReader, Parser, Payload, TableInit,
    TableSectionReader, TagSectionReader, TypeSectionReader, ValidPayload, Validator,
    ValidatorResources,
};

/// What it takes to validate one function body later, on any thread: `into_validator` makes the
/// validator, [`Module::function_body`] is what to feed it.
pub type BodyValidator = FuncToValidate<ValidatorResources>;

/// Decodes a binary, and validates all of it but the function bodies.
///
/// The module comes with one validator per body, in the order of [`Module::bodies`].
pub fn decode(bytes: Bytes) -> Result<(Module, Vec<BodyValidator>), Error> {
    decode_with(bytes, Optional::default())
}

/// The same with proposals that are optional.
pub fn decode_with(
    bytes: Bytes,
    optional: Optional,
) -> Result<(Module, Vec<BodyValidator>), Error> {
    let mut decoder = Decoder {
        module: Module::empty(bytes.clone(), optional),
        validators: Vec::new(),
    };
    for_each_payload(&bytes, optional, |payload, body_validator| {
        decoder.validators.extend(body_validator);
        decoder.payload(payload)
    })?;
    let Decoder {
        mut module,
        validators,
    } = decoder;
    module.escaping.sort_unstable();
    module.escaping.dedup();
    module.index_exports();
    handlers::collect(&mut module);
    module.read_hints();
    Ok((module, validators))
}

/// Validates a binary, function bodies included.
pub fn validate(bytes: &[u8]) -> Result<(), Error> {
    validate_with(bytes, Optional::default())
}

/// The same with proposals that are optional.
pub fn validate_with(bytes: &[u8], optional: Optional) -> Result<(), Error> {
    let (module, validators) = decode_with(Bytes::copy_from_slice(bytes), optional)?;
    validate_bodies(&module, &validators, 0..validators.len())
}

/// Validates some of the bodies. `validators` are those of all, and stay as they are.
pub fn validate_bodies(
    module: &Module,
    validators: &[BodyValidator],
    defined: Range<usize>,
) -> Result<(), Error> {
    let mut allocations = FuncValidatorAllocations::default();
    for body in defined {
        let mut validator = another_validator(&validators[body]).into_validator(allocations);
        validate_body(&module.function_body(body), &mut validator)?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

/// Whether a body is valid. `validator` is its own, and stays as it is.
pub fn is_valid_body(module: &Module, defined: usize, validator: &BodyValidator) -> bool {
    let mut validator =
        another_validator(validator).into_validator(FuncValidatorAllocations::default());
    validate_body(&module.function_body(defined), &mut validator).is_ok()
}

/// A second validator of the same body.
pub fn another_validator(validator: &BodyValidator) -> BodyValidator {
    BodyValidator {
        resources: validator.resources.clone(),
        ..*validator
    }
}

fn validate_body(
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<ValidatorResources>,
) -> Result<(), Error> {
    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        let (count, ty) = locals.read()?;
        validator.define_locals(offset, count, ty)?;
        val_type(ty, offset as usize)?;
    }
    // Visiting takes half the time of reading an operator, to look at it. What `check_operator` would refuse
    // is part of proposals that are off.
    let mut reader = locals.get_binary_reader();
    while !reader.eof() {
        let position = reader.original_position();
        reader.visit_operator(&mut validator.visitor(position))??;
    }
    let end = reader.original_position();
    Ok(reader.finish_expression(&validator.visitor(end))?)
}

/// Hands over each payload once it is valid, with the validator of its body where it is a function.
fn for_each_payload<'a>(
    bytes: &'a [u8],
    optional: Optional,
    mut f: impl FnMut(Payload<'a>, Option<BodyValidator>) -> Result<(), Error>,
) -> Result<(), Error> {
    // In words of our own: this is what somebody sees who gives the text format.
    if let Some((first, _)) = bytes.split_first_chunk::<4>()
        && first != b"\0asm"
    {
        let first = first.escape_ascii();
        let message = format!(
            "magic header not detected: it begins with \"{first}\", a binary with \"\\0asm\""
        );
        return Err(Error::new(message, 0));
    }
    let mut parser = Parser::new(0);
    parser.set_features(optional.features());
    let mut validator = Validator::new_with_features(optional.features());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let Payload::Version {
            encoding: Encoding::Component,
            range,
            ..
        } = &payload
        {
            let message = "unknown binary version: a component, where a core module is expected";
            return Err(Error::new(message, range.start as usize));
        }
        let body_validator = match validator.payload(&payload)? {
            ValidPayload::Func(body_validator, _) => Some(body_validator),
            _ => None,
        };
        f(payload, body_validator)?;
    }
    Ok(())
}

/// The record while it is filled.
struct Decoder {
    module: Module,
    validators: Vec<BodyValidator>,
}

impl Decoder {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => self.funcs(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::TagSection(section) => self.tags(section),
            Payload::GlobalSection(section) => self.globals(section),
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { func, .. } => {
                self.module.start = Some(FuncIndex(func));
                // The host calls it, by reference.
                self.module.escaping.push(FuncIndex(func));
                Ok(())
            }
            Payload::ElementSection(section) => self.elems(section),
            Payload::CodeSectionEntry(body) => {
                self.module.bodies.push(Body {
                    range: position(body.range()),
                });
                Ok(())
            }
            Payload::DataSection(section) => self.data(section),
            Payload::CustomSection(section) => {
                self.custom(&section);
                Ok(())
            }
            // Nothing to record: the version; counts that the parser checks; the end.
            Payload::Version { .. }
            | Payload::DataCountSection { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::End(_) => Ok(()),
            other => {
                let (id, range) = other.as_section().unwrap_or_default();
                Err(unsupported(
                    format_args!("section {id}"),
                    range.start as usize,
                ))
            }
        }
    }

    fn types(&mut self, section: TypeSectionReader<'_>) -> Result<(), Error> {
        let place = section.original_position() as usize;
        let types = &mut self.module.types;
        for group in section {
            let start = types.len() as u32;
            for (offset, ty) in group?.into_types_and_offsets() {
                types.push(defined_type(&ty, offset as usize)?);
            }
            self.module.groups.push(start..types.len() as u32);
        }
        self.module.layouts = layout::of_types(&self.module.types)
            .map_err(|_| Error::new("no memory for the layouts of types", place))?;
        Ok(())
    }

    fn imports(&mut self, section: ImportSectionReader<'_>) -> Result<(), Error> {
        let module = &mut self.module;
        for import in section.into_imports_with_offsets() {
            let (offset, import) = import?;
            let kind = import_type(import.ty, offset as usize)?;
            match kind {
                ItemType::Func(ty) => module.funcs.push(ty),
                ItemType::Table(ty) => module.tables.push(ty),
                ItemType::Memory(ty) => module.memories.push(ty),
                ItemType::Global(ty) => module.globals.push(ty),
                ItemType::Tag(ty) => module.tags.push(ty),
            }
            let (namespace, name) = (import.module.to_owned(), import.name.to_owned());
            module.imports.push(Import {
                module: namespace,
                name,
                kind,
            });
        }
        module.imported.funcs = module.funcs.len() as u32;
        module.imported.tables = module.tables.len() as u32;
        module.imported.memories = module.memories.len() as u32;
        module.imported.globals = module.globals.len() as u32;
        module.imported.tags = module.tags.len() as u32;
        Ok(())
    }

    fn funcs(&mut self, section: FunctionSectionReader<'_>) -> Result<(), Error> {
        for ty in section {
            self.module.funcs.push(TypeIndex(ty?));
        }
        Ok(())
    }

    fn tables(&mut self, section: TableSectionReader<'_>) -> Result<(), Error> {
        for table in section.into_iter_with_offsets() {
            let (offset, table) = table?;
            let init = match table.init {
                TableInit::RefNull => None,
                TableInit::Expr(expr) => Some(self.const_expr(&expr)?),
            };
            self.module
                .tables
                .push(table_type(table.ty, offset as usize)?);
            self.module.table_inits.push(init);
        }
        Ok(())
    }

    fn memories(&mut self, section: MemorySectionReader<'_>) -> Result<(), Error> {
        for memory in section {
            self.module.memories.push(memory_type(memory?));
        }
        Ok(())
    }

    fn tags(&mut self, section: TagSectionReader<'_>) -> Result<(), Error> {
        for tag in section {
            self.module.tags.push(TypeIndex(tag?.func_type_idx));
        }
        Ok(())
    }

    fn globals(&mut self, section: GlobalSectionReader<'_>) -> Result<(), Error> {
        for global in section.into_iter_with_offsets() {
            let (offset, global) = global?;
            let init = self.const_expr(&global.init_expr)?;
            self.module
                .globals
                .push(global_type(global.ty, offset as usize)?);
            self.module.global_inits.push(init);
        }
        Ok(())
    }

    fn exports(&mut self, section: ExportSectionReader<'_>) -> Result<(), Error> {
        for export in section.into_iter_with_offsets() {
            let (offset, export) = export?;
            let item = match export.kind {
                ExternalKind::Func => Item::Func(FuncIndex(export.index)),
                ExternalKind::Table => Item::Table(TableIndex(export.index)),
                ExternalKind::Memory => Item::Memory(MemoryIndex(export.index)),
                ExternalKind::Global => Item::Global(GlobalIndex(export.index)),
                ExternalKind::Tag => Item::Tag(TagIndex(export.index)),
                other @ ExternalKind::FuncExact => {
                    return Err(unsupported(
                        format_args!("export of {other:?}"),
                        offset as usize,
                    ));
                }
            };
            if let Item::Func(func) = item {
                self.module.escaping.push(func);
            }
            self.module.exports.push(Export {
                name: export.name.to_owned(),
                item,
            });
        }
        Ok(())
    }

    fn elems(&mut self, section: ElementSectionReader<'_>) -> Result<(), Error> {
        for elem in section.into_iter_with_offsets() {
            let (offset, elem) = elem?;
            let mode = match elem.kind {
                ElementKind::Passive => ElemMode::Passive,
                ElementKind::Declared => ElemMode::Declared,
                ElementKind::Active {
                    table_index,
                    offset_expr,
                } => {
                    let table = TableIndex(table_index.unwrap_or(0));
                    ElemMode::Active(table, self.const_expr(&offset_expr)?)
                }
            };
            let (element, items) = self.elem_items(elem.items, offset as usize)?;
            self.module.elems.push(Elem {
                element,
                mode,
                items,
            });
        }
        Ok(())
    }

    fn elem_items(
        &mut self,
        items: ElementItems<'_>,
        offset: usize,
    ) -> Result<(RefType, ElemItems), Error> {
        match items {
            ElementItems::Functions(section) => {
                let funcs = section
                    .into_iter()
                    .map(|func| Ok(FuncIndex(func?)))
                    .collect::<Result<Box<[_]>, Error>>()?;
                self.module.escaping.extend_from_slice(&funcs);
                let element = RefType {
                    nullable: false,
                    heap: HeapType::Func,
                };
                Ok((element, ElemItems::Funcs(funcs)))
            }
            ElementItems::Expressions(ty, section) => {
                let exprs = section
                    .into_iter()
                    .map(|expr| self.const_expr(&expr?))
                    .collect::<Result<Box<[_]>, Error>>()?;
                Ok((ref_type(ty, offset)?, ElemItems::Exprs(exprs)))
            }
        }
    }

    fn data(&mut self, section: DataSectionReader<'_>) -> Result<(), Error> {
        for data in section {
            let data = data?;
            let active = match data.kind {
                DataKind::Passive => None,
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => Some((MemoryIndex(memory_index), self.const_expr(&offset_expr)?)),
            };
            // The content is the last part of a segment.
            let end = data.range.end as usize;
            self.module.data.push(Data {
                active,
                range: end - data.data.len()..end,
            });
        }
        Ok(())
    }

    fn custom(&mut self, section: &CustomSectionReader<'_>) {
        let range = position(section.data_range());
        if section.name() == "name" {
            self.module.names = Names::of(self.module.bytes.slice(range.clone()));
        }
        self.module.custom.push((section.name().to_owned(), range));
    }

    /// Reads a constant expression and notes the functions it refers to.
    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error> {
        let expr = const_expr::read(expr)?;
        self.module
            .escaping
            .extend(expr.0.iter().filter_map(|op| match op {
                ConstOp::RefFunc(func) => Some(*func),
                _ => None,
            }));
        Ok(expr)
    }
}

impl Module {
    /// The record of a module without sections.
    fn empty(bytes: Bytes, optional: Optional) -> Self {
        Self {
            bytes,
            optional,
            types: Vec::new(),
            groups: Vec::new(),
            layouts: Vec::new(),
            imports: Vec::new(),
            funcs: Vec::new(),
            tables: Vec::new(),
            table_inits: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            global_inits: Vec::new(),
            tags: Vec::new(),
            exports: Vec::new(),
            exports_by_name: Vec::new(),
            exported_funcs: Vec::new(),
            start: None,
            elems: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            escaping: Vec::new(),
            handlers: Vec::new(),
            wrappers: Vec::new(),
            names: Names::default(),
            hints: Hints::default(),
            custom: Vec::new(),
            imported: Default::default(),
        }
    }

    /// Reads the branch hints, once the bodies are known.
    fn read_hints(&mut self) {
        let section = self.custom.iter().find(|(name, _)| name == Hints::SECTION);
        if let Some((_, range)) = section {
            let section = BinaryReader::new(&self.bytes[range.clone()], range.start as u64);
            self.hints = Hints::read(self, section);
        }
    }

    /// Body of a defined function, given by its position in [`Module::bodies`], for wasmparser to
    /// read. Offsets that come out of it are positions in the binary.
    pub fn function_body(&self, defined: usize) -> FunctionBody<'_> {
        let range = self.bodies[defined].range.clone();
        let start = range.start as u64;
        FunctionBody::new(BinaryReader::new_features(
            &self.bytes[range],
            start,
            self.optional.features(),
        ))
    }
}

/// Offsets of wasmparser as positions in a slice.
fn position(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}
