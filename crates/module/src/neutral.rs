//! Which functions are entered and left by jumps, and which are best translated in place.
//!
//! The processor predicts a `ret` by the calls it has seen. Where a function is called on one stack and
//! the next to return is a function of another, that prediction is wrong, and so is the next. A
//! *neutral* function leaves the processor's record of calls alone: who calls it pushes the return
//! address and jumps, and it returns by a jump, which is predicted by where it led before.
//!
//! ```text
//!  next, which resumes                      yield, which suspends
//!    call next ──► resume ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄► ret: predicted to be after `call next`
//!    ret: predicted to be after `call yield` ◄┄┄┄┄┄┄┄┄┄┄ suspend ◄── call yield
//! ```
//!
//! A function is neutral if it may transfer, by itself or in a neutral function that it calls, and
//! nothing speaks against it: one that is recursive returns better by `ret`, one that can be called
//! through a reference is called by a real call.

use crate::guard::{self, Guard};
use crate::module::{ConstOp, ElemItems, Module};

/// What matters of a body.
#[derive(Clone, Default)]
pub(crate) struct Calls {
    /// Whether it has an instruction that transfers.
    pub(crate) transfers: bool,
    /// Whether it has a tail call.
    pub(crate) tail: bool,
    /// Number of its locals, parameters aside.
    pub(crate) locals: u32,
    /// Whether it has a loop.
    pub(crate) loops: bool,
    /// Whether it reads or writes a global, a table or a linear memory.
    pub(crate) accesses: bool,
    /// The defined functions that it calls by name.
    pub(crate) callees: Vec<u32>,
}

/// What there is to know of the function of a body.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Wrapper {
    /// Whether it is entered and left by jumps.
    pub neutral: bool,
    /// Where calls of it are better translated in place.
    pub inline: Inline,
    /// Whether its code, with what is in place there, transfers, and reads or writes a global, a table or a
    /// linear memory: then it needs its context soon after a transfer.
    pub needs_context: bool,
}

/// Where calls of a function are better translated in place.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Inline {
    /// Nowhere.
    #[default]
    Never,
    /// Nowhere, but the test that it begins with is: it is recursive.
    Test(Guard),
    /// Once in its own body, so that an activation does the work of several: it is a small function around a
    /// transfer that calls itself. Elsewhere the test that it begins with, if there is one.
    Itself(Option<Guard>),
    /// In a body that is itself in place: it is small, and calls nothing.
    Inside,
    /// Everywhere: it is a small function around a transfer, or around a call of such a one.
    Always,
}

/// Bytes of a body that is translated in place, at most: the function exchanges a few globals, reads and
/// writes a table, and transfers.
const MOST_INLINED: usize = 160;

/// The same for one without a transfer.
const MOST_INSIDE: usize = 48;

/// Locals, parameters aside, that a body in place has at most.
const MOST_LOCALS: u32 = 16;

/// What there is to know of each body's function.
pub(crate) fn find(module: &Module, mut calls: Vec<Calls>) -> Vec<Wrapper> {
    for body in &mut calls {
        body.callees.sort_unstable();
        body.callees.dedup();
    }
    let mut referenced = vec![false; calls.len()];
    for_each_referenced(module, |body| referenced[body] = true);
    let order = Order::of(&calls);
    let mut wrappers = vec![Wrapper::default(); calls.len()];
    // Callees come before callers.
    for &body in &order.bodies {
        let body = body as usize;
        let of = &calls[body];
        if of.tail {
            if order.recursive[body]
                && let Some(guard) = guard::find(module, body)
            {
                wrappers[body].inline = Inline::Test(guard);
            }
            continue;
        }
        let callees = || of.callees.iter().map(|&callee| wrappers[callee as usize]);
        let around = of.transfers || callees().any(|c| c.inline == Inline::Always);
        let large = of.loops || of.locals > MOST_LOCALS;
        let length = module.bodies[body].range.len();
        if order.recursive[body] {
            let guard = guard::find(module, body);
            let calls_itself = of.callees.binary_search(&(body as u32)).is_ok();
            wrappers[body].inline = if calls_itself && around && !large && length <= MOST_INLINED {
                Inline::Itself(guard)
            } else {
                guard.map_or(Inline::Never, Inline::Test)
            };
            continue;
        }
        let neutral = !referenced[body] && (of.transfers || callees().any(|c| c.neutral));
        let inline = match length {
            _ if large => Inline::Never,
            ..=MOST_INLINED if around => Inline::Always,
            ..=MOST_INSIDE if of.callees.is_empty() => Inline::Inside,
            _ => Inline::Never,
        };
        wrappers[body] = Wrapper {
            neutral,
            inline,
            needs_context: false,
        };
    }
    find_needs(&order, &mut calls, &mut wrappers);
    wrappers
}

