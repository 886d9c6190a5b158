//! Compiles the host's own scripts, so that no program waits for a parser that reads them: the `*.js` of two folders
//! become bytecode, all in one file, `scripts.bin` in the build's folder, with a table of what is where, `scripts.rs`,
//! for `src/raw/script.rs`. A syntax error in a script is an error of the build.

use rquickjs::{Context, Ctx, Runtime, Value, qjs};
use std::error::Error;
use std::ffi::CString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, slice};

/// What nearly every program evaluates: side by side, these are in a few pages of memory.
const FIRST: &[&str] = &[
    "web/errors.js",
    "web/inspect.js",
    "node/errors.js",
    "node/module.js",
    "node/global_process.js",
];

fn main() -> Result<(), Box<dyn Error>> {
    let sources = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src");
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    for part in ["node", "web"] {
        println!("cargo:rerun-if-changed=src/{part}");
        collect(&sources.join(part), &mut files)?;
    }
    files.sort_by_key(|file| {
        let is_first = FIRST.iter().any(|first| file.ends_with(first));
        (!is_first, file.clone())
    });
    let context = Context::full(&Runtime::new()?)?;
    let (mut all, mut table) = (Vec::new(), String::new());
    for file in files {
        let name = file.strip_prefix(&sources)?.with_extension("");
        let name = name.to_str().ok_or("a name that is no text")?;
        let bytes = context.with(|ctx| compile(&ctx, name, &fs::read_to_string(&file)?))?;
        let start = all.len();
        all.extend(bytes);
        writeln!(table, "({name:?}, {start}..{}),", all.len())?;
    }
    fs::write(folder.join("scripts.bin"), all)?;
    Ok(fs::write(folder.join("scripts.rs"), format!("[{table}]"))?)
}

/// The scripts in a folder and those below.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "js") {
            files.push(path);
        }
    }
    Ok(())
}

/// The bytecode of a script, with names and lines for stack traces, without its text.
fn compile(ctx: &Ctx<'_>, name: &str, source: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let (text, file) = (CString::new(source)?, CString::new(format!("host:{name}"))?);
    let flags =
        qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    let context = ctx.as_raw().as_ptr();
    // SAFETY: text and name end in a zero and outlive the call, the length is the text's; the value is ours.
    let code = unsafe {
        let (length, flags) = (source.len() as qjs::size_t, flags as i32);
        let code = qjs::JS_Eval(context, text.as_ptr(), length, file.as_ptr(), flags);
        Value::from_raw(ctx.clone(), code)
    };
    if code.is_exception() {
        let error = ctx.catch();
        let error = error
            .as_exception()
            .map(|error| format!("{name}.js: {error}"));
        return Err(error.unwrap_or_else(|| name.to_owned()).into());
    }
    let flags = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE;
    let mut length = 0;
    // SAFETY: the value lives; the bytes are as many as QuickJS says, and ours to free.
    unsafe {
        let bytes = qjs::JS_WriteObject(context, &mut length, code.as_raw(), flags as i32);
        if bytes.is_null() {
            return Err(format!("{name}.js cannot be written as bytecode").into());
        }
        let copy = slice::from_raw_parts(bytes, length as usize).to_vec();
        qjs::js_free(context, bytes.cast());
        Ok(copy)
    }
}
