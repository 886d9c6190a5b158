//! The record that decoding produces and everything else reads.

use crate::features::Optional;
use crate::hints::Hints;
use crate::index::{
    DataIndex, ElemIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex,
};
use crate::layout::ObjectLayout;
use crate::names::Names;
use crate::neutral::Wrapper;
use crate::types::{
    Composite, DefinedType, ExternType, FieldType, FuncType, GlobalType, MemoryType, RefType,
    TableType,
};
use bytes::Bytes;
use std::ops::Range;

/// A decoded, validated module. Immutable; shared by its instances.
///
/// Function bodies are validated when they are compiled (`bident-compile`), each on the thread that
/// compiles it; everything else is validated here.
#[derive(Debug)]
pub struct Module {
    /// The binary, whole. Ranges below are positions in it.
    pub bytes: Bytes,
    /// Which of the optional proposals it may use.
    pub optional: Optional,
    /// Type section.
    pub types: Vec<DefinedType>,
    /// Recursion groups of the type section, in order, without gaps.
    pub groups: Vec<Range<u32>>,
    /// For each type, where everything lies in its objects, if it has any.
    pub layouts: Vec<Option<ObjectLayout>>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Type of every function, imported ones first.
    pub funcs: Vec<TypeIndex>,
    /// Type of every table, imported ones first.
    pub tables: Vec<TableType>,
    /// Initial element of each defined table; `None`: null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Type of every memory, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Type of every global, imported ones first.
    pub globals: Vec<GlobalType>,
    /// Initial value of each defined global.
    pub global_inits: Vec<ConstExpr>,
    /// Type of every tag, imported ones first.
    pub tags: Vec<TypeIndex>,
    /// Exports, in order.
    pub exports: Vec<Export>,
    /// Positions in `exports`, sorted by name.
    pub(crate) exports_by_name: Vec<u32>,
    /// Exported functions, sorted, each with the position of its first export.
    pub(crate) exported_funcs: Vec<(FuncIndex, u32)>,
    /// Start function.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elems: Vec<Elem>,
    /// Data segments.
    pub data: Vec<Data>,
    /// Body of each defined function.
    pub bodies: Vec<Body>,
    /// Functions that can become a reference: exported ones, and those named by `ref.func` in
    /// segments or initial values. Sorted, without repetition. The validator refuses `ref.func` of
    /// any other function in a body.
    pub escaping: Vec<FuncIndex>,
    /// Every list of handlers that a `resume`, `resume_throw` or `resume_throw_ref` has. Sorted,
    /// without repetition.
    pub handlers: Vec<Box<[Handler]>>,
    /// For each body, what is to know of its function as one around transfers. Empty where the module
    /// has no continuations.
    pub wrappers: Vec<Wrapper>,
    /// Name section; empty where there is none.
    pub names: Names,
    /// Branch hints; empty where there are none.
    pub hints: Hints,
    /// Custom sections: name, and content as a range of `bytes`.
    pub custom: Vec<(String, Range<usize>)>,
    /// How many functions, tables, memories, globals and tags are imported.
    pub imported: Imported,
}

/// Counts of imports by kind: where defined items start in each index space.
#[derive(Clone, Copy, Default, Debug)]
pub struct Imported {
    /// Imported functions.
    pub funcs: u32,
    /// Imported tables.
    pub tables: u32,
    /// Imported memories.
    pub memories: u32,
    /// Imported globals.
    pub globals: u32,
    /// Imported tags.
    pub tags: u32,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Module part of the name.
    pub module: String,
    /// Field part of the name.
    pub name: String,
    /// What it imports.
    pub kind: ItemType,
}

/// Type of an import before type indices are resolved.
#[derive(Clone, Copy, Debug)]
pub enum ItemType {
    /// A function of this type.
    Func(TypeIndex),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of this type.
    Tag(TypeIndex),
}

/// What an export or another name refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A function.
    Func(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// A tag.
    Tag(TagIndex),
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it exports.
    pub item: Item,
}

/// Body of a defined function: locals and instructions, as a range of [`Module::bytes`].
#[derive(Clone, Debug)]
pub struct Body {
    /// Position in the binary.
    pub range: Range<usize>,
}

