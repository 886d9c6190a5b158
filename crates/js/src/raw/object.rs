//! Host objects: JavaScript objects with a payload of ours, some of which can be called.

use super::env::Env;
use super::value::{Args, Attempt, Own, Ref, Stored, Thrown};
use crate::webassembly::Payload;
use rquickjs::{Ctx, Error, Result, qjs};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

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
        payload: Payload,
    ) -> Attempt<Own<'js>> {
        let link = Cell::default();
        self.make(env, prototype, Box::new(Contents { link, payload }))
    }

    /// The same, without a prototype; from now on `link` leads to the object, as long as it is there.
    pub(crate) fn create_linked<'js>(
        self,
        env: Env<'js>,
        payload: Payload,
        link: &Backlink,
    ) -> Attempt<Own<'js>> {
        let contents = Contents::linked(payload, link);
        let object = self.make(env, env.null().get(), Box::new(contents))?;
        link.0.set(object.get().raw);
        Ok(object)
    }

    /// From now on `link` leads to a host object, as long as that is there; none that it had before does.
    pub(crate) fn link(self, object: Ref<'_>, link: &Backlink) {
        if let Some(contents) = HostObject::contents(self, object) {
            contents.link.set(Some(Bound(link.0.clone())));
            link.0.set(object.raw);
        }
    }

    fn make<'js>(
        self,
        env: Env<'js>,
        prototype: Ref<'_>,
        contents: Box<Contents>,
    ) -> Attempt<Own<'js>> {
        let class = if contents.payload.is_function() {
            self.function
        } else {
            self.object
        };
        // SAFETY: the prototype is alive. The contents become the object's, until `finalize`.
        unsafe {
            let object = env.take(qjs::JS_NewObjectProtoClass(env.raw(), prototype.raw, class))?;
            qjs::JS_SetOpaque(object.get().raw, Box::into_raw(contents).cast());
            Ok(object)
        }
    }
}

/// What a host object owns. Dropped in this order: the link goes before anything else.
struct Contents {
    link: Cell<Option<Bound>>,
    payload: Payload,
}

impl Contents {
    /// Undoes `link` when it goes; whoever makes the object leads it there.
    fn linked(payload: Payload, link: &Backlink) -> Self {
        let link = Cell::new(Some(Bound(link.0.clone())));
        Self { link, payload }
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
        Self::contents(classes, value).map(|contents| Self {
            object: value,
            payload: &contents.payload,
        })
    }

    fn contents(classes: Classes, value: Ref<'a>) -> Option<&'a Contents> {
        let mut class = 0;
        // SAFETY: an object of our classes has its contents as long as it is alive, which it is for 'a.
        unsafe {
            let data = qjs::JS_GetAnyOpaque(value.raw, &mut class);
            let ours = class == classes.object || class == classes.function;
            if ours {
                data.cast::<Contents>().as_ref()
            } else {
                None
            }
        }
    }

    /// # Safety
    /// QuickJS passed the value, which is a host object, to a callback that runs for all of `'a`.
    pub(super) unsafe fn from_callback(object: qjs::JSValue) -> Self {
        // SAFETY: an object of our classes has its contents as long as it is alive.
        unsafe {
            Self {
                object: Ref::lent(object),
                payload: &(*contents_of(object)).payload,
            }
        }
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

/// A proxy of a new host object without a prototype, which nobody else refers to; `handler` says what the
/// proxy refuses. From now on `link` leads to the proxy, as long as it is there.
///
/// The proxy alone has a reference to the host object. So the finalizer of that runs when the proxy goes,
/// and the link is undone before anybody could follow it.
pub(crate) fn create_proxied<'js>(
    classes: Classes,
    env: Env<'js>,
    handler: Ref<'_>,
    payload: Payload,
    link: &Backlink,
) -> Attempt<Own<'js>> {
    let contents = Contents::linked(payload, link);
    let target = classes.make(env, env.null().get(), Box::new(contents))?;
    // SAFETY: all values are alive, and the target is an object; QuickJS makes references of its own. The
    // proxy is ours.
    let proxy = unsafe {
        if qjs::JS_PreventExtensions(env.raw(), target.get().raw) < 0 {
            return Err(Thrown);
        }
        env.take(qjs::JS_NewProxy(env.raw(), target.get().raw, handler.raw))?
    };
    link.0.set(proxy.get().raw);
    Ok(proxy)
}

/// The payload of the host object that a proxy is of, if the value is such a proxy: programs do not get at
/// these host objects, so the proxy is one of [`create_proxied`].
pub(crate) fn proxied<'a>(classes: Classes, env: Env<'_>, value: Ref<'a>) -> Option<&'a Payload> {
    // SAFETY: the value is alive; a proxy keeps its target alive, as long as it lives itself.
    let target: Ref<'a> = unsafe {
        if !qjs::JS_IsProxy(value.raw) {
            return None;
        }
        let target = env.take(qjs::JS_GetProxyTarget(env.raw(), value.raw));
        let Ok(target) = target else {
            // Revoked.
            drop(env.exception());
            return None;
        };
        Ref::lent(target.get().raw)
    };
    payload(classes, target)
}

