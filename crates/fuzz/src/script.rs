//! Scripts: what both machines run.
//!
//! A script's instructions stand one after the other; a *body* is a stretch of them up to
//! [`Op::End`], named by the index of its first. A body runs with an accumulator, `acc`, and has
//! locals: a continuation `k`, an external reference `x` and a float `f`. Instructions have operands
//! `a`, `b`, `c`; each costs one unit of fuel, and without fuel every body ends.
//!
//! Continuations live in tables of four slots, one table for each [`Kind`]. An operand that names a
//! slot is a *slot word*: bits 0 and 1 are the slot; unless bit [`KEEP`] is set, using it sets the slot
//! to null; unless bit [`BLIND`] is set, an instruction whose slot is null does nothing but note -1.
//!
//! The host has continuations, too: those that it was given, that it made, and that suspended to it.
//! An operand that names one of those is a [`HeldWord`].

pub use crate::host_call::{HeldWord, HostCall};

use std::fmt;
use std::sync::LazyLock;

/// In a slot word: leave the reference in the slot, though it is used up.
pub const KEEP: u32 = 4;
/// In a slot word: go on even if the slot is null.
pub const BLIND: u32 = 8;
/// Slots of each kind.
pub const SLOTS: u32 = 4;
/// Slots for exceptions.
pub const EXN_SLOTS: u32 = 2;

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// What an instruction does.
        #[repr(u32)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Op {
            $($(#[$doc])* $name,)*
        }

        impl Op {
            /// All of them; each stands at its number.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

ops! {
    /// The body returns `acc`.
    End;
    /// `acc = acc * (2 a + 1) + b`
    Math;
    /// Notes `acc`.
    Note;
    /// Float arithmetic in `f`, folded into `acc`.
    Float;
    /// Calls body `a`; the frame waits with its locals.
    Call;
    /// Calls body `a` from `b` frames further down; costs `b` fuel.
    Deep;
    /// Goes on with body `a` in a tail call.
    Tail;
    /// Goes to instruction `a` unless the low bits of `acc` are 0.
    Loop;
    /// `Plain[a]`: a continuation of body `b`; its index is bound, its `acc` is to be given.
    NewPlain;
    /// `Sym[a]`: a continuation of body `b` that first puts whoever switched to it into `Sym[c]`.
    NewSym;
    /// `Plain[a]`: a continuation of the host function `leaf`.
    NewLeaf;
    /// `Wide[a]`: a continuation with many parameters and results.
    NewWide;
    /// `Bound[b] = cont.bind Plain[a] (acc)`
    BindPlain;
    /// `Half[b] = cont.bind Sym[a] (acc)`
    BindSym;
    /// `Bound[b] = cont.bind Half[a] (Sym[c])`
    BindHalf;
    /// `Bound[b] = cont.bind Sym[a] (acc, Sym[c])`
    BindBoth;
    /// `WideRest[b] = cont.bind Wide[a] (...)`, in two steps, of body `c`.
    BindWide;
    /// Uses a continuation at site `b` of [`sites`]; slot word `a`. The low bits of `c` are the slot
    /// for what is captured; see also [`Site`].
    Site;
    /// Suspends with tag A (`a` even) or B: `acc` to the handler, an `i64` back.
    Suspend;
    /// Suspends with tag S (`a` even) or T, which carry nothing to the handler, an `i64` back.
    SuspendBare;
    /// Suspends with tag C: three values to the handler, two back.
    SuspendMixed;
    /// Suspends with tag R: `Plain[a]` to the handler, a continuation back into `Plain[b]`.
    SuspendCont;
    /// Suspends with tag X: a function and `x` to the handler, another `x` and a function back.
    SuspendRefs;
    /// Switches to `Sym[a]` under tag S (`b` even) or T; whoever switches back goes into `Sym[c]`.
    Switch;
    /// Switches to `Half[a]`, whose argument is bound already.
    SwitchHalf;
    /// Throws exception 1 with `acc`.
    Throw1;
    /// Throws exception 2 with three values.
    Throw2;
    /// Runs body `a` within [`Try`] number `b`; exception slot `c & 1`, body of a clause `c >> 8`.
    Try;
    /// Throws the exception of slot `a` again; like a slot word, bit [`BLIND`] decides about null.
    ThrowRef;
    /// Traps; `a` says how, see [`Fault`].
    Trap;
    /// Calls the host: [`HostCall`] number `a`, argument `b`.
    Host;
    /// Gives the host slot `a`, a slot word, of kind number `b`; number 6 is `Plain`, passed as
    /// `contref`.
    ToHost;
    /// Takes what held word `c` names from the host, or null, into slot `a` of kind number `b`.
    FromHost;
    /// Moves `Plain[a]` into `k`.
    Hold;
    /// Moves `k` into `Plain[a]`.
    Unhold;
    /// `x` is a new external reference.
    MakeRef;
    /// Folds what `x` refers to into `acc`.
    UseRef;
    /// Moves `Plain[a]` to `Plain[b]` by way of a global.
    Move;
    /// Copies `Plain[a]` to `Plain[b]`.
    Copy;
    /// Sets slot `b` of kind number `a` to null.
    Drop;
}

/// How [`Op::Trap`] traps, by number.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// `unreachable`
    Unreachable,
    /// Division by zero.
    Division,
    /// A load outside the memory.
    Memory,
    /// `cont.new` of a null function.
    NullFunction,
    /// Recursion without end.
    Overflow,
}

/// What [`Op::Try`] catches, by number.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Try {
    /// `catch 1`
    One,
    /// `catch 2`
    Two,
    /// `catch_all`
    All,
    /// `catch_ref 1`; the exception goes into the slot.
    OneRef,
    /// `catch_all_ref`, which throws it again.
    Again,
    /// `catch_all_ref`; the exception goes into the slot.
    AllRef,
    /// `catch 2`, `catch 1`, `catch_all`
    Each,
    /// `catch 1`, which throws exception 2.
    Other,
    /// The older instructions, like all that follow: `catch 1`
    OldOne,
    /// `catch 2`, `catch_all`
    OldEach,
    /// `catch_all`, which runs a body and then throws the exception again.
    OldAgain,
    /// `catch 1`, which runs a body while the payload waits among the operands.
    OldCarry,
    /// `catch_all`, which runs a body in a `try` with a `catch_all` that throws the first exception
    /// again.
    OldInner,
    /// `catch 1`, reached with `delegate` from a `try` inside, past a `catch_all`.
    OldDelegate,
    /// `catch_all` that is passed with `delegate` to the caller.
    OldOut,
    /// The same, to a `try_table` around with `catch 1`.
    OldToTable,
    /// `catch 2`, `catch_all`, which throws the exception again, around a `try_table` with
    /// `catch_all_ref`, which does that first.
    OldAround,
    /// `catch 1`, which throws exception 2, beside a `catch_all`.
    OldOther,
}

