//! `WebAssembly.Memory`.

use super::api::{self, Interface};
use super::intrinsics::Intrinsics;
use super::realm::{self, Realm, RealmRef};
use super::{Payload, address, errors, reflect};
use crate::raw::{self, Call, Env, Kind, Length, Marker, Own, Ref, Stored};
use bident::{Memory, MemoryType};
use rquickjs::atom::PredefinedAtom;
use rquickjs::function::This;
use rquickjs::object::Property;
use rquickjs::{Coerced, Ctx, Exception, Function, Object, Result, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The payload of a `WebAssembly.Memory`.
pub(crate) struct MemoryObject {
    realm: RealmRef,
    memory: Memory,
    /// The buffer that JavaScript saw last: it is the same one as long as the object is there.
    buffer: RefCell<Option<Stored>>,
    /// Whether that, of a shared memory, grows with it.
    grows: Cell<bool>,
}

impl MemoryObject {
    /// Of a memory without an object.
    pub(super) fn new(realm: &Rc<Realm>, env: Env<'_>, memory: Memory) -> Self {
        Self {
            realm: realm.reference_to(env, memory),
            memory,
            buffer: RefCell::default(),
            grows: Cell::default(),
        }
    }

    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// The memory, if it belongs to this realm.
    pub(super) fn memory_in(&self, realm: &Rc<Realm>) -> Option<Memory> {
        Rc::ptr_eq(&self.realm, realm).then_some(self.memory)
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        if let Some(buffer) = &*self.buffer.borrow() {
            buffer.mark(marker);
        }
    }

    /// The buffer that JavaScript saw last, if it is still that of a memory which is not shared.
    fn seen<'js>(&self, env: Env<'js>) -> Option<Own<'js>> {
        let seen = self.buffer.borrow();
        let seen = seen.as_ref()?.to_owned(env);
        let is_shown = self.realm.buffers.is_shown(self.memory, seen.get());
        is_shown.then_some(seen)
    }

    /// Owns a buffer from now on, and gives it.
    fn show<'js>(&self, env: Env<'js>, buffer: Own<'js>) -> Value<'js> {
        let before = self
            .buffer
            .replace(Some(buffer.get().to_owned(env).store()));
        // May run finalizers that look here.
        drop(before);
        buffer.into_value()
    }
}

impl Drop for MemoryObject {
    fn drop(&mut self) {
        self.realm.buffers.forget_empty(self.memory);
    }
}

/// Most pages that a type of a memory may have in the interface, with 64-bit addresses, too.
const MOST_PAGES: u64 = (1 << 37) - 1;

/// The interface.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Memory", 1, construct)?
        .method("grow", 1, grow)?
        .method("toFixedLengthBuffer", 0, |call| {
            to_kind(call, |_| Length::Fixed)
        })?
        .method("toResizableBuffer", 0, |call| to_kind(call, resizable))?
        .method("type", 0, type_of)?
        .getter("buffer", buffer)
}

/// The kind of the buffers that grow with a memory of a type.
fn resizable(ty: MemoryType) -> Length {
    let most = ty.limits.max.unwrap_or(ty.most_pages());
    Length::Resizable(most.saturating_mul(ty.page_size()))
}

fn construct<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let descriptor = api::dictionary(call, 0, "a memory descriptor")?;
    let mut ty = MemoryType::new(0, None);
    ty.address = address::of(call, &descriptor)?;
    let most = ty.most_pages().min(MOST_PAGES);
    ty.limits = address::limits(call, &realm, &descriptor, ty.address, most)?;
    ty.shared = shared(&call.ctx, &descriptor, ty)?;
    let memory = realm
        .making(&call.ctx, |store| Memory::new(store, ty))
        .map_err(|error| api::engine_error(&realm, &call.ctx, &error))?;
    let env = Env::new(&call.ctx);
    let object = api::construct(
        call,
        &realm,
        |i| &i.memory,
        Payload::Memory(MemoryObject::new(&realm, env, memory)),
    )?;
    realm.adopt(memory.into(), Ref::new(&object));
    Ok(object)
}

