//! Where the locals of a function are.
//!
//! ```text
//! as variables      values to the code generator, in registers or not: what lives through a block
//!                   has to be looked at there, and at each edge into it
//! in the frame      of a large function that is compiled quickly: loaded and stored where it is used
//!
//!  frame  ┌─────┬─────┬─────┬───┬──────────────────────────┐
//!         │  0  │  1  │  4  │ … │ what the allocator keeps │     only locals that the body names
//!         └─────┴─────┴─────┴───┴──────────────────────────┘
//! ```
//!
//! With registers in a single pass a value that lives across a block is in the frame anyway, but it takes time that
//! grows with blocks times values: half of 13 s, in two functions of a megabyte that register the kernels of a library.
//!
//! A place in the frame is only loaded and stored, so no register or frame ever holds its address.

use crate::function::{Shared, Translator};
use crate::late::Effort;
use crate::signature::{self, VECTOR, clif_types};
use cranelift_codegen::ir::types::{F32, F64, I64};
use cranelift_codegen::ir::{
    InstBuilder, MemFlagsData, StackSlot, StackSlotData, StackSlotKind, Type, Value,
};
use cranelift_frontend::Variable;
use std::collections::HashSet;
use wasmparser::Operator;

/// Bytes of a body from which on quick code has its locals in the frame. Smaller ones, of SQLite and CPython, take as long
/// to compile either way.
const LARGE: usize = 128 << 10;

/// The locals of a body.
pub(crate) struct Locals {
    all: Vec<Local>,
    /// Those that are to be in the frame, where that is so.
    framed: Option<HashSet<u32>>,
}

/// A local, and whether anything reads or writes it.
struct Local {
    home: Home,
    used: bool,
}

/// Where the value of a local is.
#[derive(Clone, Copy)]
enum Home {
    /// Where the code generator wants it.
    Variable(Variable),
    /// In a place of its own in the frame.
    Frame(StackSlot, Type),
}

impl Locals {
    /// As variables; room for this many.
    pub(crate) fn variables(count: usize) -> Self {
        Self {
            all: Vec::with_capacity(count),
            framed: None,
        }
    }

    /// Of the function whose code is made.
    pub(crate) fn of(shared: &Shared<'_>, defined: usize, count: usize) -> Self {
        let body = &shared.module.bodies[defined];
        let is_large = shared.effort == Effort::Quick && body.range.len() >= LARGE;
        Self {
            framed: is_large.then(|| named(shared, defined)),
            ..Self::variables(count)
        }
    }
}

/// The locals that a body names. Nothing comes of an invalid one.
fn named(shared: &Shared<'_>, defined: usize) -> HashSet<u32> {
    let Ok(operators) = (shared.module.function_body(defined)).get_operators_reader() else {
        return HashSet::new();
    };
    let operators = operators.into_iter().map_while(Result::ok);
    let named = operators.filter_map(|operator| match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    });
    named.collect()
}

impl Translator<'_, '_> {
    /// The parameters of the body in hand.
    pub(crate) fn declare_params(&mut self, params: impl IntoIterator<Item = Value>) {
        let types = clif_types(self.body.ty.params());
        for (value, ty) in params.into_iter().zip(types) {
            self.declare(ty, value);
        }
    }

    /// Declares locals that start as zero or null.
    pub(crate) fn declare_zeroed(&mut self, count: u32, ty: wasmparser::ValType) {
        let ty = signature::binary_type(ty);
        let zero = self.zero(ty);
        for _ in 0..count {
            self.declare(ty, zero);
        }
    }

    fn declare(&mut self, ty: Type, value: Value) {
        let index = self.body.locals.all.len() as u32;
        let framed = self.body.locals.framed.as_ref();
        let home = if framed.is_some_and(|framed| framed.contains(&index)) {
            let shift = ty.bytes().trailing_zeros() as u8;
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, ty.bytes(), shift);
            let slot = self.b.create_sized_stack_slot(slot);
            Home::Frame(slot, ty)
        } else {
            Home::Variable(self.b.declare_var(ty))
        };
        self.store_local(home, value);
        let used = false;
        self.body.locals.all.push(Local { home, used });
    }

    /// The value of a local.
    pub(crate) fn local(&mut self, index: u32) -> Value {
        match self.home(index) {
            Home::Variable(variable) => self.b.use_var(variable),
            Home::Frame(slot, ty) => {
                let address = self.b.ins().stack_addr(I64, slot, 0);
                self.b.ins().load(ty, in_frame(), address, 0)
            }
        }
    }

    /// Sets a local.
    pub(crate) fn set_local(&mut self, index: u32, value: Value) {
        let home = self.home(index);
        self.store_local(home, value);
    }

    fn store_local(&mut self, home: Home, value: Value) {
        match home {
            Home::Variable(variable) => self.b.def_var(variable, value),
            Home::Frame(slot, _) => {
                let address = self.b.ins().stack_addr(I64, slot, 0);
                self.b.ins().store(in_frame(), value, address, 0);
            }
        }
    }

    fn home(&mut self, index: u32) -> Home {
        let local = &mut self.body.locals.all[index as usize];
        if !local.used {
            local.used = true;
            if let Home::Variable(_) = local.home {
                self.work.local();
            }
        }
        local.home
    }

    /// The value that locals start with.
    fn zero(&mut self, ty: Type) -> Value {
        match ty {
            F32 => self.b.ins().f32const(0.0),
            F64 => self.b.ins().f64const(0.0),
            VECTOR => self.vector(VECTOR, 0),
            integer => self.b.ins().iconst(integer, 0),
        }
    }
}

/// Not aligned, as far as the code generator has to know: frames are moved to where they fit.
fn in_frame() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}
