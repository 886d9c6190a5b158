//! One body: operators in, CLIF out. Each operator is validated just before it is translated.

use crate::context::Context;
use crate::error::Error;
use crate::inline::{self, Body, Origins};
use crate::late::Effort;
use crate::locals::Locals;
use crate::near::{self, Target};
use crate::operands::{Construct, ConstructKind, Operands};
use crate::record::{self, Field};
use crate::signature::{self, clif_types};
use crate::target::Relaxed;
use crate::work::Work;
use crate::{ops, trap};
use bident_abi::{TrapCode, VmLayout};
use bident_module::{BodyValidator, FuncIndex, FuncType, Inline, Module, TypeIndex};
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    Block, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder, MemFlagsData, SigRef,
    SourceLoc, Type, UserFuncName, Value,
};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use std::collections::HashMap;
use wasmparser::{FuncValidatorAllocations, OperatorsReader};

/// Allocations that serve one body after the other. Not to be used again after an error.
#[derive(Default)]
pub(crate) struct Scratch {
    builder: FunctionBuilderContext,
    operands: Operands,
    validator: FuncValidatorAllocations,
}

/// What all bodies of a module share.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'m> {
    pub(crate) module: &'m Module,
    pub(crate) layout: &'m VmLayout,
    /// What goes into the code.
    pub(crate) effort: Effort,
    pub(crate) frontend: TargetFrontendConfig,
    pub(crate) relaxed: Relaxed,
    /// For each body, where calls of its function are translated in place: it is valid then. Empty
    /// where none is.
    pub(crate) inline: &'m [Inline],
    /// Whether code looks for its deadline.
    pub(crate) epochs: bool,
    /// Whether memories move when they grow.
    pub(crate) moving_memories: bool,
    /// Whether a displacement reaches the code of a defined function; otherwise its address is in a slot.
    pub(crate) is_near: &'m (dyn Fn(usize) -> bool + Sync),
    /// Whether it takes fuel.
    pub(crate) fuel: bool,
}

/// A body in translation.
pub(crate) struct Translator<'m, 'f> {
    pub(crate) module: &'m Module,
    pub(crate) layout: &'m VmLayout,
    pub(crate) b: FunctionBuilder<'f>,
    pub(crate) operands: &'f mut Operands,
    /// First parameter of the function.
    context: Context,
    /// The function whose code this is: the one that is compiled, as a position among the bodies, and the one in hand.
    pub(crate) defined: usize,
    pub(crate) body: Body<'m>,
    /// For each body, whether calls of its function are translated in place.
    pub(crate) inline: &'m [Inline],
    /// As in [`Shared`].
    is_near: &'m (dyn Fn(usize) -> bool + Sync),
    /// What relaxed operators do.
    pub(crate) relaxed: Relaxed,
    /// Whether the code looks for its deadline.
    pub(crate) epochs: bool,
    /// Whether memories move when they grow.
    pub(crate) moving_memories: bool,
    /// Whether it takes fuel.
    pub(crate) fuel: bool,
    /// Fuel for the operators since code last took some.
    pub(crate) unpaid: u32,
    /// Where the code comes from.
    pub(crate) origins: Origins,
    /// Whether the function is neutral.
    neutral: bool,
    /// Position of the operator in hand.
    pub(crate) offset: usize,
    /// Address of the store, in modules that may transfer. Constant, but a variable: after a transfer it
    /// is what came in a register, so that the next transfer need not wait for loads.
    store: Option<Variable>,
    /// What the function is so far.
    pub(crate) work: Work,
    signatures: HashMap<TypeIndex, SigRef>,
    leave_builtin: Option<SigRef>,
    leave_preserving: Option<SigRef>,
    funcs: HashMap<FuncIndex, FuncRef>,
    neutral_funcs: HashMap<FuncIndex, FuncRef>,
    /// Transfers so far.
    transfers: u32,
}

/// What came of a body, besides the function.
pub(crate) struct Translated {
    /// What its source locations mean.
    pub(crate) origins: Origins,
    /// The units of work that it is.
    pub(crate) units: u64,
}

