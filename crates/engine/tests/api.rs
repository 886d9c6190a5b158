//! What holds of the types of the interface, whatever runs.

mod common;

use bident::{
    Config, Engine, Error, ErrorKind, ExternRef, Func, Global, Instance, Linker, Memory, Module,
    Outcome, ParkedCall, Store, Table, TrapCode, Val,
};

fn send<T: Send>() {}
fn send_and_sync<T: Send + Sync>() {}
fn copy<T: Copy>() {}

#[test]
fn stores_and_parked_calls_may_move_between_threads() {
    send::<Store<()>>();
    // Not `Sync`, as no `Cell` is.
    send::<Store<std::cell::Cell<i32>>>();
    send::<ParkedCall>();
    send::<Outcome>();
    send_and_sync::<Config>();
    send_and_sync::<Engine>();
    send_and_sync::<Module>();
    send_and_sync::<Linker<std::cell::Cell<i32>>>();
    send_and_sync::<Error>();
    send_and_sync::<ExternRef>();
    send_and_sync::<Val>();
}

#[test]
fn handles_are_plain_values() {
    copy::<Func>();
    copy::<Global>();
    copy::<Instance>();
    copy::<Memory>();
    copy::<Table>();
    copy::<ErrorKind>();
    copy::<TrapCode>();
}

#[test]
fn an_error_is_one_word() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[test]
fn values_convert() {
    assert_eq!(Val::from(-1).i32(), Some(-1));
    assert_eq!(Val::from(-1i64).i64(), Some(-1));
    assert_eq!(Val::from(1.5f32).f32(), Some(1.5));
    assert_eq!(Val::from(1.5).f64(), Some(1.5));
    assert_eq!(Val::from(1).i64(), None);
    assert_eq!(
        Error::from(TrapCode::Unreachable).to_string(),
        "unreachable"
    );
}

#[test]
fn an_embedder_makes_errors() {
    let error = Error::msg("it rains");
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(error.to_string(), "it rains");
    assert_eq!(format!("{error:?}"), "Host: it rains");
    assert!(error.trap().is_none() && error.backtrace().is_empty());

    let error = Error::new("x".parse::<i32>().unwrap_err());
    let source: &dyn std::error::Error = &error;
    assert_eq!(source.to_string(), "invalid digit found in string");
    error.downcast::<std::num::ParseIntError>().unwrap();
}
