//! The context of a function: what all it needs is reached from.
//!
//! Behind a transfer no register holds anything of the function's. The context in the frame is known once the
//! stack pointer is, which waits for the record, which waits for the reference. So each side of a transfer
//! hands its context over in a register. Nearly always it is that of the other side, too, and a compare with
//! the one in the frame says so, which the processor predicts:
//!
//! ```text
//!  resume (context) ─────────► stub ─────────► behind a suspend: what comes = home?
//!                                                ├─ yes ──► what comes         known long before
//!                                                └─ no ───► home, in the frame
//! ```
//!
//! So what comes may be anything: the stubs bring nothing on their rare ways.
//!
//! The home is a stack slot and no value, which Cranelift would keep in a register and write back before each
//! transfer. It is only loaded and stored, so no register or frame ever holds its address.
//!
//! A function that needs its context only for transfers passes on what came, and has no home.

use bident_module::Module;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    InstBuilder, MemFlagsData, StackSlot, StackSlotData, StackSlotKind, Value,
};
use cranelift_frontend::{FunctionBuilder, Variable};

/// Where the context is.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    /// First parameter of the function.
    parameter: Value,
    /// What to hand over, in modules that may transfer. With a home, it is the context.
    at_hand: Option<Variable>,
    /// Its place in the frame, if code behind a transfer needs it soon.
    home: Option<StackSlot>,
}

impl Context {
    /// At the start of the function with the body `defined`. The address of the store is there in modules that may
    /// transfer.
    pub(crate) fn new(
        module: &Module,
        defined: usize,
        b: &mut FunctionBuilder<'_>,
        parameter: Value,
        store: Option<Value>,
    ) -> Self {
        let needed = module.wrapper(defined).needs_context;
        let at_hand = store.map(|store| {
            let variable = b.declare_var(I64);
            // Anything to begin with, so that the context need not live longer for that.
            b.def_var(variable, if needed { parameter } else { store });
            variable
        });
        let home = needed.then(|| {
            let align_shift = size_of::<u64>().trailing_zeros() as u8;
            let slot = StackSlotData::new(
                StackSlotKind::ExplicitSlot,
                size_of::<u64>() as u32,
                align_shift,
            );
            let home = b.create_sized_stack_slot(slot);
            let address = b.ins().stack_addr(I64, home, 0);
            b.ins()
                .store(MemFlagsData::trusted(), parameter, address, 0);
            home
        });
        Self {
            parameter,
            at_hand,
            home,
        }
    }

    /// The context.
    pub(crate) fn get(self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.at_hand {
            Some(context) if self.home.is_some() => b.use_var(context),
            _ => self.parameter,
        }
    }

    /// What the function hands over.
    pub(crate) fn handed_over(self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.at_hand {
            Some(context) => b.use_var(context),
            None => self.parameter,
        }
    }

    /// Takes what came with a transfer. With a home, goes on in a block of its own.
    pub(crate) fn is_handed(self, b: &mut FunctionBuilder<'_>, came: Value) {
        let Some(at_hand) = self.at_hand else {
            return;
        };
        let Some(home) = self.home else {
            b.def_var(at_hand, came);
            return;
        };
        let (other, next) = (b.create_block(), b.create_block());
        b.set_cold_block(other);
        b.append_block_param(next, I64);
        let own = load(b, home);
        let same = b.ins().icmp(IntCC::Equal, came, own);
        b.ins().brif(same, next, &[came.into()], other, &[]);
        b.seal_block(other);
        b.switch_to_block(other);
        let own = load(b, home);
        b.ins().jump(next, &[own.into()]);
        b.seal_block(next);
        b.switch_to_block(next);
        let context = b.block_params(next)[0];
        b.def_var(at_hand, context);
    }
}

fn load(b: &mut FunctionBuilder<'_>, home: StackSlot) -> Value {
    let address = b.ins().stack_addr(I64, home, 0);
    b.ins().load(I64, MemFlagsData::trusted(), address, 0)
}