/// Validates the body at position `defined` and writes it into `func`, which is empty. With more than
/// `most` units of work it is refused.
pub(crate) fn translate(
    shared: Shared<'_>,
    defined: usize,
    validator: BodyValidator,
    most: u64,
    scratch: &mut Scratch,
    func: &mut Function,
) -> Result<Translated, Error> {
    let module = shared.module;
    let index = module.func_of(defined);
    let body = module.function_body(defined);
    let ty = module.func_type(index);
    let mut validator = validator.into_validator(std::mem::take(&mut scratch.validator));

    func.name = UserFuncName::user(0, defined as u32);
    func.signature = signature::wasm(ty);
    record::begin(func);
    let start = module.bodies[defined].range.start;
    let b = FunctionBuilder::new(func, &mut scratch.builder);
    let work = Work::new(defined, most);
    let mut t = Translator::new(shared, work, b, &mut scratch.operands, ty, start, defined);

    t.neutral = t.is_neutral(defined);

    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        let (count, ty) = locals.read()?;
        validator.define_locals(offset, count, ty)?;
        t.offset = offset as usize;
        t.declare_zeroed(count, ty);
    }
    ops::at_entry(&mut t, defined);

    let mut operators = OperatorsReader::new(locals.get_binary_reader());
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        validator.op(offset, &op)?;
        bident_module::check_operator(&op, offset as usize)?;
        t.at(offset as usize);
        t.work.foresee(module, &op);
        t.check_work()?;
        ops::translate(&mut t, &op)?;
    }
    t.check_work()?;
    operators.finish()?;

    let units = t.work.units(t.b.func);
    t.b.finalize(shared.frontend);
    scratch.validator = validator.into_allocations();
    let origins = t.origins;
    Ok(Translated { origins, units })
}

impl<'m, 'f> Translator<'m, 'f> {
    /// Begins the function: parameters are variables, and its construct is the only one.
    fn new(
        shared: Shared<'m>,
        work: Work,
        mut b: FunctionBuilder<'f>,
        operands: &'f mut Operands,
        ty: &'m FuncType,
        start: usize,
        defined: usize,
    ) -> Self {
        b.set_srcloc(SourceLoc::new(start as u32));
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let (context, params) = b.block_params(entry).split_first().expect("the context");
        let (context, params) = (*context, params.to_vec());

        operands.reset();
        let has_tags = !shared.module.tags.is_empty();
        let address = has_tags.then(|| record::context::STORE.load(&mut b, context));
        let store = address.map(|address| {
            let store = b.declare_var(I64);
            b.def_var(store, address);
            store
        });
        let context = Context::new(shared.module, defined, &mut b, context, address);
        let mut t = Self {
            module: shared.module,
            layout: shared.layout,
            b,
            operands,
            context,
            body: Body {
                ty,
                locals: Locals::of(&shared, defined, params.len()),
                place: None,
            },
            defined,
            inline: shared.inline,
            is_near: shared.is_near,
            relaxed: shared.relaxed,
            epochs: shared.epochs,
            moving_memories: shared.moving_memories,
            fuel: shared.fuel,
            unpaid: 0,
            origins: Origins::default(),
            neutral: false,
            offset: start,
            store,
            work,
            signatures: HashMap::new(),
            leave_builtin: None,
            leave_preserving: None,
            funcs: HashMap::new(),
            neutral_funcs: HashMap::new(),
            transfers: 0,
        };
        t.declare_params(params);
        let label = t.block_with(clif_types(ty.results()));
        t.operands.enter(Construct {
            kind: ConstructKind::Block,
            label,
            arity: ty.results().len(),
            used: false,
            height: 0,
        });
        t
    }

    /// A constant vector.
    pub(crate) fn vector(&mut self, ty: Type, bits: u128) -> Value {
        let bytes = bits.to_le_bytes().as_slice().into();
        let constant = self.b.func.dfg.constants.insert(bytes);
        self.b.ins().vconst(ty, constant)
    }

    /// Refuses a function that has become too much.
    pub(crate) fn check_work(&self) -> Result<(), Error> {
        self.work.check(self.module, self.b.func)
    }

    /// Moves on to the operator at a position in the binary.
    pub(crate) fn at(&mut self, offset: usize) {
        self.offset = offset;
        let location = inline::location(self, offset);
        self.b.set_srcloc(location);
    }

