//! Why WebAssembly execution stopped for good.

use std::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// A trap of the specification, or one of the limits of the runtime.
        ///
        /// The messages are those of the specification's test suite.
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum TrapCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The message that describes it.
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }

            /// The code with this number.
            pub fn from_u8(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

traps! {
    /// The instruction `unreachable`.
    Unreachable = 1, "unreachable";
    /// An access outside a linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// An access outside a table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// `call_indirect` past the end of its table.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` on a null element.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` on a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// Integer division by zero.
    IntegerDivideByZero = 7, "integer divide by zero";
    /// Integer division or conversion whose result does not fit.
    IntegerOverflow = 8, "integer overflow";
    /// Conversion of a NaN to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// A stacklet reached its largest size.
    StackOverflow = 10, "call stack exhausted";
    /// All stacks of the store together reached the store's limit.
    StackMemoryExhausted = 11, "stack memory of the store exhausted";
    /// Host functions and WebAssembly called each other until the host stack was nearly used up.
    HostStackOverflow = 12, "call stack exhausted (host stack)";
    /// Use of a null reference where none is allowed.
    NullReference = 13, "null reference";
    /// A call through, or a continuation of, a null function reference.
    NullFunctionReference = 14, "null function reference";
    /// `throw_ref` or `resume_throw_ref` of null.
    NullExceptionReference = 15, "null exception reference";
    /// Use of a null continuation reference.
    NullContinuationReference = 16, "null continuation reference";
    /// Use of a continuation that was resumed, switched to or bound before.
    ContinuationConsumed = 17, "continuation already consumed";
    /// A suspension or switch for which no handler is in place up to the nearest host frame.
    UnhandledTag = 18, "unhandled tag";
    /// All exceptions of the store together reached the store's limit.
    ExceptionMemoryExhausted = 19, "exception memory of the store exhausted";
    /// A call used more of the stack in linear memory than the region that it was given there.
    SecondStackOverflow = 20, "second stack exhausted";
    /// A cast of a reference to a type that it does not have.
    CastFailure = 21, "cast failure";
    /// An access outside an array.
    ArrayOutOfBounds = 22, "out of bounds array access";
    /// A field of a null structure.
    NullStructReference = 23, "null structure reference";
    /// An element, or the length, of a null array.
    NullArrayReference = 24, "null array reference";
    /// The number of a null `i31ref`.
    NullI31Reference = 25, "null i31 reference";
    /// All structures and arrays of the store together reached the store's limit.
    HeapMemoryExhausted = 26, "heap memory of the store exhausted";
    /// An atomic access to an address that is no multiple of its width.
    UnalignedAtomic = 27, "unaligned atomic";
    /// `memory.atomic.wait32` or `memory.atomic.wait64` on a memory that is not shared.
    ExpectedSharedMemory = 28, "expected shared memory";
    /// The deadline of the store or of the task has passed.
    Interrupted = 29, "interrupted: the deadline has passed";
    /// The store's fuel is used up.
    OutOfFuel = 30, "all fuel consumed";
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
