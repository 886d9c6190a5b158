//! `new Stacklet({ secondStack })`: the second stack of C programs, a region of it for each call.

use crate::raw::Ref;
use bident::{Error, Instance, Kept, Lasting, SecondStack, SecondStackOptions, StoreContextMut};
use rquickjs::{Ctx, Exception, FromJs, Object, Result, Value};
use std::cell::RefCell;

/// What a stacklet knows of the second stack of its instances.
#[derive(Default)]
pub(super) struct Second {
    options: Option<SecondStackOptions>,
    /// That of the first instance, which is kept: those that come later may join.
    first: RefCell<Option<(SecondStack, Kept)>>,
}

impl Second {
    /// Reads the options of a stacklet.
    pub(super) fn of_options<'js>(ctx: &Ctx<'js>, options: &Value<'js>) -> Result<Self> {
        if options.is_undefined() {
            return Ok(Self::default());
        }
        let Some(options) = options.as_object() else {
            return Err(wrong(ctx, "the options of a Stacklet", "an object"));
        };
        let given: Value<'js> = options.get("secondStack")?;
        let options = match given.as_object() {
            _ if given.is_undefined() || given.as_bool() == Some(false) => None,
            _ if given.as_bool() == Some(true) => Some(SecondStackOptions::new()),
            Some(given) => Some(read(ctx, given)?),
            None => return Err(wrong(ctx, "`secondStack`", "a boolean or an object")),
        };
        Ok(Self {
            options,
            first: RefCell::default(),
        })
    }

    /// Lets a new instance of the stacklet take part.
    pub(super) fn attach<T>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        instance: &Instance,
    ) -> std::result::Result<(), Error> {
        let Some(options) = &self.options else {
            return Ok(());
        };
        if SecondStack::of(&*store, instance).is_some() {
            return Ok(());
        }
        let made = SecondStack::new(&mut *store, instance, options);
        let mut first = self.first.borrow_mut();
        match (made, &*first) {
            (Ok(made), None) => *first = Some((made, instance.keep(&mut *store)?)),
            (Ok(_), Some(_)) => {}
            // It has no pointer of its own, but it may call those that have.
            (Err(_), Some((first, _))) => first.join(&mut *store, instance)?,
            (Err(error), None) => return Err(error),
        }
        Ok(())
    }
}

fn read<'js>(ctx: &Ctx<'js>, given: &Object<'js>) -> Result<SecondStackOptions> {
    let mut options = SecondStackOptions::new();
    let pointer: Value<'js> = given.get("pointer")?;
    if pointer.is_number() {
        options = options.pointer_index(whole(ctx, &pointer, "`pointer`")?);
    } else if !pointer.is_undefined() {
        options = options.pointer_export(text(ctx, &pointer, "`pointer`")?);
    }
    let size: Value<'js> = given.get("regionSize")?;
    if !size.is_undefined() {
        options = options.region_size(whole(ctx, &size, "`regionSize`")?);
    }
    let most: Value<'js> = given.get("maxRegions")?;
    if !most.is_undefined() {
        options = options.max_regions(whole(ctx, &most, "`maxRegions`")?);
    }
    let (malloc, free): (Value<'js>, Value<'js>) = (given.get("malloc")?, given.get("free")?);
    if !malloc.is_undefined() || !free.is_undefined() {
        let (malloc, free) = (text(ctx, &malloc, "`malloc`")?, text(ctx, &free, "`free`")?);
        options = options.allocator(malloc, free);
    }
    let range: Value<'js> = given.get("range")?;
    if !range.is_undefined() {
        let Some(range) = range.as_object() else {
            return Err(wrong(ctx, "`range`", "an array of two addresses"));
        };
        let end = |i: u32| whole(ctx, &range.get::<_, Value<'js>>(i)?, "an end of `range`");
        options = options.range(end(0)?..end(1)?);
    }
    match given.get::<_, Value<'js>>("newPages")?.as_bool() {
        Some(true) => Ok(options.new_pages()),
        _ => Ok(options),
    }
}

fn whole<'js>(ctx: &Ctx<'js>, value: &Value<'js>, what: &str) -> Result<u32> {
    let number = Ref::new(value)
        .is_number()
        .then(|| f64::from_js(ctx, value.clone()));
    match number.transpose()? {
        Some(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) => {
            Ok(number as u32)
        }
        _ => Err(wrong(ctx, what, "a whole number from 0 to 4294967295")),
    }
}

fn text<'js>(ctx: &Ctx<'js>, value: &Value<'js>, what: &str) -> Result<String> {
    match value.as_string() {
        Some(text) => text.to_string(),
        None => Err(wrong(ctx, what, "the name of an export")),
    }
}

fn wrong(ctx: &Ctx<'_>, what: &str, wanted: &str) -> rquickjs::Error {
    Exception::throw_type(ctx, &format!("{what} must be {wanted}"))
}
