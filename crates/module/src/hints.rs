//! Branch hints: which way a conditional branch goes nearly always, as the section
//! `metadata.code.branch_hint` says. A promise of nothing: what it says decides where code lies.

use crate::module::Module;
use wasmparser::{BinaryReader, BranchHintSectionReader};

/// Hints of all functions of a module.
#[derive(Clone, Default, Debug)]
pub struct Hints {
    /// Position of the branch in the binary, and whether it is likely taken. By position.
    hints: Vec<(usize, bool)>,
}

impl Hints {
    /// Name of the section.
    pub(crate) const SECTION: &str = "metadata.code.branch_hint";

    /// Whether the branch at a position in the binary is likely taken; `None`: nobody knows.
    pub fn likely(&self, position: usize) -> Option<bool> {
        let found = self.hints.binary_search_by_key(&position, |(at, _)| *at);
        Some(self.hints[found.ok()?].1)
    }

    /// Reads the content of a section up to its first malformed place, as for names. The bodies are known.
    pub(crate) fn read(module: &Module, section: BinaryReader<'_>) -> Self {
        let mut hints = Vec::new();
        let _malformed = read(module, section, &mut hints);
        hints.sort_by_key(|(position, _)| *position);
        hints.dedup_by_key(|(position, _)| *position);
        Self { hints }
    }
}

fn read(
    module: &Module,
    section: BinaryReader<'_>,
    hints: &mut Vec<(usize, bool)>,
) -> Result<(), wasmparser::Error> {
    for function in BranchHintSectionReader::new(section)? {
        let function = function?;
        let defined = module.defined_func(function.func.into());
        let Some(body) = defined.and_then(|defined| module.bodies.get(defined)) else {
            continue;
        };
        for hint in function.hints {
            let hint = hint?;
            let position = body.range.start + hint.func_offset as usize;
            if body.range.contains(&position) {
                hints.push((position, hint.taken));
            }
        }
    }
    Ok(())
}
