//! Runtime functions that compiled code may call: one list, read by the compiler and the engine.
//!
//! A call goes through the stub at [`crate::VmStore::leave_builtin`], WebAssembly convention:
//! `(context, a, b, c, d, function) -> i64`, every argument an `i64`, unused ones anything. The stub
//! runs `function` on the host stack; it gives a value, or ends the activation with a trap.

/// Arguments of a builtin besides the context.
pub const BUILTIN_ARGS: usize = 4;

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),*) $(-> $result:literal)?;)*) => {
        /// A runtime function.
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every builtin, in the order of the table at [`crate::VmStore::builtins`].
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Names of the arguments besides the context.
            pub fn args(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$(stringify!($arg)),*],)*
                }
            }
        }
    };
}

builtins! {
    /// `memory.grow`: the old size in pages, or -1 (as an `i64`).
    MemoryGrow(memory, delta) -> "old size";
    /// `memory.copy`; `memories` is [`pack_pair`] of destination and source. Where the deadline passes meanwhile,
    /// this and the others that fill and copy do a part, and give how much is left: not the start; of a copy to a place
    /// that comes later ([`goes_from_start`]), not the end.
    MemoryCopy(memories, destination, source, length) -> "left";
    /// `memory.fill`.
    MemoryFill(memory, destination, value, length) -> "left";
    /// `memory.init`; `memory_and_data` is [`pack_pair`] of memory and segment.
    MemoryInit(memory_and_data, destination, source, length);
    /// `data.drop`.
    DataDrop(data);
    /// `table.grow`: the old size, or -1 (as an `i64`).
    TableGrow(table, value, delta) -> "old size";
    /// `table.copy`; `tables` is [`pack_pair`] of destination and source.
    TableCopy(tables, destination, source, length) -> "left";
    /// `table.fill`.
    TableFill(table, start, value, length) -> "left";
    /// `table.init`; `table_and_elem` is [`pack_pair`] of table and segment.
    TableInit(table_and_elem, destination, source, length);
    /// `elem.drop`.
    ElemDrop(elem);
    /// Whether the type with identity `given` is a subtype of `wanted`.
    IsSubtype(given, wanted) -> "0 or 1";
    /// An exception with a tag (the address of its `VmTag`); its values are in the transfer buffer,
    /// value `i` at position `i`.
    ExnNew(tag) -> "exnref";
    /// `throw`: `ExnNew`, then `ThrowRef`.
    Throw(tag);
    /// `throw_ref`. Traps for null. Goes on at the landing pad of the innermost `try_call` around
    /// that has one, with the exception and the address of its tag as payloads; its values are then in
    /// the transfer buffer.
    ThrowRef(exn);
    /// `cont.bind`: `count` values, which the transfer buffer holds from `position` on, become the
    /// first arguments of a continuation (see `call.rs` for the order).
    ContBind(cont, position, count) -> "contref";
    /// A structure of a type of the module, every field 0.
    StructNew(ty) -> "structref";
    /// An array of a type of the module, every element 0.
    ArrayNew(ty, length) -> "arrayref";
    /// `array.new`: every element is the value, as a word.
    ArrayNewWith(ty, length, value) -> "arrayref";
    /// `array.new_data`.
    ArrayNewData(ty, data, source, length) -> "arrayref";
    /// `array.new_elem`.
    ArrayNewElem(ty, elem, source, length) -> "arrayref";
    /// `array.fill`; here and below arrays are not null, and have a word of their own: collections find
    /// them nowhere else.
    ArrayFill(array, start, value, length) -> "left";
    /// `array.copy`; `starts` is [`pack_pair`] of where it begins in the destination and in the source.
    ArrayCopy(destination, source, starts, length) -> "left";
    /// `array.init_data`; `start_and_data` is [`pack_pair`] of a position in the array and the segment.
    ArrayInitData(array, start_and_data, source, length);
    /// `array.init_elem`; `start_and_elem` is [`pack_pair`] of a position in the array and the segment.
    ArrayInitElem(array, start_and_elem, source, length);
    /// `any.convert_extern` of a host value.
    AnyConvertExtern(externref) -> "anyref";
    /// `memory.atomic.notify` at an address with the offset added: how many were woken.
    AtomicNotify(memory, address, count) -> "i32";
    /// `memory.atomic.wait32` at such an address; the call may park.
    AtomicWait32(memory, address, expected, timeout) -> "i32";
    /// `memory.atomic.wait64`.
    AtomicWait64(memory, address, expected, timeout) -> "i32";
    /// The deadline has passed ([`crate::VmStore::deadline`]): traps, parks the call, or lets it go on.
    Interrupt();
}

/// Whether a copy that is done in parts begins at the start, and not at the end: whichever overwrites nothing
/// that is yet to be read.
pub fn goes_from_start(destination: u64, source: u64) -> bool {
    destination <= source
}

/// Two indices in one argument: the first in the low half.
pub fn pack_pair(first: u32, second: u32) -> u64 {
    u64::from(first) | u64::from(second) << 32
}

/// Reverse of [`pack_pair`].
pub fn unpack_pair(pair: u64) -> (u32, u32) {
    (pair as u32, (pair >> 32) as u32)
}
