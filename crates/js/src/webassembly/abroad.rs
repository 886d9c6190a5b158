//! What a host can hand from one runtime to another, on whatever thread: modules, shared memories, and shared buffers.

use super::known_buffers::SeenMemory;
use super::module::{self, Compiled};
use super::realm;
use super::{Payload, api};
use crate::raw::{self, Env, Length, Ref};
use bident::{AddressType, MemoryType, Module, SharedMemory};
use rquickjs::{Ctx, Result, Value};

/// Bytes of a page of a memory.
const PAGE: usize = 1 << 16;

/// The module of a `WebAssembly.Module`, unless some of its imports are builtins.
pub(crate) fn module_of(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<Module> {
    let compiled = module::of(&*realm::of(ctx).ok()?, value)?;
    compiled.options.is_none().then_some(compiled.module)
}

/// A `WebAssembly.Module` of a module, which is compiled again where it is of another engine.
pub(crate) fn module_object<'js>(ctx: &Ctx<'js>, module: &Module) -> Result<Value<'js>> {
    let realm = realm::of(ctx)?;
    let module = match module.engine().same(&realm.engine) {
        true => Ok(module.clone()),
        false => Module::new(&realm.engine, module.binary()),
    };
    let module = module.map_err(|error| api::engine_error(&realm, ctx, &error))?;
    let options = None;
    module::create(&realm, ctx, Compiled { module, options })
}

/// The shared memory of a `WebAssembly.Memory`.
pub(crate) fn memory_of(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<SharedMemory> {
    let realm = realm::of(ctx).ok()?;
    let Some(Payload::Memory(object)) = raw::payload(realm.classes, Ref::new(value)) else {
        return None;
    };
    let memory = object.memory_in(&realm)?;
    let shared = realm.store.with(|store| memory.shared(&*store));
    shared.ok().flatten()
}

/// A `WebAssembly.Memory` of a shared memory.
pub(crate) fn memory_object<'js>(ctx: &Ctx<'js>, shared: &SharedMemory) -> Result<Value<'js>> {
    let realm = realm::of(ctx)?;
    let memory = realm
        .making(ctx, |store| shared.in_store(store))
        .map_err(|error| api::engine_error(&realm, ctx, &error))?;
    Ok(realm.object_of(Env::new(ctx), memory.into())?.into_value())
}

/// The memory whose bytes a `SharedArrayBuffer` shows.
pub(crate) fn bytes_of(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<SharedMemory> {
    let realm = realm::of(ctx).ok()?;
    let base = raw::shared_base(Env::new(ctx), Ref::new(value))?;
    realm.known_buffers.memory_at(base)
}

/// A `SharedArrayBuffer` that shows the first `length` bytes of a memory.
pub(crate) fn bytes_object<'js>(
    ctx: &Ctx<'js>,
    memory: &SharedMemory,
    length: usize,
) -> Result<Value<'js>> {
    let realm = realm::of(ctx)?;
    let env = Env::new(ctx);
    let length = length.min(memory.data_size());
    let seen = SeenMemory::new(&realm.known_buffers, memory);
    let buffer = raw::shared_buffer(env, seen, (length, Length::Fixed), None)?;
    Ok(buffer.into_value())
}

/// Bytes that any thread may have: a memory of as many pages as they need.
pub(crate) fn new_bytes(ctx: &Ctx<'_>, length: usize) -> Result<SharedMemory> {
    let realm = realm::of(ctx)?;
    let pages = length.div_ceil(PAGE).max(1) as u64;
    let mut ty = MemoryType::new(pages, Some(pages)).to_be_shared();
    // Of such a memory no more addresses are reserved than it may ever have.
    ty.address = AddressType::I64;
    SharedMemory::new(&realm.engine, ty).map_err(|error| api::engine_error(&realm, ctx, &error))
}
