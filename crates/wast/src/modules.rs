//! From the module of a directive to a compiled one, and whether it is the engine that lacks something.

use bident::{Engine, ErrorKind, Module, printable};
use wasmparser::{Validator, WasmFeatures};
use wast::{QuoteWat, Wat};

/// Why a module of a script cannot be used.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// It needs a feature that the engine does not have.
    Unsupported,
    /// It is malformed or invalid, or compiling it failed.
    Bad(String),
}

/// Compiles the module of a directive.
pub(crate) fn compile(engine: &Engine, module: &mut QuoteWat<'_>) -> Result<Module, Refused> {
    let bytes = module
        .encode()
        .map_err(|error| Refused::Bad(printable(&error.message()).to_string()))?;
    compile_bytes(engine, &bytes)
}

/// The same for a module that cannot be quoted.
pub(crate) fn compile_wat(engine: &Engine, module: &mut Wat<'_>) -> Result<Module, Refused> {
    let bytes = module
        .encode()
        .map_err(|error| Refused::Bad(printable(&error.message()).to_string()))?;
    compile_bytes(engine, &bytes)
}

fn compile_bytes(engine: &Engine, bytes: &[u8]) -> Result<Module, Refused> {
    Module::new(engine, bytes).map_err(|error| {
        if error.kind() == ErrorKind::Compile && needs_missing_feature(engine, bytes) {
            Refused::Unsupported
        } else {
            Refused::Bad(error.to_string())
        }
    })
}

fn needs_missing_feature(engine: &Engine, bytes: &[u8]) -> bool {
    let mut any = Validator::new_with_features(WasmFeatures::all());
    Module::validate(engine, bytes).is_err() && any.validate_all(bytes).is_ok()
}