impl Try {
    /// All of them; each stands at its number.
    pub const ALL: &[Self] = &[
        Self::One,
        Self::Two,
        Self::All,
        Self::OneRef,
        Self::Again,
        Self::AllRef,
        Self::Each,
        Self::Other,
        Self::OldOne,
        Self::OldEach,
        Self::OldAgain,
        Self::OldCarry,
        Self::OldInner,
        Self::OldDelegate,
        Self::OldOut,
        Self::OldToTable,
        Self::OldAround,
        Self::OldOther,
    ];
}

/// Types of continuations, each with its table.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `[i64] -> [i64]`
    Plain,
    /// `[i64 (ref null sym)] -> [i64]`: what `switch` takes and gives.
    Sym,
    /// `[] -> [i64]`
    Bound,
    /// `[(ref null sym)] -> [i64]`
    Half,
    /// 12 parameters, 10 results.
    Wide,
    /// `[i64] -> [10 results]`
    WideRest,
}

impl Tag {
    /// All of them; each stands at its number.
    pub(crate) const ALL: &[Self] = &[
        Self::A,
        Self::B,
        Self::S,
        Self::T,
        Self::C,
        Self::R,
        Self::X,
    ];
}

impl Kind {
    /// All of them; each stands at its number.
    pub const ALL: &[Self] = &[
        Self::Plain,
        Self::Sym,
        Self::Bound,
        Self::Half,
        Self::Wide,
        Self::WideRest,
    ];

    /// Whether it ends with ten results.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Self::Wide | Self::WideRest)
    }
}

/// Tags of suspensions and switches.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// `[i64] -> [i64]`
    A,
    /// `[i64] -> [i64]`
    B,
    /// `[] -> [i64]`; for `switch` and `suspend`.
    S,
    /// As S.
    T,
    /// `[i32 f64 externref] -> [f32 i64]`
    C,
    /// `[(ref null plain)] -> [(ref null plain)]`
    R,
    /// `[funcref externref] -> [externref funcref]`
    X,
}

/// One clause of a resume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clause {
    /// `(on $tag $label)`
    On(Tag),
    /// `(on $tag switch)`
    Switch(Tag),
}

/// How a site uses its continuation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// `resume`
    Resume,
    /// `resume_throw` of exception 1
    Throw1,
    /// `resume_throw` of exception 2
    Throw2,
    /// `resume_throw_ref` of exception slot `c >> 4 & 1`; if that is null, only -2 is noted.
    ThrowRef,
}

/// A function of the module with one resuming instruction; [`Op::Site`] names it by its number.
///
/// What the continuation needs is made of `acc`; a second continuation comes from `Sym[c + 1]`, and
/// the body of a wide one is `c >> 8`. A captured continuation goes into slot `c`: of
/// [`Kind::Plain`] (or [`Kind::WideRest`]) for tags A, B, S, T, C, of [`Kind::Bound`] for R and X, after
/// all that is missing but one `i64` has been bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// Which instruction.
    pub how: How,
    /// Of which type of continuation.
    pub kind: Kind,
    /// Its handlers.
    pub clauses: &'static [Clause],
}

