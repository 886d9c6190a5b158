//! Functions that are compiled one by one, when they are needed.
//!
//! ```text
//! bodies ──► validated, on all cores ──► Late ──► Artifact, of a few functions
//!                                        Late ──► Artifact
//! ```

use crate::artifact::Artifact;
use crate::compiler::{self, Compiler};
use crate::error::Error;
use crate::function::{Scratch, Shared};
use crate::image;
use crate::ops::is_call;
use crate::work::Budget;
use bident_abi::VmLayout;
use bident_module::{BodyValidator, FuncIndex, Inline, Module};
use cranelift_codegen::Context;
use rayon::prelude::*;
use std::cell::Cell;
use wasmparser::Operator;

/// Bodies of this many bytes together are worth a thread's attention.
const CHUNK: usize = 1 << 16;

/// Bytes of bodies that are compiled along with a function, at most: their code fills what the function leaves
/// of a page, in a fraction of the time that a function takes on average.
const COMPANY: usize = 512;

/// Bytes of one such body, at most. Small functions are where a call costs more than what is called.
const SMALL: usize = 96;

/// Bytes of a body up to which, if it calls nothing small, its neighbours come along: a module of
/// nothing but tiny functions would take a page for each.
const TINY: usize = 64;

/// Callees that are compiled ahead of their calls, for each caller.
const MOST_CALLEES: usize = 64;

/// Bytes of bodies up to which what it took to compile them is kept for the next: it grows with the largest.
const KEPT_BYTES: usize = 16 << 10;

thread_local! {
    /// Memory that compiling takes: functions come one by one, and most are small.
    static KEPT: Cell<Option<(Scratch, Context)>> = const { Cell::new(None) };
}

/// How much effort goes into the code of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// None that can be saved: not optimised, registers in a single pass.
    Quick,
    /// The usual one.
    Full,
    /// The usual one, for functions that were compiled quickly before: that counted as their work.
    Again,
}

/// What it takes to compile functions of a module that is valid.
pub struct Late {
    layout: VmLayout,
    inline: Vec<Inline>,
    bodies: Vec<BodyValidator>,
    budget: Budget,
}

impl Compiler {
    /// Validates the bodies of a module, which are to be compiled later. `bodies` is what
    /// `bident_module::decode` gave along with it.
    ///
    /// If several bodies are invalid, the error is that of the first.
    pub fn late(&self, module: &Module, bodies: Vec<BodyValidator>) -> Result<Late, Error> {
        let chunks = chunks(module);
        let validate = |(from, to)| bident_module::validate_bodies(module, &bodies, from..to);
        match chunks.len() {
            0 | 1 => chunks.into_iter().try_for_each(validate)?,
            _ => {
                let results: Vec<_> = chunks.into_par_iter().map(validate).collect();
                results.into_iter().collect::<Result<(), _>>()?;
            }
        }
        Ok(self.late_valid(module, bodies))
    }

    /// The same for bodies that are known to be valid. Were one not, compiling it would be an error.
    pub fn late_valid(&self, module: &Module, bodies: Vec<BodyValidator>) -> Late {
        Late {
            layout: VmLayout::new(module),
            inline: module.wrappers.iter().map(|w| w.inline).collect(),
            budget: self.budget(module),
            bodies,
        }
    }