/// The way to a host object, without keeping it alive: [`Classes::create_linked`] binds it, and the
/// finalizer of the object undoes that.
pub(crate) struct Backlink(Rc<Cell<qjs::JSValue>>);

impl Backlink {
    /// Leads nowhere yet.
    pub(crate) fn new() -> Self {
        Self(Rc::new(Cell::new(qjs::JS_UNDEFINED)))
    }

    /// Whether there is an object.
    pub(crate) fn leads_somewhere(&self) -> bool {
        // SAFETY: only looked at: whether it is `undefined`.
        !unsafe { qjs::JS_IsUndefined(self.0.get()) }
    }

    /// The object; `undefined` if there is none.
    pub(crate) fn get<'js>(&self, env: Env<'js>) -> Own<'js> {
        // SAFETY: an object that is gone has undone the link: see `Bound`.
        unsafe { Ref::lent(self.0.get()) }.to_owned(env)
    }
}

/// The link's other end, in the object.
struct Bound(Rc<Cell<qjs::JSValue>>);

impl Drop for Bound {
    fn drop(&mut self) {
        self.0.set(qjs::JS_UNDEFINED);
    }
}

/// What the collector asks payloads to do.
pub(crate) struct Marker {
    runtime: *mut qjs::JSRuntime,
    mark: qjs::JS_MarkFunc,
}

/// In which pass a collection is: QuickJS has a function for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pass(usize);

impl Marker {
    /// The pass.
    #[inline]
    pub(crate) fn pass(&self) -> Pass {
        Pass(self.mark.map_or(0, |mark| mark as usize))
    }

    pub(super) fn mark(&self, value: &Stored) {
        // SAFETY: QuickJS gave both during its marking, and the value is alive.
        unsafe { qjs::JS_MarkValue(self.runtime, value.raw(), self.mark) }
    }
}

/// # Safety
/// Called by QuickJS with an object of our classes.
unsafe fn contents_of(object: qjs::JSValue) -> *mut Contents {
    let mut class = 0;
    // SAFETY: see above.
    unsafe { qjs::JS_GetAnyOpaque(object, &mut class).cast() }
}

unsafe extern "C" fn finalize(_: *mut qjs::JSRuntime, object: qjs::JSValue) {
    // SAFETY: the contents were a box; the object is gone after this. An object whose creation failed
    // half way has none.
    unsafe {
        let data = contents_of(object);
        if !data.is_null() {
            let contents = Box::from_raw(data);
            contents.payload.going();
            drop(contents);
        }
    }
}

unsafe extern "C" fn mark(
    runtime: *mut qjs::JSRuntime,
    object: qjs::JSValue,
    mark: qjs::JS_MarkFunc,
) {
    // SAFETY: the object is alive, and its contents only ever borrowed.
    if let Some(data) = unsafe { contents_of(object).as_ref() } {
        data.payload.mark(&Marker { runtime, mark });
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
    size_of::<*mut c_void>() == size_of::<*mut Contents>(),
    "pointers to contents are thin"
);
