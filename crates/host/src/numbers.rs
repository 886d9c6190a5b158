//! Files by their number, as programs name them.
//!
//! A program has the numbers of the files that it opened, and 0 to 2. Other files of the process, the event loop's
//! or the embedder's, have numbers too, but not here: so nobody reads, writes or closes what is not the program's.

use rquickjs::{Ctx, JsLifetime};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::{Arc, Weak};

/// As the system has them.
pub(crate) type Number = i32;

/// The files of a runtime's program.
#[derive(Default, JsLifetime)]
pub(crate) struct Numbers(RefCell<BTreeMap<Number, Entry>>);

enum Entry {
    /// Closed with its number.
    Own(Arc<File>),
    /// Of an object, which closes it.
    Lent(Weak<File>),
    /// 0 to 2, after the program has closed it. It stays open for the rest of the process.
    Closed,
}

/// Does something with the files of a program.
pub(crate) fn with_numbers<R>(
    ctx: &Ctx<'_>,
    f: impl FnOnce(&Numbers) -> io::Result<R>,
) -> io::Result<R> {
    match ctx.userdata::<Numbers>() {
        Some(numbers) => f(&numbers),
        None => Err(io::Error::other("this context has no files")),
    }
}

impl Numbers {
    /// The file with a number.
    pub(crate) fn get(&self, number: Number) -> io::Result<Arc<File>> {
        let mut entries = self.0.borrow_mut();
        let known = match entries.get(&number) {
            Some(Entry::Own(file)) => Some(file.clone()),
            Some(Entry::Lent(file)) => file.upgrade(),
            Some(Entry::Closed) => None,
            None => {
                let file = standard(number)?;
                if let Some(file) = &file {
                    entries.insert(number, Entry::Own(file.clone()));
                }
                file
            }
        };
        known.ok_or_else(bad)
    }

    /// Numbers a file that is the program's from now on.
    pub(crate) fn add(&self, file: File) -> Number {
        let number = file.as_raw_fd();
        let old = self.0.borrow_mut().insert(number, Entry::Own(file.into()));
        drop(old);
        number
    }

    /// Numbers a file that somebody else closes.
    pub(crate) fn lend(&self, file: &Arc<File>) -> Number {
        let number = file.as_raw_fd();
        let entry = Entry::Lent(Arc::downgrade(file));
        self.0.borrow_mut().insert(number, entry);
        number
    }

    /// Closes a number: the file once nothing is under way with it.
    pub(crate) fn close(&self, number: Number) -> io::Result<()> {
        self.get(number)?;
        let mut entries = self.0.borrow_mut();
        match entries.get(&number) {
            Some(Entry::Own(_)) if (0..=2).contains(&number) => {
                entries.insert(number, Entry::Closed);
            }
            Some(Entry::Own(_)) => drop(entries.remove(&number)),
            _ => return Err(bad()),
        }
        Ok(())
    }
}

/// A file like that of the process with this number, if the program has it from the beginning.
fn standard(number: Number) -> io::Result<Option<Arc<File>>> {
    let own = match number {
        0 => io::stdin().as_fd().try_clone_to_owned(),
        1 => io::stdout().as_fd().try_clone_to_owned(),
        2 => io::stderr().as_fd().try_clone_to_owned(),
        _ => return Ok(None),
    };
    own.map(|file| Some(Arc::new(File::from(file))))
}

fn bad() -> io::Error {
    io::Error::from_raw_os_error(libc::EBADF)
}
