//! One JavaScript object per thing of the store, so that JavaScript can compare them.

use super::memory::MemoryObject;
use super::realm::Realm;
use super::sharing::Attached;
use super::{Payload, function};
use crate::raw::{self, Attempt, Backlink, Env, Own, Ref};
use bident::{Extern, ExternRef, Func, Global, Memory, Table, Tag};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

/// The objects of a realm, as long as JavaScript has them: each keeps what it stands for, and another is made
/// where there is none any more.
#[derive(Default)]
pub(super) struct Objects {
    functions: Cache<Func>,
    memories: Cache<Memory>,
    tables: Cache<Table>,
    globals: Cache<Global>,
    tags: Cache<Tag>,
}

/// Ways to objects.
pub(super) struct Cache<K>(RefCell<Links<K>>);

struct Links<K> {
    map: HashMap<K, Backlink>,
    /// Once there are so many, those are looked for that lead nowhere.
    enough: usize,
}

/// Nobody looks for those that lead nowhere among fewer.
const FEW: usize = 32;

impl<K> Default for Cache<K> {
    fn default() -> Self {
        let map = HashMap::new();
        Self(RefCell::new(Links { map, enough: FEW }))
    }
}

impl<K: Hash + Eq> Cache<K> {
    /// The object for `key`, if there is one.
    pub(super) fn get<'js>(&self, env: Env<'js>, key: &K) -> Option<Own<'js>> {
        let links = self.0.borrow();
        let link = links.map.get(key)?;
        link.leads_somewhere().then(|| link.get(env))
    }

    /// Notes the object for `key`.
    pub(super) fn insert(&self, realm: &Realm, key: K, object: Ref<'_>) {
        let link = Backlink::new();
        realm.classes.link(object, &link);
        let links = &mut *self.0.borrow_mut();
        if links.map.len() >= links.enough {
            links.map.retain(|_, link| link.leads_somewhere());
            links.enough = (2 * links.map.len()).max(FEW);
        }
        links.map.insert(key, link);
    }

    /// The object for `key`, made if there is none.
    pub(super) fn of<'js>(
        &self,
        realm: &Realm,
        env: Env<'js>,
        key: K,
        create: impl FnOnce() -> Attempt<Own<'js>>,
    ) -> Attempt<Own<'js>> {
        if let Some(object) = self.get(env, &key) {
            return Ok(object);
        }
        let object = create()?;
        self.insert(realm, key, object.get());
        Ok(object)
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
            Extern::Memory(memory) => self.objects.memories.of(self, env, memory, || {
                self.create(
                    env,
                    |i| &i.memory,
                    Payload::Memory(MemoryObject::new(self, env, memory)),
                )
            }),
            Extern::Table(table) => self.objects.tables.of(self, env, table, || {
                self.create(
                    env,
                    |i| &i.table,
                    Payload::Table(self.reference_to(env, table), table),
                )
            }),
            Extern::Global(global) => self.objects.globals.of(self, env, global, || {
                self.create(
                    env,
                    |i| &i.global,
                    Payload::Global(self.reference_to(env, global), global),
                )
            }),
            Extern::Tag(tag) => self.objects.tags.of(self, env, tag, || {
                self.create(
                    env,
                    |i| &i.tag,
                    Payload::Tag(self.reference_to(env, tag), tag),
                )
            }),
        }
    }

    /// The exported function for a function of the store.
    pub(super) fn function_object<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        func: Func,
    ) -> Attempt<Own<'js>> {
        self.objects
            .functions
            .of(self, env, func, || function::create(self, env, func))
    }

    /// The object of a function that WebAssembly gives to JavaScript by itself, from a table for one. As
    /// programs can get it again, the function keeps it, with what they set on it.
    pub(super) fn given_function<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        func: Func,
    ) -> Attempt<Own<'js>> {
        let object = self.function_object(env, func)?;
        if let Some(Payload::Function(function)) = raw::payload(self.classes, object.get())
            && !function.given.replace(true)
        {
            self.sharing.count();
            let held = self.held.hold(object.get().to_owned(env));
            let attached = ExternRef::new(Attached::Value(Arc::new(held)));
            let attached = self.store.with(|store| func.attach(store, attached));
            // Without memory for that, the next time.
            function.given.set(attached.is_ok());
        }
        Ok(object)
    }

    /// Makes `object`, which a constructor has made, the one that stands for `item`.
    pub(super) fn adopt(&self, item: Extern, object: Ref<'_>) {
        match item {
            Extern::Func(func) => self.objects.functions.insert(self, func, object),
            Extern::Memory(memory) => self.objects.memories.insert(self, memory, object),
            Extern::Table(table) => self.objects.tables.insert(self, table, object),
            Extern::Global(global) => self.objects.globals.insert(self, global, object),
            Extern::Tag(tag) => self.objects.tags.insert(self, tag, object),
        }
    }
}
