//! Lists of what a module has, each with a type for its positions. What a store has: [`crate::slots`].

use crate::alloc;
use crate::error::Error;
use bident_module::{
    DataIndex, ElemIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex,
};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A position in a [`List`].
pub(crate) trait Position: Copy {
    fn at(position: usize) -> Self;
    fn position(self) -> usize;
}

macro_rules! positions {
    ($($name:ident)*) => {$(
        impl Position for $name {
            #[inline]
            fn at(position: usize) -> Self {
                Self(position as u32)
            }

            #[inline]
            fn position(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

positions!(FuncIndex TableIndex MemoryIndex GlobalIndex TagIndex DataIndex ElemIndex);

/// A list whose positions are of a type of their own.
pub(crate) struct List<P, T> {
    items: Vec<T>,
    positions: PhantomData<P>,
}

impl<P: Position, T> List<P, T> {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The position of the next one.
    pub(crate) fn end(&self) -> P {
        P::at(self.items.len())
    }

    #[inline]
    pub(crate) fn get(&self, position: P) -> Option<&T> {
        self.items.get(position.position())
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// All, with their positions.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (P, &T)> {
        let numbered = self.items.iter().enumerate();
        numbered.map(|(position, item)| (P::at(position), item))
    }

    /// An empty one with room for so many; an error where there is no memory.
    pub(crate) fn with_room(length: usize, what: &str) -> Result<Self, Error> {
        alloc::list(length, what).map(Self::from)
    }

    /// Room for one more; an error where there is no memory.
    pub(crate) fn room(&mut self, what: &str) -> Result<(), Error> {
        alloc::room(&mut self.items, what)
    }

    /// Appends one; an error where there is no memory.
    pub(crate) fn push(&mut self, item: T, what: &str) -> Result<P, Error> {
        self.room(what)?;
        Ok(self.append(item))
    }

    /// Appends one, for which there is room.
    pub(crate) fn append(&mut self, item: T) -> P {
        let end = self.end();
        self.items.push(item);
        end
    }
}

impl<P, T> Default for List<P, T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<P, T> From<Vec<T>> for List<P, T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            positions: PhantomData,
        }
    }
}

impl<P: Position, T> Index<P> for List<P, T> {
    type Output = T;
    #[inline]
    fn index(&self, position: P) -> &T {
        &self.items[position.position()]
    }
}

impl<P: Position, T> IndexMut<P> for List<P, T> {
    #[inline]
    fn index_mut(&mut self, position: P) -> &mut T {
        &mut self.items[position.position()]
    }
}

impl<'a, P: Position, T> IntoIterator for &'a List<P, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
