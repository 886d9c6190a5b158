//! What a guest has been granted, and what it has open.

use crate::dir::OpenDir;
use crate::fs::{Descriptor, Files, OpenSocket, Stream, StreamEnd};
use crate::pipe::{PipeReader, PipeWriter};
use crate::wait::{HostInput, Socket};
use std::io::{self, IsTerminal, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

/// The host's side of one guest.
pub struct WasiCtx {
    pub(crate) args: Vec<Vec<u8>>,
    /// As `NAME=VALUE`.
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) files: Files,
    /// Where the guest's monotonic clock is zero: it learns nothing of the machine's uptime.
    pub(crate) started: Instant,
    has_directories: bool,
    missed_directories: bool,
    refused: Option<String>,
}

impl WasiCtx {
    /// Starts with nothing granted.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    /// Whether the guest was granted any directory.
    pub fn has_directories(&self) -> bool {
        self.has_directories
    }

    /// Whether the guest has asked for the directories it was granted, and there were none.
    ///
    /// The C library of most guests does so when they first want a file, and asks the host nothing more
    /// where it finds none.
    pub fn missed_directories(&self) -> bool {
        self.missed_directories
    }

    pub(crate) fn miss_directories(&mut self) {
        self.missed_directories |= !self.has_directories;
    }

    /// The last path the guest asked for that no granted directory contains, though another might: its
    /// own words, to be shown through [`bident::printable`].
    pub fn refused_path(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    pub(crate) fn refuse(&mut self, path: &str) {
        self.refused = Some(path.to_owned());
    }
}

/// Collects what is granted to a guest.
#[derive(Default)]
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Option<Descriptor>,
    stdout: Option<Descriptor>,
    stderr: Option<Descriptor>,
    sockets: Vec<OpenSocket>,
    directories: Vec<OpenDir>,
}

impl WasiCtxBuilder {
    /// Adds an argument. The first is the program's name, by convention. What follows a zero byte is
    /// left out: the guest could not tell it from the next argument.
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.args.push(until_zero(arg.into()));
        self
    }

    /// Adds arguments.
    pub fn args(self, args: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let mut variable = name.as_ref().to_vec();
        variable.push(b'=');
        variable.extend_from_slice(value.as_ref());
        self.env.push(until_zero(variable));
        self
    }

    /// Grants a directory of the host, with all in it, under a name that the guest sees.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn dir(
        mut self,
        host: impl AsRef<Path>,
        guest: impl Into<String>,
    ) -> Result<Self, io::Error> {
        let granted = OpenDir::granted(host.as_ref(), guest.into())?;
        self.directories.push(granted);
        Ok(self)
    }

    /// Hands a listening socket in: the guest accepts connections from it. The first has the descriptor 3, the others
    /// follow; then come directories.
    ///
    /// # Errors
    /// If the system cannot tell when there is a connection.
    pub fn listener(mut self, listener: TcpListener) -> Result<Self, io::Error> {
        self.sockets.push(OpenSocket {
            socket: Socket::listener(listener)?,
            nonblocking: false,
        });
        Ok(self)
    }

    /// What the guest reads as standard input; empty by default. It is taken to be ready always: reading blocks the
    /// thread where `input` does. See [`Self::stdin_pipe`].
    pub fn stdin(mut self, input: impl Read + Send + 'static) -> Self {
        self.stdin = Some(Descriptor::Stream(Stream::input(input, false)));
        self
    }

    /// The same from a [`crate::pipe`], for which the guest waits as [`crate::add_to_linker_async`] says.
    pub fn stdin_pipe(mut self, input: PipeReader) -> Self {
        let stream = Stream::new(StreamEnd::PipeIn(input), false);
        self.stdin = Some(Descriptor::Stream(stream));
        self
    }

    /// Standard output to a [`crate::pipe`]; the guest waits while it is full.
    pub fn stdout_pipe(mut self, output: PipeWriter) -> Self {
        let stream = Stream::new(StreamEnd::PipeOut(output), false);
        self.stdout = Some(Descriptor::Stream(stream));
        self
    }

    /// The same for standard error.
    pub fn stderr_pipe(mut self, output: PipeWriter) -> Self {
        let stream = Stream::new(StreamEnd::PipeOut(output), false);
        self.stderr = Some(Descriptor::Stream(stream));
        self
    }

    /// Where the guest's standard output goes; nowhere by default.
    pub fn stdout(mut self, output: impl Write + Send + 'static) -> Self {
        self.stdout = Some(Descriptor::Stream(Stream::output(output, false)));
        self
    }

    /// Where the guest's standard error goes; nowhere by default.
    pub fn stderr(mut self, output: impl Write + Send + 'static) -> Self {
        self.stderr = Some(Descriptor::Stream(Stream::output(output, false)));
        self
    }

    /// Gives the guest the three standard streams of this process. What [`io::stdin`] has read ahead it does not see. It
    /// waits for its input, but to write where others read too slowly blocks the thread.
    pub fn inherit_stdio(mut self) -> Self {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let terminal = stdin.is_terminal();
        let input = stdin.as_fd().try_clone_to_owned();
        self.stdin = input.ok().map(|input| {
            let end = StreamEnd::Host(HostInput::new(input));
            Descriptor::Stream(Stream::new(end, terminal))
        });
        let terminal = stdout.is_terminal();
        self.stdout = Some(Descriptor::Stream(Stream::output(stdout, terminal)));
        let terminal = stderr.is_terminal();
        self.stderr = Some(Descriptor::Stream(Stream::output(stderr, terminal)));
        self
    }

    /// The context.
    pub fn build(self) -> WasiCtx {
        let has_directories = !self.directories.is_empty();
        let output = || Descriptor::Stream(Stream::output(io::sink(), false));
        let input = || Descriptor::Stream(Stream::input(io::empty(), false));
        let mut descriptors = vec![
            self.stdin.unwrap_or_else(input),
            self.stdout.unwrap_or_else(output),
            self.stderr.unwrap_or_else(output),
        ];
        descriptors.extend(self.sockets.into_iter().map(Descriptor::Socket));
        descriptors.extend(self.directories.into_iter().map(Descriptor::Dir));
        WasiCtx {
            args: self.args,
            env: self.env,
            files: Files::new(descriptors),
            started: Instant::now(),
            has_directories,
            missed_directories: false,
            refused: None,
        }
    }
}

fn until_zero(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}
