//! Runs scripts in the format of the specification's test suite (`.wast`).
//!
//! ```
//! # use bident::Engine;
//! let script = r#"
//!     (module (func (export "add") (param i32 i32) (result i32)
//!         (i32.add (local.get 0) (local.get 1))))
//!     (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
//! "#;
//! let report = bident_wast::run_script(&Engine::default(), "add.wast", script);
//! assert_eq!((report.passed, report.failed, report.skipped), (1, 0, 0));
//! ```
//!
//! What counts: every `assert_*`. Modules, registrations and plain actions count only when they fail, or
//! when they are skipped.
//! Something is skipped only if it needs a feature that the engine does not have: its module is
//! valid with every proposal turned on, and invalid with those of the engine. A module that fails
//! makes the assertions that use it fail.
//!
//! How strict it is: results must match to the bit, or the NaN pattern; a trap must have the message
//! that the script expects; where a script expects a module to be malformed, invalid or unlinkable,
//! the kind of the error must be right but its words are ours.
#![forbid(unsafe_code)]

mod matching;
mod modules;
mod runner;
mod spectest;
mod threads;

use bident::{Engine, printable, printable_lines};
use std::fmt;
use threads::Script;
use wast::Wast;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;

/// What came of a script.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Assertions that held.
    pub passed: usize,
    /// Assertions that did not, and modules and actions that failed.
    pub failed: usize,
    /// Assertions and modules that need a feature that is not there.
    pub skipped: usize,
    /// Where and why, in the order of the script.
    pub failures: Vec<Failure>,
}

/// Something that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Name of the script, as given to [`run_script`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub col: usize,
    /// What went wrong.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file,
            self.line,
            self.col,
            printable_lines(&self.message)
        )
    }
}

impl Report {
    /// Adds what came of another script.
    pub fn add(&mut self, other: Report) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }

    fn fail(&mut self, file: &str, (line, col): (usize, usize), message: impl Into<String>) {
        self.failed += 1;
        let (file, message) = (file.to_owned(), message.into());
        self.failures.push(Failure {
            file,
            line: line + 1,
            col: col + 1,
            message,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
            ..
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Runs a script in a store of its own, and each of its threads in one on a thread. `name` is for messages.
///
/// A directive that panics fails, and so do all after it.
pub fn run_script(engine: &Engine, name: &str, text: &str) -> Report {
    let mut report = Report::default();
    let position = |span: Span| span.linecol_in(text);
    let mut lexer = Lexer::new(text);
    // Names in the suite are there to confuse.
    lexer.allow_confusing_unicode(true);
    let buffer = match ParseBuffer::new_with_lexer(lexer) {
        Ok(buffer) => buffer,
        Err(error) => {
            let message = printable(&error.message()).to_string();
            report.fail(name, position(error.span()), message);
            return report;
        }
    };
    let ast = match parser::parse::<Wast<'_>>(&buffer) {
        Ok(ast) => ast,
        Err(error) => {
            let message = printable(&error.message()).to_string();
            report.fail(name, position(error.span()), message);
            return report;
        }
    };
    let script = Script { engine, name, text };
    std::thread::scope(|scope| script.run(scope, ast.directives, Vec::new()))
}
