//! Identity of defined types: which types of different modules are the same.
//!
//! Types are equal when their whole recursion groups are, position by position. A group is compared
//! by its **shape**: references to types of the same group are positions in it, references to
//! earlier types are their ids, which are known by then.
//!
//! ```text
//! (rec (type $f (func (param (ref $c))))     shape: func(ref #1) , cont #0
//!      (type $c (cont $f)))                  same shape ⇒ same ids, in whatever module
//! ```

use crate::index::TypeIndex;
use crate::types::{
    Composite, DefinedType, ExternType, FieldType, FuncType, GlobalType, HeapType, Kind, RefType,
    TableType, TypeId, ValType,
};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The defined types that an engine knows, each once.
///
/// Types are never forgotten: ids are in compiled code.
#[derive(Default, Debug)]
pub struct Registry {
    types: Vec<CanonType>,
    /// First type of every group, by the group's shape.
    groups: HashMap<Box<[Shape]>, TypeId>,
}

/// A defined type as an engine knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CanonType {
    /// What it describes.
    pub composite: CanonComposite,
    /// The type it declares itself a subtype of.
    pub supertype: Option<TypeId>,
    /// Whether no type may declare itself a subtype of it.
    pub is_final: bool,
}

/// Content of a [`CanonType`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CanonComposite {
    /// A function type.
    Func(FuncType),
    /// A continuation type: the function type that its continuations go on as.
    Cont(TypeId),
    /// A structure type: its fields.
    Struct(Arc<[FieldType]>),
    /// An array type: what each of its elements is.
    Array(FieldType),
}

impl CanonComposite {
    /// What it describes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Func(_) => Kind::Func,
            Self::Cont(_) => Kind::Cont,
            Self::Struct(_) => Kind::Struct,
            Self::Array(_) => Kind::Array,
        }
    }
}

