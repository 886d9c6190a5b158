//! What `node:fs` needs and LLRT lacks: the internal module `host:files`.

use rquickjs::module::{Declarations, Exports, ModuleDef};
use rquickjs::{Ctx, Exception, Function, Result, TypedArray};
use std::fs::OpenOptions;
use std::io::Write;

pub(super) struct FilesModule;

impl ModuleDef for FilesModule {
    fn declare(declarations: &Declarations<'_>) -> Result<()> {
        declarations.declare("append").map(drop)
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
        let append = Function::new(ctx.clone(), append)?;
        exports.export("append", append).map(drop)
    }
}

/// Adds bytes to the end of a file, which need not exist.
fn append<'js>(ctx: Ctx<'js>, path: String, data: TypedArray<'js, u8>) -> Result<()> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(data.as_bytes().unwrap_or_default()))
        .map_err(|error| Exception::throw_message(&ctx, &error.to_string()))
}
