//! The model: what a script does, by the rules of the proposal, with stacks as data.
//!
//! ```text
//!  activation: stacks, root first        continuation: stacks that were split off, and bound values
//!  ┌──────────┐  ┌──────────┐  ┌──────┐
//!  │ Body     │  │ Deep     │  │ Body │ ◄─ runs
//!  │ Try      │  │ Body     │  │      │
//!  │ Body     │  │ Site     │  └──────┘
//!  │ Site     │  └────▲─────┘   child of
//!  └────▲─────┘   child of      that Site
//! ```
//!
//! - `resume` puts the stacks of a continuation behind the own ones; the topmost frame of the stack
//!   before them is a [`Frame::Site`] with the handlers.
//! - `suspend` looks at these sites, innermost first, splits off everything behind the one that
//!   handles the tag, and the site returns.
//! - `switch` splits off likewise, behind a site with a `switch` clause, and puts the stacks of the
//!   other continuation there.
//! - An exception pops frames, of all stacks, until a [`Frame::Try`] catches it.
//! - A continuation is used once: what refers to it refers to nothing afterwards.
//! - A host function that calls back begins an activation of its own, so nothing crosses it.
//! - Where the host resumes a continuation, the root of the activation is a stack with nothing but a
//!   [`Frame::Host`]: a site whose handlers end the activation.
//!
//! `step.rs` has the instructions, `transfer.rs` what moves between stacks, `exception.rs` what catches,
//! `host.rs` the host, `held.rs` its continuations.

mod exception;
mod held;
mod host;
mod step;
mod transfer;

use crate::module::null_bits;
use crate::report::{Outcome, Report, Trace, Trap};
use crate::script::{BLIND, EXN_SLOTS, KEEP, Kind, SLOTS, Script, Site, Tag, Try};
use held::Held;

/// What the module must do with a script.
pub fn predict(script: &Script) -> Report {
    let mut machine = Machine::new(script);
    let outcomes = machine.embed();
    let null_slot = |kind: Kind, i: usize| machine.slots[kind as usize][i].is_none();
    let nulls = null_bits(null_slot, |i| machine.exns[i].is_none());
    Report {
        outcomes,
        held: machine.used_held(),
        trace: machine.trace.first,
        events: machine.trace.events,
        hash: machine.trace.hash,
        nulls,
        fuel: machine.fuel,
    }
}

/// Refers to a continuation: its number.
type Ref = Option<usize>;

#[derive(Clone, Copy)]
enum Value {
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Cont(Ref),
    Extern(Option<i32>),
    Func(i32),
}

struct Continuation {
    stacks: Vec<Stack>,
    /// Arguments given in advance.
    bound: Vec<Value>,
}

type Stack = Vec<Frame>;

/// A running computation between two host frames.
type Activation = Vec<Stack>;

enum Frame {
    Body(Body),
    /// A continuation that has not begun.
    Entry(Entry),
    /// Some frames that each add to what they return.
    Deep {
        sum: i64,
    },
    Try {
        number: Try,
        c: u32,
        acc: i64,
    },
    /// A clause of an older `try` runs a body, and holds the exception.
    Clause {
        number: Try,
        exception: Exception,
    },
    /// Waits for the continuation on the next stack.
    Site {
        site: Site,
        c: u32,
        acc: i64,
    },
    /// The host waits for the continuation above.
    Host {
        handlers: &'static [Tag],
        /// Whether that ends with ten results.
        wide: bool,
    },
    SymBody,
    WideBody(WideBody),
    /// The host function `leaf`, pending.
    Leaf,
}

/// What a continuation was made of.
#[derive(Clone, Copy)]
enum Entry {
    Body,
    SymBody,
    WideBody,
    Leaf,
}

struct Body {
    pc: u32,
    acc: i64,
    k: Ref,
    x: Option<i32>,
    f: f64,
    wait: Wait,
}

/// What a body does with the values that its last instruction gives.
#[derive(Clone, Copy)]
enum Wait {
    Call,
    Host,
    Site,
    Try,
    Suspend,
    SuspendMixed,
    SuspendCont { to: usize },
    SuspendRefs,
    Switch { to: usize },
}

/// Parameters that become results.
struct WideBody {
    p1: i64,
    p4: Option<i32>,
    p6: i32,
    p7: i64,
    p9: i64,
    p11: i64,
}

#[derive(Clone)]
enum Exception {
    One(i64),
    Two(i32, f64, Option<i32>),
}

/// How a run of an activation ended.
enum End {
    Returned(i64),
    Raised(Exception),
    Trapped(Trap),
    Failed,
    Barrier,
    Parked,
    /// Suspended to the host.
    Suspended(Tag, i64),
    Misused,
}

/// `Err` leaves the activation.
type Flow<T = ()> = Result<T, End>;

struct Machine<'s> {
    script: &'s Script,
    fuel: u32,
    trace: Trace,
    /// Every continuation ever made; `None` once it is used.
    continuations: Vec<Option<Continuation>>,
    slots: [[Ref; SLOTS as usize]; Kind::ALL.len()],
    exns: [Option<Exception>; EXN_SLOTS as usize],
    parked: Vec<Activation>,
    held: Vec<Held>,
    /// The last exception that left an activation.
    caught: Option<Exception>,
    /// Activations that run.
    depth: u32,
}

