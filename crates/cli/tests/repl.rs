//! `bident` alone, on a pseudo-terminal: what is typed, what is shown, how it ends.

#[path = "common/mod.rs"]
mod common;

use common::Folder;
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Debug builds on a busy machine take their time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command on a terminal of its own.
struct Terminal {
    folder: Folder,
    keys: File,
    shown: Receiver<Vec<u8>>,
    text: String,
    child: Child,
}

impl Terminal {
    fn open() -> Self {
        let folder = Folder::new(&[]);
        let pair = openpty(None, None).unwrap();
        let slave = || Stdio::from(pair.slave.try_clone().unwrap());
        let child = Command::new(env!("CARGO_BIN_EXE_bident"))
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.path())
            .env("BIDENT_CACHE", "")
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        let keys = File::from(pair.master);
        let mut screen = keys.try_clone().unwrap();
        let (sender, shown) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = screen.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut terminal = Self {
            folder,
            keys,
            shown,
            text: String::new(),
            child,
        };
        terminal.wait_for("> ");
        terminal
    }

    /// Waits until this is shown, after all that was waited for before.
    fn wait_for(&mut self, wanted: &str) {
        let start = Instant::now();
        loop {
            if let Some(at) = self.text.find(wanted) {
                self.text.drain(..at + wanted.len());
                return;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("waited for {wanted:?}, but there is {:?}", self.text),
            }
        }
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Types a line, and waits for what comes of it.
    fn line(&mut self, line: &str, wanted: &str) {
        self.keys(line);
        // What is typed is shown, too.
        self.keys("\r");
        self.wait_for("\n");
        self.wait_for(wanted);
        self.wait_for("> ");
    }

    fn ended(&mut self) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[test]
fn values_are_shown_and_kept() {
    let mut terminal = Terminal::open();
    terminal.line("20 + 1", "21");
    terminal.line("_ * 2", "42");
    terminal.line("{ a: [1, 'x'] }", "{ a: [ 1, 'x' ] }");
    terminal.line("let kept = 5; kept + 1", "6");
    terminal.line("kept", "5");
    terminal.line(
        "await new Promise((f) => setTimeout(f, 5, 'waited'))",
        "'waited'",
    );
    terminal.line("typeof require, path.sep", "'/'");
    terminal.line("undefined", "undefined");
}

#[test]
fn errors_are_shown_and_nothing_ends() {
    let mut terminal = Terminal::open();
    terminal.line("null.x", "Uncaught TypeError");
    terminal.line("throw new RangeError('mine')", "RangeError: mine");
    terminal.line("_error.message", "'mine'");
    terminal.line("a b", "SyntaxError");
    terminal.line("await Promise.reject('no')", "Uncaught 'no'");
    // It comes when the next line is being waited for.
    terminal.keys("setTimeout(() => { throw new Error('late') }); 1\r");
    terminal.wait_for("\n");
    terminal.wait_for("Error: late");
    terminal.line("6 * 7", "42");
}

#[test]
fn a_text_goes_on_until_it_is_whole() {
    let mut terminal = Terminal::open();
    terminal.keys("function twice(n) {\r");
    terminal.keys("  return 2 * n;\r");
    terminal.keys("}\r");
    terminal.wait_for("undefined");
    terminal.wait_for("> ");
    terminal.line("twice(4)", "8");
}

#[test]
fn names_are_completed() {
    let mut terminal = Terminal::open();
    terminal.keys("globalThis.structuredC\t");
    terminal.wait_for("structuredClone");
    terminal.line("(5)", "5");
    terminal.line("const thing = { somewhere: 3 }", "undefined");
    terminal.keys("thing.some\t");
    terminal.wait_for("somewhere");
    terminal.line("", "3");
}

#[test]
fn an_interrupt_ends_what_runs_and_nothing_else() {
    let mut terminal = Terminal::open();
    let process = Pid::from_raw(i32::try_from(terminal.child.id()).unwrap());
    // (func (export "f") (loop (br 0)))
    let wasm = "new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11]))).exports.f()";
    for endless in ["for (;;);", "await new Promise(() => {})", wasm] {
        terminal.keys(endless);
        terminal.keys("\r");
        terminal.wait_for("\n");
        thread::sleep(Duration::from_millis(500));
        kill(process, Signal::SIGINT).unwrap();
        terminal.wait_for("interrupted");
        terminal.wait_for("> ");
        terminal.line("6 * 7", "42");
    }
}

#[test]
fn it_ends_when_it_is_told_to() {
    for (keys, status) in [(".exit\r", 0), ("\x04", 0), ("process.exit(3)\r", 3)] {
        let mut terminal = Terminal::open();
        terminal.keys(keys);
        assert_eq!(terminal.ended(), Some(status), "{keys:?}");
    }
}

#[test]
fn lines_are_kept_for_the_next_time() {
    let mut terminal = Terminal::open();
    terminal.line("'remembered'", "'remembered'");
    terminal.keys(".exit\r");
    terminal.ended();
    let history = terminal.folder.path().join("bident/history");
    let kept = std::fs::read_to_string(history).unwrap();
    assert!(kept.contains("'remembered'"), "{kept}");
}

#[test]
fn without_a_terminal_the_program_is_what_is_read() {
    let folder = Folder::new(&[("program", "console.log(1 + 1); process.exitCode = 4")]);
    let program = File::open(folder.path().join("program")).unwrap();
    let ended = folder.command(&[]).stdin(program).output().unwrap();
    assert_eq!(ended.status.code(), Some(4));
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "2\n");
}
