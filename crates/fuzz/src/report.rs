//! What can be observed of a program; the two machines must agree on all of it.

/// Events that a trace keeps; the others only go into its hash.
pub(crate) const TRACE: usize = 512;

/// Everything observed of one program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// How each activation that the embedder began or woke ended, in order.
    pub outcomes: Vec<Outcome>,
    /// The first events noted by WebAssembly.
    pub trace: Vec<i64>,
    /// Number of all events.
    pub events: u32,
    /// Hash of all events.
    pub hash: i64,
    /// Which slots are null at the end, a bit each.
    pub nulls: i64,
    /// Fuel left.
    pub fuel: u32,
    /// Which of the continuations that the host has at the end are used.
    pub held: Vec<bool>,
}

/// How an activation ended, for now or for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It returned.
    Returned(i64),
    /// It trapped.
    Trap(Trap),
    /// An exception left it: number of its tag (1 or 2), its values folded.
    Exception(u32, i64),
    /// A host function failed.
    Failed,
    /// A host function was pending where nobody could wait.
    Barrier,
    /// It is parked.
    Parked,
    /// It suspended to the host: number of the tag, the payload folded.
    Suspended(u32, i64),
    /// The host asked for what cannot be.
    Misused,
    /// It ended as no program of ours should.
    Other,
}

impl Outcome {
    /// What a host function that swallows the outcome of an activation answers.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Returned(value) => value,
            Self::Trap(trap) => 10_000 + trap as i64,
            Self::Exception(tag, payload) => payload.wrapping_mul(5).wrapping_add(tag.into()),
            Self::Failed => 20_000,
            Self::Barrier => 20_001,
            Self::Parked => 20_002,
            Self::Misused => 20_003,
            Self::Other => 20_004,
            Self::Suspended(tag, payload) => payload.wrapping_mul(7).wrapping_add(tag.into()),
        }
    }
}

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $message:literal;)*) => {
        /// A trap, told apart by its message.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Trap {
            $($(#[$doc])* $name,)*
        }

        impl Trap {
            /// The trap with a message of the specification's tests.
            pub fn of_message(message: &str) -> Option<Self> {
                match message {
                    $($message => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

traps! {
    /// `unreachable`, also as a host function reports it.
    Unreachable = "unreachable";
    /// Division by zero.
    DivideByZero = "integer divide by zero";
    /// An access outside the memory.
    OutOfBounds = "out of bounds memory access";
    /// Recursion without end.
    StackOverflow = "call stack exhausted";
    /// `cont.new` of a null function reference.
    NullFunction = "null function reference";
    /// `throw_ref` of null.
    NullException = "null exception reference";
    /// A null continuation.
    NullContinuation = "null continuation reference";
    /// A continuation used before.
    Consumed = "continuation already consumed";
    /// A suspension or switch without a handler up to the nearest host frame.
    UnhandledTag = "unhandled tag";
}

/// The events noted so far.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) first: Vec<i64>,
    pub(crate) events: u32,
    pub(crate) hash: i64,
}

impl Trace {
    /// `$note` of the module does the same.
    pub(crate) fn note(&mut self, event: i64) {
        if self.first.len() < TRACE {
            self.first.push(event);
        }
        self.events += 1;
        self.hash = (self.hash ^ event)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)
            .rotate_left(23);
    }
}
