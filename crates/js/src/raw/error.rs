//! The `stack` of errors, and names of functions, without running any code of a program.

use super::env::Env;
use super::value::{Own, Ref};
use rquickjs::atom::PredefinedAtom;
use rquickjs::{Value, qjs};

/// Longest text that is looked at, in UTF-16 units.
const MOST: i64 = 64 << 10;

const STACK: qjs::JSAtom = PredefinedAtom::Stack as qjs::JSAtom;
const NAME: qjs::JSAtom = PredefinedAtom::Name as qjs::JSAtom;

/// How many prototypes an error may have.
const MOST_PROTOTYPES: usize = 16;

/// Flags of the property as QuickJS and this crate define it.
const FLAGS: u32 = qjs::JS_PROP_WRITABLE | qjs::JS_PROP_CONFIGURABLE;

/// An own property of an object that is not a proxy.
enum Property<'js> {
    None,
    Value(Own<'js>, u32),
    Getter(Own<'js>),
}

impl<'js> Env<'js> {
    /// The text of an error's `stack`, if that is a text which can be set, of the error itself or as
    /// `getter`, QuickJS's own, gives it; `Some(None)` if QuickJS has yet to write it, as for an error that
    /// it makes itself.
    pub(crate) fn stack_of(self, error: Ref<'_>, getter: Ref<'_>) -> Option<Option<String>> {
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
                if !extensible || !self.inherits(error, getter) {
                    return None;
                }
                let text = self.gotten(error, getter)?;
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
    pub(crate) fn stack_here(self, getter: Ref<'_>) -> Option<String> {
        // SAFETY: makes a value in a living context; it is ours.
        let error = unsafe { self.take(qjs::JS_NewError(self.raw())) };
        match error {
            Ok(error) => self.short(self.gotten(error.get(), getter)?),
            Err(_) => self.forget(),
        }
    }

    /// Sets an error's `stack`, of which [`Self::stack_of`] has given the text.
    pub(crate) fn set_stack_of(self, error: Ref<'_>, stack: &str) {
        // SAFETY: the error is alive, and QuickJS copies the text. It takes over the value, also where it
        // fails. An error is no exotic object: this runs no code.
        let done = unsafe {
            let (text, length) = (stack.as_ptr().cast(), stack.len() as qjs::size_t);
            let text = qjs::JS_NewStringLen(self.raw(), text, length);
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

    /// What a getter of QuickJS's own gives for an error.
    fn gotten(self, error: Ref<'_>, getter: Ref<'_>) -> Option<Own<'js>> {
        (self.call(getter, error, &[])).map_or_else(|_| self.forget(), Some)
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

    /// Whether `stack` of an object that has none of its own is computed by this getter.
    fn inherits(self, object: Ref<'_>, getter: Ref<'_>) -> bool {
        let mut prototype = self.prototype(object);
        for _ in 0..MOST_PROTOTYPES {
            let Some(object) = prototype.filter(|p| p.get().is_object()) else {
                return false;
            };
            // SAFETY: reads the class of a living value.
            if unsafe { qjs::JS_IsProxy(object.get().raw) } {
                return false;
            }
            match self.own_property(object.get(), STACK) {
                Some(Property::None) => prototype = self.prototype(object.get()),
                Some(Property::Getter(found)) => {
                    return found.get().identity() == getter.identity();
                }
                _ => return false,
            }
        }
        false
    }

    /// The prototype of an object that is not a proxy.
    fn prototype(self, object: Ref<'_>) -> Option<Own<'js>> {
        // SAFETY: the object is alive; the result is a new reference.
        unsafe { self.take(qjs::JS_GetPrototype(self.raw(), object.raw)) }.ok()
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
            let getter = Own::from_raw(self, found.getter);
            drop(Own::from_raw(self, found.setter));
            let flags = found.flags as u32;
            Some(match flags & qjs::JS_PROP_GETSET {
                0 => Property::Value(value, flags),
                _ => Property::Getter(getter),
            })
        }
    }
}
