//! What the `WebAssembly` of one context consists of.

use super::Payload;
use super::buffers::Buffers;
use super::import::Import;
use super::jspi::Frame;
use super::{function, tag};
use crate::raw::{
    self, Attempt, Backlink, Classes, Context, Env, Marker, Own, Promises, Ref, Stored, Thrown,
};
use bident::{Engine, Extern, ExternRef, Func, Global, Memory, SharedStore, Store, Table, Tag};
use rquickjs::{Ctx, Exception, JsLifetime, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, PoisonError};

/// Data of the engine's store: the way from a host function to its realm.
pub(crate) struct HostData {
    realm: Weak<Realm>,
}

impl HostData {
    /// The realm, which lives as long as anything can call into its store.
    pub(super) fn realm(&self) -> Option<Rc<Realm>> {
        self.realm.upgrade()
    }
}

/// See the module.
pub(crate) struct Realm {
    pub(super) context: Context,
    pub(super) classes: Classes,
    pub(super) engine: Engine,
    pub(super) store: SharedStore<HostData>,
    /// What modules imported from JavaScript, by the number that the host functions know.
    pub(super) imports: RefCell<Vec<Rc<Import>>>,
    /// Which calls are under way, outermost first.
    pub(super) frames: RefCell<Vec<Frame>>,
    /// Memories whose buffer JavaScript has seen.
    pub(super) buffers: Buffers,
    /// The tag under which WebAssembly sees what JavaScript throws.
    pub(super) js_tag: Tag,
    values: RefCell<Values>,
    released: Arc<Mutex<Vec<u32>>>,
    functions: Cache<Func>,
    memories: Cache<Memory>,
    tables: Cache<Table>,
    globals: Cache<Global>,
    tags: Cache<Tag>,
    intrinsics: RefCell<Option<Intrinsics>>,
    object: Backlink,
}

/// One JavaScript object per thing of the store, so that JavaScript can compare them.
type Cache<K> = RefCell<HashMap<K, Stored>>;

/// JavaScript values that WebAssembly, or an error on its way through it, holds by number.
#[derive(Default)]
struct Values {
    slots: Vec<Option<Stored>>,
    free: Vec<u32>,
}

/// A number of [`Values`]. Given back when it is dropped, from whatever thread.
struct Held {
    slot: u32,
    released: Arc<Mutex<Vec<u32>>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.released
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self.slot);
    }
}

/// A JavaScript exception on its way through WebAssembly that nothing there catches.
#[derive(thiserror::Error)]
#[error("JavaScript exception")]
pub(super) struct Carried(Held);

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carried")
    }
}

/// Objects that `install` has made or found, safe from later changes of the globals.
pub(super) struct Intrinsics {
    pub(super) module: Stored,
    pub(super) instance: Stored,
    pub(super) memory: Stored,
    pub(super) table: Stored,
    pub(super) global: Stored,
    pub(super) tag: Stored,
    pub(super) exception: Stored,
    pub(super) suspending: Stored,
    pub(super) function: Stored,
    pub(super) error: Stored,
    pub(super) compile_error: Stored,
    pub(super) link_error: Stored,
    pub(super) runtime_error: Stored,
    pub(super) suspend_error: Stored,
    /// The errors of traps: a `WeakSet`, with its methods.
    pub(super) traps: Stored,
    pub(super) traps_add: Stored,
    pub(super) traps_has: Stored,
    pub(super) promise: Stored,
    pub(super) promise_resolve: Stored,
    pub(super) awaiter: Stored,
    pub(super) executor: Stored,
    pub(super) transfer: Stored,
    pub(super) transfer_to_fixed_length: Stored,
}

impl Intrinsics {
    fn mark(&self, marker: &Marker) {
        for value in [
            &self.module,
            &self.instance,
            &self.memory,
            &self.table,
            &self.global,
            &self.tag,
            &self.exception,
            &self.suspending,
            &self.function,
            &self.error,
            &self.compile_error,
            &self.link_error,
            &self.runtime_error,
            &self.suspend_error,
            &self.traps,
            &self.traps_add,
            &self.traps_has,
            &self.promise,
            &self.promise_resolve,
            &self.awaiter,
            &self.executor,
            &self.transfer,
            &self.transfer_to_fixed_length,
        ] {
            value.mark(marker);
        }
    }
}

/// The realms of a runtime, by context.
#[derive(JsLifetime)]
struct Registry {
    classes: Classes,
    realms: RefCell<Vec<Weak<Realm>>>,
}

/// The realm of a context.
pub(super) fn of(ctx: &Ctx<'_>) -> Result<Rc<Realm>> {
    let found = ctx.userdata::<Registry>().and_then(|registry| {
        let realms = registry.realms.borrow();
        realms
            .iter()
            .filter_map(Weak::upgrade)
            .find(|realm| realm.context.is(ctx))
    });
    found.ok_or_else(|| Exception::throw_internal(ctx, "this context has no WebAssembly"))
}

