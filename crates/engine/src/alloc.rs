//! Lists whose length a guest chooses: where there is no memory for one, that is an error.

use crate::error::Error;
use std::collections::HashMap;
use std::hash::Hash;

#[cold]
fn exhausted(what: &str) -> Error {
    Error::exhausted(format_args!("no memory for {what}"))
}

/// An empty list with room for so many.
pub(crate) fn list<T>(length: usize, what: &str) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(length)
        .map_err(|_| exhausted(what))?;
    Ok(list)
}

/// A list of these, of which an iterator knows the number.
pub(crate) fn collect<T>(
    items: impl ExactSizeIterator<Item = T>,
    what: &str,
) -> Result<Vec<T>, Error> {
    let mut list = list(items.len(), what)?;
    list.extend(items);
    Ok(list)
}

/// Room for one more in a list that may grow long.
#[inline]
pub(crate) fn room<T>(list: &mut Vec<T>, what: &str) -> Result<(), Error> {
    list.try_reserve(1).map_err(|_| exhausted(what))
}

/// The same in a list that mostly stays short, as there are many of it: of one at first, then twice as many each time.
#[inline]
pub(crate) fn room_from_one<T>(list: &mut Vec<T>, what: &str) -> Result<(), Error> {
    if list.len() < list.capacity() {
        return Ok(());
    }
    let more = list.len().max(1);
    list.try_reserve_exact(more).map_err(|_| exhausted(what))
}

/// Appends one.
#[inline]
pub(crate) fn push<T>(list: &mut Vec<T>, item: T, what: &str) -> Result<(), Error> {
    room(list, what)?;
    list.push(item);
    Ok(())
}

/// Inserts into a map that may grow large.
pub(crate) fn insert<K: Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    key: K,
    value: V,
    what: &str,
) -> Result<(), Error> {
    map.try_reserve(1).map_err(|_| exhausted(what))?;
    map.insert(key, value);
    Ok(())
}
