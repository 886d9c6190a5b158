//! `--lazy NAME=FILE`: modules that are read and compiled when one of their functions is first called.

use crate::exit::UsageError;
use bident::{Engine, Error, ExternType, Linker, Module, printable};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was given on the command line.
#[derive(Clone, Copy)]
pub(crate) struct Lazy<'a> {
    /// Names that the program imports functions from, and the files that have them.
    pub(crate) files: &'a [(String, PathBuf)],
    /// What those files call the program.
    pub(crate) primary: &'a str,
}

impl Lazy<'_> {
    /// Tells a linker, which has all other names already, of the files. None is opened yet.
    pub(crate) fn add_to_linker<T: 'static>(
        self,
        linker: &mut Linker<T>,
        program: &Module,
    ) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for (name, file) in self.files {
            if !names.insert(name) {
                let name = printable(name);
                return Err(UsageError(format!("--lazy {name}=... is given twice")).into());
            }
            let missing = |(module, function): (&str, &str)| {
                module == name && !linker.contains(module, function)
            };
            if !functions(program).any(missing) {
                return Err(UsageError(useless(linker, program, name)).into());
            }
            let (name, file) = (name.clone(), file.clone());
            let link_name = name.clone();
            linker.lazy(&link_name, self.primary, move |caller, _| {
                load(caller.engine(), &name, &file).map(Some)
            })?;
        }
        Ok(())
    }
}

/// Names of the functions that a module imports.
fn functions(module: &Module) -> impl Iterator<Item = (&str, &str)> {
    module
        .imports()
        .filter(|import| matches!(import.ty(), ExternType::Func(_)))
        .map(|import| (import.module(), import.name()))
}

/// Why no file can stand for a name.
fn useless<T>(linker: &Linker<T>, program: &Module, name: &str) -> String {
    const MOST: usize = 20;
    let shown = printable(name);
    let wrong = format!("--lazy {shown}=...: the program imports no function from `{shown}`");
    if functions(program).any(|(module, _)| module == name) {
        return format!("{wrong} but those that bident has");
    }
    let missing = functions(program).filter(|(module, name)| !linker.contains(module, name));
    let modules: BTreeSet<_> = missing.map(|(module, _)| module).collect();
    let shown = modules.iter().take(MOST);
    let shown: Vec<_> = shown.map(|m| format!("`{}`", printable(m))).collect();
    match (shown.is_empty(), modules.len().saturating_sub(MOST)) {
        (true, _) => format!("{wrong}, nor from another module that bident does not have"),
        (_, 0) => format!("{wrong}; it does from {}", shown.join(", ")),
        (_, more) => format!("{wrong}; it does from {} and {more} more", shown.join(", ")),
    }
}

fn load(engine: &Engine, name: &str, file: &Path) -> Result<Module, Error> {
    let module = check_regular(file).and_then(|()| Module::from_file(engine, file));
    module.map_err(|error| {
        let file = file.to_string_lossy();
        let (name, file) = (printable(name), printable(&file));
        match error.downcast_ref::<io::Error>() {
            Some(error) => Error::msg(format!("cannot read {file} for `{name}` (--lazy): {error}")),
            None => Error::msg(format!("{file}, loaded for `{name}`: {error:#}")),
        }
    })
}

/// Nobody would expect the call of a function to wait for the other end of a pipe.
fn check_regular(file: &Path) -> Result<(), Error> {
    let kind = fs::metadata(file).map_err(Error::new)?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let other = if kind.is_dir() {
        io::Error::from(io::ErrorKind::IsADirectory)
    } else {
        io::Error::other("not a regular file")
    };
    Err(Error::new(other))
}