/// Fills in [`Wrapper::needs_context`]. Of each body, `calls` then says what its code does with what is in place
/// there.
fn find_needs(order: &Order, calls: &mut [Calls], wrappers: &mut [Wrapper]) {
    for &body in &order.bodies {
        let body = body as usize;
        let (mut transfers, mut accesses) = (calls[body].transfers, calls[body].accesses);
        for &callee in &calls[body].callees {
            let callee = callee as usize;
            if matches!(wrappers[callee].inline, Inline::Always | Inline::Inside) {
                transfers |= calls[callee].transfers;
                accesses |= calls[callee].accesses;
            }
        }
        (calls[body].transfers, calls[body].accesses) = (transfers, accesses);
        wrappers[body].needs_context = transfers && accesses;
    }
}

/// Calls `f` for each body whose function is named by a segment or an initial value. Exports are
/// not among them: most of what calls an exported function is in its own module.
fn for_each_referenced(module: &Module, mut f: impl FnMut(usize)) {
    let mut func = |index| {
        if let Some(body) = module.defined_func(index) {
            f(body);
        }
    };
    let mut exprs = Vec::new();
    for elem in &module.elems {
        match &elem.items {
            ElemItems::Funcs(funcs) => funcs.iter().for_each(|&index| func(index)),
            ElemItems::Exprs(list) => exprs.extend(list.iter()),
        }
    }
    exprs.extend(module.table_inits.iter().flatten());
    exprs.extend(&module.global_inits);
    for op in exprs.into_iter().flat_map(|expr| &expr.0) {
        if let ConstOp::RefFunc(index) = op {
            func(*index);
        }
    }
}

/// The bodies in an order in which callees come first, as far as there is one.
struct Order {
    bodies: Vec<u32>,
    /// Whether a body can come to call itself by name.
    recursive: Vec<bool>,
}

/// A body in the search, and how many of its callees are done.
struct Visit {
    body: u32,
    next: usize,
}

impl Order {
    /// Tarjan's strongly connected components, without recursion.
    fn of(calls: &[Calls]) -> Self {
        const NEW: u32 = u32::MAX;
        const DONE: u32 = u32::MAX - 1;
        let mut order = Self {
            bodies: Vec::with_capacity(calls.len()),
            recursive: vec![false; calls.len()],
        };
        // While a body is on `open`: the earliest position there that it is known to reach.
        let mut reaches = vec![NEW; calls.len()];
        let (mut open, mut visits): (Vec<u32>, Vec<Visit>) = (Vec::new(), Vec::new());
        // Positions on `open`, by visit.
        let mut positions: Vec<u32> = Vec::new();
        for root in 0..calls.len() as u32 {
            if reaches[root as usize] != NEW {
                continue;
            }
            visits.push(Visit {
                body: root,
                next: 0,
            });
            while let Some(visit) = visits.last_mut() {
                let body = visit.body as usize;
                if visit.next == 0 && reaches[body] == NEW {
                    reaches[body] = open.len() as u32;
                    positions.push(open.len() as u32);
                    open.push(body as u32);
                }
                if let Some(&callee) = calls[body].callees.get(visit.next) {
                    visit.next += 1;
                    match reaches[callee as usize] {
                        NEW => visits.push(Visit {
                            body: callee,
                            next: 0,
                        }),
                        DONE => {}
                        earliest => {
                            order.recursive[body] |= callee as usize == body;
                            reaches[body] = reaches[body].min(earliest);
                        }
                    }
                    continue;
                }
                visits.pop();
                let position = positions.pop().unwrap_or_default();
                let reached = reaches[body];
                if reached == position {
                    let component = open.split_off(position as usize);
                    for &member in &component {
                        reaches[member as usize] = DONE;
                        order.recursive[member as usize] |= component.len() > 1;
                    }
                    order.bodies.extend(component.into_iter().rev());
                } else if let Some(caller) = visits.last() {
                    let caller = caller.body as usize;
                    reaches[caller] = reaches[caller].min(reached);
                }
            }
        }
        order
    }
}
