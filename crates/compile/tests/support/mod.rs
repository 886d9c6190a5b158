//! What the tests share: text to module to code.
#![allow(dead_code, reason = "each test uses some of it")]

use bident_compile::{Artifact, Compiler, Error};
use bident_module::{BodyValidator, FuncType, Module, ValType};
use std::sync::OnceLock;

/// One compiler for all tests.
pub(crate) fn compiler() -> &'static Compiler {
    static COMPILER: OnceLock<Compiler> = OnceLock::new();
    COMPILER.get_or_init(|| Compiler::host().expect("this machine can run the tests"))
}

/// Decodes a module given as text; its bodies may be invalid.
pub(crate) fn decode(text: &str) -> (Module, Vec<BodyValidator>) {
    let bytes = wat::parse_str(text).expect("the text parses");
    bident_module::decode(bytes.into()).expect("all but the bodies is valid")
}

/// Compiles a module given as text.
pub(crate) fn try_compile(text: &str) -> Result<Artifact, Error> {
    let (module, bodies) = decode(text);
    compiler().compile(&module, bodies)
}

/// Compiles a module given as text.
pub(crate) fn compile(text: &str) -> Artifact {
    try_compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The CLIF of the only function of a module given as text.
pub(crate) fn clif(text: &str) -> String {
    let (module, bodies) = decode(text);
    let mut functions = compiler().clif(&module, bodies).expect("the body is valid");
    assert_eq!(functions.len(), 1);
    functions.remove(0)
}

/// Number of lines with this text.
pub(crate) fn count(text: &str, part: &str) -> usize {
    text.lines().filter(|line| line.contains(part)).count()
}

/// A function type.
pub(crate) fn func_type(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}
