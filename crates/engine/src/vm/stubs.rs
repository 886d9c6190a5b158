//! What leads to the functions of a module whose code comes later.
//!
//! ```text
//!  slot 7 ────────┐      stub 7:  jmp [slot 7]
//!   cold          ├───► enter:    push 7
//!                 │               jmp way_out
//!   quick         ├───► counted:  sub [count 7], 1
//!                 │               js enter
//!                 │               jmp [quick 7]
//!   final         └───► code
//!  slot n:  first_call   way_out:  jmp [slot n]
//! ```
//!
//! Slots, addresses of quick code, and counts lie in front of the stubs, in this order.

use bident_stack::first_call;
use bident_stack::os;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// Bytes of a stub, and where in it the way to the host, and to quick code, begin.
const STUB: usize = 32;
const ENTER: usize = 6;
const COUNTED: usize = 16;

/// Bytes of the way out.
const WAY_OUT: usize = 6;

const SLOT: usize = size_of::<AtomicUsize>();
const COUNT: usize = size_of::<AtomicI32>();

/// Bytes that the words in front of the stubs of so many functions take, and the stubs: whole pages.
pub(super) fn sizes(count: usize) -> (usize, usize) {
    let page = os::page_size();
    let data = (count + 1) * SLOT + count * (SLOT + COUNT);
    let stubs = count * STUB + WAY_OUT;
    (data.next_multiple_of(page), stubs.next_multiple_of(page))
}

/// The stubs of a module.
pub(super) struct Stubs {
    /// How many functions.
    count: usize,
    /// First slot; there is one more than functions.
    slots: *const AtomicUsize,
    /// Address of the first stub.
    start: usize,
}

// SAFETY: the words are atomics in pages that live as long as the value: both are in a `Code`.
unsafe impl Send for Stubs {}
// SAFETY: as above.
unsafe impl Sync for Stubs {}

impl Stubs {
    /// Those whose words begin at an address: all functions are cold.
    ///
    /// # Safety
    /// As many pages as [`sizes`] says, as long as the value is used. The first part can be written, is zero, and
    /// nobody else's.
    pub(super) unsafe fn new(data: *mut u8, count: usize) -> Self {
        let slots: *mut AtomicUsize = data.cast();
        let start = data.addr() + sizes(count).0;
        let first_call = first_call as *const () as usize;
        let cold = (0..count).map(|defined| start + defined * STUB + ENTER);
        for (slot, code) in cold.chain([first_call]).enumerate() {
            // SAFETY: the caller provides the room.
            unsafe { slots.add(slot).write(AtomicUsize::new(code)) };
        }
        Self {
            count,
            slots,
            start,
        }
    }

