//! Who owns the functions that an instance imports, so that QuickJS's collector finds cycles through it.
//!
//! ```text
//!   exports object ──► exported function ──► node of the instance ──► functions that it imports ─┐
//!        ▲              table, global             │                                              │
//!        │                                        └──► nodes of instances that it imports from   │
//!        └─────────────────── what such a function closes over ◄─────────────────────────────────┘
//! ```
//!
//! A *node* is an object that JavaScript never sees. Whatever can lead to the instance must hold its node: when
//! the node goes, so do the functions. JavaScript gets at an instance through what it exports, which holds the
//! node; a call that waits holds the function that was called. But QuickJS sees nothing of what lies in the
//! engine: a table of another instance, an object, a stack that WebAssembly made. So
//!
//! - an instance whose module could let functions out by itself has no node ([`Module::lets_functions_out`]);
//! - where JavaScript hands a function in, or an instance without node imports something, what belongs to it
//!   *escapes*: the realm holds the node as long as the instance is there, or one of the functions: WebAssembly may
//!   have that from the instance and have forgotten the instance.
//!
//! Without a node the realm owns the functions, as long as the host functions are there that call them: a cycle
//! through them lasts as long as the context.

use super::Payload;
use super::import::Import;
use super::objects::Cache;
use super::realm::{HostData, Realm};
use crate::raw::{self, Attempt, Env, Marker, Own, Stored};
use bident::{Extern, Func, Instance, Lasting, Module, StoreContextMut};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The payload of a node.
#[derive(Default)]
pub(crate) struct Node {
    /// Functions that were made for it.
    imports: RefCell<Vec<(Func, Rc<Import>)>>,
    /// Nodes of the instances that it imports from.
    uses: RefCell<Vec<Stored>>,
    /// Objects of functions that WebAssembly gave to JavaScript: each time the same, with what was set on it.
    functions: RefCell<Vec<Stored>>,
    escaped: Cell<bool>,
}

impl Node {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        let imports = self.imports.borrow();
        imports.iter().for_each(|(_, import)| import.mark(marker));
        let uses = self.uses.borrow();
        uses.iter().for_each(|node| node.mark(marker));
        let functions = self.functions.borrow();
        functions.iter().for_each(|object| object.mark(marker));
    }
}

/// The nodes of a realm.
#[derive(Default)]
pub(super) struct Nodes {
    all: Cache<Instance>,
    escaped: RefCell<Vec<(Instance, Stored)>>,
    /// Once so many have escaped, those are looked for whose instance is gone.
    enough: Cell<usize>,
}

/// Nobody looks for those whose instance is gone among fewer.
const FEW: usize = 32;

impl Nodes {
    /// Tells the collector about what has escaped.
    pub(super) fn mark(&self, marker: &Marker) {
        let escaped = self.escaped.borrow();
        escaped.iter().for_each(|(_, node)| node.mark(marker));
    }

    /// Forgets what has escaped.
    pub(super) fn clear(&self) {
        drop(self.escaped.take());
    }

    fn add_escaped(
        &self,
        instance: Instance,
        node: Stored,
        is_there: impl Fn(Instance, &Stored) -> bool,
    ) {
        let mut gone = Vec::new();
        let mut escaped = self.escaped.borrow_mut();
        if escaped.len() >= self.enough.get().max(FEW) {
            let all = std::mem::take(&mut *escaped);
            let (there, others) = all
                .into_iter()
                .partition(|(instance, node)| is_there(*instance, node));
            (*escaped, gone) = (there, others);
            self.enough.set(2 * escaped.len());
        }
        escaped.push((instance, node));
        drop(escaped);
        // May run finalizers that look here.
        drop(gone);
    }
}

impl Realm {
    /// An instance was made, of these imports: makes its node, which takes the functions over that were made
    /// for it.
    pub(super) fn add_node<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        module: &Module,
        instance: Instance,
        imports: &[Extern],
    ) -> Attempt<Option<Own<'js>>> {
        if module.lets_functions_out() {
            imports.iter().for_each(|item| self.escape(env, *item));
            return Ok(None);
        }
        let node = Payload::Node(Node::default());
        let object = self.classes.create(env, env.null().get(), node)?;
        if let Some(Payload::Node(node)) = raw::payload(self.classes, object.get()) {
            for item in imports {
                let own = match item {
                    Extern::Func(func) => {
                        let own = self.imports.take_over(*func, instance);
                        own.map(|import| (*func, import))
                    }
                    _ => None,
                };
                match own {
                    Some(import) => node.imports.borrow_mut().push(import),
                    None => {
                        let used = self.node_of(env, *item).map(|(_, node)| node.store());
                        node.uses.borrow_mut().extend(used);
                    }
                }
            }
        }
        self.nodes.all.insert(self, instance, object.get());
        Ok(Some(object))
    }

    /// The node that what leads to an item must hold, with its instance.
    pub(super) fn node_of<'js>(
        &self,
        env: Env<'js>,
        item: impl Lasting + Into<Extern>,
    ) -> Option<(Instance, Own<'js>)> {
        let home = |store: &mut StoreContextMut<'_, HostData>| item.home(store);
        let importer = || match item.into() {
            Extern::Func(func) => self.imports.importer(func),
            _ => None,
        };
        let instance = self.store.with(home).or_else(importer)?;
        Some((instance, self.nodes.all.get(env, &instance)?))
    }

    /// The object of a function that WebAssembly gives to JavaScript by itself, from a table for one. As
    /// programs can get it again, the instance keeps it, with what they set on it; unless it has escaped, for
    /// the object keeps the instance.
    pub(super) fn given_function<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        func: Func,
    ) -> Attempt<Own<'js>> {
        let object = self.function_object(env, func)?;
        if let Some(Payload::Function(function)) = raw::payload(self.classes, object.get())
            && !function.given.replace(true)
            && let Some((_, owner)) = self.node_of(env, func)
            && let Some(Payload::Node(node)) = raw::payload(self.classes, owner.get())
            && !node.escaped.get()
        {
            let stored = object.get().to_owned(env).store();
            node.functions.borrow_mut().push(stored);
        }
        Ok(object)
    }

    /// From now on something may lead to an item that QuickJS does not see.
    pub(super) fn escape(&self, env: Env<'_>, item: impl Lasting + Into<Extern>) {
        let Some((instance, object)) = self.node_of(env, item) else {
            return;
        };
        if let Some(Payload::Node(node)) = raw::payload(self.classes, object.get())
            && !node.escaped.replace(true)
        {
            let is_there = |instance: Instance, node: &Stored| self.is_used(instance, node);
            let functions = node.functions.take();
            self.nodes.add_escaped(instance, object.store(), is_there);
            // May run finalizers that look here.
            drop(functions);
        }
    }

    /// Whether an instance is there, or a function that was made for it.
    fn is_used(&self, instance: Instance, node: &Stored) -> bool {
        let payload = raw::payload(self.classes, node.get());
        self.store.with(|store| {
            let has_function = match payload {
                Some(Payload::Node(node)) => {
                    let imports = node.imports.borrow();
                    imports
                        .iter()
                        .any(|(func, _)| func.keep(&mut *store).is_ok())
                }
                _ => false,
            };
            has_function || instance.keep(&mut *store).is_ok()
        })
    }
}