/// A type of a group, for comparison with other groups. In what it is made of, [`HeapType::Index`] is a
/// position in the group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Shape {
    composite: ShapeComposite,
    supertype: Option<Reference>,
    is_final: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum ShapeComposite {
    Func(FuncType),
    Cont(Reference),
    Struct(Arc<[FieldType]>),
    Array(FieldType),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Reference {
    /// A position in the same group.
    Inside(u32),
    /// A type of an earlier group.
    Known(TypeId),
}

impl Registry {
    /// Registers the types of a validated module; the ids, by type index.
    pub fn register(&mut self, types: &[DefinedType], groups: &[Range<u32>]) -> Vec<TypeId> {
        let mut ids = Vec::with_capacity(types.len());
        for group in groups {
            let shapes = shapes(types, group.clone(), &ids);
            let first = self.intern(&shapes);
            ids.extend((0..group.len() as u32).map(|i| TypeId(first.0 + i)));
        }
        ids
    }

    /// Id of a function type that embedders give: final, alone in its group, without supertype.
    ///
    /// References in it are those of an engine ([`HeapType::Canon`]).
    pub fn func(&mut self, ty: &FuncType) -> TypeId {
        self.intern(&[Shape {
            composite: ShapeComposite::Func(ty.clone()),
            supertype: None,
            is_final: true,
        }])
    }

    /// The identity of a function type that an embedder gives. One that knows its identity comes from here;
    /// where it comes from another registry, it is taken by what it reads.
    pub fn given_func(&mut self, ty: &FuncType) -> TypeId {
        let is_it = |id: &TypeId| {
            let known = self.types.get(id.0 as usize);
            known
                .is_some_and(|known| matches!(&known.composite, CanonComposite::Func(f) if f == ty))
        };
        match ty.id().filter(is_it) {
            Some(id) => id,
            None => self.func(ty),
        }
    }

    /// Whether a type that an embedder gives means something here: every type in it that is defined
    /// is one of this registry.
    pub fn knows(&self, ty: ValType) -> bool {
        let ValType::Ref(ty) = ty else { return true };
        match ty.heap {
            HeapType::Index(_) => false,
            HeapType::Canon(id, kind) => {
                let known = self.types.get(id.0 as usize);
                known.is_some_and(|ty| ty.composite.kind() == kind)
            }
            _ => true,
        }
    }

    /// How many types there are: their ids are the numbers below.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// A type.
    ///
    /// # Panics
    /// If the id is none of this registry.
    pub fn get(&self, id: TypeId) -> &CanonType {
        &self.types[id.0 as usize]
    }

    /// Whether a type is another one, or was declared a subtype of it, possibly through others.
    pub fn is_subtype(&self, given: TypeId, wanted: TypeId) -> bool {
        // The validator limits the length of such chains.
        let mut next = Some(given);
        while let Some(id) = next {
            if id == wanted {
                return true;
            }
            next = self.get(id).supertype;
        }
        false
    }

    /// Whether every value of one value type is a value of another. Types are those of an engine.
    pub fn val_matches(&self, given: ValType, wanted: ValType) -> bool {
        match (given, wanted) {
            (ValType::Ref(given), ValType::Ref(wanted)) => self.ref_matches(given, wanted),
            (given, wanted) => given == wanted,
        }
    }

    /// Whether every value of one reference type is a value of another. Types are those of an
    /// engine.
    pub fn ref_matches(&self, given: RefType, wanted: RefType) -> bool {
        (wanted.nullable || !given.nullable) && self.heap_matches(given.heap, wanted.heap)
    }

    fn heap_matches(&self, given: HeapType, wanted: HeapType) -> bool {
        use HeapType::*;
        match (given, wanted) {
            (Canon(given, _), Canon(wanted, _)) => self.is_subtype(given, wanted),
            (NoFunc | Canon(_, Kind::Func), Func) | (NoFunc, Canon(_, Kind::Func)) => true,
            (NoCont | Canon(_, Kind::Cont), Cont) | (NoCont, Canon(_, Kind::Cont)) => true,
            (NoExtern, Extern) | (NoExn, Exn) => true,
            (None, I31 | Struct | Array | Eq | Any) => true,
            (I31 | Struct | Array, Eq | Any) | (Eq, Any) => true,
            (Canon(_, Kind::Struct), Struct) | (Canon(_, Kind::Array), Array) => true,
            (Canon(_, Kind::Struct | Kind::Array), Eq | Any) => true,
            (None, Canon(_, Kind::Struct | Kind::Array)) => true,
            (given, wanted) => given == wanted,
        }
    }

    /// First id of the group of this shape.
    fn intern(&mut self, shapes: &[Shape]) -> TypeId {
        if let Some(&first) = self.groups.get(shapes) {
            return first;
        }
        let first = TypeId(self.types.len() as u32);
        let types = shapes.iter().map(|shape| shape.resolve(first, shapes));
        self.types.extend(types);
        self.groups.insert(shapes.into(), first);
        first
    }
}

/// Shapes of the types of a group, given the ids of all earlier types.
fn shapes(types: &[DefinedType], group: Range<u32>, ids: &[TypeId]) -> Vec<Shape> {
    let reference = |index: TypeIndex| match index.0.checked_sub(group.start) {
        Some(position) => Reference::Inside(position),
        None => Reference::Known(ids[index.index()]),
    };
    let heap = |heap| match heap {
        HeapType::Index(index) => match reference(index) {
            Reference::Inside(position) => HeapType::Index(TypeIndex(position)),
            Reference::Known(id) => HeapType::Canon(id, types[index.index()].kind()),
        },
        heap => heap,
    };
    let group = &types[group.start as usize..group.end as usize];
    let shape = |ty: &DefinedType| Shape {
        composite: match &ty.composite {
            Composite::Func(func) => ShapeComposite::Func(func.map_heap(heap)),
            Composite::Cont(func) => ShapeComposite::Cont(reference(*func)),
            Composite::Struct(fields) => {
                ShapeComposite::Struct(fields.iter().map(|field| field.map_heap(heap)).collect())
            }
            Composite::Array(element) => ShapeComposite::Array(element.map_heap(heap)),
        },
        supertype: ty.supertype.map(reference),
        is_final: ty.is_final,
    };
    group.iter().map(shape).collect()
}

impl Shape {
    fn kind(&self) -> Kind {
        match self.composite {
            ShapeComposite::Func(_) => Kind::Func,
            ShapeComposite::Cont(_) => Kind::Cont,
            ShapeComposite::Struct(_) => Kind::Struct,
            ShapeComposite::Array(_) => Kind::Array,
        }
    }

    /// The type of this shape, in a group whose first type has id `first`.
    fn resolve(&self, first: TypeId, group: &[Shape]) -> CanonType {
        let reference = |reference| match reference {
            Reference::Inside(position) => TypeId(first.0 + position),
            Reference::Known(id) => id,
        };
        let heap = |heap| match heap {
            HeapType::Index(TypeIndex(position)) => {
                let kind = group[position as usize].kind();
                HeapType::Canon(TypeId(first.0 + position), kind)
            }
            heap => heap,
        };
        CanonType {
            composite: match &self.composite {
                ShapeComposite::Func(func) => CanonComposite::Func(func.map_heap(heap)),
                ShapeComposite::Cont(func) => CanonComposite::Cont(reference(*func)),
                ShapeComposite::Struct(fields) => CanonComposite::Struct(
                    fields.iter().map(|field| field.map_heap(heap)).collect(),
                ),
                ShapeComposite::Array(element) => CanonComposite::Array(element.map_heap(heap)),
            },
            supertype: self.supertype.map(reference),
            is_final: self.is_final,
        }
    }
}

/// Types of a module to types of its engine.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a> {
    /// The module's type section.
    pub types: &'a [DefinedType],
    /// What [`Registry::register`] gave for it.
    pub ids: &'a [TypeId],
}

impl Canonical<'_> {
    fn heap_type(self, heap: HeapType) -> HeapType {
        match heap {
            HeapType::Index(index) => {
                HeapType::Canon(self.ids[index.index()], self.types[index.index()].kind())
            }
            heap => heap,
        }
    }

    /// A reference type.
    pub fn ref_type(self, ty: RefType) -> RefType {
        let heap = self.heap_type(ty.heap);
        RefType { heap, ..ty }
    }

    /// A value type.
    pub fn val_type(self, ty: ValType) -> ValType {
        match ty {
            ValType::Ref(ty) => ValType::Ref(self.ref_type(ty)),
            other => other,
        }
    }

    /// A function type.
    pub fn func_type(self, ty: &FuncType) -> FuncType {
        ty.map_heap(|heap| self.heap_type(heap))
    }

    /// A table type.
    pub fn table_type(self, ty: TableType) -> TableType {
        let element = self.ref_type(ty.element);
        TableType { element, ..ty }
    }

    /// A global type.
    pub fn global_type(self, ty: GlobalType) -> GlobalType {
        let content = self.val_type(ty.content);
        GlobalType { content, ..ty }
    }

    /// Type of an import or an export.
    pub fn extern_type(self, ty: ExternType) -> ExternType {
        match ty {
            ExternType::Func(ty) => ExternType::Func(self.func_type(&ty)),
            ExternType::Table(ty) => ExternType::Table(self.table_type(ty)),
            ExternType::Memory(ty) => ExternType::Memory(ty),
            ExternType::Global(ty) => ExternType::Global(self.global_type(ty)),
            ExternType::Tag(ty) => ExternType::Tag(self.func_type(&ty)),
        }
    }
}