/// One step of a constant expression, evaluated on an operand stack.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConstOp {
    /// Pushes an `i32`.
    I32(i32),
    /// Pushes an `i64`.
    I64(i64),
    /// Pushes an `f32`, given by its bits.
    F32(u32),
    /// Pushes an `f64`, given by its bits.
    F64(u64),
    /// Pushes a `v128`, given by its bits, lane 0 lowest.
    V128(u128),
    /// Pushes the value of a global that comes earlier.
    GlobalGet(GlobalIndex),
    /// Pushes a null reference.
    RefNull(RefType),
    /// Pushes a reference to a function.
    RefFunc(FuncIndex),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
    /// `ref.i31`
    RefI31,
    /// `struct.new`
    StructNew(TypeIndex),
    /// `struct.new_default`
    StructNewDefault(TypeIndex),
    /// `array.new`
    ArrayNew(TypeIndex),
    /// `array.new_default`
    ArrayNewDefault(TypeIndex),
    /// `array.new_fixed`, with this many elements.
    ArrayNewFixed(TypeIndex, u32),
    /// `any.convert_extern`
    AnyConvertExtern,
    /// `extern.convert_any`
    ExternConvertAny,
}

/// A constant expression: steps whose last leaves exactly one value.
#[derive(Clone, PartialEq, Debug)]
pub struct ConstExpr(pub Box<[ConstOp]>);

/// An element segment.
#[derive(Clone, Debug)]
pub struct Elem {
    /// What its elements are.
    pub element: RefType,
    /// When they are copied.
    pub mode: ElemMode,
    /// The elements.
    pub items: ElemItems,
}

/// What a clause of a `resume` handles, apart from where it leads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Handler {
    /// `(on $tag $label)`: suspensions.
    On(TagIndex),
    /// `(on $tag switch)`: switches.
    Switch(TagIndex),
}

/// When an element segment is used.
#[derive(Clone, Debug)]
pub enum ElemMode {
    /// By `table.init`.
    Passive,
    /// At instantiation.
    Active(TableIndex, ConstExpr),
    /// Never; it only declares functions for `ref.func`.
    Declared,
}

/// Elements of a segment.
#[derive(Clone, Debug)]
pub enum ElemItems {
    /// Functions, none null.
    Funcs(Box<[FuncIndex]>),
    /// Expressions.
    Exprs(Box<[ConstExpr]>),
}

impl ElemItems {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Funcs(f) => f.len(),
            Self::Exprs(e) => e.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct Data {
    /// When it is copied: at instantiation where a memory and offset are given, else by
    /// `memory.init`.
    pub active: Option<(MemoryIndex, ConstExpr)>,
    /// Content, as a range of [`Module::bytes`].
    pub range: Range<usize>,
}

impl Module {
    /// Type of a function.
    pub fn func_type(&self, func: FuncIndex) -> &FuncType {
        self.func_type_at(self.funcs[func.index()])
    }

    /// Type of a tag.
    pub fn tag_type(&self, tag: TagIndex) -> &FuncType {
        self.func_type_at(self.tags[tag.index()])
    }

    /// The function type at a position of the type section.
    ///
    /// # Panics
    /// If another kind of type is there; the validator sees to it that nobody asks.
    pub fn func_type_at(&self, ty: TypeIndex) -> &FuncType {
        match &self.types[ty.index()].composite {
            Composite::Func(ty) => ty,
            _ => panic!("type {} is no function type", ty.0),
        }
    }

    /// Position of the function type that a continuation type refers to.
    ///
    /// # Panics
    /// If another kind of type is there; the validator sees to it that nobody asks.
    pub fn cont_func_type(&self, ty: TypeIndex) -> TypeIndex {
        match self.types[ty.index()].composite {
            Composite::Cont(func) => func,
            _ => panic!("type {} is no continuation type", ty.0),
        }
    }

    /// Fields of the structure type at a position of the type section.
    ///
    /// # Panics
    /// If another kind of type is there; the validator sees to it that nobody asks.
    pub fn struct_type_at(&self, ty: TypeIndex) -> &[FieldType] {
        match &self.types[ty.index()].composite {
            Composite::Struct(fields) => fields,
            _ => panic!("type {} is no structure type", ty.0),
        }
    }

    /// What the elements are of the array type at a position of the type section.
    ///
    /// # Panics
    /// If another kind of type is there; the validator sees to it that nobody asks.
    pub fn array_type_at(&self, ty: TypeIndex) -> FieldType {
        match self.types[ty.index()].composite {
            Composite::Array(element) => element,
            _ => panic!("type {} is no array type", ty.0),
        }
    }

    /// Where everything lies in objects of the type at a position of the type section.
    ///
    /// # Panics
    /// If it has none; the validator sees to it that nobody asks.
    pub fn layout_at(&self, ty: TypeIndex) -> &ObjectLayout {
        let layout = &self.layouts[ty.index()];
        layout.as_ref().expect("a structure or array type")
    }

