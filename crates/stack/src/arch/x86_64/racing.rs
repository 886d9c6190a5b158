//! Accesses of the host to memory that compiled code of other threads may access at the same time.
//!
//! Rust has no name for such memory: plain accesses would be data races, and its atomics must not overlap
//! with accesses of another width, which WebAssembly allows. So the host does what compiled code does, in
//! assembly, where the machine's own memory model holds: what is aligned and at most 8 bytes wide is not torn,
//! and a locked instruction orders everything.

use std::arch::asm;

mod sealed {
    pub trait Sealed {}
}

/// A number that memory can be asked for and told in one piece: `u8`, `u16`, `u32` and `u64`. All of this is
/// sequentially consistent.
pub trait Atom: Copy + Eq + Send + 'static + sealed::Sealed {
    /// What is there.
    ///
    /// # Safety
    /// `at` is accessible, and a multiple of the size.
    unsafe fn load(at: *const u8) -> Self;

    /// Puts a value there; gives what was there.
    ///
    /// # Safety
    /// As for [`Atom::load`], and writable.
    unsafe fn swap(at: *mut u8, value: Self) -> Self;

    /// Adds, wrapping around; gives what was there.
    ///
    /// # Safety
    /// As for [`Atom::swap`].
    unsafe fn fetch_add(at: *mut u8, value: Self) -> Self;

    /// Puts a value there if what is there is as expected; gives what was there.
    ///
    /// # Safety
    /// As for [`Atom::swap`].
    unsafe fn compare_exchange(at: *mut u8, expected: Self, new: Self) -> Self;
}

macro_rules! atom {
    ($($ty:ident $class:ident $accumulator:tt $size:literal $reg:literal;)*) => {$(
        impl sealed::Sealed for $ty {}

        impl Atom for $ty {
            #[inline]
            unsafe fn load(at: *const u8) -> Self {
                let value: Self;
                // SAFETY: reads what the caller says is accessible.
                unsafe {
                    asm!(
                        concat!("mov {value", $reg, "}, ", $size, " ptr [{at}]"),
                        at = in(reg) at,
                        value = lateout($class) value,
                        options(nostack, preserves_flags),
                    );
                }
                value
            }

            #[inline]
            unsafe fn swap(at: *mut u8, value: Self) -> Self {
                let old: Self;
                // SAFETY: accesses what the caller says is writable.
                unsafe {
                    asm!(
                        concat!("xchg ", $size, " ptr [{at}], {value", $reg, "}"),
                        at = in(reg) at,
                        value = inout($class) value => old,
                        options(nostack, preserves_flags),
                    );
                }
                old
            }

            #[inline]
            unsafe fn fetch_add(at: *mut u8, value: Self) -> Self {
                let old: Self;
                // SAFETY: as in `swap`.
                unsafe {
                    asm!(
                        concat!("lock xadd ", $size, " ptr [{at}], {value", $reg, "}"),
                        at = in(reg) at,
                        value = inout($class) value => old,
                        options(nostack),
                    );
                }
                old
            }

            #[inline]
            unsafe fn compare_exchange(at: *mut u8, expected: Self, new: Self) -> Self {
                let old: Self;
                // SAFETY: as in `swap`.
                unsafe {
                    asm!(
                        concat!("lock cmpxchg ", $size, " ptr [{at}], {new", $reg, "}"),
                        at = in(reg) at,
                        new = in($class) new,
                        inout($accumulator) expected => old,
                        options(nostack),
                    );
                }
                old
            }
        }
    )*};
}

atom! {
    u8 reg_byte "al" "byte" "";
    u16 reg "ax" "word" ":x";
    u32 reg "eax" "dword" ":e";
    u64 reg "rax" "qword" ":r";
}

/// Bytes from which on one that overlaps is copied in pieces rather than byte by byte.
const PIECES: usize = 128;

/// Copies bytes as if through a buffer: the two may overlap. What others write meanwhile may be seen in part.
///
/// # Safety
/// So many bytes from `from` are readable, from `to` writable; of each, Rust code makes no references to what
/// other threads may access.
pub unsafe fn copy(to: *mut u8, from: *const u8, length: usize) {
    let ahead = to.addr().wrapping_sub(from.addr());
    // SAFETY: the caller says so; pieces lie within.
    unsafe {
        if ahead >= length {
            // The destination begins before the source, or behind its end.
            forward(to, from, length);
        } else if ahead >= PIECES {
            let mut rest = length;
            while rest > 0 {
                // Two pieces that are `ahead` apart, and no longer, do not overlap.
                let piece = rest.min(ahead);
                rest -= piece;
                forward(to.add(rest), from.add(rest), piece);
            }
        } else {
            backward(to, from, length);
        }
    }
}

