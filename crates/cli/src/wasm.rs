//! `bident run FILE.wasm|FILE.wat`: a WASI command, or one export called with numbers.

use crate::exit::{self, UsageError};
use crate::lazy::Lazy;
use crate::{foreign, precompiled};
use anyhow::{Context, anyhow, bail};
use bident::{
    Engine, Error, ExternType, Func, FuncType, Instance, Linker, Module, Store, Val, ValType,
    printable,
};
use bident_wasi::{Exit, WasiCtx};
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to run, and what it is granted.
pub(crate) struct Command<'a> {
    /// The engine, with its limits.
    pub(crate) engine: Engine,
    /// The module.
    pub(crate) file: &'a Path,
    /// What follows it on the command line.
    pub(crate) args: &'a [OsString],
    /// The export to call instead of `_start`.
    pub(crate) invoke: Option<&'a str>,
    /// Directories: of the host, and the guest's name for it.
    pub(crate) dirs: &'a [(PathBuf, String)],
    /// Environment variables.
    pub(crate) env: &'a [(String, String)],
    /// Whether a file of compiled code is taken.
    pub(crate) allow_compiled: bool,
    /// Addresses to listen at.
    pub(crate) listen: &'a [String],
    /// Modules that are loaded late.
    pub(crate) lazy: Lazy<'a>,
}

/// Runs it.
pub(crate) fn run(command: &Command<'_>) -> anyhow::Result<ExitCode> {
    let ended = run_module(command);
    exit::keep_code();
    ended
}

fn run_module(command: &Command<'_>) -> anyhow::Result<ExitCode> {
    let file = command.file.display();
    let engine = &command.engine;
    let module = precompiled::load(engine, command.file, command.allow_compiled).map_err(
        |error| match error.downcast::<io::Error>() {
            Ok(error) => anyhow!(error).context(format!("cannot read {file}")),
            Err(error) => match foreign::cut_off(command.file) {
                Some(what) => anyhow!("{file} {what}"),
                None => anyhow!(error).context(file.to_string()),
            },
        },
    )?;
    let mut linker = Linker::new(engine);
    bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    let lazy = command.lazy.add_to_linker(&mut linker, &module);
    lazy.with_context(|| file.to_string())?;
    let mut store = Store::try_new(engine, context(command)?)?;

    let ended = linker
        .instantiate(&mut store, &module)
        .map_err(Ended::from)
        .and_then(|instance| match command.invoke {
            Some(export) => invoke(&mut store, instance, export, command.args),
            None => start(&mut store, instance, &module, command.file),
        });
    let status = match ended {
        Ok(()) | Err(Ended::Exit(0)) => return Ok(ExitCode::SUCCESS),
        Err(Ended::Exit(status)) => exit::code(status),
        Err(Ended::Error(error)) if error.is::<UsageError>() => {
            return Err(error.context(file.to_string()));
        }
        Err(Ended::Error(error)) => exit::failed(&error.context(file.to_string())),
    };
    if let Some(note) = refusal(store.data()) {
        exit::complain(&note);
    }
    Ok(status)
}

