//! What can be observed of a run: the same data whichever machine ran.

/// Elements of an array that are looked at, beginning with the first.
pub const WIDTH: u32 = 12;
/// Objects in objects that are looked at.
pub const DEPTH: u32 = 4;

/// A value, with what can be reached from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// `i32`
    I32(i32),
    /// `i64`
    I64(i64),
    /// `f32`, its bits.
    F32(u32),
    /// `f64`, its bits.
    F64(u64),
    /// `v128`, its bits.
    V128(u128),
    /// Null, of whatever type.
    Null,
    /// A function.
    Func,
    /// An exception.
    Exception,
    /// A value of the host, with its number.
    Host(u32),
    /// A number of 31 bits.
    I31(i32),
    /// A structure, with its fields.
    Struct(Vec<Seen>),
    /// An array, with its length and its first elements.
    Array(u32, Vec<Seen>),
    /// Something too deep inside others.
    Deep,
}

/// Why WebAssembly stopped. Only what both engines tell apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trap {
    /// `unreachable`
    Unreachable,
    /// Outside a memory, an unaligned atomic access, or a wait on a memory that is not shared. Where it is more
    /// than one, engines differ in what they look at first.
    Memory,
    /// Outside a table.
    Table,
    /// `call_indirect` on null.
    NullElement,
    /// `call_indirect` on a function of another type.
    Signature,
    /// Division by zero.
    DivisionByZero,
    /// A number that does not fit.
    Overflow,
    /// A NaN that is no integer.
    BadConversion,
    /// Null where none is allowed.
    Null,
    /// Outside an array.
    Array,
    /// A cast that fails.
    Cast,
    /// Anything else.
    Other,
}

/// How a call ended, or the start of an instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With results.
    Returned(Vec<Seen>),
    /// With a trap.
    Trap(Trap),
    /// With an exception that nobody caught, and what it carries.
    Exception(Vec<Seen>),
    /// Nothing that was to hand fits the parameters.
    NoArguments,
    /// The instance exceeds a limit, or its imports do not fit.
    Refused,
    /// Out of stack, or of memory for objects: where, each machine may decide.
    Exhausted,
}

/// A call of the host: which function, with what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostCall {
    /// Its position among the imports.
    pub import: usize,
    /// What it was given.
    pub given: Vec<Seen>,
    /// How the call ended that it made, if it made one.
    pub nested: Option<Ended>,
}

/// What an export is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// An export as it is: of a memory its size in pages and a hash, which says nothing of a shared one; of a table its size and its first elements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// A global.
    Global(Seen),
    /// A table.
    Table(u64, Vec<Seen>),
    /// A memory.
    Memory(u64, u64),
}

/// A hash of a memory's bytes.
pub fn hash(bytes: &[u8]) -> u64 {
    let fold = |hash: u64, word: u64| {
        (hash ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    };
    // Four hashes side by side: none waits for the multiplication of another.
    let (blocks, rest) = bytes.as_chunks::<32>();
    let mut lanes = [1, 2, 3, 4];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = fold(*lane, u64::from_le_bytes(*word));
        }
    }
    let rest = rest.iter().map(|byte| u64::from(*byte));
    lanes.into_iter().chain(rest).fold(1, fold)
}

impl Seen {
    /// Whether it is a structure or an array.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Struct(_) | Self::Array(..) | Self::Deep)
    }

    /// Adds it to a hash; of references only what every machine knows at once.
    pub fn fold(&self, hash: u64) -> u64 {
        let word = match self {
            Self::I32(v) => u64::from(v.cast_unsigned()),
            Self::I64(v) => v.cast_unsigned(),
            Self::F32(v) => u64::from(*v),
            Self::F64(v) => *v,
            Self::V128(v) => (*v as u64) ^ (*v >> 64) as u64,
            Self::Null => 1,
            Self::Host(n) => 100 + u64::from(*n),
            Self::I31(n) => u64::from(n.cast_unsigned()) << 8,
            Self::Func | Self::Exception | Self::Struct(_) | Self::Array(..) | Self::Deep => 2,
        };
        (hash ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(17)
    }
}

impl State {
    /// Whether an object is in it.
    pub fn has_object(&self) -> bool {
        match self {
            Self::Global(value) => value.is_object(),
            Self::Table(_, values) => values.iter().any(Seen::is_object),
            Self::Memory(..) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn every_byte_counts_where_it_is() {
        for length in [1, 7, 8, 31, 32, 33, 64, 100] {
            let zeros = vec![0; length];
            let mut hashes = vec![hash(&zeros)];
            for place in 0..length {
                for value in [1, 0x80] {
                    let mut bytes = zeros.clone();
                    bytes[place] = value;
                    hashes.push(hash(&bytes));
                }
            }
            hashes.sort_unstable();
            hashes.dedup();
            assert_eq!(hashes.len(), 1 + 2 * length, "{length}");
        }
    }
}