    /// Address of the first stub.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    fn slot(&self, defined: usize) -> &AtomicUsize {
        assert!(defined < self.count);
        // SAFETY: there are that many, and the pages are there as long as this.
        unsafe { &*self.slots.add(defined) }
    }

    fn quick(&self, defined: usize) -> &AtomicUsize {
        assert!(defined < self.count);
        // SAFETY: as above; they lie behind the slots.
        unsafe { &*self.slots.add(self.count + 1 + defined) }
    }

    fn counter(&self, defined: usize) -> &AtomicI32 {
        assert!(defined < self.count);
        // SAFETY: as above; they lie behind the addresses of quick code.
        unsafe {
            let counts = self.slots.add(self.count + 1 + self.count);
            &*counts.cast::<AtomicI32>().add(defined)
        }
    }

    /// Address of what leads to a function whatever it is.
    pub(super) fn stub(&self, defined: usize) -> usize {
        self.start + defined * STUB
    }

    /// What is as good as an address of a function, whatever code comes: the stub where it leads to quick code.
    pub(super) fn lasting(&self, address: usize) -> usize {
        let stubs = self.start..self.start + self.count * STUB;
        match stubs.contains(&address) {
            true => address - (address - self.start) % STUB,
            false => address,
        }
    }

    /// Address of the word that leads to a function.
    pub(super) fn slot_address(&self, defined: usize) -> usize {
        (&raw const *self.slot(defined)).addr()
    }

    /// What leads to the code of a function, if there is code.
    pub(super) fn ready(&self, defined: usize) -> Option<usize> {
        let code = self.slot(defined).load(Ordering::Acquire);
        (code != self.stub(defined) + ENTER).then_some(code)
    }

    /// Whether there is quick code of a function, and no other.
    pub(super) fn is_quick(&self, defined: usize) -> bool {
        self.ready(defined) == Some(self.stub(defined) + COUNTED)
    }

    /// Whether there is code of a function that stays.
    pub(super) fn is_final(&self, defined: usize) -> bool {
        self.ready(defined).is_some() && !self.is_quick(defined)
    }

    /// Leads calls of a function to code that stays.
    pub(super) fn lead_to(&self, defined: usize, code: usize) {
        self.slot(defined).store(code, Ordering::Release);
    }

    /// Leads calls of a function to quick code, until there were so many.
    pub(super) fn lead_to_quick(&self, defined: usize, code: usize, calls: i32) {
        self.quick(defined).store(code, Ordering::Relaxed);
        self.count(defined, calls);
        self.lead_to(defined, self.stub(defined) + COUNTED);
    }

    /// Sets how many calls of quick code there may be until one comes to the host.
    pub(super) fn count(&self, defined: usize, calls: i32) {
        self.counter(defined).store(calls, Ordering::Relaxed);
    }

    /// Whether there were as many calls of quick code as there may be; if so, there may be so many more.
    pub(super) fn is_counted_out(&self, defined: usize, calls: i32) -> bool {
        let counter = self.counter(defined);
        let left = |left: i32| (left < 0).then_some(calls);
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }
}

/// Writes stubs behind the words that begin at an address. They are the same wherever they lie, at the same distance
/// from those.
///
/// # Safety
/// There is as much room as [`sizes`] says, which is nobody else's.
pub(super) unsafe fn write(data: *mut u8, count: usize) {
    let start = data.addr() + sizes(count).0;
    let way_out = start + count * STUB;
    let slot = |i: usize| data.addr() + i * SLOT;
    let jump = |from: usize, slot: usize| {
        let [a, b, c, d] = distance(from + 6, slot);
        [0xff, 0x25, a, b, c, d]
    };
    // SAFETY: the caller provides the room.
    let stubs = unsafe { data.add(sizes(count).0) };
    for defined in 0..count {
        let stub = start + defined * STUB;
        let [n0, n1, n2, n3] = (defined as u32).to_le_bytes();
        let [a, b, c, d] = distance(stub + COUNTED, way_out);
        let enter = [0x68, n0, n1, n2, n3, 0xe9, a, b, c, d];
        let counter = slot(2 * count + 1) + defined * COUNT;
        let [a, b, c, d] = distance(stub + COUNTED + 7, counter);
        let count_down = [
            0x83,
            0x2d,
            a,
            b,
            c,
            d,
            1,
            0x78,
            (ENTER as u8).wrapping_sub(25),
        ];
        let go = jump(stub + COUNTED + 9, slot(count + 1 + defined));
        let mut bytes = [0xcc; STUB];
        bytes[..ENTER].copy_from_slice(&jump(stub, slot(defined)));
        bytes[ENTER..COUNTED].copy_from_slice(&enter);
        bytes[COUNTED..COUNTED + 9].copy_from_slice(&count_down);
        bytes[COUNTED + 9..COUNTED + 15].copy_from_slice(&go);
        // SAFETY: as above.
        unsafe { stubs.add(defined * STUB).cast::<[u8; STUB]>().write(bytes) };
    }
    // SAFETY: as above.
    unsafe {
        let to = stubs.add(count * STUB).cast::<[u8; WAY_OUT]>();
        to.write(jump(way_out, slot(count)));
    }
}

/// A displacement from the end of an instruction to a target.
fn distance(end: usize, target: usize) -> [u8; 4] {
    let distance = target.wrapping_sub(end).cast_signed();
    i32::try_from(distance)
        .expect("slots and stubs lie side by side")
        .to_le_bytes()
}
