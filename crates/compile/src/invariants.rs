//! What holds for every function, checked in debug builds.

use cranelift_codegen::ir::{ArgumentPurpose, Function, Opcode, Value};
use cranelift_codegen::isa::CallConv;

/// Panics unless frames of the function can move: no address of the stack but where loads and stores of
/// a stack slot go, no area for arguments or results that is reached by address.
pub(crate) fn check(func: &Function) {
    assert!(func.dynamic_stack_slots.is_empty(), "a stack slot");
    assert!(func.stack_limit.is_some(), "no limit check");
    let signatures = func.dfg.signatures.values();
    for signature in signatures.chain([&func.signature]) {
        let stub = signature.call_conv == CallConv::PreserveAll;
        assert!(stub || signature.call_conv == CallConv::Tail);
        for param in signature.params.iter().chain(&signature.returns) {
            let by_value = ArgumentPurpose::Normal == param.purpose
                || ArgumentPurpose::VMContext == param.purpose;
            assert!(by_value, "an argument or result on the stack by address");
        }
    }
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            let opcode = func.dfg.insts[inst].opcode();
            assert!(!looks_at_stack(opcode), "instruction {opcode}");
            for (i, value) in func.dfg.inst_values(inst).enumerate() {
                // Of a store, the address is the second.
                let accessed = matches!((opcode, i), (Opcode::Load, 0) | (Opcode::Store, 1));
                assert!(accessed || !is_slot_address(func, value), "{opcode}");
            }
        }
    }
}

fn is_slot_address(func: &Function, value: Value) -> bool {
    let made_by = func.dfg.value_def(value).inst();
    made_by.is_some_and(|inst| func.dfg.insts[inst].opcode() == Opcode::StackAddr)
}

fn looks_at_stack(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::DynamicStackAddr
            | Opcode::StackSwitch
            | Opcode::GetFramePointer
            | Opcode::GetStackPointer
            | Opcode::GetReturnAddress
    )
}
