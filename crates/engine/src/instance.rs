//! Instances and what they export.

use crate::error::Error;
use crate::func::Func;
use crate::global::Global;
use crate::host::WasmValues;
use crate::instantiate::{instantiate, prepare, start_of};
use crate::kept::not_there;
use crate::limiter::Allowance;
use crate::memory::Memory;
use crate::module::Module;
use crate::slots::{FuncNumber, InstanceNumber};
use crate::store::{AsContext, AsContextMut};
use crate::table::Table;
use crate::tag::Tag;
use crate::typed::TypedFunc;
use crate::vm::store::{StoreId, StoreOpaque};
use bident_module::{ExternType, Item, printable};

/// Something that can be exported and imported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

impl Extern {
    /// Its type; sizes are the current ones.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Self::Func(f) => ExternType::Func(f.ty(store)),
            Self::Table(t) => ExternType::Table(t.ty(store)),
            Self::Memory(m) => ExternType::Memory(m.ty(store)),
            Self::Global(g) => ExternType::Global(g.ty(store)),
            Self::Tag(t) => ExternType::Tag(t.ty(store)),
        }
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        if let Self::Func(f) = self {
            Some(f)
        } else {
            None
        }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        if let Self::Table(t) = self {
            Some(t)
        } else {
            None
        }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        if let Self::Memory(m) = self {
            Some(m)
        } else {
            None
        }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        if let Self::Global(g) = self {
            Some(g)
        } else {
            None
        }
    }

    /// The tag, if it is one.
    pub fn into_tag(self) -> Option<Tag> {
        if let Self::Tag(t) = self {
            Some(t)
        } else {
            None
        }
    }
}

macro_rules! from {
    ($($ty:ident)*) => {$(
        impl From<$ty> for Extern {
            fn from(item: $ty) -> Self {
                Self::$ty(item)
            }
        }
    )*};
}

from!(Func Table Memory Global Tag);

/// An instance of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    store: StoreId,
    number: InstanceNumber,
}

impl Instance {
    pub(crate) fn new_handle(store: &StoreOpaque, number: InstanceNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<InstanceNumber, Error> {
        if self.store == store.id && store.instances.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("an instance", self.store == store.id))
        }
    }

    fn own(self, store: &StoreOpaque) -> InstanceNumber {
        self.number_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Number of the exported function with this name.
    pub(crate) fn exported_func(
        self,
        store: &mut StoreOpaque,
        name: &str,
    ) -> Result<Option<FuncNumber>, Error> {
        let own = self.number_in(store)?;
        let module = store.instances[own].module.inner().clone();
        let item = module
            .export(name)
            .map(|export| store.item(own, export.item));
        item.and_then(Extern::into_func)
            .map(|func| func.number_in(store))
            .transpose()
    }

    /// Instantiates a module with imports in the module's order, and runs its start function.
    ///
    /// # Errors
    /// Kind `Link`: number or type of the imports is wrong. Kind `Limit`: a memory or table is too
    /// large, or the system has no memory. Kind `Trap`: a segment does not fit, or the start function trapped. Kind `Usage`: the
    /// module is of another engine, or an import of another store. Or what a host function failed with.
    ///
    /// # Panics
    /// If a host function panics.
    pub fn new(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Self, Error> {
        let inner = store.context_mut().0;
        let number = instantiate(inner, module, imports, |_, _| ())?;
        Ok(Self::new_handle(&inner.opaque, number))
    }

    /// The same without a run of the start function, which comes along: started by [`Func::start`], it
    /// may be parked.
    ///
    /// # Errors
    /// As for [`Instance::new`].
    pub fn without_start(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<(Self, Option<Func>), Error> {
        let opaque = &mut store.context_mut().0.opaque;
        let number = prepare(opaque, module, imports, Allowance::Ask, |_, _| ())?;
        let start = start_of(opaque, number);
        Ok((Self::new_handle(opaque, number), start))
    }

    /// Its module.
    ///
    /// # Panics
    /// If it belongs to another store; so do all functions below that give no `Result`.
    pub fn module(&self, store: impl AsContext) -> Module {
        let store = store.opaque().0;
        store.instances[self.own(store)].module.clone()
    }

    /// The export with this name.
    pub fn get_export(&self, mut store: impl AsContextMut, name: &str) -> Option<Extern> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.own(store);
        let module = store.instances[own].module.inner().clone();
        let export = module.export(name)?;
        Some(store.item(own, export.item))
    }

    /// All exports, in the module's order.
    pub fn exports(&self, mut store: impl AsContextMut) -> Vec<(String, Extern)> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.own(store);
        let module = store.instances[own].module.inner().clone();
        module
            .exports
            .iter()
            .map(|e| (e.name.clone(), store.item(own, e.item)))
            .collect()
    }

    /// The exported function with this name.
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The exported memory with this name.
    pub fn get_memory(&self, store: impl AsContextMut, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The exported table with this name.
    pub fn get_table(&self, store: impl AsContextMut, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The exported global with this name.
    pub fn get_global(&self, store: impl AsContextMut, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The exported tag with this name.
    pub fn get_tag(&self, store: impl AsContextMut, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// The exported function with this name and these types.
    ///
    /// # Errors
    /// Kind `Usage`: there is none, it has other types, or the instance belongs to another store.
    pub fn get_typed_func<P: WasmValues, R: WasmValues>(
        &self,
        mut store: impl AsContextMut,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Error> {
        self.number_in(&store.context_mut().0.opaque)?;
        let func = self.get_func(&mut store, name).ok_or_else(|| {
            let name = printable(name);
            Error::usage(format!("no function is exported as `{name}`"))
        })?;
        func.typed(store)
    }
}

impl StoreOpaque {
    /// What an instance calls by this index.
    pub(crate) fn item(&mut self, instance: InstanceNumber, item: Item) -> Extern {
        let data = &self.instances[instance];
        match item {
            Item::Func(func) => {
                let func_ref = data.func_ref(self, func);
                let number = self.func_number(func_ref);
                Func::new_handle(self, number).into()
            }
            Item::Table(t) => Table::new_handle(self, data.items.tables[t]).into(),
            Item::Memory(m) => Memory::new_handle(self, data.items.memories[m]).into(),
            Item::Global(g) => Global::new_handle(self, data.items.globals[g]).into(),
            Item::Tag(t) => Tag::new_handle(self, data.items.tags[t]).into(),
        }
    }
}
