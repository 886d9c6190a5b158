//! Host objects: JavaScript objects with a payload of ours, some of which can be called.

use super::value::{Args, Attempt, Env, Own, Ref, Thrown};
use crate::webassembly::Payload;
use rquickjs::{Ctx, Error, Result, qjs};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

/// The two classes of host objects in one runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Classes {
    object: qjs::JSClassID,
    function: qjs::JSClassID,
}

impl Classes {
    /// Adds the classes to the runtime of `ctx`. Once per runtime.
    pub(crate) fn register(ctx: &Ctx<'_>) -> Result<Self> {
        let mut classes = Self {
            object: 0,
            function: 0,
        };
        let definition = |class_name: &'static std::ffi::CStr, call| qjs::JSClassDef {
            class_name: class_name.as_ptr(),
            finalizer: Some(finalize),
            gc_mark: Some(mark),
            call,
            exotic: ptr::null_mut(),
        };
        // SAFETY: the runtime is alive; QuickJS copies the definitions.
        let failed = unsafe {
            let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
            qjs::JS_NewClassID(runtime, &mut classes.object);
            qjs::JS_NewClassID(runtime, &mut classes.function);
            qjs::JS_NewClass(
                runtime,
                classes.object,
                &definition(c"WebAssembly object", None),
            ) | qjs::JS_NewClass(
                runtime,
                classes.function,
                &definition(c"Function", Some(call)),
            )
        };
        if failed < 0 {
            Err(Error::Allocation)
        } else {
            Ok(classes)
        }
    }

    /// A new host object. It can be called if its payload is a function.
    pub(crate) fn create<'js>(
        self,
        env: Env<'js>,
        prototype: Ref<'_>,
        data: Payload,
    ) -> Attempt<Own<'js>> {
        let class = if data.is_function() {
            self.function
        } else {
            self.object
        };
        // SAFETY: the prototype is alive. The payload becomes the object's, until `finalize`.
        unsafe {
            let object = env.take(qjs::JS_NewObjectProtoClass(env.raw(), prototype.raw, class))?;
            qjs::JS_SetOpaque(object.get().raw, Box::into_raw(Box::new(data)).cast());
            Ok(object)
        }
    }
}

/// A value that is known to be a host object.
#[derive(Clone, Copy)]
pub(crate) struct HostObject<'a> {
    object: Ref<'a>,
    payload: &'a Payload,
}

impl<'a> HostObject<'a> {
    /// The host object that a value is, if it is one.
    pub(crate) fn of(classes: Classes, value: Ref<'a>) -> Option<Self> {
        let mut class = 0;
        // SAFETY: an object of our classes has a payload as long as it is alive, which it is for 'a.
        let payload = unsafe {
            let data = qjs::JS_GetAnyOpaque(value.raw, &mut class);
            let ours = class == classes.object || class == classes.function;
            if ours {
                data.cast::<Payload>().as_ref()
            } else {
                None
            }
        };
        payload.map(|payload| Self {
            object: value,
            payload,
        })
    }

    /// # Safety
    /// QuickJS passed the value, which is a host object, to a callback that runs for all of `'a`.
    pub(super) unsafe fn from_callback(object: qjs::JSValue) -> Self {
        // SAFETY: an object of our classes has a payload as long as it is alive.
        let payload = unsafe { &*payload_of(object) };
        let object = Ref::lent(object);
        Self { object, payload }
    }

    /// The object.
    pub(crate) fn get(self) -> Ref<'a> {
        self.object
    }

    /// Its payload.
    pub(crate) fn payload(self) -> &'a Payload {
        self.payload
    }
}

/// The payload of a host object; `None` for any other value.
pub(crate) fn payload<'a>(classes: Classes, value: Ref<'a>) -> Option<&'a Payload> {
    HostObject::of(classes, value).map(HostObject::payload)
}

/// The way from a payload to its own object, without keeping it alive.
///
/// Safe because of one rule: the payload calls [`Backlink::unbind`] when it is dropped, which is before
/// the object's memory goes.
pub(crate) struct Backlink(Cell<qjs::JSValue>);

impl Backlink {
    /// Leads nowhere yet.
    pub(crate) fn new() -> Self {
        Self(Cell::new(qjs::JS_UNDEFINED))
    }

    /// From now on it leads to `object`.
    pub(crate) fn bind(&self, object: &Own<'_>) {
        self.0.set(object.get().raw);
    }

    /// The object is going away.
    pub(crate) fn unbind(&self) {
        self.0.set(qjs::JS_UNDEFINED);
    }

    /// The object; `undefined` if there is none.
    pub(crate) fn get<'js>(&self, env: Env<'js>) -> Own<'js> {
        Ref::lent(self.0.get()).to_owned(env)
    }
}

/// What the collector asks payloads to do.
pub(crate) struct Marker {
    runtime: *mut qjs::JSRuntime,
    mark: qjs::JS_MarkFunc,
}

impl Marker {
    pub(super) fn mark(&self, value: qjs::JSValue) {
        // SAFETY: QuickJS gave both during its marking, and the value is alive.
        unsafe { qjs::JS_MarkValue(self.runtime, value, self.mark) }
    }
}

/// # Safety
/// Called by QuickJS with an object of our classes.
unsafe fn payload_of(object: qjs::JSValue) -> *mut Payload {
    let mut class = 0;
    // SAFETY: see above.
    unsafe { qjs::JS_GetAnyOpaque(object, &mut class).cast() }
}

unsafe extern "C" fn finalize(_: *mut qjs::JSRuntime, object: qjs::JSValue) {
    // SAFETY: the payload was a box; the object is gone after this. An object whose creation failed
    // half way has none.
    unsafe {
        let data = payload_of(object);
        if !data.is_null() {
            drop(Box::from_raw(data));
        }
    }
}

unsafe extern "C" fn mark(
    runtime: *mut qjs::JSRuntime,
    object: qjs::JSValue,
    mark: qjs::JS_MarkFunc,
) {
    // SAFETY: the object is alive, and its payload only ever borrowed.
    if let Some(data) = unsafe { payload_of(object).as_ref() } {
        data.mark(&Marker { runtime, mark });
    }
}

unsafe extern "C" fn call(
    ctx: *mut qjs::JSContext,
    function: qjs::JSValue,
    _this: qjs::JSValue,
    argc: i32,
    argv: *mut qjs::JSValue,
    _flags: i32,
) -> qjs::JSValue {
    // SAFETY: QuickJS calls with its own context and values, and keeps the function and the arguments
    // alive during the call.
    let (env, args, function) = unsafe {
        (
            Env::from_callback(ctx),
            Args::from_callback(argc, argv),
            HostObject::from_callback(function),
        )
    };
    match Payload::call(function, env, args) {
        Ok(result) => result.into_raw(),
        Err(Thrown) => qjs::JS_EXCEPTION,
    }
}

const _: () = assert!(
    size_of::<*mut c_void>() == size_of::<*mut Payload>(),
    "payload pointers are thin"
);
