//! Strings of JavaScript: their bytes, their units.

use super::env::Env;
use super::value::{Attempt, Own, Ref, Thrown};
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

/// Runs `f` with the UTF-16 of a string. Runs JavaScript if the value is no string.
pub(crate) fn with_utf16<R>(
    env: Env<'_>,
    value: Ref<'_>,
    f: impl FnOnce(&[u16]) -> R,
) -> Attempt<R> {
    let mut length = 0;
    // SAFETY: the value is alive; QuickJS writes the length where it succeeds.
    let text = unsafe { qjs::JS_ToCStringLenUTF16(env.raw(), &mut length, value.raw) };
    if text.is_null() {
        return Err(Thrown);
    }
    struct Free<'js>(Env<'js>, *const u16);
    impl Drop for Free<'_> {
        fn drop(&mut self) {
            // SAFETY: from JS_ToCStringLenUTF16, freed once.
            unsafe { qjs::JS_FreeCStringUTF16(self.0.raw(), self.1) }
        }
    }
    let _free = Free(env, text);
    // SAFETY: QuickJS gave that many units, which stay until they are freed.
    Ok(f(unsafe { slice::from_raw_parts(text, length as usize) }))
}

/// A string of these units of UTF-16, which need not be well-formed.
pub(crate) fn string_of_utf16<'js>(env: Env<'js>, units: &[u16]) -> Attempt<Own<'js>> {
    // SAFETY: QuickJS copies the units; the string is ours.
    unsafe {
        env.take(qjs::JS_NewStringUTF16(
            env.raw(),
            units.as_ptr(),
            units.len() as qjs::size_t,
        ))
    }
}

/// How many units of UTF-16 a string has. The value is a string.
pub(crate) fn length_of_string(env: Env<'_>, value: Ref<'_>) -> Attempt<u32> {
    let mut length = 0;
    // SAFETY: the value is alive; QuickJS writes the length where it succeeds.
    match unsafe { qjs::JS_GetLength(env.raw(), value.raw, &mut length) } {
        failed if failed < 0 => Err(Thrown),
        _ => Ok(length as u32),
    }
}
