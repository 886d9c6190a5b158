//! What keeps an instance, or what belongs to one, in its store.
//!
//! ```text
//!  made by the embedder ──► kept ── release ──► there as long as something reaches it ──► given back
//!                            ▲                        │
//!                            └──── keep: a `Kept` ◄───┘
//! ```

use crate::error::Error;
use crate::func::Func;
use crate::global::Global;
use crate::instance::{Extern, Instance};
use crate::memory::Memory;
use crate::slots::Number;
use crate::store::AsContextMut;
use crate::table::Table;
use crate::tag::Tag;
use crate::vm::held::Holding;
use crate::vm::lifetime::Node;
use crate::vm::store::StoreOpaque;
use std::sync::Arc;

/// An instance, or something that can be exported, which its store keeps.
///
/// A store keeps what the embedder makes in it until the store is dropped: [`Instance`], [`Func`] and the
/// others are plain numbers, good as long. That suits stores that do not live long. In one that does,
/// [`Lasting::release`] lets go of an instance, and of memories, tables, globals, tags and host
/// functions that were made by themselves. What was let go of stays as long as something reaches it:
///
/// - an instance or a function that is kept, or has a [`Kept`];
/// - a stack: one that runs, a parked call, a suspended continuation;
/// - a table, a global, an exception, an object, an element segment that is reached itself.
///
/// Then it is given back at some later collection, or at the next [`crate::Store::gc`]: with memory,
/// tables and, if no other instance uses it, machine code. A handle that is left over finds nothing: what
/// gives a [`Result`] fails with an error of kind `Usage`, what gives none panics.
///
/// An instance is reached by its functions, and by the tables and globals that it defines, not by a
/// memory or tag.
///
/// ```
/// use bident::{Engine, Instance, Lasting, Module, Store};
///
/// # fn main() -> Result<(), bident::Error> {
/// let engine = Engine::default();
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))"#)?;
/// let mut store = Store::new(&engine, ());
/// // More than there is address space for at once.
/// for _ in 0..20_000 {
///     let instance = Instance::new(&mut store, &module, &[])?;
///     instance.get_typed_func::<(), i32>(&mut store, "f")?.call(&mut store, ())?;
///     instance.release(&mut store)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "what is kept is let go when this is dropped"]
pub struct Kept(Arc<Holding>);

impl Kept {
    /// An owner has this clone.
    pub(crate) fn count(&self) {
        crate::vm::held::count(&self.0);
    }

    pub(crate) fn holding(&self) -> &Holding {
        &self.0
    }

    /// Whether it belongs to a store.
    pub fn belongs_to(&self, store: impl crate::AsContext) -> bool {
        self.0.belongs_to(store.opaque().0)
    }
}

/// What a store keeps: an [`Instance`], a [`Func`], [`Memory`], [`Table`], [`Global`], [`Tag`] or [`Extern`].
pub trait Lasting: Copy + sealed::Item {
    /// Keeps it until the last clone of what this gives is dropped, whoever lets go of it.
    ///
    /// # Errors
    /// Kind `Usage`: it belongs to another store, or was given back.
    fn keep(self, mut store: impl AsContextMut) -> Result<Kept, Error> {
        let store = &mut store.context_mut().0.opaque;
        let node = self.node_in(store)?;
        Ok(Kept(store.keep(node)))
    }

    /// The instance that is there as long as it: that which defines it, unless it is a memory or a tag.
    fn home(self, mut store: impl AsContextMut) -> Option<Instance> {
        let store = &store.context_mut().0.opaque;
        let number = match self.node_in(store).ok()? {
            Node::Instance(slot) => store.instances.number(slot),
            Node::Func(slot) => store.defining(store.funcs.number(slot))?.0,
            Node::Table(slot) => store.tables.in_slot(slot).home?,
            Node::Global(slot) => store.globals.in_slot(slot).home?,
            Node::Memory(_) | Node::Tag(_) | Node::Second(_) | Node::Code(_) => return None,
        };
        Some(Instance::new_handle(store, number))
    }

    /// Lets go of it: see [`Kept`].
    ///
    /// # Errors
    /// As for [`Self::keep`].
    fn release(self, mut store: impl AsContextMut) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let node = self.node_in(store)?;
        store.release(node);
        Ok(())
    }
}

mod sealed {
    use super::{Error, Node, StoreOpaque};

    pub trait Item {
        #[doc(hidden)]
        #[expect(private_interfaces, reason = "sealed")]
        fn node_in(self, store: &StoreOpaque) -> Result<Node, Error>;
    }
}

macro_rules! lasting {
    ($($item:ty => $node:ident;)*) => {$(
        impl Lasting for $item {}

        impl sealed::Item for $item {
            #[expect(private_interfaces, reason = "sealed")]
            fn node_in(self, store: &StoreOpaque) -> Result<Node, Error> {
                Ok(Node::$node(self.number_in(store)?.slot()))
            }
        }
    )*};
}

lasting! {
    Instance => Instance;
    Func => Func;
    Table => Table;
    Memory => Memory;
    Global => Global;
    Tag => Tag;
}

impl Lasting for Extern {}

impl sealed::Item for Extern {
    #[expect(private_interfaces, reason = "sealed")]
    fn node_in(self, store: &StoreOpaque) -> Result<Node, Error> {
        match self {
            Self::Func(func) => func.node_in(store),
            Self::Table(table) => table.node_in(store),
            Self::Memory(memory) => memory.node_in(store),
            Self::Global(global) => global.node_in(store),
            Self::Tag(tag) => tag.node_in(store),
        }
    }
}

impl StoreOpaque {
    /// Lets go of an item.
    fn release(&mut self, node: Node) {
        self.fresh.let_go();
        match node {
            Node::Instance(slot) => self.instances.release(self.instances.number(slot)),
            Node::Func(slot) => self.funcs.release(self.funcs.number(slot)),
            Node::Table(slot) => self.tables.release(self.tables.number(slot)),
            Node::Memory(slot) => self.memories.release(self.memories.number(slot)),
            Node::Global(slot) => self.globals.release(self.globals.number(slot)),
            Node::Tag(slot) => self.tags.release(self.tags.number(slot)),
            Node::Second(_) | Node::Code(_) => {}
        }
    }

    /// An instance keeps an item from now on, in the place of the store. Where there is no memory to note
    /// it, the store goes on to keep it.
    pub(crate) fn adopt(&mut self, instance: crate::slots::InstanceNumber, node: Node) {
        let adopted = &mut self.instances[instance].adopted;
        if adopted.try_reserve(1).is_ok() {
            adopted.push(node);
            self.release(node);
        }
    }
}

/// Why a handle finds nothing.
#[cold]
pub(crate) fn not_there(what: &str, of_store: bool) -> Error {
    Error::usage(match of_store {
        true => format!("{what} that was given back: nobody kept it"),
        false => format!("{what} of another store"),
    })
}
