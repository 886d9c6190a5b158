//! What is remembered of stack sizes.

use crate::memory::SLAB_CLASSES;

/// What is remembered of the size that stacks of one entry function need.
///
/// Starts at the smallest class, follows growth at once as far as blocks come from slabs, and after
/// 64 stacks tries one class less: a function that went deep once does not pay for ever.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lesson(u32);

impl Lesson {
    const TRIAL: u32 = 64;

    /// From the word in which [`Lesson::word`] keeps it.
    pub fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// The lesson in one word.
    pub fn word(self) -> u32 {
        self.0
    }

    /// Class for the next stack.
    #[inline]
    pub fn class(&mut self) -> u32 {
        let (class, uses) = (self.0 & 0xff, self.0 >> 8);
        if class == 0 {
            return 0;
        }
        if uses >= Self::TRIAL {
            self.0 = class - 1;
            return class - 1;
        }
        self.0 = class | (uses + 1) << 8;
        class
    }

    /// A stack ended in this class.
    #[inline]
    pub fn learn(&mut self, class: u32) {
        let class = class.min(SLAB_CLASSES - 1);
        if class > self.0 & 0xff {
            self.0 = class;
        }
    }
}
