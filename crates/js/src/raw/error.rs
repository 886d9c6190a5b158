//! The `stack` of errors, and names of functions, without running any code of a program.

use super::env::Env;
use super::value::{Own, Ref};
use rquickjs::atom::PredefinedAtom;
use rquickjs::{Value, qjs};

/// Longest text that is looked at, in UTF-16 units.
const MOST: i64 = 64 << 10;

const STACK: qjs::JSAtom = PredefinedAtom::Stack as qjs::JSAtom;
const NAME: qjs::JSAtom = PredefinedAtom::Name as qjs::JSAtom;

/// Flags of the property as QuickJS and this crate define it.
const FLAGS: u32 = qjs::JS_PROP_WRITABLE | qjs::JS_PROP_CONFIGURABLE;

/// An own property of an object that is not a proxy.
enum Property<'js> {
    None,
    Value(Own<'js>, u32),
    Computed,
}

/// Where the stacks of errors lie that have no property of their own for it.
pub(crate) struct Stacks<'js> {
    /// A `WeakMap` of those that were changed.
    pub(crate) map: Own<'js>,
    /// Its methods.
    pub(crate) get: Own<'js>,
    pub(crate) set: Own<'js>,
    /// The getter of QuickJS's own for what it has written.
    pub(crate) written: Own<'js>,
}

impl<'js> Env<'js> {
    /// The text of an error's `stack`, if that is a text which can be set, of the error itself or among these;
    /// `Some(None)` if QuickJS has yet to write it, as for an error that it makes itself.
    pub(crate) fn stack_of(self, error: Ref<'_>, stacks: &Stacks<'js>) -> Option<Option<String>> {
        // SAFETY: reads the class of a living value.
        if !unsafe { qjs::JS_IsError(error.raw) } {
            return None;
        }
        match self.own_property(error, STACK)? {
            Property::Value(text, flags) if flags & qjs::JS_PROP_C_W_E == FLAGS => {
                self.short(text).map(Some)
            }
            Property::None => {
                // SAFETY: alive, and no proxy.
                let extensible = unsafe { qjs::JS_IsExtensible(self.raw(), error.raw) } == 1;
                if !extensible {
                    return None;
                }
                let mut text = self.gotten(stacks.get.get(), stacks.map.get(), &[error])?;
                if text.get().is_undefined() {
                    text = self.gotten(stacks.written.get(), error, &[])?;
                }
                match text.get().is_undefined() {
                    true => Some(None),
                    false => self.short(text).map(Some),
                }
            }
            _ => None,
        }
    }

    /// The name of a function, if it has one that is not computed.
    pub(crate) fn name_of(self, function: Ref<'_>) -> Option<String> {
        // SAFETY: reads the class of a living value.
        if !function.is_object() || unsafe { qjs::JS_IsProxy(function.raw) } {
            return None;
        }
        match self.own_property(function, NAME)? {
            Property::Value(name, _) => self.short(name).filter(|name| !name.is_empty()),
            _ => None,
        }
    }

    /// Where JavaScript is now, as an error made here would say.
    pub(crate) fn stack_here(self, stacks: &Stacks<'js>) -> Option<String> {
        // SAFETY: makes a value in a living context; it is ours.
        let error = unsafe { self.take(qjs::JS_NewError(self.raw())) };
        match error {
            Ok(error) => self.short(self.gotten(stacks.written.get(), error.get(), &[])?),
            Err(_) => self.forget(),
        }
    }

    /// Sets an error's `stack`, of which [`Self::stack_of`] has given the text.
    pub(crate) fn set_stack_of(self, error: Ref<'_>, stacks: &Stacks<'js>, stack: &str) {
        let Ok(text) = rquickjs::String::from_str(self.ctx(), stack) else {
            return self.forget().unwrap_or_default();
        };
        let text = self.own(text.as_value());
        match self.own_property(error, STACK) {
            Some(Property::None) => {
                let args = [error, text.get()];
                drop(self.gotten(stacks.set.get(), stacks.map.get(), &args));
            }
            Some(Property::Value(..)) => self.define_stack(error, text),
            _ => {}
        }
    }

    fn define_stack(self, error: Ref<'_>, text: Own<'js>) {
        // SAFETY: the error is alive. QuickJS takes over the text, also where it fails. An error is no exotic object: this
        // runs no code.
        let done = unsafe {
            let text = text.into_raw();
            qjs::JS_DefinePropertyValue(self.raw(), error.raw, STACK, text, FLAGS as i32)
        };
        if done < 0 {
            self.forget::<()>();
        }
    }

    /// Forgets the exception that is pending.
    fn forget<T>(self) -> Option<T> {
        drop(self.exception());
        None
    }

    /// What a function of QuickJS's own gives.
    fn gotten(self, function: Ref<'_>, this: Ref<'_>, args: &[Ref<'_>]) -> Option<Own<'js>> {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned(self)).collect();
        (self.call(function, this, &args)).map_or_else(|_| self.forget(), Some)
    }

    /// The text that a value is, unless it is very long.
    fn short(self, value: Own<'js>) -> Option<String> {
        let value: Value<'js> = value.into_value();
        let text = value.as_string()?;
        let mut length = 0;
        // SAFETY: a living string, whose length is no property that a program could have defined.
        let failed = unsafe { qjs::JS_GetLength(self.raw(), text.as_raw(), &mut length) };
        if failed < 0 {
            return self.forget();
        }
        text.to_string().ok().filter(|_| length <= MOST)
    }

    /// An own property of an object that is not a proxy.
    fn own_property(self, object: Ref<'_>, name: qjs::JSAtom) -> Option<Property<'js>> {
        let mut found = qjs::JSPropertyDescriptor {
            flags: 0,
            value: qjs::JS_UNDEFINED,
            getter: qjs::JS_UNDEFINED,
            setter: qjs::JS_UNDEFINED,
        };
        // SAFETY: the object is alive. Where there is such a property, QuickJS writes all fields, and
        // the references in them are ours.
        unsafe {
            match qjs::JS_GetOwnProperty(self.raw(), &mut found, object.raw, name) {
                0 => return Some(Property::None),
                1 => {}
                _ => return self.forget(),
            }
            let value = Own::from_raw(self, found.value);
            drop(Own::from_raw(self, found.getter));
            drop(Own::from_raw(self, found.setter));
            let flags = found.flags as u32;
            Some(match flags & qjs::JS_PROP_GETSET {
                0 => Property::Value(value, flags),
                _ => Property::Computed,
            })
        }
    }
}
