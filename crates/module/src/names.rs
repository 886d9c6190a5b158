//! The name section: names for backtraces and error messages.

use crate::index::FuncIndex;
use std::ops::Range;
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// Names that a module gives to itself and to its functions.
#[derive(Clone, Default, Debug)]
pub struct Names {
    module: Option<String>,
    /// Names of functions end to end: one allocation for thousands of names.
    text: String,
    /// Where in `text` the name of a function lies; by index, ascending.
    funcs: Vec<(FuncIndex, Range<usize>)>,
}

impl Names {
    /// Reads the content of a name section up to its first malformed place: a custom section never
    /// makes a module invalid, and the names before that place are as good as any.
    pub(crate) fn read(section: BinaryReader<'_>) -> Self {
        let mut names = Self::default();
        let _malformed = names.read_subsections(section);
        names
    }

    fn read_subsections(&mut self, section: BinaryReader<'_>) -> Result<(), wasmparser::Error> {
        // The reader refuses repeated subsections and indices out of order, so `funcs` ascends.
        for subsection in NameSectionReader::new(section) {
            match subsection? {
                Name::Module { name, .. } => self.module = Some(name.to_owned()),
                Name::Function(map) => {
                    for naming in map {
                        let naming = naming?;
                        let start = self.text.len();
                        self.text.push_str(naming.name);
                        self.funcs
                            .push((FuncIndex(naming.index), start..self.text.len()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Name of the module.
    pub fn module(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// Name of a function.
    pub fn func(&self, func: FuncIndex) -> Option<&str> {
        let position = self
            .funcs
            .binary_search_by_key(&func, |(index, _)| *index)
            .ok()?;
        Some(&self.text[self.funcs[position].1.clone()])
    }
}
