//! `node:wasi`: the functions of `bident-wasi` for one guest.

use crate::files::throw;
use crate::numbers::{Number, with_numbers};
use bident_wasi::{MODULE, WasiCtx, add_context_to_linker};
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Object, Result};
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// `{ functions(names, settings) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("functions", Func::from(functions))?;
    Ok(natives)
}

/// A file of the program's as a standard stream of the guest.
struct Standard(Arc<File>);

impl Read for Standard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}

/// The functions with these names for a guest that is given `args`, `env` as a flat list of names and values,
/// `preopens` as one of the guest's names and paths, and `stdio` as three numbers of files.
fn functions<'js>(ctx: Ctx<'js>, names: Vec<String>, settings: Object<'js>) -> Result<Object<'js>> {
    let mut builder = WasiCtx::builder().args(settings.get::<_, Vec<String>>("args")?);
    for pair in settings.get::<_, Vec<String>>("env")?.chunks_exact(2) {
        builder = builder.env(&pair[0], &pair[1]);
    }
    for pair in settings.get::<_, Vec<String>>("preopens")?.chunks_exact(2) {
        let granted = builder.dir(&pair[1], pair[0].clone());
        builder = granted.map_err(|error| throw(&ctx, &error))?;
    }
    let stdio = settings.get::<_, Vec<Number>>("stdio")?;
    let file = |at: usize| {
        let number = stdio.get(at).copied().unwrap_or(-1);
        let file = with_numbers(&ctx, |numbers| numbers.get(number));
        file.map(Standard).map_err(|error| throw(&ctx, &error))
    };
    let builder = builder.stdin(file(0)?).stdout(file(1)?).stderr(file(2)?);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bident_js::hosting::host_functions(&ctx, MODULE, &names, |linker| {
        add_context_to_linker(linker, builder.build())
    })
}