impl<'s> Machine<'s> {
    fn new(script: &'s Script) -> Self {
        Self {
            script,
            fuel: script.fuel,
            trace: Trace::default(),
            continuations: Vec::new(),
            slots: Default::default(),
            exns: Default::default(),
            parked: Vec::new(),
            held: Vec::new(),
            caught: None,
            depth: 0,
        }
    }

    /// Whether an instruction with this slot word does nothing.
    fn absent(&mut self, kind: Kind, slot: u32) -> bool {
        let absent = slot & BLIND == 0 && self.slot(kind, slot).is_none();
        if absent {
            self.trace.note(-1);
        }
        absent
    }

    fn slot(&mut self, kind: Kind, slot: u32) -> &mut Ref {
        &mut self.slots[kind as usize][(slot % SLOTS) as usize]
    }

    /// The reference that a slot word names.
    fn take(&mut self, kind: Kind, slot: u32) -> Ref {
        let place = self.slot(kind, slot);
        if slot & KEEP == 0 {
            place.take()
        } else {
            *place
        }
    }

    fn set(&mut self, kind: Kind, slot: u32, reference: Ref) {
        *self.slot(kind, slot) = reference;
    }

    fn new_continuation(&mut self, stacks: Vec<Stack>, bound: Vec<Value>) -> Ref {
        self.continuations
            .push(Some(Continuation { stacks, bound }));
        Some(self.continuations.len() - 1)
    }

    /// Traps unless a continuation can be used; gives its number.
    fn check(&self, reference: Ref) -> Flow<usize> {
        let index = reference.ok_or(End::Trapped(Trap::NullContinuation))?;
        match &self.continuations[index] {
            Some(_) => Ok(index),
            None => Err(End::Trapped(Trap::Consumed)),
        }
    }

    /// Uses up a continuation.
    fn consume(&mut self, reference: Ref) -> Flow<Continuation> {
        let index = self.check(reference)?;
        Ok(self.continuations[index].take().expect("it was checked"))
    }

    /// `cont.new`, with its first arguments bound.
    fn fresh(&mut self, entry: Entry, bound: Vec<Value>) -> Ref {
        self.new_continuation(vec![vec![Frame::Entry(entry)]], bound)
    }

    /// `cont.bind`
    fn bind(&mut self, reference: Ref, values: &[Value]) -> Flow<Ref> {
        let Continuation { stacks, mut bound } = self.consume(reference)?;
        bound.extend_from_slice(values);
        Ok(self.new_continuation(stacks, bound))
    }
}

impl Value {
    fn i32(self) -> i32 {
        let Self::I32(value) = self else {
            self.mistaken()
        };
        value
    }

    fn i64(self) -> i64 {
        let Self::I64(value) = self else {
            self.mistaken()
        };
        value
    }

    /// An `f32` or `f64`.
    fn float(self) -> f64 {
        match self {
            Self::F32(value) => value.into(),
            Self::F64(value) => value,
            _ => self.mistaken(),
        }
    }

    fn cont(self) -> Ref {
        let Self::Cont(value) = self else {
            self.mistaken()
        };
        value
    }

    fn external(self) -> Option<i32> {
        let Self::Extern(value) = self else {
            self.mistaken()
        };
        value
    }

    fn func(self) -> i32 {
        let Self::Func(value) = self else {
            self.mistaken()
        };
        value
    }

    fn mistaken(self) -> ! {
        unreachable!("a transfer of the model gave a value of another type")
    }
}

impl Exception {
    fn fold(&self) -> i64 {
        match *self {
            Self::One(value) => value,
            Self::Two(a, b, c) => fold_two(a, b, c),
        }
    }

    fn two(acc: i64) -> Self {
        Self::Two(acc as i32, double(acc), made(acc))
    }
}

impl End {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Returned(value) => Outcome::Returned(*value),
            Self::Raised(exception @ Exception::One(_)) => Outcome::Exception(1, exception.fold()),
            Self::Raised(exception @ Exception::Two(..)) => Outcome::Exception(2, exception.fold()),
            Self::Trapped(trap) => Outcome::Trap(*trap),
            Self::Failed => Outcome::Failed,
            Self::Barrier => Outcome::Barrier,
            Self::Parked => Outcome::Parked,
            Self::Suspended(tag, payload) => Outcome::Suspended(*tag as u32, *payload),
            Self::Misused => Outcome::Misused,
        }
    }
}

// The arithmetic of the functions with these names in module.wat.

fn mix(acc: i64, value: i64) -> i64 {
    acc.wrapping_mul(31).wrapping_add(value)
}

fn double(acc: i64) -> f64 {
    (acc & 0xffff) as f64 * 0.5
}

fn single(acc: i64) -> f32 {
    double(acc) as f32
}

fn whole(float: f64) -> i64 {
    (float * 2.0) as i64
}

/// Number of the function that `$function` gives.
fn function(acc: i64) -> i32 {
    acc as i32 & 3
}

/// What the host function `make` gives refers to this.
fn made(acc: i64) -> Option<i32> {
    Some(acc as i32 & 0xff)
}

fn fold_ref(external: Option<i32>) -> i64 {
    external.unwrap_or(-1).into()
}

fn fold_two(a: i32, b: f64, c: Option<i32>) -> i64 {
    mix(mix(a.into(), whole(b)), fold_ref(c))
}

/// Shift to the right, filling with zeros.
fn shift(acc: i64, by: u32) -> i64 {
    ((acc as u64) >> by) as i64
}
