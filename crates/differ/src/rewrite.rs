//! A module's binary, looked into and changed: an export more, a function's body less.

use anyhow::Result;
use std::ops::Range;
use wasm_encoder::{CodeSection, Encode, Function, Instruction, RawSection, SectionId};
use wasmparser::{Operator, Parser, Payload, TypeRef};

/// The name of the exported fuel.
pub const FUEL_NAME: &str = "\u{1}fuel";

/// Sections behind that of exports.
const LATER: [SectionId; 5] = [
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// The module with one export more: this global, as [`FUEL_NAME`].
///
/// # Errors
/// The module is malformed.
pub fn export_global(bytes: &[u8], global: u32) -> Result<Vec<u8>> {
    let mut entry = Vec::new();
    FUEL_NAME.encode(&mut entry);
    entry.push(wasm_encoder::ExportKind::Global as u8);
    global.encode(&mut entry);

    let with = |count: u32, others: &[u8]| {
        let mut data = Vec::new();
        (count + 1).encode(&mut data);
        data.extend_from_slice(others);
        data.extend_from_slice(&entry);
        data
    };
    let mut sections = Vec::new();
    let mut is_there = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let mut data = slice(bytes, range.clone()).to_vec();
        if let Payload::ExportSection(exports) = &payload {
            is_there = true;
            data = with(
                exports.count(),
                slice(bytes, exports.original_position()..range.end),
            );
        } else if LATER.iter().any(|later| *later as u8 == id) && !is_there {
            is_there = true;
            sections.push((SectionId::Export as u8, with(0, &[])));
        }
        sections.push((id, data));
    }
    if !is_there {
        sections.push((SectionId::Export as u8, with(0, &[])));
    }
    let mut module = wasm_encoder::Module::new();
    for (id, data) in &sections {
        module.section(&RawSection { id: *id, data });
    }
    Ok(module.finish())
}

fn slice(bytes: &[u8], range: Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}

/// Whether a module could wait until another thread wakes it: none does.
///
/// # Errors
/// The module is malformed.
pub fn may_wait(bytes: &[u8]) -> Result<bool> {
    let (mut is_shared, mut waits) = (false, false);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::MemorySection(memories) => {
                for memory in memories {
                    is_shared |= memory?.shared;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    is_shared |= matches!(import?.ty, TypeRef::Memory(memory) if memory.shared);
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    waits |= matches!(
                        operator?,
                        Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. }
                    );
                }
            }
            _ => {}
        }
    }
    Ok(is_shared && waits)
}

/// How many functions a module defines.
///
/// # Errors
/// The module is malformed.
pub fn bodies(bytes: &[u8]) -> Result<u32> {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        count += u32::from(matches!(payload?, Payload::CodeSectionEntry(_)));
    }
    Ok(count)
}

/// The module with `unreachable` for the bodies of these functions, imports not counted.
///
/// # Errors
/// The module is malformed.
pub fn without_bodies(bytes: &[u8], gone: &[u32]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    let mut code = CodeSection::new();
    let (mut index, mut count) = (0, 0);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CodeSectionStart { count: all, .. } => count = all,
            Payload::CodeSectionEntry(body) => {
                if gone.contains(&index) {
                    let mut function = Function::new([]);
                    function.instruction(&Instruction::Unreachable);
                    function.instruction(&Instruction::End);
                    code.function(&function);
                } else {
                    code.raw(slice(bytes, body.range()));
                }
                index += 1;
                if index == count {
                    module.section(&code);
                }
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    module.section(&RawSection {
                        id,
                        data: slice(bytes, range),
                    });
                }
            }
        }
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("it is a module")
    }

    #[test]
    fn a_global_is_exported_where_exports_are_and_where_there_are_none() {
        for exports in ["", "(export \"g\" (global 0))"] {
            let module = format!(
                "(module (global i32 i32.const 7) {exports} (func) (memory 1) (data \"x\"))"
            );
            let bytes = export_global(&text(&module), 0).expect("it is well formed");
            wasmparser::validate(&bytes).expect("it is valid");
            let wanted = format!(
                "(module (global i32 i32.const 7) {exports} (export \"\\01fuel\" (global 0)) (func) \
                 (memory 1) (data \"x\"))"
            );
            assert_eq!(bytes, text(&wanted));
        }
    }

    #[test]
    fn a_global_is_exported_where_nothing_follows() {
        let bytes = export_global(&text("(module (global i32 i32.const 7))"), 0);
        let wanted = "(module (global i32 i32.const 7) (export \"\\01fuel\" (global 0)))";
        assert_eq!(bytes.expect("it is well formed"), text(wanted));
    }

    #[test]
    fn waits_are_seen() {
        let wait =
            "(func (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))";
        for (memory, waits) in [
            ("(memory 1 2)", false),
            ("(memory 1 2 shared)", true),
            ("(import \"\" \"\" (memory 1 2 shared))", true),
        ] {
            let bytes = text(&format!("(module {memory} {wait})"));
            assert_eq!(
                may_wait(&bytes).expect("it is well formed"),
                waits,
                "{memory}"
            );
        }
        let bytes = text("(module (memory 1 2 shared))");
        assert!(!may_wait(&bytes).expect("it is well formed"));
    }

    #[test]
    fn bodies_go() {
        let bytes = text("(module (func (result i32) i32.const 1) (func nop))");
        assert_eq!(bodies(&bytes).expect("it is well formed"), 2);
        let less = without_bodies(&bytes, &[0]).expect("it is well formed");
        assert_eq!(
            less,
            text("(module (func (result i32) unreachable) (func nop))")
        );
    }
}
