//! `bident` alone: a read-eval-print loop where standard input is a terminal, otherwise the program is what it gives.

use crate::args::{interruptible_engine, plain_engine};
use crate::{exit, js};
use anyhow::Context;
use bident_host::Editor;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Helper, Highlighter, Hinter};
use std::fs::DirBuilder;
use std::io::{self, IsTerminal};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, thread};

const PROMPT: &str = "> ";

const HELP: &str = "\
.exit   leaves, as Ctrl-D does
.help   says this
Tab completes names; a text that is not whole goes on in the next line; Ctrl-C gives it up, or interrupts what runs.
_ is the last value, _error the last error.";

/// Lines of the history file.
const MOST_LINES: usize = 1000;

/// Runs it to its end.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    if !io::stdin().is_terminal() {
        let engine = plain_engine()?;
        exit::keep_code_of(&engine);
        let text = io::read_to_string(io::stdin()).context("cannot read standard input")?;
        return js::run_text(&engine, &text, &[]);
    }
    let engine = interruptible_engine()?;
    exit::keep_code_of(&engine);
    exit::keep_terminal();
    let (editor, requests) = bident_host::editor();
    println!("Bident {}, .help for help", env!("CARGO_PKG_VERSION"));
    thread::Builder::new()
        .name("editor".to_owned())
        .spawn(move || {
            if let Err(error) = edit(&editor) {
                exit::complain(&format!("bident: {error}"));
            }
            editor.leave();
        })
        .context("cannot start the thread for the editor")?;
    js::interact(&engine, requests)
}

/// Reads texts and has them evaluated, until somebody leaves.
fn edit(runtime: &Editor) -> rustyline::Result<()> {
    let config = Config::builder()
        .max_history_size(MOST_LINES)?
        .auto_add_history(true)
        .completion_type(rustyline::CompletionType::List)
        .build();
    let mut editor = rustyline::Editor::<Help, DefaultHistory>::with_config(config)?;
    editor.set_helper(Some(Help(runtime.clone())));
    let history = history_file();
    if let Some(file) = &history {
        // There is none at first.
        let _none = editor.load_history(file);
    }
    let mut was_given_up = false;
    loop {
        match editor.readline(PROMPT) {
            Ok(text) => {
                was_given_up = false;
                match text.trim() {
                    "" => {}
                    ".exit" => break,
                    ".help" => println!("{HELP}"),
                    command if is_command(command) => println!("no command {command}; see .help"),
                    _ if runtime.evaluate(&text) => {}
                    _ => break,
                }
            }
            Err(ReadlineError::Interrupted) if was_given_up => break,
            Err(ReadlineError::Interrupted) => {
                was_given_up = true;
                println!("(Ctrl-C again, Ctrl-D or .exit to leave)");
            }
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error),
        }
        if let Some(file) = &history {
            // Where it cannot be kept, that is no reason to stop.
            let _lost = editor.save_history(file);
        }
    }
    Ok(())
}

/// `.name`, but not `.5`.
fn is_command(text: &str) -> bool {
    let name = text.strip_prefix('.');
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase()))
}

/// Where the history is kept, in the directory for state of the XDG rules, which nobody else can read.
fn history_file() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.filter(|path| path.is_absolute()).or_else(|| {
        let home = env::var_os("HOME").map(PathBuf::from)?;
        Some(home.join(".local/state"))
    })?;
    let folder = state.join("bident");
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder);
    made.ok().map(|()| folder.join("history"))
}

/// What the line editor asks while somebody types.
#[derive(Helper, Highlighter, Hinter)]
struct Help(Editor);

impl Completer for Help {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.0.complete(line.get(..position).unwrap_or(line)))
    }
}

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_whole(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

/// Whether all that a text opens is closed: brackets, comments, templates. What a slash begins is taken for a division.
fn is_whole(text: &str) -> bool {
    let mut open = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (open.last(), char) {
            // In a template, up to its end or to an expression.
            (Some('`'), '\\') => _ = chars.next(),
            (Some('`'), '`') => _ = open.pop(),
            (Some('`'), '$') if chars.next_if_eq(&'{').is_some() => open.push('}'),
            (Some('`'), _) => {}
            (_, '`') => open.push('`'),
            (_, quote @ ('"' | '\'')) => skip_string(&mut chars, quote),
            (_, '/') if chars.next_if_eq(&'/').is_some() => {
                while chars.next_if(|&c| c != '\n').is_some() {}
            }
            // A comment that has no end; one that has is skipped.
            (_, '/') if chars.next_if_eq(&'*').is_some() && !skip_comment(&mut chars) => {
                return false;
            }
            (_, '(') => open.push(')'),
            (_, '[') => open.push(']'),
            (_, '{') => open.push('}'),
            (Some(wanted), char) if *wanted == char => _ = open.pop(),
            // What does not fit is an error, which is for the parser to tell.
            (_, ')' | ']' | '}') => return true,
            _ => {}
        }
    }
    open.is_empty()
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_string(chars: &mut Chars<'_>, quote: char) {
    while let Some(char) = chars.next() {
        match char {
            '\\' => _ = chars.next(),
            // A string ends with its line, if it does not end before.
            '\n' => return,
            char if char == quote => return,
            _ => {}
        }
    }
}

/// Whether the comment ends.
fn skip_comment(chars: &mut Chars<'_>) -> bool {
    while let Some(char) = chars.next() {
        if char == '*' && chars.next_if_eq(&'/').is_some() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_goes_on() {
        for text in [
            "f(",
            "{",
            "[1,\n2",
            "`a${b",
            "`a",
            "/* x",
            "function f() {\n  return '}'",
            "f(`)`",
        ] {
            assert!(!is_whole(text), "{text}");
        }
        for text in [
            "1",
            "f()",
            "'('",
            "\"a\\\"(\"",
            "`${[1]}(`",
            "// (",
            "/* ( */ 1",
            "'unfinished (",
            ")",
            "a ? { b } : [c]",
        ] {
            assert!(is_whole(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_no_commands() {
        assert!(is_command(".exit") && is_command(".nope"));
        assert!(!is_command(".5") && !is_command("exit") && !is_command("."));
    }
}
