//! What the `WebAssembly` of one context consists of, and who owns it.

use super::Payload;
use super::buffers::Buffers;
use super::collected::Wrappers;
use super::frames::Frames;
use super::held::HeldValues;
use super::import::Imports;
use super::interrupt;
use super::intrinsics::Intrinsics;
use super::known_buffers::KnownBuffers;
use super::objects::Objects;
use super::pending::Awaited;
use super::pressure::Pressure;
use super::sharing::{Passes, Sharing};
use super::stacklet::Stacklets;
use super::strings::StringBuiltins;
use super::tag;
use crate::raw::{Backlink, Classes, ContextId, Env, Length, Marker, Own, Ref, Running, Stored};
use bident::{
    Engine, Extern, Kept, Lasting, Memory, Owned, SharedStore, Store, StoreContextMut, Tag,
};
use rquickjs::{Ctx, Exception, JsLifetime, Result};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

/// Data of the engine's store: the way from a host function to its realm.
pub struct HostData {
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
    pub(super) classes: Classes,
    pub(super) engine: Engine,
    pub(super) store: SharedStore<HostData>,
    /// The context on whose behalf WebAssembly of the store runs now.
    pub(super) running: Running,
    /// What modules imported from JavaScript.
    pub(super) imports: Imports,
    /// The passes of a collection of QuickJS's, and what it knows of who leads to what.
    pub(super) passes: Rc<Passes>,
    pub(super) sharing: Sharing,
    /// Which calls are under way.
    pub(super) frames: Frames,
    /// What the import has answered that the call under way is parking for.
    pub(super) awaited: Cell<Option<Awaited>>,
    /// What is called before a job is added that resumes a call.
    pub(super) before_job: Cell<Option<fn(&Ctx<'_>)>>,
    /// When QuickJS collects for the sake of the store.
    pub(super) pressure: Pressure,
    /// Buffers of memories that JavaScript has.
    pub(super) buffers: Buffers,
    /// Those that any context of the runtime has.
    pub(super) known_buffers: Rc<KnownBuffers>,
    /// The tag under which WebAssembly sees what JavaScript throws.
    pub(super) js_tag: Tag,
    _js_tag: Kept,
    /// JavaScript values that WebAssembly holds.
    pub(super) held: HeldValues,
    /// What JavaScript sees of the store.
    pub(super) objects: Objects,
    /// The structures and arrays that JavaScript has.
    pub(super) wrappers: Wrappers,
    /// What `wasm:js-string` gives.
    pub(super) strings: StringBuiltins,
    /// What belongs to which stacklet.
    pub(super) stacklets: Stacklets,
    pub(super) intrinsics: RefCell<Option<Intrinsics>>,
    object: Backlink,
    context: ContextId,
    registered: Rc<Realms>,
}

/// The realms of a runtime, by context.
type Realms = RefCell<BTreeMap<ContextId, Weak<Realm>>>;

/// What a runtime knows of us.
#[derive(JsLifetime)]
struct Registry {
    classes: Classes,
    passes: Rc<Passes>,
    realms: Rc<Realms>,
    buffers: Rc<KnownBuffers>,
}

/// The realm of a context.
pub(super) fn of(ctx: &Ctx<'_>) -> Result<Rc<Realm>> {
    find(ctx).ok_or_else(|| Exception::throw_internal(ctx, "this context has no WebAssembly"))
}

fn find(ctx: &Ctx<'_>) -> Option<Rc<Realm>> {
    let registry = ctx.userdata::<Registry>()?;
    let realms = registry.realms.borrow();
    realms.get(&ContextId::of(ctx))?.upgrade()
}

/// Makes the realm of a context, and the object that owns its values. A context that has one gets no other.
pub(super) fn create<'js>(ctx: &Ctx<'js>, engine: &Engine) -> Result<(Rc<Realm>, Own<'js>)> {
    if find(ctx).is_some() {
        let message = "this context has WebAssembly already: it is installed once";
        return Err(Exception::throw_type(ctx, message));
    }
    if ctx.userdata::<Registry>().is_none() {
        let registry = Registry {
            classes: Classes::register(ctx)?,
            passes: Rc::default(),
            realms: Rc::default(),
            buffers: Rc::default(),
        };
        ctx.store_userdata(registry)?;
    }
    let registry = ctx.userdata::<Registry>().ok_or(rquickjs::Error::Unknown)?;
    let refused = |error: bident::Error| Exception::throw_internal(ctx, &error.to_string());
    let data = HostData { realm: Weak::new() };
    let mut store = Store::try_new(engine, data).map_err(refused)?;
    // Nothing here would go on with a call that parked so.
    store.park_waits(false);
    // As other engines; who wants regions asks for them.
    store.share_second_stack(true);
    interrupt::watch(&mut store);
    let js_tag = Tag::new(&mut store, tag::type_of_js_tag()).map_err(refused)?;
    let _js_tag = js_tag.keep(&mut store).map_err(refused)?;
    let realm = Rc::new_cyclic(|weak| {
        store.data_mut().realm.clone_from(weak);
        Realm {
            classes: registry.classes,
            engine: engine.clone(),
            store: SharedStore::new(store),
            running: Running::default(),
            imports: Imports::default(),
            passes: registry.passes.clone(),
            sharing: Sharing::default(),
            frames: Frames::default(),
            awaited: Cell::default(),
            before_job: Cell::default(),
            pressure: Pressure::default(),
            buffers: Buffers::new(&registry.buffers, ContextId::of(ctx)),
            known_buffers: registry.buffers.clone(),
            js_tag,
            _js_tag,
            held: HeldValues::default(),
            objects: Objects::default(),
            wrappers: Wrappers::default(),
            strings: StringBuiltins::default(),
            stacklets: Stacklets::default(),
            intrinsics: RefCell::default(),
            object: Backlink::new(),
            context: ContextId::of(ctx),
            registered: registry.realms.clone(),
        }
    });
    let mut realms = registry.realms.borrow_mut();
    realms.insert(realm.context, Rc::downgrade(&realm));
    drop(realms);
    let owner = Payload::Realm(RealmOwner(realm.clone()));
    let object = (realm.classes).create_linked(Env::new(ctx), owner, &realm.object)?;
    if !realm.passes.are_known() {
        // It asks the object, which lives.
        ctx.run_gc();
    }
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
        self.0.clear();
        let mut realms = self.0.registered.borrow_mut();
        let realm = realms.get(&self.0.context);
        if realm.is_some_and(|realm| realm.as_ptr() == Rc::as_ptr(&self.0)) {
            realms.remove(&self.0.context);
        }
    }
}