/// Makes the realm of a context, and the object that owns its values.
pub(super) fn create<'js>(ctx: &Ctx<'js>, engine: &Engine) -> Result<(Rc<Realm>, Own<'js>)> {
    if ctx.userdata::<Registry>().is_none() {
        let registry = Registry {
            classes: Classes::register(ctx)?,
            realms: RefCell::default(),
        };
        ctx.store_userdata(registry)?;
    }
    let registry = ctx.userdata::<Registry>().ok_or(rquickjs::Error::Unknown)?;
    let realm = Rc::new_cyclic(|weak| {
        let data = HostData {
            realm: weak.clone(),
        };
        let mut store = Store::new(engine, data);
        let js_tag = Tag::new(&mut store, tag::type_of_js_tag());
        Realm {
            context: Context::new(ctx),
            classes: registry.classes,
            engine: engine.clone(),
            store: SharedStore::new(store),
            imports: RefCell::default(),
            frames: RefCell::default(),
            buffers: Buffers::default(),
            js_tag: js_tag.expect("every engine knows the type"),
            values: RefCell::default(),
            released: Arc::default(),
            functions: RefCell::default(),
            memories: RefCell::default(),
            tables: RefCell::default(),
            globals: RefCell::default(),
            tags: RefCell::default(),
            intrinsics: RefCell::default(),
            object: Backlink::new(),
        }
    });
    let mut realms = registry.realms.borrow_mut();
    realms.retain(|realm| realm.strong_count() > 0);
    realms.push(Rc::downgrade(&realm));
    let env = Env::new(ctx);
    let owner = Payload::Realm(RealmOwner(realm.clone()));
    let object = realm.classes.create(env, env.null().get(), owner)?;
    realm.object.bind(&object);
    Ok((realm, object))
}

/// The payload of the realm object.
pub(crate) struct RealmOwner(Rc<Realm>);

impl RealmOwner {
    pub(super) fn mark(&self, marker: &Marker) {
        self.0.mark(marker);
    }
}

impl Drop for RealmOwner {
    fn drop(&mut self) {
        self.0.object.unbind();
        self.0.clear();
    }
}

/// What a host object holds of its realm.
pub(crate) struct RealmRef {
    realm: Rc<Realm>,
    object: Stored,
}

impl RealmRef {
    /// Tells the collector about the realm object.
    pub(super) fn mark(&self, marker: &Marker) {
        self.object.mark(marker);
    }
}

impl Clone for RealmRef {
    fn clone(&self) -> Self {
        Self {
            realm: self.realm.clone(),
            object: self.object.duplicate(),
        }
    }
}

impl std::ops::Deref for RealmRef {
    type Target = Rc<Realm>;

    fn deref(&self) -> &Rc<Realm> {
        &self.realm
    }
}

impl Realm {
    /// A reference for a host object.
    pub(super) fn reference(self: &Rc<Self>, env: Env<'_>) -> RealmRef {
        RealmRef {
            realm: self.clone(),
            object: self.object.get(env).store(),
        }
    }

