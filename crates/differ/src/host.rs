//! What both machines do where a module meets its host.
//!
//! They make whatever it imports. Host functions note what they are given, call the first function among that,
//! and answer as arguments are chosen: by chance, with a seed made of what they are given.

use crate::seen::Seen;
use bident_fuzz::Random;

/// Calls by host functions inside each other.
pub const NESTED: u32 = 12;
/// References that results leave for arguments.
pub const KEPT: usize = 8;

/// The seed of what a host function does: made of its number and of what it is given.
pub fn seed_of(import: usize, given: &[Seen]) -> u64 {
    given
        .iter()
        .fold(import as u64, |hash, seen| seen.fold(hash))
}

/// What an argument should be, if the type of the parameter lets it.
#[derive(Clone, Copy, Debug)]
pub enum Wish {
    /// Null.
    Null,
    /// A value of the host.
    Host(u32),
    /// A number of 31 bits.
    I31(i32),
    /// One of the exported functions.
    Func(u32),
    /// One of what earlier calls have left.
    Kept(u32),
}

/// Arguments, values of globals, and answers, from a seed.
pub struct Wishes(Random);

impl Wishes {
    /// Those of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// A reference.
    pub fn reference(&mut self) -> Wish {
        let number = self.0.bits() as u32;
        match self.0.below(6) {
            0 => Wish::Null,
            1 => Wish::Host(number & 0xff),
            2 => Wish::I31(number.cast_signed() >> self.0.below(31)),
            3 => Wish::Func(number),
            _ => Wish::Kept(number),
        }
    }

    /// Whether a parameter becomes a result, if it fits.
    pub fn passes_on(&mut self) -> bool {
        self.0.chance(50)
    }

    /// An integer: often small, often near a bound.
    pub fn integer(&mut self) -> u64 {
        let number = self.0.bits();
        match self.0.below(6) {
            0 => u64::from(self.0.below(5)),
            1 => number & 0xffff,
            2 => (i64::MAX.cast_unsigned() >> self.0.below(64))
                .wrapping_add(u64::from(self.0.below(3))),
            3 => (u64::from(self.0.below(40))).wrapping_neg(),
            _ => number,
        }
    }

    /// The bits of a float; a NaN is canonical.
    pub fn f32(&mut self) -> u32 {
        let bits = self.0.bits();
        let float = match self.0.below(4) {
            0 => (self.integer() as i32 as f32) / 4.0,
            1 => self.0.pick(&[
                0.0,
                -0.0,
                f32::NAN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                f32::MAX,
                1e-40,
            ]),
            _ => f32::from_bits(bits as u32),
        };
        if float.is_nan() {
            0x7fc0_0000
        } else {
            float.to_bits()
        }
    }

    /// The same, of 64 bits.
    pub fn f64(&mut self) -> u64 {
        let bits = self.0.bits();
        let float = match self.0.below(4) {
            0 => (self.integer() as i64 as f64) / 4.0,
            1 => self.0.pick(&[
                0.0,
                -0.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::MAX,
                1e-310,
            ]),
            _ => f64::from_bits(bits),
        };
        if float.is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            float.to_bits()
        }
    }

    /// A vector.
    pub fn v128(&mut self) -> u128 {
        match self.0.below(3) {
            0 => u128::from(self.f64()) << 64 | u128::from(self.f64()),
            1 => {
                let lane = u128::from(self.integer() as u32);
                lane << 96 | lane << 64 | u128::from(self.f32()) << 32 | u128::from(self.f32())
            }
            _ => u128::from(self.0.bits()) << 64 | u128::from(self.0.bits()),
        }
    }
}