/// What a host object holds of its realm.
pub(crate) struct RealmRef {
    realm: Rc<Realm>,
    object: Stored,
    /// What the object stands for.
    kept: Option<Kept>,
}

impl RealmRef {
    /// Tells the collector about the realm object, and what it leads to.
    pub(super) fn mark(&self, marker: &Marker) {
        self.object.mark(marker);
        if let Some(kept) = &self.kept {
            self.realm.owner(marker, Owned::Item(kept));
        }
    }
}

impl Clone for RealmRef {
    fn clone(&self) -> Self {
        Self {
            realm: self.realm.clone(),
            object: self.object.duplicate(),
            kept: self.kept.clone(),
        }
    }
}

impl std::ops::Deref for RealmRef {
    type Target = Rc<Realm>;

    fn deref(&self) -> &Rc<Realm> {
        &self.realm
    }
}

/// A context, and how many of its calls are under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place(ContextId, usize);

impl Realm {
    /// A reference for a host object.
    pub(super) fn reference(self: &Rc<Self>, env: Env<'_>) -> RealmRef {
        RealmRef {
            realm: self.clone(),
            object: self.object.get(env).store(),
            kept: None,
        }
    }

    /// A reference for the host object that stands for something of the store: that is there as long as the
    /// object, from now on not as long as the store.
    pub(super) fn reference_to(
        self: &Rc<Self>,
        env: Env<'_>,
        item: impl Lasting + Into<Extern>,
    ) -> RealmRef {
        let kept = self.store.with(|store| {
            let kept = item.keep(&mut *store).ok();
            // Of this store, as it is kept.
            let _ = item.release(store);
            kept
        });
        RealmRef {
            kept,
            ..self.reference(env)
        }
    }

    /// Does something with the store that may run WebAssembly, on behalf of `env`.
    #[inline]
    pub(super) fn run<R>(
        &self,
        env: Env<'_>,
        f: impl FnOnce(&mut StoreContextMut<'_, HostData>) -> R,
    ) -> R {
        self.running.during(env, || self.store.with(f))
    }

    /// Where control is.
    pub(super) fn place(&self) -> Place {
        Place(self.context, self.frames.depth())
    }

    /// Whether a value is the buffer of a memory, one that is not shared, of any context of the runtime.
    pub(super) fn knows_buffer(&self, value: Ref<'_>) -> bool {
        self.known_buffers.context_of(value).is_some()
    }

    /// The realm, of any context of the runtime, whose memory has this buffer, if that can be resized.
    pub(super) fn resizable_of(&self, value: Ref<'_>) -> Option<(Rc<Self>, Memory)> {
        let context = self.known_buffers.context_of(value)?;
        let realm = self.registered.borrow().get(&context)?.upgrade()?;
        match realm.buffers.memory_of(value)? {
            (memory, Length::Resizable(_)) => Some((realm, memory)),
            _ => None,
        }
    }

    fn mark(&self, marker: &Marker) {
        self.begin_pass(marker);
        let shared = self.sharing.is_shared();
        self.held.mark(marker, shared);
        self.imports.mark(marker, shared);
        self.stacklets.mark(marker);
        self.buffers.mark(marker);
        if let Some(intrinsics) = &*self.intrinsics.borrow() {
            intrinsics.mark(marker);
        }
    }

    /// Drops every JavaScript value.
    fn clear(&self) {
        self.stacklets.clear();
        self.held.clear();
        self.imports.clear();
        drop(self.awaited.take());
        self.buffers.clear();
        drop(self.intrinsics.take());
    }
}