/// Whether a descriptor asks for a shared memory.
fn shared<'js>(ctx: &Ctx<'js>, descriptor: &Object<'js>, ty: MemoryType) -> Result<bool> {
    let shared = api::member(descriptor, "shared")?;
    let shared = shared
        .map(|shared| shared.get::<Coerced<bool>>())
        .transpose()?;
    let shared = shared.is_some_and(|shared| shared.0);
    if shared && ty.limits.max.is_none() {
        return Err(Exception::throw_type(ctx, "a shared memory has a maximum"));
    }
    Ok(shared)
}

fn this<'a>(call: &'a Call<'_>) -> Result<&'a MemoryObject> {
    let realm = realm::of(&call.ctx)?;
    match raw::payload(realm.classes, Ref::new(&call.this)) {
        Some(Payload::Memory(memory)) => Ok(memory),
        _ => Err(api::illegal_invocation(&call.ctx, "Memory")),
    }
}

fn buffer<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let this @ MemoryObject { realm, memory, .. } = this(call)?;
    let env = Env::new(&call.ctx);
    realm.buffers.settle(env, &realm.store)?;
    if let Some(buffer) = this.seen(env) {
        return Ok(buffer.into_value());
    }
    let ty = realm.store.with(|store| memory.ty(&*store));
    match ty.shared {
        true if this.grows.get() => show_shared(env, this, resizable(ty)),
        true => show_shared(env, this, Length::Fixed),
        false => Ok(this.show(env, realm.buffers.of(env, &realm.store, *memory)?)),
    }
}

/// The buffer of this kind, from now on the buffer of a shared memory.
fn show_shared<'js>(env: Env<'js>, this: &MemoryObject, kind: Length) -> Result<Value<'js>> {
    let MemoryObject { realm, memory, .. } = this;
    let shared = realm.store.with(|store| memory.shared(&*store));
    let Ok(Some(shared)) = shared else {
        return Err(rquickjs::Error::Unknown);
    };
    let buffer = realm.buffers.shared_of(env, *memory, &shared, kind)?;
    this.grows.set(kind != Length::Fixed);
    Ok(this.show(env, buffer))
}

/// Its buffer, of another kind.
fn to_kind<'js>(call: &Call<'js>, kind: impl FnOnce(MemoryType) -> Length) -> Result<Value<'js>> {
    let this @ MemoryObject { realm, memory, .. } = this(call)?;
    let ty = realm.store.with(|store| memory.ty(&*store));
    let kind = kind(ty);
    let env = Env::new(&call.ctx);
    realm.buffers.settle(env, &realm.store)?;
    if ty.shared {
        return show_shared(env, this, kind);
    }
    let buffer = (realm.buffers).of_kind(env, &realm.store, *memory, kind)?;
    Ok(this.show(env, buffer))
}

fn type_of<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let MemoryObject { realm, memory, .. } = this(call)?;
    let (ty, size) = (realm.store).with(|store| (memory.ty(&*store), memory.size(&*store)));
    let object = reflect::limits(call, ty.address, size, ty.limits.max)?;
    object.set("shared", ty.shared)?;
    Ok(object.into_value())
}

fn grow<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let MemoryObject { realm, memory, .. } = this(call)?;
    let ty = realm.store.with(|store| memory.ty(&*store)).address;
    let delta = address::to_u64(call, realm, &call.arg(0), ty, "delta")?;
    let env = Env::new(&call.ctx);
    realm.buffers.check(env, *memory)?;
    let before = realm
        .store
        .with(|store| memory.grow(store, delta))
        .map_err(|error| api::engine_error(realm, &call.ctx, &error))?;
    // The specification detaches the old buffer also where the size stays the same.
    (realm.buffers).grown(env, &realm.store, *memory)?;
    address::to_js(call, ty, before)
}

/// Makes `ArrayBuffer.prototype.transfer` and its siblings refuse the buffers of memories: their bytes
/// are not theirs to give away. `resize` grows the memory.
pub(super) fn guard_buffers(ctx: &Ctx<'_>) -> Result<()> {
    let buffer: Object = ctx
        .globals()
        .get::<_, Object>(PredefinedAtom::ArrayBuffer)?
        .get(PredefinedAtom::Prototype)?;
    guard(&buffer, "transfer", |i| &i.transfer)?;
    guard(&buffer, "transferToFixedLength", |i| {
        &i.transfer_to_fixed_length
    })?;
    guard(&buffer, "transferToImmutable", |i| &i.transfer_to_immutable)?;
    let guarded = raw::function(ctx, "resize", 1, Kind::Function, resize)?;
    buffer.prop("resize", Property::from(guarded).writable().configurable())?;
    let shared: Object = ctx.globals().get("SharedArrayBuffer")?;
    let shared: Object = shared.get(PredefinedAtom::Prototype)?;
    let guarded = raw::function(ctx, "grow", 1, Kind::Function, grow_shared)?;
    shared.prop("grow", Property::from(guarded).writable().configurable())
}