    /// Compiles functions of a module, given by their positions among the defined ones. Of others, those that
    /// `is_near` names are called by a displacement, the rest by way of a slot.
    ///
    /// # Errors
    /// A function, or all that were compiled so far, are more work than the limit; nothing else is to be
    /// expected.
    pub fn compile_late(
        &self,
        module: &Module,
        late: &Late,
        members: Vec<u32>,
        effort: Effort,
        is_near: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Artifact, Error> {
        let quick = effort == Effort::Quick;
        // Quick code does not even call itself directly: nobody would count it.
        let is_member = |defined: usize| !quick && members.contains(&(defined as u32));
        let is_near = |defined: usize| is_member(defined) || is_near(defined);
        let shared = Shared {
            effort,
            ..self.shared(module, &late.layout, &late.inline, &is_near)
        };
        let (mut scratch, mut context) = KEPT
            .take()
            .unwrap_or_else(|| (Scratch::default(), Context::new()));
        let mut codes = Vec::with_capacity(members.len());
        for &member in &members {
            let defined = member as usize;
            let validator = bident_module::another_validator(&late.bodies[defined]);
            let (scratch, context) = (&mut scratch, &mut context);
            let budget = &late.budget;
            codes.push(self.body(shared, budget, defined, validator, scratch, context)?);
            context.clear();
        }
        let bytes = |&member: &u32| module.bodies[member as usize].range.len();
        if members.iter().map(bytes).sum::<usize>() <= KEPT_BYTES {
            KEPT.set(Some((scratch, context)));
        }
        let starts = members
            .iter()
            .map(|&member| compiler::start(module, member as usize));
        let starts: Vec<_> = starts.collect();
        image::link(codes, members, starts.into_iter(), quick)
    }
}

/// The functions that are best compiled along with one, by their positions among the defined ones: small ones
/// that it calls, so that calls lead there without a slot. Only those that `is_free` names.
pub fn companions(module: &Module, defined: usize, is_free: impl Fn(usize) -> bool) -> Vec<u32> {
    let size = |defined: usize| module.bodies[defined].range.len();
    let mut found = Vec::new();
    let mut left = COMPANY;
    for callee in calls(module, defined) {
        let (position, size) = (callee as u32, size(callee));
        let is_known = callee == defined || found.contains(&position);
        if size <= left.min(SMALL) && !is_known && is_free(callee) {
            found.push(position);
            left -= size;
            if left < SMALL {
                break;
            }
        }
    }
    if size(defined) <= TINY && found.is_empty() {
        let is_tiny = |neighbour: &usize| size(*neighbour) <= TINY;
        let after = (defined + 1..module.bodies.len()).take(COMPANY);
        // Programs come to functions in any order: those before are compiled already, or come along, too.
        let before = (0..defined).rev().take(COMPANY);
        for neighbour in after.take_while(is_tiny).chain(before.take_while(is_tiny)) {
            let Some(rest) = left.checked_sub(size(neighbour)) else {
                break;
            };
            if is_free(neighbour) {
                found.push(neighbour as u32);
                left = rest;
            }
        }
    }
    found
}

/// The functions that one calls by name, by their positions among the defined ones, at most `MOST_CALLEES`.
pub fn callees(module: &Module, defined: usize) -> Vec<u32> {
    let mut found = Vec::new();
    for callee in calls(module, defined) {
        let position = callee as u32;
        if !found.contains(&position) {
            found.push(position);
        }
        if found.len() == MOST_CALLEES {
            break;
        }
    }
    found
}

/// Whether a function has a loop that calls nothing: where such a function is called once it may stay for long,
/// and all that time is its own.
pub fn loops_alone(module: &Module, defined: usize) -> bool {
    use Operator as O;
    let Ok(operators) = module.function_body(defined).get_operators_reader() else {
        return false;
    };
    // For each construct around, how many calls came before it, if it is a loop.
    let (mut around, mut calls) = (Vec::new(), 0);
    for operator in operators.into_iter().map_while(Result::ok) {
        match operator {
            O::Loop { .. } => around.push(Some(calls)),
            O::Block { .. } | O::If { .. } | O::Try { .. } | O::TryTable { .. } => {
                around.push(None);
            }
            // Of a `try` that it ends, too.
            O::End | O::Delegate { .. } if around.pop().flatten() == Some(calls) => return true,
            _ if is_call(&operator) => calls += 1,
            _ => {}
        }
    }
    false
}

/// The calls by name in a function, in order.
fn calls(module: &Module, defined: usize) -> impl Iterator<Item = usize> + '_ {
    let operators = module.function_body(defined).get_operators_reader();
    // The body is valid.
    let operators = operators.into_iter().flatten();
    operators.filter_map(|operator| match operator {
        Ok(Operator::Call { function_index } | Operator::ReturnCall { function_index }) => {
            module.defined_func(FuncIndex(function_index))
        }
        _ => None,
    })
}

/// Splits bodies, in order, into pieces of at least [`CHUNK`] bytes (the last may be smaller).
fn chunks(module: &Module) -> Vec<(usize, usize)> {
    let mut chunks = Vec::new();
    let (mut from, mut size) = (0, 0);
    for (defined, body) in module.bodies.iter().enumerate() {
        size += body.range.len();
        if size >= CHUNK {
            chunks.push((from, defined + 1));
            (from, size) = (defined + 1, 0);
        }
    }
    if from < module.bodies.len() {
        chunks.push((from, module.bodies.len()));
    }
    chunks
}

impl std::fmt::Debug for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Late({} functions)", self.bodies.len())
    }
}
