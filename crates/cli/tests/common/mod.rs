//! A directory to run `bident` in, and how it ended.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory with the files of one test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bident-cli-{}-{n}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `bident`, to be run here, with nothing on standard input.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bident"));
        command
            .args(args)
            .current_dir(&self.0)
            .env("SECRET", "inherited")
            .env("XDG_CACHE_HOME", self.0.join("cache"))
            .stdin(Stdio::null());
        command
    }

    /// Runs `bident` here.
    pub fn bident(&self, args: &[&str]) -> Ended {
        self.command(args).output().unwrap().into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How it ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("an exit, not a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    #[track_caller]
    /// Succeeded, and printed just this.
    pub fn succeeded(self, out: &str) {
        assert_eq!(
            (self.status, self.out.as_str(), self.err.as_str()),
            (0, out, "")
        );
    }

    /// The status, and what the message must contain.
    #[track_caller]
    pub fn failed(self, status: i32, message: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        for part in message {
            assert!(self.err.contains(part), "no `{part}` in {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}
