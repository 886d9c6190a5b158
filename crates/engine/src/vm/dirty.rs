//! What guests have written to, on its way to those that follow.
//!
//! ```text
//!  memories that ended, a batch of them          page: ▓ written  ▒ zeroed, stays  · none
//!  ┌────────────────┐┌────────────────┐┌────────────────┐
//!  │ · · ▓ · · · · ·││ ▓ · · · · · · ·││ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ·│
//!  └────────────────┘└────────────────┘└────────────────┘
//!    few pages: zeroed by writing;       many: all goes back
//!    the rest goes back to the system    to the system
//!  ┌────────────────┐┌────────────────┐┌────────────────┐
//!  │ · · ▒ · · · · ·││ ▒ · · · · · · ·││ · · · · · · · ·│
//!  └────────────────┘└────────────────┘└────────────────┘
//! ```
//!
//! A call of the system for each memory that ends would be most of what it costs to end one; and to take a page from
//! the system again, and make every other processor forget the old one, costs more than to zero it. So who ends with a few pages
//! keeps them for the next. Which pages those are the system tells. It does not tell of pages that it has put away elsewhere: so
//! all others are given back, which is next to nothing where there are none.
//!
//! Until a batch is together nobody has its addresses, and what was written lies there.

use bident_stack::os;

/// Ranges of a batch, at most.
const MOST: usize = 64;
/// Bytes of a batch, about.
const MOST_BYTES: usize = 4 << 20;
/// So many pages of a range are zeroed by writing, at most.
const FEW: usize = 4;
/// Pages that the system is asked about at a time, at most.
const ASKED: usize = 1024;

/// Ranges of pages that are to be zeroed.
#[derive(Default)]
pub(super) struct Dirty {
    ranges: Vec<(*mut u8, usize)>,
    bytes: usize,
}

// SAFETY: what the pointers lead to is this value's alone.
unsafe impl Send for Dirty {}

/// Those that are together.
pub(super) struct Batch(Vec<(*mut u8, usize)>);

/// A range that was dirty.
pub(super) struct Clean {
    pub(super) base: *mut u8,
    pub(super) size: usize,
    /// Whether it is zero now: the system may not promise that.
    pub(super) zero: bool,
    /// How many of its pages have memory.
    pub(super) pages: usize,
}

impl Dirty {
    /// Adds a range of pages. Gives a batch when one is together.
    ///
    /// # Safety
    /// It lies in mappings of the caller, and nobody uses it until it comes back in a batch.
    pub(super) unsafe fn add(&mut self, start: *mut u8, size: usize) -> Option<Batch> {
        if self.ranges.try_reserve(1).is_err() {
            // No memory for the note: its addresses are lost, if its memory is not.
            // SAFETY: so says the caller.
            unsafe { os::discard(start, size) };
            return None;
        }
        self.ranges.push((start, size));
        self.bytes += size;
        (self.ranges.len() >= MOST || self.bytes >= MOST_BYTES).then(|| self.take())
    }

    /// All that there are.
    pub(super) fn take(&mut self) -> Batch {
        self.bytes = 0;
        Batch(std::mem::take(&mut self.ranges))
    }
}

impl Batch {
    /// Zeroes it, so that at most so many pages keep memory. Gives the ranges, in the order of their addresses.
    pub(super) fn clean(mut self, mut most: usize) -> Vec<Clean> {
        self.0.sort_unstable_by_key(|(start, _)| start.addr());
        let (mut all, mut rest) = (Vec::new(), Vec::new());
        let room = all.try_reserve_exact(self.0.len()).is_ok()
            && rest.try_reserve_exact(self.0.len() * (FEW + 1)).is_ok();
        if !room {
            // No memory for notes: addresses are lost, as above.
            // SAFETY: who added the ranges does not use them.
            unsafe { os::discard_all(&mut self.0) };
            return all;
        }
        let mut left = &self.0[..];
        while !left.is_empty() {
            let (together, others) = left.split_at(neighbours(left));
            left = others;
            // SAFETY: as above; they lie next to each other.
            unsafe { clean(together, &mut most, &mut all, &mut rest) };
        }
        // SAFETY: parts of the ranges.
        let zero = unsafe { os::discard_all(&mut rest) };
        all.iter_mut().for_each(|clean| clean.zero = zero);
        all
    }

    /// Where its ranges start.
    pub(super) fn starts(self) -> impl Iterator<Item = *mut u8> {
        self.0.into_iter().map(|(start, _)| start)
    }
}

/// How many of the first lie next to each other, and have as many pages as can be asked about; one at least.
fn neighbours(ranges: &[(*mut u8, usize)]) -> usize {
    let most = ASKED * os::page_size();
    let (first, mut size) = ranges[0];
    let more = ranges[1..].iter().take_while(|&&(start, more)| {
        let next = first.wrapping_add(size) == start && size + more <= most;
        size += if next { more } else { 0 };
        next
    });
    1 + more.count()
}

/// Zeroes what was written in those that have few such pages, as long as there are `most`. What the system is to take
/// goes to `rest`.
///
/// # Safety
/// The ranges are the caller's, and lie next to each other; nobody uses them.
unsafe fn clean(
    ranges: &[(*mut u8, usize)],
    most: &mut usize,
    all: &mut Vec<Clean>,
    rest: &mut Vec<(*mut u8, usize)>,
) {
    let page = os::page_size();
    let start = ranges[0].0;
    let size = ranges.iter().map(|(_, size)| size).sum::<usize>();
    let mut pages = [0_u8; ASKED];
    // SAFETY: the caller says so; there is a byte for each page.
    let told = size <= ASKED * page && unsafe { os::resident(start, size, &mut pages) };
    let mut first = 0;
    for &(base, size) in ranges {
        let count = size / page;
        let pages = pages.get(first..first + count).unwrap_or_default();
        first += count;
        let written = pages.iter().filter(|page| **page & 1 != 0).count();
        let kept = match told && written <= FEW.min(*most) {
            true => written,
            false => 0,
        };
        let mut at = 0;
        if kept > 0 {
            for (i, _) in (0..).zip(pages).filter(|(_, page)| **page & 1 != 0) {
                // SAFETY: the caller says so.
                unsafe { base.add(i * page).write_bytes(0, page) };
                if at < i {
                    rest.push((base.wrapping_add(at * page), (i - at) * page));
                }
                at = i + 1;
            }
        }
        if at < count {
            rest.push((base.wrapping_add(at * page), (count - at) * page));
        }
        *most -= kept;
        all.push(Clean {
            base,
            size,
            zero: false,
            pages: kept,
        });
    }
}