/// How a guest ended other than by returning.
enum Ended {
    Exit(i32),
    Error(anyhow::Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error.downcast_ref() {
            Some(&Exit(status)) => Self::Exit(status),
            None => Self::Error(error.into()),
        }
    }
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

fn context(command: &Command<'_>) -> anyhow::Result<WasiCtx> {
    let mut builder = WasiCtx::builder()
        .inherit_stdio()
        .arg(command.file.as_os_str().as_bytes());
    if command.invoke.is_none() {
        builder = builder.args(command.args.iter().map(|arg| arg.as_bytes()));
    }
    for (name, value) in command.env {
        builder = builder.env(name, value);
    }
    for address in command.listen {
        let listening = TcpListener::bind(address).and_then(|socket| builder.listener(socket));
        builder = listening.with_context(|| format!("cannot listen at {address} (--listen)"))?;
    }
    for (host, guest) in command.dirs {
        builder = builder
            .dir(host, guest.as_str())
            .with_context(|| format!("cannot grant {} (--dir)", host.display()))?;
    }
    Ok(builder.build())
}

/// What to tell the user where a guest failed and a grant might have helped.
fn refusal(ctx: &WasiCtx) -> Option<String> {
    const GRANT: &str = "grant a directory with --dir HOST[::GUEST]";
    if let Some(path) = ctx.refused_path() {
        let path = printable(path);
        return Some(format!("note: the program was refused `{path}`; {GRANT}"));
    }
    ctx.missed_directories()
        .then(|| format!("note: the program looked for a directory, but was granted none; {GRANT}"))
}

fn start(
    store: &mut Store<WasiCtx>,
    instance: Instance,
    module: &Module,
    file: &Path,
) -> Result<(), Ended> {
    let Some(func) = instance.get_func(&mut *store, "_start") else {
        let (file, functions) = (file.display(), functions(module));
        return Err(Ended::Error(anyhow!(
            "not a command: it exports no function `_start`\n\
             note: to call one of its functions: bident run --invoke NAME {file} ARGS...; {functions}"
        )));
    };
    let ty = func.ty(&*store);
    if ty != FuncType::new([], []) {
        return Err(Ended::Error(anyhow!(
            "`_start` is a function {ty}, not () -> ()"
        )));
    }
    func.call(store, &[], &mut [])?;
    Ok(())
}

fn functions(module: &Module) -> String {
    const MOST: usize = 20;
    let mut functions = module
        .exports()
        .filter(|export| matches!(export.ty(), ExternType::Func(_)))
        .map(|export| format!("`{}`", printable(export.name())));
    let names: Vec<String> = functions.by_ref().take(MOST).collect();
    let more = functions.count();
    match (names.is_empty(), more) {
        (true, _) => "it exports no function".to_owned(),
        (_, 0) => format!("it exports {}", names.join(", ")),
        (_, more) => format!("it exports {} and {more} more", names.join(", ")),
    }
}

fn invoke(
    store: &mut Store<WasiCtx>,
    instance: Instance,
    name: &str,
    args: &[OsString],
) -> Result<(), Ended> {
    let func = instance.get_func(&mut *store, name).ok_or_else(|| {
        anyhow!(UsageError(format!(
            "there is no exported function `{name}`"
        )))
    })?;
    let ty = func.ty(&*store);
    let params = parse_args(name, &ty, args)?;
    // A library that wants to be set up says so by this export.
    if let Some(initialize) = instance.get_func(&mut *store, "_initialize") {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    let results = call(store, func, &ty, &params)?;
    print(&results).context("cannot print the results")?;
    Ok(())
}

fn call(
    store: &mut Store<WasiCtx>,
    func: Func,
    ty: &FuncType,
    params: &[Val],
) -> Result<Vec<Val>, Error> {
    let mut results: Vec<Val> = ty
        .results()
        .iter()
        .map(|ty| Val::default_for(*ty))
        .collect();
    func.call(store, params, &mut results)?;
    Ok(results)
}

fn parse_args(name: &str, ty: &FuncType, args: &[OsString]) -> anyhow::Result<Vec<Val>> {
    let types = ty.params();
    if types.len() != args.len() {
        bail!(UsageError(format!(
            "`{name}` is a function {ty}: it takes {} argument{}, not {}",
            types.len(),
            if types.len() == 1 { "" } else { "s" },
            args.len()
        )));
    }
    let parse = |(i, (ty, arg)): (usize, (&ValType, &OsString))| {
        arg.to_str()
            .and_then(|text| number(*ty, text))
            .ok_or_else(|| {
                let (n, arg) = (i + 1, arg.display());
                UsageError(format!(
                    "argument {n} of `{name}` must be of type {ty}, not `{arg}`"
                ))
                .into()
            })
    };
    types.iter().zip(args).enumerate().map(parse).collect()
}

/// The value of a type that a text stands for: decimal or `0x`, signed or not; vectors: `0x` and up to 32
/// digits; references: `null`.
fn number(ty: ValType, text: &str) -> Option<Val> {
    Some(match ty {
        ValType::I32 => {
            let value = integer(text)?;
            let fits =
                (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&i64::try_from(value).ok()?);
            fits.then_some(Val::I32(value as i32))?
        }
        ValType::I64 => {
            let fits = (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer(text)?);
            fits.then_some(Val::I64(integer(text)? as i64))?
        }
        ValType::F32 => Val::from(text.parse::<f32>().ok()?),
        ValType::F64 => Val::from(text.parse::<f64>().ok()?),
        ValType::V128 => Val::from(vector(text)?),
        ValType::Ref(_) => (text == "null").then_some(Val::default_for(ty))?,
    })
}

fn vector(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("0x")?;
    match digits.starts_with('+') {
        true => None,
        false => u128::from_str_radix(digits, 16).ok(),
    }
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    // What `from_str_radix` would allow as well.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) if hex.starts_with(['+', '-']) => return None,
        Some(hex) => i128::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn print(results: &[Val]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for result in results {
        match result {
            Val::I32(value) => writeln!(out, "{value}")?,
            Val::I64(value) => writeln!(out, "{value}")?,
            Val::F32(bits) => writeln!(out, "{}", f32::from_bits(*bits))?,
            Val::F64(bits) => writeln!(out, "{}", f64::from_bits(*bits))?,
            Val::V128(bits) => writeln!(out, "{:#034x}", **bits)?,
            Val::FuncRef(None)
            | Val::ExternRef(None)
            | Val::ExnRef(None)
            | Val::ContRef(None)
            | Val::AnyRef(None) => writeln!(out, "null")?,
            Val::FuncRef(Some(_)) => writeln!(out, "funcref")?,
            Val::ExternRef(Some(_)) => writeln!(out, "externref")?,
            Val::ExnRef(Some(_)) => writeln!(out, "exnref")?,
            Val::ContRef(Some(_)) => writeln!(out, "contref")?,
            Val::AnyRef(Some(any)) => match any.i31() {
                Some(number) => writeln!(out, "{number}")?,
                None => writeln!(out, "anyref")?,
            },
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_the_command_line() {
        let i32 = |text| number(ValType::I32, text).and_then(|v| v.i32());
        assert_eq!(i32("42"), Some(42));
        assert_eq!(i32("-1"), Some(-1));
        assert_eq!(i32("4294967295"), Some(-1));
        assert_eq!(i32("0xff"), Some(255));
        assert_eq!(i32("-0x80000000"), Some(i32::MIN));
        for wrong in [
            "",
            "-",
            "4294967296",
            "-2147483649",
            "1.0",
            "x",
            "--1",
            "+-1",
            "0x",
            "0x-1",
        ] {
            assert_eq!(i32(wrong), None, "{wrong:?}");
        }
        let i64 = |text| number(ValType::I64, text).and_then(|v| v.i64());
        assert_eq!(i64("18446744073709551615"), Some(-1));
        assert_eq!(i64("18446744073709551616"), None);
        assert_eq!(i64("-9223372036854775808"), Some(i64::MIN));
        let f64 = |text| number(ValType::F64, text).and_then(|v| v.f64());
        assert_eq!(f64("1e3"), Some(1000.0));
        assert_eq!(f64("-inf"), Some(f64::NEG_INFINITY));
        assert!(f64("nan").is_some_and(f64::is_nan));
        assert!(matches!(
            number(ValType::EXTERNREF, "null"),
            Some(Val::ExternRef(None))
        ));
        assert!(number(ValType::FUNCREF, "0").is_none());
        let v128 = |text| number(ValType::V128, text).and_then(|v| v.v128());
        assert_eq!(v128("0xffffffffffffffffffffffffffffffff"), Some(u128::MAX));
        assert_eq!(v128("0x10"), Some(16));
        for wrong in [
            "16",
            "0x",
            "0x+1",
            "-0x1",
            "0x100000000000000000000000000000000",
        ] {
            assert_eq!(v128(wrong), None, "{wrong:?}");
        }
    }
}
