//! Why a module is not to be had, in Node's words and with Node's codes.

use rquickjs::{Ctx, Exception};

/// The class of the error that JavaScript sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    Error,
    Type,
    Range,
}

/// An error with a code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ModuleError {
    pub(crate) class: Class,
    /// Node's code for it.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

pub(crate) type Result<T> = std::result::Result<T, ModuleError>;

impl ModuleError {
    /// An `Error`.
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        let class = Class::Error;
        Self {
            class,
            code,
            message,
        }
    }

    /// A `TypeError`.
    pub(crate) fn of_type(code: &'static str, message: String) -> Self {
        let class = Class::Type;
        Self {
            class,
            code,
            message,
        }
    }

    /// Throws it.
    pub(crate) fn throw(&self, ctx: &Ctx<'_>) -> rquickjs::Error {
        let thrown = match self.class {
            Class::Error => Exception::throw_message(ctx, &self.message),
            Class::Range => Exception::throw_range(ctx, &self.message),
            Class::Type => Exception::throw_type(ctx, &self.message),
        };
        let error = ctx.catch();
        if let Some(object) = error.as_object()
            && let Err(error) = object.set("code", self.code)
        {
            return error;
        }
        ctx.throw(error);
        thrown
    }
}
