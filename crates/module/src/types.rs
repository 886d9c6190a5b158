//! Types of the WebAssembly language, as far as the features of [`crate::Optional::features`] reach.

use crate::index::TypeIndex;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What a reference may refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeapType {
    /// Any function.
    Func,
    /// A value of the host.
    Extern,
    /// An exception.
    Exn,
    /// Any continuation.
    Cont,
    /// No function: only null.
    NoFunc,
    /// No value of the host: only null.
    NoExtern,
    /// No exception: only null.
    NoExn,
    /// No continuation: only null.
    NoCont,
    /// Any garbage-collected value, or one of the host that became one.
    Any,
    /// Any garbage-collected value that `ref.eq` compares.
    Eq,
    /// A number of 31 bits.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// No garbage-collected value: only null.
    None,
    /// A type of the module's type section. Only inside a [`crate::Module`].
    Index(TypeIndex),
    /// A type as an engine knows it, the same across modules. Only outside of modules.
    Canon(TypeId, Kind),
}

/// Identity of a defined type in an engine: equal types of different modules have the same
/// ([`crate::Registry`]). Compiled code knows it as a number of 4 bytes.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

/// What a defined type describes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Functions.
    Func,
    /// Continuations.
    Cont,
    /// Structures.
    Struct,
    /// Arrays.
    Array,
}

/// A reference type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefType {
    /// Whether null is among its values.
    pub nullable: bool,
    /// What the others refer to.
    pub heap: HeapType,
}

impl RefType {
    /// `funcref`.
    pub const FUNC: Self = Self::nullable(HeapType::Func);
    /// `externref`.
    pub const EXTERN: Self = Self::nullable(HeapType::Extern);
    /// `exnref`.
    pub const EXN: Self = Self::nullable(HeapType::Exn);
    /// `contref`.
    pub const CONT: Self = Self::nullable(HeapType::Cont);
    /// `anyref`.
    pub const ANY: Self = Self::nullable(HeapType::Any);

    /// `(ref null heap)`.
    pub const fn nullable(heap: HeapType) -> Self {
        let nullable = true;
        Self { nullable, heap }
    }
}

/// A value type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Vector of 128 bits.
    V128,
    /// Reference.
    Ref(RefType),
}

impl ValType {
    /// `funcref`.
    pub const FUNCREF: Self = Self::Ref(RefType::FUNC);
    /// `externref`.
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERN);
    /// `exnref`.
    pub const EXNREF: Self = Self::Ref(RefType::EXN);
    /// `contref`.
    pub const CONTREF: Self = Self::Ref(RefType::CONT);
    /// `anyref`.
    pub const ANYREF: Self = Self::Ref(RefType::ANY);

    /// Whether values of this type are numbers: neither vectors nor references.
    pub fn is_number(self) -> bool {
        matches!(self, Self::I32 | Self::I64 | Self::F32 | Self::F64)
    }

    /// Whether values of this type travel in floating-point registers, as vectors do, too.
    pub fn in_float_register(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::V128)
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Func => "func",
            Self::Extern => "extern",
            Self::Exn => "exn",
            Self::Cont => "cont",
            Self::NoFunc => "nofunc",
            Self::NoExtern => "noextern",
            Self::NoExn => "noexn",
            Self::NoCont => "nocont",
            Self::Any => "any",
            Self::Eq => "eq",
            Self::I31 => "i31",
            Self::Struct => "struct",
            Self::Array => "array",
            Self::None => "none",
            Self::Index(index) => return write!(f, "{}", index.0),
            Self::Canon(id, Kind::Func) => return write!(f, "func type {}", id.0),
            Self::Canon(id, Kind::Cont) => return write!(f, "cont type {}", id.0),
            Self::Canon(id, Kind::Struct) => return write!(f, "struct type {}", id.0),
            Self::Canon(id, Kind::Array) => return write!(f, "array type {}", id.0),
        })
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::NoFunc) => f.write_str("nullfuncref"),
            (true, HeapType::NoExtern) => f.write_str("nullexternref"),
            (true, HeapType::NoExn) => f.write_str("nullexnref"),
            (true, HeapType::NoCont) => f.write_str("nullcontref"),
            (true, HeapType::None) => f.write_str("nullref"),
            (true, heap @ (HeapType::Index(_) | HeapType::Canon(..))) => {
                write!(f, "(ref null {heap})")
            }
            (true, heap) => write!(f, "{heap}ref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::Ref(r) => r.fmt(f),
        }
    }
}

