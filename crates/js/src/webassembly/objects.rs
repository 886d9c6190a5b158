//! One JavaScript object per thing of the store, so that JavaScript can compare them.

use super::realm::Realm;
use super::{Payload, function};
use crate::raw::{Attempt, Env, Marker, Own, Stored};
use bident::{Extern, Func, Global, Memory, Table, Tag};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// The objects of a realm.
#[derive(Default)]
pub(super) struct Objects {
    functions: Cache<Func>,
    memories: Cache<Memory>,
    tables: Cache<Table>,
    globals: Cache<Global>,
    tags: Cache<Tag>,
}

type Cache<K> = RefCell<HashMap<K, Stored>>;

impl Objects {
    /// Tells the collector about the objects.
    pub(super) fn mark(&self, marker: &Marker) {
        fn all<K>(marker: &Marker, cache: &Cache<K>) {
            let cache = cache.borrow();
            cache.values().for_each(|object| object.mark(marker));
        }
        all(marker, &self.functions);
        all(marker, &self.memories);
        all(marker, &self.tables);
        all(marker, &self.globals);
        all(marker, &self.tags);
    }

    /// Forgets the objects. Each map is taken out before it is dropped: a drop may run finalizers
    /// that look here.
    pub(super) fn clear(&self) {
        drop(self.functions.take());
        drop(self.memories.take());
        drop(self.tables.take());
        drop(self.globals.take());
        drop(self.tags.take());
    }
}

impl Realm {
    /// The JavaScript object for something of the store.
    pub(super) fn object_of<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        item: Extern,
    ) -> Attempt<Own<'js>> {
        match item {
            Extern::Func(func) => self.function_object(env, func),
            Extern::Memory(memory) => cached(&self.objects.memories, env, memory, || {
                self.create(
                    env,
                    |i| &i.memory,
                    Payload::Memory(self.reference(env), memory),
                )
            }),
            Extern::Table(table) => cached(&self.objects.tables, env, table, || {
                self.create(
                    env,
                    |i| &i.table,
                    Payload::Table(self.reference(env), table),
                )
            }),
            Extern::Global(global) => cached(&self.objects.globals, env, global, || {
                self.create(
                    env,
                    |i| &i.global,
                    Payload::Global(self.reference(env), global),
                )
            }),
            Extern::Tag(tag) => cached(&self.objects.tags, env, tag, || {
                self.create(env, |i| &i.tag, Payload::Tag(self.reference(env), tag))
            }),
        }
    }

    /// The exported function for a function of the store.
    pub(super) fn function_object<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        func: Func,
    ) -> Attempt<Own<'js>> {
        cached(&self.objects.functions, env, func, || {
            function::create(self, env, func)
        })
    }

    /// Makes `object`, which a constructor has made, the one that stands for `item`.
    pub(super) fn adopt(&self, item: Extern, object: Stored) {
        match item {
            Extern::Func(func) => drop(self.objects.functions.borrow_mut().insert(func, object)),
            Extern::Memory(memory) => {
                drop(self.objects.memories.borrow_mut().insert(memory, object))
            }
            Extern::Table(table) => drop(self.objects.tables.borrow_mut().insert(table, object)),
            Extern::Global(global) => {
                drop(self.objects.globals.borrow_mut().insert(global, object))
            }
            Extern::Tag(tag) => drop(self.objects.tags.borrow_mut().insert(tag, object)),
        }
    }
}

/// The object for `key`, made if there is none yet.
pub(super) fn cached<'js, K: Hash + Eq + Copy>(
    cache: &Cache<K>,
    env: Env<'js>,
    key: K,
    create: impl FnOnce() -> Attempt<Own<'js>>,
) -> Attempt<Own<'js>> {
    if let Some(object) = cache.borrow().get(&key) {
        return Ok(object.to_owned(env));
    }
    let object = create()?;
    cache
        .borrow_mut()
        .insert(key, object.get().to_owned(env).store());
    Ok(object)
}