    fn mark(&self, marker: &Marker) {
        fn all<'a>(marker: &Marker, values: impl IntoIterator<Item = &'a Stored>) {
            values.into_iter().for_each(|value| value.mark(marker));
        }
        all(marker, self.functions.borrow().values());
        all(marker, self.memories.borrow().values());
        all(marker, self.tables.borrow().values());
        all(marker, self.globals.borrow().values());
        all(marker, self.tags.borrow().values());
        all(marker, self.values.borrow().slots.iter().flatten());
        all(
            marker,
            self.imports.borrow().iter().map(|import| import.function()),
        );
        self.buffers.mark(marker);
        if let Some(intrinsics) = &*self.intrinsics.borrow() {
            intrinsics.mark(marker);
        }
    }

    /// Drops every JavaScript value.
    fn clear(&self) {
        // Each is taken out before it is dropped: a drop may run finalizers that look here.
        drop(self.functions.take());
        drop(self.memories.take());
        drop(self.tables.take());
        drop(self.globals.take());
        drop(self.tags.take());
        drop(self.values.take());
        drop(self.imports.take());
        self.buffers.clear();
        drop(self.intrinsics.take());
    }

    /// Keeps what `install` has made or found.
    pub(super) fn set_intrinsics(&self, intrinsics: Intrinsics) {
        self.intrinsics.replace(Some(intrinsics));
    }

    /// One of the intrinsic objects.
    pub(super) fn intrinsic<'js>(
        &self,
        env: Env<'js>,
        which: impl FnOnce(&Intrinsics) -> &Stored,
    ) -> Own<'js> {
        let intrinsics = self.intrinsics.borrow();
        intrinsics
            .as_ref()
            .map_or_else(|| env.undefined(), |all| which(all).to_owned(env))
    }

    /// Whether a value is one of the intrinsic objects.
    pub(super) fn is_intrinsic(
        &self,
        value: Ref<'_>,
        which: impl FnOnce(&Intrinsics) -> &Stored,
    ) -> bool {
        self.intrinsics
            .borrow()
            .as_ref()
            .is_some_and(|all| which(all).get().is_same_object(value))
    }

    /// Does something with what makes promises.
    pub(super) fn with_promises<T>(
        &self,
        f: impl FnOnce(&Promises<'_>) -> Attempt<T>,
    ) -> Attempt<T> {
        let intrinsics = self.intrinsics.borrow();
        let Some(all) = intrinsics.as_ref() else {
            return Err(Thrown);
        };
        let Some(Payload::Executor(kept)) = raw::payload(self.classes, all.executor.get()) else {
            return Err(Thrown);
        };
        f(&Promises {
            constructor: all.promise.get(),
            executor: all.executor.get(),
            kept,
        })
    }

    /// A new host object with an intrinsic prototype.
    pub(super) fn create<'js>(
        &self,
        env: Env<'js>,
        prototype: impl FnOnce(&Intrinsics) -> &Stored,
        payload: Payload,
    ) -> Attempt<Own<'js>> {
        self.classes
            .create(env, self.intrinsic(env, prototype).get(), payload)
    }

    /// Keeps a JavaScript value for WebAssembly.
    pub(super) fn hold(&self, value: Own<'_>) -> ExternRef {
        ExternRef::new(self.held(value))
    }

    /// Keeps a JavaScript exception that WebAssembly cannot catch as an error of the engine's.
    pub(super) fn carry(&self, exception: Own<'_>) -> bident::Error {
        bident::Error::new(Carried(self.held(exception)))
    }

    fn held(&self, value: Own<'_>) -> Held {
        let dropped = self.collect_released();
        let mut values = self.values.borrow_mut();
        let slot = values.free.pop().unwrap_or_else(|| {
            values.slots.push(None);
            values.slots.len() as u32 - 1
        });
        values.slots[slot as usize] = Some(value.store());
        drop(values);
        drop(dropped);
        Held {
            slot,
            released: self.released.clone(),
        }
    }

    /// Takes the values out that nobody holds any more.
    fn collect_released(&self) -> Vec<Option<Stored>> {
        let released =
            std::mem::take(&mut *self.released.lock().unwrap_or_else(PoisonError::into_inner));
        let mut values = self.values.borrow_mut();
        let dropped = released
            .iter()
            .map(|slot| values.slots[*slot as usize].take())
            .collect();
        values.free.extend(released);
        dropped
    }

    /// The JavaScript value that WebAssembly holds as `value`; `None` if another host made it.
    pub(super) fn value_of<'js>(&self, env: Env<'js>, value: &ExternRef) -> Option<Own<'js>> {
        self.slot(env, value.data().downcast_ref::<Held>()?)
    }

    /// The exception in an error, if it is one of JavaScript's.
    pub(super) fn carried<'js>(&self, env: Env<'js>, error: &bident::Error) -> Option<Own<'js>> {
        self.slot(env, &error.downcast_ref::<Carried>()?.0)
    }

    fn slot<'js>(&self, env: Env<'js>, held: &Held) -> Option<Own<'js>> {
        let ours = Arc::ptr_eq(&held.released, &self.released);
        let values = self.values.borrow();
        values
            .slots
            .get(held.slot as usize)
            .filter(|_| ours)?
            .as_ref()
            .map(|value| value.to_owned(env))
    }

    /// The JavaScript object for something of the store.
    pub(super) fn object_of<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        item: Extern,
    ) -> Attempt<Own<'js>> {
        match item {
            Extern::Func(func) => self.function_object(env, func),
            Extern::Memory(memory) => cached(&self.memories, env, memory, || {
                self.create(
                    env,
                    |i| &i.memory,
                    Payload::Memory(self.reference(env), memory),
                )
            }),
            Extern::Table(table) => cached(&self.tables, env, table, || {
                self.create(
                    env,
                    |i| &i.table,
                    Payload::Table(self.reference(env), table),
                )
            }),
            Extern::Global(global) => cached(&self.globals, env, global, || {
                self.create(
                    env,
                    |i| &i.global,
                    Payload::Global(self.reference(env), global),
                )
            }),
            Extern::Tag(tag) => cached(&self.tags, env, tag, || {
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
        cached(&self.functions, env, func, || {
            function::create(self, env, func)
        })
    }

    /// Makes `object`, which a constructor has made, the one that stands for `item`.
    pub(super) fn adopt(&self, item: Extern, object: Stored) {
        match item {
            Extern::Func(func) => drop(self.functions.borrow_mut().insert(func, object)),
            Extern::Memory(memory) => drop(self.memories.borrow_mut().insert(memory, object)),
            Extern::Table(table) => drop(self.tables.borrow_mut().insert(table, object)),
            Extern::Global(global) => drop(self.globals.borrow_mut().insert(global, object)),
            Extern::Tag(tag) => drop(self.tags.borrow_mut().insert(tag, object)),
        }
    }

    /// Whether a value is a buffer of one of the memories.
    pub(super) fn owns_buffer(&self, value: Ref<'_>) -> bool {
        self.buffers.contains(value)
    }
}

fn cached<'js, K: Hash + Eq + Copy>(
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