/// A function type. Cheap to clone.
///
/// Types are equal here that read the same. Those of an engine may still differ, by their group and by their
/// supertype: one that comes from there knows which it is.
#[derive(Clone, Debug)]
pub struct FuncType {
    types: Arc<[ValType]>,
    params: usize,
    id: Option<TypeId>,
}

impl PartialEq for FuncType {
    fn eq(&self, other: &Self) -> bool {
        (&self.types, self.params) == (&other.types, other.params)
    }
}

impl Eq for FuncType {}

impl Hash for FuncType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.types, self.params).hash(state);
    }
}

impl FuncType {
    /// A type with these parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = types.len();
        types.extend(results);
        Self {
            types: types.into(),
            params,
            id: None,
        }
    }

    /// The same, known to be the type with this identity.
    #[must_use]
    pub fn identified(self, id: TypeId) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    /// Which type of an engine it is, if it comes from one.
    pub fn id(&self) -> Option<TypeId> {
        self.id
    }

    /// Parameter types, first to last.
    #[inline]
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params]
    }

    /// Result types, first to last.
    #[inline]
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params..]
    }

    /// The type with what its references refer to exchanged.
    pub(crate) fn map_heap(&self, map: impl Fn(HeapType) -> HeapType) -> Self {
        let map = |ty: &ValType| match *ty {
            ValType::Ref(RefType { nullable, heap }) => ValType::Ref(RefType {
                nullable,
                heap: map(heap),
            }),
            other => other,
        };
        if self.types.iter().all(|ty| map(ty) == *ty) {
            return self.clone();
        }
        Self {
            types: self.types.iter().map(map).collect(),
            params: self.params,
            id: None,
        }
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        list(f, self.params())?;
        f.write_str(" -> ")?;
        list(f, self.results())
    }
}

/// A type of the type section.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DefinedType {
    /// What it describes.
    pub composite: Composite,
    /// The type it declares itself a subtype of.
    pub supertype: Option<TypeIndex>,
    /// Whether no type may declare itself a subtype of it.
    pub is_final: bool,
}

impl DefinedType {
    /// What it describes.
    pub fn kind(&self) -> Kind {
        match self.composite {
            Composite::Func(_) => Kind::Func,
            Composite::Cont(_) => Kind::Cont,
            Composite::Struct(_) => Kind::Struct,
            Composite::Array(_) => Kind::Array,
        }
    }
}

/// Content of a [`DefinedType`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Composite {
    /// A function type.
    Func(FuncType),
    /// A continuation type: the function type that its continuations go on as.
    Cont(TypeIndex),
    /// A structure type: its fields.
    Struct(Arc<[FieldType]>),
    /// An array type: what each of its elements is.
    Array(FieldType),
}

/// What a field of a structure, or an element of an array, holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StorageType {
    /// 8 bits of an `i32`.
    I8,
    /// 16 bits of an `i32`.
    I16,
    /// A value.
    Val(ValType),
}

impl StorageType {
    /// Type of what is read from it.
    pub fn unpacked(self) -> ValType {
        match self {
            Self::I8 | Self::I16 => ValType::I32,
            Self::Val(ty) => ty,
        }
    }
}

/// A field of a structure, or what each element of an array is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FieldType {
    /// What it holds.
    pub storage: StorageType,
    /// Whether it may be written.
    pub mutable: bool,
}

impl FieldType {
    /// The type with what its references refer to exchanged.
    pub(crate) fn map_heap(self, map: impl Fn(HeapType) -> HeapType) -> Self {
        let storage = match self.storage {
            StorageType::Val(ValType::Ref(RefType { nullable, heap })) => {
                let heap = map(heap);
                StorageType::Val(ValType::Ref(RefType { nullable, heap }))
            }
            other => other,
        };
        Self { storage, ..self }
    }
}