    /// How many supertypes the type at a position of the type section has. The validator bounds it.
    pub fn depth_of(&self, ty: TypeIndex) -> usize {
        let supertype = |ty: &TypeIndex| self.types[ty.index()].supertype;
        std::iter::successors(supertype(&ty), supertype).count()
    }

    /// Type of whatever an import asks for.
    pub fn import_type(&self, import: &Import) -> ExternType {
        match import.kind {
            ItemType::Func(ty) => ExternType::Func(self.func_type_at(ty).clone()),
            ItemType::Table(ty) => ExternType::Table(ty),
            ItemType::Memory(ty) => ExternType::Memory(ty),
            ItemType::Global(ty) => ExternType::Global(ty),
            ItemType::Tag(ty) => ExternType::Tag(self.func_type_at(ty).clone()),
        }
    }

    /// Type of an item before type indices are resolved.
    pub fn kind_of(&self, item: Item) -> ItemType {
        match item {
            Item::Func(i) => ItemType::Func(self.funcs[i.index()]),
            Item::Table(i) => ItemType::Table(self.tables[i.index()]),
            Item::Memory(i) => ItemType::Memory(self.memories[i.index()]),
            Item::Global(i) => ItemType::Global(self.globals[i.index()]),
            Item::Tag(i) => ItemType::Tag(self.tags[i.index()]),
        }
    }

    /// Position of a function among the escaping ones.
    pub fn escaping_position(&self, func: FuncIndex) -> Option<usize> {
        self.escaping.binary_search(&func).ok()
    }

    /// How many of the escaping functions are imported: those come first.
    pub fn imported_escaping(&self) -> usize {
        self.escaping.partition_point(|f| f.0 < self.imported.funcs)
    }

    /// Position of a list of handlers.
    pub fn handlers_position(&self, list: &[Handler]) -> Option<usize> {
        self.handlers.binary_search_by(|h| (**h).cmp(list)).ok()
    }

    /// Position of a function among the defined ones; `None` where it is imported.
    pub fn defined_func(&self, func: FuncIndex) -> Option<usize> {
        func.0.checked_sub(self.imported.funcs).map(|i| i as usize)
    }

    /// The function whose body has this position in the binary in it.
    pub fn func_at(&self, position: u32) -> Option<FuncIndex> {
        let position = position as usize;
        let next = self.bodies.partition_point(|b| b.range.start <= position);
        let defined = next.checked_sub(1)?;
        let index = self.func_of(defined);
        self.bodies[defined]
            .range
            .contains(&position)
            .then_some(index)
    }

    /// Index of a defined function.
    pub fn func_of(&self, defined: usize) -> FuncIndex {
        FuncIndex(self.imported.funcs + defined as u32)
    }

    /// What is to know of a defined function as one around transfers.
    pub fn wrapper(&self, defined: usize) -> Wrapper {
        self.wrappers.get(defined).copied().unwrap_or_default()
    }

    /// Name of a function: from the name section, else from an export, else `None`.
    pub fn func_name(&self, func: FuncIndex) -> Option<&str> {
        self.names.func(func).or_else(|| {
            let exported = &self.exported_funcs;
            let found = exported.binary_search_by_key(&func, |(f, _)| *f).ok()?;
            Some(self.exports[exported[found].1 as usize].name.as_str())
        })
    }

    /// The export with a name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        let export = |position: u32| &self.exports[position as usize];
        let by_name = &self.exports_by_name;
        let found = by_name.binary_search_by_key(&name, |&e| export(e).name.as_str());
        Some(export(by_name[found.ok()?]))
    }

    /// Prepares finding exports, once all are there. The validator refuses names that repeat.
    pub(crate) fn index_exports(&mut self) {
        let exports = &self.exports;
        let positions = 0..exports.len() as u32;
        self.exports_by_name = positions.clone().collect();
        self.exports_by_name
            .sort_unstable_by_key(|&e| exports[e as usize].name.as_str());
        let func = |position: u32| match exports[position as usize].item {
            Item::Func(func) => Some((func, position)),
            _ => None,
        };
        self.exported_funcs = positions.filter_map(func).collect();
        self.exported_funcs.sort_unstable();
        self.exported_funcs.dedup_by_key(|(func, _)| *func);
    }

    /// Bytes of a data segment.
    pub fn data_bytes(&self, data: DataIndex) -> &[u8] {
        &self.bytes[self.data[data.index()].range.clone()]
    }

    /// An element segment.
    pub fn elem(&self, elem: ElemIndex) -> &Elem {
        &self.elems[elem.index()]
    }
}
