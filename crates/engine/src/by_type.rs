//! What an engine knows of function types, read by all threads without a lock.
//!
//! ```text
//!  number   0   1 2   3 4 5 6   7 ...
//!          ┌─┐ ┌─┬─┐ ┌─┬─┬─┬─┐ ┌─ ─ ─   each list is twice as long as the one before, and made
//!          └─┘ └─┴─┘ └─┴─┴─┴─┘ └─ ─ ─   when it is needed: nothing ever moves
//! ```

use crate::alloc;
use crate::error::Error;
use bident_module::TypeId;
use std::sync::OnceLock;

/// A value for some of the types.
pub(crate) struct ByType<T>([OnceLock<Box<[OnceLock<T>]>>; 32]);

impl<T> Default for ByType<T> {
    fn default() -> Self {
        Self([const { OnceLock::new() }; 32])
    }
}

/// The list that a number is in, and where.
fn place(TypeId(number): TypeId) -> (usize, usize) {
    let number = number as usize + 1;
    let list = number.ilog2();
    (list as usize, number - (1 << list))
}

impl<T> ByType<T> {
    /// The value, if there is one.
    pub(crate) fn get(&self, id: TypeId) -> Option<&T> {
        let (list, at) = place(id);
        self.0.get(list)?.get()?.get(at)?.get()
    }

    /// Sets it, unless another thread was faster; gives what is there.
    ///
    /// # Errors
    /// Kind `Limit`: no memory.
    pub(crate) fn set(&self, id: TypeId, value: T) -> Result<&T, Error> {
        const WHAT: &str = "a function type";
        let (list, at) = place(id);
        let place = self.0.get(list).ok_or_else(|| Error::exhausted(WHAT))?;
        let values = match place.get() {
            Some(values) => values,
            None => {
                let values = alloc::collect((0..1_usize << list).map(|_| OnceLock::new()), WHAT)?;
                place.get_or_init(|| values.into_boxed_slice())
            }
        };
        Ok(values[at].get_or_init(|| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_place_of_its_own() {
        let all = ByType::default();
        for number in 0..1000 {
            assert_eq!(all.get(TypeId(number)), None);
            assert_eq!(all.set(TypeId(number), number).ok(), Some(&number));
        }
        for number in 0..1000 {
            assert_eq!(all.get(TypeId(number)), Some(&number));
            assert_eq!(all.set(TypeId(number), 0).ok(), Some(&number), "it stays");
        }
        assert_eq!(all.get(TypeId(u32::MAX)), None);
    }
}