/// Bounds of a table (in elements) or of a memory (in pages).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Size at the start.
    pub min: u64,
    /// Largest size, if the module gives one.
    pub max: Option<u64>,
}

/// What the positions in a memory or table are, and its sizes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddressType {
    /// 32 bits wide.
    I32,
    /// 64 bits wide.
    I64,
}

impl AddressType {
    /// That of lengths which both kinds of positions have to hold.
    pub fn narrower(self, other: Self) -> Self {
        match (self, other) {
            (Self::I64, Self::I64) => Self::I64,
            _ => Self::I32,
        }
    }
}

impl fmt::Display for AddressType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

/// A table type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct TableType {
    /// What an element holds.
    pub element: RefType,
    /// Size in elements.
    pub limits: Limits,
    /// What its positions are.
    pub address: AddressType,
}

impl TableType {
    /// A table with 32-bit positions: sizes in elements.
    pub const fn new(element: RefType, min: u64, max: Option<u64>) -> Self {
        Self {
            element,
            limits: Limits { min, max },
            address: AddressType::I32,
        }
    }

    /// A table with 64-bit positions: sizes in elements.
    pub const fn new64(element: RefType, min: u64, max: Option<u64>) -> Self {
        let address = AddressType::I64;
        Self {
            address,
            ..Self::new(element, min, max)
        }
    }

    /// Most elements that such a table can have, by the specification.
    pub const fn most_elements(&self) -> u64 {
        match self.address {
            AddressType::I32 => u32::MAX as u64,
            AddressType::I64 => u64::MAX,
        }
    }
}

/// A memory type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct MemoryType {
    /// Size in pages.
    pub limits: Limits,
    /// What its positions are.
    pub address: AddressType,
    /// Size of a page in bytes, as a power of two: 16, for 64 KiB, or 0.
    pub page_size_log2: u8,
    /// Whether several stores, on several threads, may use it at once. It has a maximum then.
    pub shared: bool,
}

impl MemoryType {
    /// A memory with 32-bit positions: sizes in pages of 64 KiB.
    pub const fn new(min: u64, max: Option<u64>) -> Self {
        Self {
            limits: Limits { min, max },
            address: AddressType::I32,
            page_size_log2: 16,
            shared: false,
        }
    }

    /// A memory with 64-bit positions: sizes in pages of 64 KiB.
    pub const fn new64(min: u64, max: Option<u64>) -> Self {
        let address = AddressType::I64;
        Self {
            address,
            ..Self::new(min, max)
        }
    }

    /// The same with pages, in which its limits count, of one byte.
    pub const fn with_pages_of_a_byte(self) -> Self {
        Self {
            page_size_log2: 0,
            ..self
        }
    }

    /// The same, to be used by several stores at once: see `bident::SharedMemory`.
    pub const fn to_be_shared(self) -> Self {
        Self {
            shared: true,
            ..self
        }
    }

    /// Size of a page in bytes.
    pub const fn page_size(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// Most pages that such a memory can have, by the specification.
    pub const fn most_pages(&self) -> u64 {
        match (self.address, self.page_size_log2) {
            (AddressType::I32, 0) => u32::MAX as u64,
            (AddressType::I32, log2) => 1 << (32 - log2),
            (AddressType::I64, 0) => u64::MAX,
            (AddressType::I64, log2) => 1 << (64 - log2),
        }
    }
}

/// A global type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    /// What the global holds.
    pub content: ValType,
    /// Whether `global.set` is allowed.
    pub mutable: bool,
}

/// Type of an import or an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag, with the parameters it carries and the results a suspension with it gives.
    Tag(FuncType),
}

impl ExternType {
    /// The word the text format uses: `func`, `table`, `memory`, `global` or `tag`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Func(_) => "func",
            Self::Table(_) => "table",
            Self::Memory(_) => "memory",
            Self::Global(_) => "global",
            Self::Tag(_) => "tag",
        }
    }
}