/// # Safety
/// As for [`copy`]; `to` does not lie within the source.
unsafe fn forward(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: the caller says so; the direction flag is clear where Rust code runs.
    unsafe {
        asm!(
            "rep movsb",
            inout("rdi") to => _,
            inout("rsi") from => _,
            inout("rcx") length => _,
            options(nostack, preserves_flags),
        );
    }
}

/// From the last byte to the first.
///
/// # Safety
/// As for [`copy`], and there is a byte.
unsafe fn backward(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: the caller says so; the direction flag is clear again at the end.
    unsafe {
        asm!(
            "std",
            "rep movsb",
            "cld",
            inout("rdi") to.add(length - 1) => _,
            inout("rsi") from.add(length - 1) => _,
            inout("rcx") length => _,
            options(nostack),
        );
    }
}

/// Sets bytes.
///
/// # Safety
/// So many bytes from `to` are writable, as for [`copy`].
pub unsafe fn fill(to: *mut u8, value: u8, length: usize) {
    // SAFETY: the caller says so; the direction flag is clear where Rust code runs.
    unsafe {
        asm!(
            "rep stosb",
            inout("rdi") to => _,
            in("al") value,
            inout("rcx") length => _,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_of_each_width_touch_their_own_bytes_only() {
        let mut words = [0x1111_1111_1111_1111u64; 3];
        let at = (&raw mut words[1]).cast::<u8>();
        // SAFETY: the middle word, aligned for all.
        unsafe {
            assert_eq!(u8::swap(at, 0x22), 0x11);
            assert_eq!(u16::load(at), 0x1122);
            assert_eq!(u16::fetch_add(at, 0xff00), 0x1122);
            assert_eq!(u32::load(at), 0x1111_1022);
            assert_eq!(u32::compare_exchange(at, 1, 2), 0x1111_1022);
            assert_eq!(u32::compare_exchange(at, 0x1111_1022, 0), 0x1111_1022);
            assert_eq!(u64::load(at), 0x1111_1111_0000_0000);
            assert_eq!(u8::fetch_add(at, 0xff), 0);
            assert_eq!(u8::fetch_add(at, 2), 0xff);
            assert_eq!(u8::compare_exchange(at, 1, 3), 1);
            assert_eq!(u16::swap(at.add(6), 7), 0x1111);
            assert_eq!(u64::swap(at, 5), 0x0007_1111_0000_0003);
            assert_eq!(u64::fetch_add(at, u64::MAX), 5);
            assert_eq!(u64::compare_exchange(at, 4, u64::MAX), 4);
        }
        let rest = 0x1111_1111_1111_1111;
        assert_eq!(words, [rest, u64::MAX, rest]);
    }

    #[test]
    fn copies_overlap_in_both_directions() {
        let original: Vec<u8> = (0..2000u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for (to, from, length) in [
            (0, 0, 2000),
            (0, 1, 1999),
            (1, 0, 1999),
            (1, 0, 0),
            (127, 0, 1000),
            (128, 0, 1000),
            (129, 0, 1871),
            (0, 1000, 1000),
            (1000, 0, 1000),
            (999, 0, 1000),
            (5, 1999, 1),
        ] {
            let (mut bytes, mut expected) = (original.clone(), original.clone());
            expected.copy_within(from..from + length, to);
            let base = bytes.as_mut_ptr();
            // SAFETY: within the vector.
            unsafe { copy(base.add(to), base.add(from), length) };
            assert!(bytes == expected, "{length} from {from} to {to}");
        }
    }

    #[test]
    fn filling_ends_where_it_should() {
        let mut bytes = [1u8; 20];
        // SAFETY: within the array.
        unsafe {
            fill(bytes.as_mut_ptr().add(3), 9, 10);
            fill(bytes.as_mut_ptr(), 8, 0);
        }
        assert_eq!(bytes[..3], [1; 3]);
        assert_eq!(bytes[3..13], [9; 10]);
        assert_eq!(bytes[13..], [1; 7]);
    }
}