    /// Error for what the validator lets through but nothing here translates: a feature was turned
    /// on too early.
    pub(crate) fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        bident_module::Error::new(format!("unsupported: {what}"), self.offset).into()
    }

    /// A new block whose parameters have these types.
    pub(crate) fn block_with(&mut self, types: impl IntoIterator<Item = Type>) -> Block {
        let block = self.b.create_block();
        for ty in types {
            self.b.append_block_param(block, ty);
        }
        block
    }

    /// A field of the context.
    pub(crate) fn of_context(&mut self, field: Field) -> Value {
        let context = self.context();
        field.load(&mut self.b, context)
    }

    /// Address of what lies in the context at an offset.
    pub(crate) fn in_context(&mut self, offset: u32) -> Value {
        let context = self.context();
        self.b.ins().iadd_imm_s(context, i64::from(offset))
    }

    /// Address of the context, from wherever it is at hand.
    pub(crate) fn context(&mut self) -> Value {
        self.context.get(&mut self.b)
    }

    /// Address of the context, or anything, for the other side of a transfer.
    pub(crate) fn handed_over(&mut self) -> Value {
        self.context.handed_over(&mut self.b)
    }

    /// A transfer has brought what the other side handed over.
    pub(crate) fn is_handed(&mut self, context: Value) {
        self.context.is_handed(&mut self.b, context);
    }

    /// Address of the store, from wherever it is at hand.
    pub(crate) fn store(&mut self) -> Value {
        match self.store {
            Some(store) => self.b.use_var(store),
            None => self.of_context(record::context::STORE),
        }
    }

    /// A transfer has brought the address of the store along.
    pub(crate) fn store_is(&mut self, address: Value) {
        if let Some(store) = self.store {
            self.b.def_var(store, address);
        }
    }

    /// Traps if a condition holds.
    pub(crate) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        self.b.ins().trapnz(condition, trap::to_clif(code));
    }

    /// Traps if a reference is null.
    pub(crate) fn trap_if_null(&mut self, reference: Value, code: TrapCode) {
        self.b.ins().trapz(reference, trap::to_clif(code));
    }

    /// Signature of a function type of the module.
    pub(crate) fn signature(&mut self, ty: TypeIndex) -> SigRef {
        let Self { module, b, .. } = self;
        let import = || b.import_signature(signature::wasm(module.func_type_at(ty)));
        *self.signatures.entry(ty).or_insert_with(import)
    }

    /// Signature of the stub that calls builtins.
    pub(crate) fn leave_builtin_signature(&mut self) -> SigRef {
        let b = &mut self.b;
        *self
            .leave_builtin
            .get_or_insert_with(|| b.import_signature(signature::leave_builtin()))
    }

    /// Signature of the stub that calls builtins and preserves all registers.
    pub(crate) fn leave_preserving_signature(&mut self) -> SigRef {
        let b = &mut self.b;
        *self
            .leave_preserving
            .get_or_insert_with(|| b.import_signature(signature::leave_preserving()))
    }

    /// Whether calls of a defined function, and its returns, are jumps.
    fn is_neutral(&self, defined: usize) -> bool {
        let index = self.module.func_of(defined);
        self.module.wrapper(defined).neutral
            && signature::can_be_neutral(self.module.func_type(index))
    }

    /// Leaves the function with what registers hold of its results.
    pub(crate) fn return_(&mut self, registers: &[Value]) {
        if !self.neutral {
            self.b.ins().return_(registers);
            return;
        }
        let types: Vec<Type> = registers
            .iter()
            .map(|&value| self.b.func.dfg.value_type(value))
            .collect();
        let ints = types.iter().filter(|ty| ty.is_int()).count() as u32;
        let signature = signature::neutral_return(types.into_iter());
        let signature = self.b.import_signature(signature);
        let end = self.near(Target::Return(ints), signature);
        self.b.ins().return_call(end, registers);
    }

    /// Reference to a defined function, given by its index and its position among the defined ones,
    /// to be called, not tail called. `image.rs` resolves it.
    pub(crate) fn callee_ref(&mut self, func: FuncIndex, defined: usize) -> FuncRef {
        if !self.is_neutral(defined) {
            return self.func_ref(func, defined);
        }
        if let Some(&known) = self.neutral_funcs.get(&func) {
            return known;
        }
        let signature = self.signature(self.module.funcs[func.index()]);
        let func_ref = self.refer(Target::Neutral(defined as u32), signature, true);
        self.neutral_funcs.insert(func, func_ref);
        func_ref
    }

    /// Reference to a defined function, given by its index and its position among the defined ones.
    /// `image.rs` resolves it.
    pub(crate) fn func_ref(&mut self, func: FuncIndex, defined: usize) -> FuncRef {
        if let Some(&known) = self.funcs.get(&func) {
            return known;
        }
        let signature = self.signature(self.module.funcs[func.index()]);
        let near = (self.is_near)(defined);
        let func_ref = self.refer(Target::Function(defined as u32), signature, near);
        self.funcs.insert(func, func_ref);
        func_ref
    }

    /// Reference to a stub that transfers, given by where in the store its address lies, and the address
    /// that the transfer goes on at, which is to be an argument. `near.rs` resolves both.
    pub(crate) fn transfer_ref(
        &mut self,
        stub: Field,
        args: usize,
        results: usize,
    ) -> (FuncRef, Value) {
        let signature = signature::transfer(args, results);
        let signature = self.b.import_signature(signature);
        let (stub, site) = (stub.offset(), self.transfers);
        self.transfers += 1;
        let flags = MemFlagsData::new().with_trap_code(Some(trap::BACK));
        let store = self.store();
        let back = self.b.ins().load(I64, flags, store, near::back(site));
        (self.near(Target::Transfer { stub, site }, signature), back)
    }

    /// Reference to code that a 32-bit displacement reaches.
    fn near(&mut self, target: Target, signature: SigRef) -> FuncRef {
        self.refer(target, signature, true)
    }

    /// Reference to code: `near`, or by way of a slot that holds its address.
    fn refer(&mut self, target: Target, signature: SigRef, near: bool) -> FuncRef {
        let name = self.b.func.declare_imported_user_function(target.name());
        self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: near,
            patchable: false,
        })
    }
}
