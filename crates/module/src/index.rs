//! Index spaces of a module. A newtype each, so that a table index never passes for a memory index.

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<u32> for $name {
            fn from(index: u32) -> Self {
                Self(index)
            }
        }
    )*};
}

index! {
    /// A type of the type section.
    TypeIndex
    /// A function: imported ones first, then defined ones.
    FuncIndex
    /// A table: imported ones first, then defined ones.
    TableIndex
    /// A linear memory: imported ones first, then defined ones.
    MemoryIndex
    /// A global: imported ones first, then defined ones.
    GlobalIndex
    /// A tag: imported ones first, then defined ones.
    TagIndex
    /// A data segment.
    DataIndex
    /// An element segment.
    ElemIndex
}
