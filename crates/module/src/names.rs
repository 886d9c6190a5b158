//! The name section: names for backtraces and error messages.

use crate::index::{FuncIndex, GlobalIndex};
use std::ops::Range;
use wasmparser::{BinaryReader, Name, NameMap, NameSectionReader};

/// Names that a module gives to itself, its functions and its globals.
#[derive(Clone, Default, Debug)]
pub struct Names {
    module: Option<String>,
    /// Names of functions and globals end to end: one allocation for thousands of names.
    text: String,
    /// Where in `text` the name of a function lies; by index, ascending.
    funcs: Vec<(FuncIndex, Range<usize>)>,
    /// The same of globals.
    globals: Vec<(GlobalIndex, Range<usize>)>,
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
                    read(map, &mut self.text, &mut self.funcs, FuncIndex)?;
                }
                Name::Global(map) => {
                    read(map, &mut self.text, &mut self.globals, GlobalIndex)?;
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

    /// The globals with a name, in ascending order; several may have the same.
    pub fn globals(&self) -> impl Iterator<Item = (GlobalIndex, &str)> {
        let named = self.globals.iter();
        named.map(|(index, range)| (*index, &self.text[range.clone()]))
    }
}

/// Appends the names of one subsection.
fn read<I>(
    map: NameMap<'_>,
    text: &mut String,
    places: &mut Vec<(I, Range<usize>)>,
    index: impl Fn(u32) -> I,
) -> Result<(), wasmparser::Error> {
    for naming in map {
        let naming = naming?;
        let start = text.len();
        text.push_str(naming.name);
        places.push((index(naming.index), start..text.len()));
    }
    Ok(())
}
