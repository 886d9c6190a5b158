//! Pages that go back to the system, a batch at a time.

use bident_stack::os;

/// A mapping that goes with this.
struct Mapping(*mut u8, usize);

impl Mapping {
    fn new(pages: usize) -> Self {
        let size = pages * os::page_size();
        let start = os::allocate(size, false).expect("memory");
        // SAFETY: ours alone.
        unsafe { start.write_bytes(0xab, size) };
        Self(start, size)
    }

    /// The first byte of each page.
    fn firsts(&self) -> Vec<u8> {
        let pages = (0..self.1).step_by(os::page_size());
        // SAFETY: ours, and nobody writes now.
        pages.map(|at| unsafe { *self.0.add(at) }).collect()
    }

    fn range(&self, first: usize, pages: usize) -> (*mut u8, usize) {
        let page = os::page_size();
        (self.0.wrapping_add(first * page), pages * page)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: ours alone, and not used any more.
        unsafe { os::unmap(self.0, self.1) };
    }
}

#[test]
fn all_ranges_and_nothing_else_are_zero_afterwards() {
    let mapping = Mapping::new(64);
    // Next to each other and apart, in no order.
    let given = [(40, 3), (2, 1), (3, 5), (60, 4), (8, 1), (20, 2)];
    let mut ranges = given.map(|(first, pages)| mapping.range(first, pages));
    // SAFETY: ours, and nobody needs what is there.
    assert!(unsafe { os::discard_all(&mut ranges) });
    for (page, byte) in mapping.firsts().into_iter().enumerate() {
        let inside = |(first, pages): &(usize, usize)| (*first..first + pages).contains(&page);
        let expected = if given.iter().any(inside) { 0 } else { 0xab };
        assert_eq!(byte, expected, "page {page}");
    }
}

#[test]
fn one_range_none_and_more_than_a_call_takes() {
    let mapping = Mapping::new(6001);
    // SAFETY: as above, to the end.
    unsafe {
        assert!(os::discard_all(&mut []));
        assert!(os::discard_all(&mut [mapping.range(6000, 1)]));
        let mut every_other: Vec<_> = (0..3000).map(|i| mapping.range(2 * i, 1)).collect();
        assert!(os::discard_all(&mut every_other));
    }
    let firsts = mapping.firsts();
    assert_eq!(firsts[6000], 0);
    let pairs = firsts[..6000].chunks(2);
    assert!(pairs.clone().all(|pair| pair == [0, 0xab]));
}

/// What the system cannot give back is said to be so.
#[test]
fn locked_pages_are_told_of() {
    let mapping = Mapping::new(4);
    // SAFETY: ours; a lock changes nothing that anybody sees.
    if unsafe { libc::mlock(mapping.0.cast(), mapping.1) } != 0 {
        println!("skipped: this process may not lock memory");
        return;
    }
    let mut ranges = [mapping.range(0, 1), mapping.range(2, 1)];
    // SAFETY: ours, and nobody needs what is there.
    let zero = unsafe { os::discard_all(&mut ranges) };
    let firsts = mapping.firsts();
    assert!(!zero || (firsts[0], firsts[2]) == (0, 0));
    assert_eq!((firsts[1], firsts[3]), (0xab, 0xab));
}

#[test]
fn the_system_tells_which_pages_have_memory() {
    let mapping = Mapping::new(40);
    let mut gone = [mapping.range(3, 2), mapping.range(20, 20)];
    let mut pages = [0; 41];
    // SAFETY: ours, and nobody needs what is there; there is a byte for each page.
    let told = unsafe {
        assert!(os::discard_all(&mut gone));
        os::resident(mapping.0, mapping.1, &mut pages)
    };
    assert!(told);
    let there = |(i, page): (usize, &u8)| (page & 1 != 0).then_some(i);
    let there: Vec<_> = pages.iter().enumerate().filter_map(there).collect();
    assert_eq!(there, (0..3).chain(5..20).collect::<Vec<_>>());
}