use Clause::{On, Switch};
use Tag::{A, B, C, R, S, T, X};

/// Lists of handlers for continuations that return one `i64`.
const LISTS: &[&[Clause]] = &[
    &[
        On(A),
        On(B),
        On(C),
        On(R),
        On(X),
        On(S),
        On(T),
        Switch(S),
        Switch(T),
    ],
    &[],
    &[On(A), On(B)],
    &[On(A)],
    &[On(B), On(A)],
    &[Switch(S)],
    &[On(B), Switch(S)],
    &[On(A), Switch(T), Switch(S)],
    &[On(A), On(A), On(X)],
    &[Switch(S), On(S), On(T)],
    &[On(S), Switch(S), On(R)],
    &[Switch(T), On(C), On(S)],
];
/// Of these, how many `resume_throw` is tried with.
const THROW_LISTS: usize = 3;
/// Lists for those that return ten values; a switch, R and X would need more types.
const WIDE_LISTS: &[&[Clause]] = &[&[On(B), On(A), On(C), On(S), On(T)], &[], &[On(A)]];

/// All sites; each stands at its number.
pub fn sites() -> &'static [Site] {
    static SITES: LazyLock<Vec<Site>> = LazyLock::new(|| {
        let of_kind = |&kind: &Kind| {
            let hows = [How::Resume, How::Throw1, How::Throw2, How::ThrowRef];
            hows.into_iter().flat_map(move |how| {
                let lists = if kind.is_wide() { WIDE_LISTS } else { LISTS };
                let count = if how == How::Resume {
                    lists.len()
                } else {
                    THROW_LISTS
                };
                lists[..count]
                    .iter()
                    .map(move |&clauses| Site { how, kind, clauses })
            })
        };
        Kind::ALL.iter().flat_map(of_kind).collect()
    });
    &SITES
}

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub struct Instr {
    /// What it does.
    pub op: Op,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
    /// Third operand.
    pub c: u32,
}

/// Something that the embedder does. A number of a parked activation counts modulo how many there are.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Starts a body with an `acc`.
    Start(u32, i64),
    /// Resumes a parked activation with a value.
    Wake(u32, i64),
    /// Throws exception 1 with a value into a parked activation.
    ThrowInto(u32, i64),
    /// Lets the host function that a parked activation waits for fail.
    Fail(u32),
    /// Cancels a parked activation.
    Cancel(u32),
    /// Collects.
    Collect,
    /// Does with a continuation of the host what the host function would, with a held word and `acc`;
    /// only for the calls about those.
    Held(HostCall, u32, i64),
}

/// A program.
#[derive(Clone, Debug)]
pub struct Script {
    /// All bodies.
    pub code: Vec<Instr>,
    /// What the embedder does; at the end it wakes every activation that is still parked.
    pub steps: Vec<Step>,
    /// How many instructions may run.
    pub fuel: u32,
}

/// An instruction that does nothing: what is left out becomes this.
const NOTHING: Instr = Instr {
    op: Op::Math,
    a: 0,
    b: 0,
    c: 0,
};

impl Instr {
    fn is_nothing(self) -> bool {
        self.op == Op::Math && self.a == 0 && self.b == 0
    }
}

impl Script {
    /// Numbers of the parts that can be left out: instructions, then steps, counted on.
    pub fn parts(&self) -> Vec<usize> {
        let needed = |i: &usize| self.code.get(*i).is_none_or(|instr| instr.op != Op::End);
        (0..self.code.len() + self.steps.len())
            .filter(needed)
            .collect()
    }

    /// Leaves out parts; the numbers of the others remain.
    pub fn leave_out(&mut self, parts: &[usize]) {
        let steps = self.code.len();
        for &part in parts.iter().filter(|&&part| part < steps) {
            self.code[part] = NOTHING;
        }
        let mut number = steps..;
        self.steps
            .retain(|_| number.next().is_some_and(|number| !parts.contains(&number)));
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "fuel {}", self.fuel)?;
        let mut ended = true;
        for (pc, instr) in self.code.iter().enumerate() {
            let Instr { op, a, b, c } = instr;
            let ends = *op == Op::End;
            match (ended, ends) {
                // What fills up a body.
                (true, true) => continue,
                (true, false) => writeln!(f, "body {pc}:")?,
                (false, _) => {}
            }
            ended = ends;
            if instr.is_nothing() {
                continue;
            }
            write!(f, "{pc:>5}  {op:?} {a} {b} {c}")?;
            match op {
                Op::Site => {
                    let Site { how, kind, clauses } = sites()[*b as usize];
                    writeln!(f, "    ({how:?} {kind:?} {clauses:?})")?;
                }
                Op::Host => writeln!(f, "    ({:?})", HostCall::of(*a))?,
                Op::Try => writeln!(f, "    ({:?})", Try::ALL[*b as usize])?,
                _ => writeln!(f)?,
            }
        }
        self.steps
            .iter()
            .try_for_each(|step| writeln!(f, "{step:?}"))
    }
}
