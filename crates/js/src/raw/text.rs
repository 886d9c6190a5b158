//! Bytes of strings.

use super::env::Env;
use super::value::{Attempt, Ref, Thrown};
use rquickjs::qjs;
use std::slice;

/// Runs `f` with the UTF-8 of a string; of half a surrogate pair it gets three bytes that are none. Runs
/// JavaScript if the value is no string.
pub(crate) fn with_utf8<R>(env: Env<'_>, value: Ref<'_>, f: impl FnOnce(&[u8]) -> R) -> Attempt<R> {
    let mut length = 0;
    // SAFETY: the value is alive; QuickJS writes the length where it succeeds.
    let text = unsafe { qjs::JS_ToCStringLen(env.raw(), &mut length, value.raw) };
    if text.is_null() {
        return Err(Thrown);
    }
    struct Free<'js>(Env<'js>, *const std::ffi::c_char);
    impl Drop for Free<'_> {
        fn drop(&mut self) {
            // SAFETY: from JS_ToCStringLen, freed once.
            unsafe { qjs::JS_FreeCString(self.0.raw(), self.1) }
        }
    }
    let _free = Free(env, text);
    // SAFETY: QuickJS gave that many bytes, which stay until they are freed.
    Ok(f(unsafe { slice::from_raw_parts(text.cast(), length) }))
}
