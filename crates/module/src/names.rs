//! The name section: names for backtraces and error messages. It is read when somebody wants one.

use crate::index::{FuncIndex, GlobalIndex};
use bytes::Bytes;
use std::ops::Range;
use std::sync::OnceLock;
use wasmparser::{BinaryReader, Name, NameMap, NameSectionReader};

/// Names that a module gives to itself, its functions and its globals.
#[derive(Clone, Default, Debug)]
pub struct Names {
    /// Content of the section.
    section: Bytes,
    known: OnceLock<Known>,
}

/// What the section says.
#[derive(Clone, Default, Debug)]
struct Known {
    module: Option<String>,
    /// Names of functions and globals end to end: one allocation for thousands of names.
    text: String,
    /// Where in `text` the name of a function lies; by index, ascending.
    funcs: Vec<(FuncIndex, Range<usize>)>,
    /// The same of globals.
    globals: Vec<(GlobalIndex, Range<usize>)>,
}

impl Names {
    /// Of a section with this content.
    pub(crate) fn of(section: Bytes) -> Self {
        let known = OnceLock::new();
        Self { section, known }
    }

    /// Reads the section up to its first malformed place: a custom section never makes a module invalid, and
    /// the names before that place are as good as any.
    fn known(&self) -> &Known {
        self.known.get_or_init(|| {
            let mut known = Known::default();
            // Nobody learns of positions in the section.
            let _malformed = known.read_subsections(BinaryReader::new(&self.section, 0));
            known
        })
    }

    /// Name of the module.
    pub fn module(&self) -> Option<&str> {
        self.known().module.as_deref()
    }

    /// Name of a function.
    pub fn func(&self, func: FuncIndex) -> Option<&str> {
        let Known { text, funcs, .. } = self.known();
        let position = funcs.binary_search_by_key(&func, |(index, _)| *index);
        Some(&text[funcs[position.ok()?].1.clone()])
    }

    /// The globals with a name, in ascending order; several may have the same.
    pub fn globals(&self) -> impl Iterator<Item = (GlobalIndex, &str)> {
        let Known { text, globals, .. } = self.known();
        let named = globals.iter();
        named.map(|(index, range)| (*index, &text[range.clone()]))
    }
}

impl Known {
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