/// `ArrayBuffer.prototype.resize`: of a buffer of a memory, grows the memory.
fn resize<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
    let owner = || realm.resizable_of(Ref::new(&call.this));
    if owner().is_none() {
        let original = realm.intrinsic(env, |i| &i.resize);
        return call_original(call, original);
    }
    let wanted = env.to_f64(Ref::new(&call.arg(0)))?;
    // That may have run JavaScript.
    let Some((owner, memory)) = owner() else {
        return Err(Exception::throw_type(&call.ctx, "the buffer is detached"));
    };
    let (ty, size) = (owner.store).with(|store| (memory.ty(&*store), memory.data_size(&*store)));
    let more = more_pages(&call.ctx, wanted, size, ty)?;
    owner.buffers.check(env, memory)?;
    let grown = owner.store.with(|store| memory.grow(store, more));
    grown.map_err(|error| errors::throw_range(&call.ctx, &error.to_string()))?;
    owner.buffers.grown(env, &owner.store, memory)?;
    Ok(Value::new_undefined(call.ctx.clone()))
}

/// `SharedArrayBuffer.prototype.grow`: the same. The memory has the bytes before the buffer shows them.
fn grow_shared<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
    let original = realm.intrinsic(env, |i| &i.grow_shared);
    let Some(memory) = realm.known_buffers.growing(Ref::new(&call.this)) else {
        return call_original(call, original);
    };
    let wanted = env.to_f64(Ref::new(&call.arg(0)))?;
    let more = more_pages(&call.ctx, wanted, memory.data_size(), memory.ty())?;
    let grown = memory.grow(more);
    grown.map_err(|error| errors::throw_range(&call.ctx, &error.to_string()))?;
    let this = Ref::new(&call.this);
    let shown = env.call(original.get(), this, &[env.float(wanted.trunc())])?;
    Ok(shown.into_value())
}

fn call_original<'js>(call: &Call<'js>, original: Own<'js>) -> Result<Value<'js>> {
    let original = Function::from_value(original.into_value())?;
    original.call((This(call.this.clone()), call.arg(0)))
}

/// By how many pages a memory grows that is to have so many bytes.
fn more_pages(ctx: &Ctx<'_>, wanted: f64, size: usize, ty: MemoryType) -> Result<u64> {
    let (more, page) = (wanted.trunc() - size as f64, ty.page_size());
    let is_whole = (0.0..u64::MAX as f64).contains(&more) && (more as u64).is_multiple_of(page);
    if !is_whole {
        let message = "a memory grows by whole pages, and never shrinks";
        return Err(errors::throw_range(ctx, message));
    }
    Ok(more as u64 / page)
}

fn guard(
    buffer: &Object<'_>,
    name: &str,
    original: impl Fn(&Intrinsics) -> &Stored + Copy + 'static,
) -> Result<()> {
    let guarded = raw::function(buffer.ctx(), name, 0, Kind::Function, move |call| {
        transfer(call, original)
    })?;
    buffer.prop(name, Property::from(guarded).writable().configurable())
}

fn transfer<'js>(
    call: &Call<'js>,
    original: impl FnOnce(&Intrinsics) -> &Stored,
) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    if realm.knows_buffer(Ref::new(&call.this)) {
        return Err(Exception::throw_type(
            &call.ctx,
            "the buffer of a WebAssembly.Memory cannot be transferred",
        ));
    }
    let original =
        Function::from_value(realm.intrinsic(Env::new(&call.ctx), original).into_value())?;
    match call.has(0) {
        true => original.call((This(call.this.clone()), call.arg(0))),
        false => original.call((This(call.this.clone()),)),
    }
}
