//! The module `bident:stacklet`: the designs that led to JavaScript Promise Integration, on the same
//! machinery. `docs/stacklets.md` says what each means, `docs/side-by-side.md` compares them.
//!
//! ```text
//!   bident:stacklet                          what it is here
//!   ──────────────────────────────────────   ─────────────────────────────────────────────────────
//!   instantiateAsync, Stacklet               functions of the instance are [`AsyncFunction`]s
//!   Stacklet.from(make, idle)                the same; [`Border::Made`] runs them on that stack
//!   Suspender#returnPromiseOnSuspend(f)      an [`AsyncFunction`] with [`Border::Suspender`]
//!   Suspender#suspendOnReturnedPromise(f)    a [`Marked`] function with that suspender
//!   bindAsync(f)                             an [`AsyncFunction`] that always gives a promise
//!   mayWait(f), neverWaits(f)                a [`Marked`] function
//!   alwaysWaits(f)                           a `WebAssembly.Suspending`
//!   lazy(load)                               a [`LazyNamespace`]; calls wait for a `bident::Load`
//! ```

mod adapter;
mod border;
mod function;
mod instantiate;
mod lazy;
mod made;
mod object;
mod second;
mod suspender;

pub(super) use border::{Begun, Border};
pub(crate) use function::{AsyncFunction, Marked};
pub(super) use lazy::awaited as awaited_load;
pub(crate) use lazy::{LazyNamespace, LoadReaction};
pub(crate) use object::StackletObject;
pub(super) use object::Stacklets;
pub(crate) use suspender::Suspender;

use super::api::{self, Interface};
use super::realm;
use crate::raw::{Call, Env, Kind, Stored, function as native};
use rquickjs::atom::PredefinedAtom;
use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::object::Property;
use rquickjs::{Ctx, Module, Object, Result, Value};

/// The name of the module.
const NAME: &str = "bident:stacklet";

/// What it exports.
const EXPORTS: [&str; 8] = [
    "Stacklet",
    "Suspender",
    "alwaysWaits",
    "bindAsync",
    "instantiateAsync",
    "lazy",
    "mayWait",
    "neverWaits",
];

/// What `install` keeps of the module.
pub(super) struct Kept {
    /// An object with all it exports.
    pub(super) exports: Stored,
    /// Prototype of `Stacklet`.
    pub(super) stacklet: Stored,
    /// Prototype of `Suspender`.
    pub(super) suspender: Stored,
}

/// Makes what the module exports.
pub(super) fn define<'js>(ctx: &Ctx<'js>) -> Result<Kept> {
    let exports = Object::new(ctx.clone())?;
    let class = |name: &str, interface: Interface<'js>| -> Result<Stored> {
        let prototype = interface.prototype();
        let tag = Property::from(name).configurable();
        prototype.prop(PredefinedAtom::SymbolToStringTag, tag)?;
        exports.set(name, interface.constructor())?;
        Ok(Env::new(ctx).own(prototype.as_value()).store())
    };
    let stacklet = class("Stacklet", object::interface(ctx)?)?;
    let suspender = class("Suspender", suspender::interface(ctx)?)?;
    operation(&exports, "instantiateAsync", 2, instantiate::instantiate)?;
    operation(&exports, "bindAsync", 1, function::bind_async)?;
    operation(&exports, "lazy", 1, lazy::lazy)?;
    operation(&exports, "mayWait", 1, function::may_wait)?;
    operation(&exports, "neverWaits", 1, function::never_waits)?;
    operation(&exports, "alwaysWaits", 1, function::always_waits)?;
    Ok(Kept {
        exports: Env::new(ctx).own(exports.as_value()).store(),
        stacklet,
        suspender,
    })
}

fn operation<'js, F>(exports: &Object<'js>, name: &str, length: i32, f: F) -> Result<()>
where
    F: for<'a> Fn(&Call<'a>) -> Result<Value<'a>> + Copy + 'static,
{
    exports.set(
        name,
        native(exports.ctx(), name, length, Kind::Function, f)?,
    )
}

/// Declares the module `bident:stacklet` in a context where [`crate::install`] has been called before.
/// Programs import it by this name; a resolver of the embedder's must let the name pass.
///
/// ```
/// use rquickjs::{Context, Module, Runtime};
///
/// let runtime = Runtime::new()?;
/// let context = Context::full(&runtime)?;
/// context.with(|ctx| {
///     bident_js::install(&ctx)?;
///     bident_js::declare_stacklet(&ctx)?;
///     let program = "import { Suspender } from 'bident:stacklet';
///         if (new Suspender().state !== 'inactive') throw new Error('in use')";
///     Module::evaluate(ctx, "program", program)?.finish::<()>()
/// })?;
/// # Ok::<_, rquickjs::Error>(())
/// ```
///
/// # Errors
/// If QuickJS is out of memory. An import fails where the context has no `WebAssembly`.
pub fn declare_stacklet<'js>(ctx: &Ctx<'js>) -> Result<Module<'js, Declared>> {
    Module::declare_def::<StackletModule, _>(ctx.clone(), NAME)
}

struct StackletModule;

impl ModuleDef for StackletModule {
    fn declare(declarations: &Declarations<'_>) -> Result<()> {
        EXPORTS
            .iter()
            .try_for_each(|name| declarations.declare(*name).map(drop))
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, module: &Exports<'js>) -> Result<()> {
        let realm = realm::of(ctx)?;
        let exports = realm.intrinsic(Env::new(ctx), |i| &i.stacklet_exports);
        let exports = Object::from_value(exports.into_value())?;
        for name in EXPORTS {
            module.export(name, exports.get::<_, Value>(name)?)?;
        }
        Ok(())
    }
}

/// Complaint about an argument.
fn expected(ctx: &Ctx<'_>, function: &str, what: &str) -> rquickjs::Error {
    rquickjs::Exception::throw_type(ctx, &format!("{function} needs {what}"))
}

/// The receiver of a method is something else.
fn illegal(ctx: &Ctx<'_>, class: &str) -> rquickjs::Error {
    rquickjs::Exception::throw_type(ctx, &format!("receiver is not a {class}"))
}

/// A host object of one of the two classes, for a constructor call.
fn construct<'js>(
    call: &Call<'js>,
    own: impl FnOnce(&super::intrinsics::Intrinsics) -> &Stored,
    payload: super::Payload,
) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    api::construct(call, &realm, own, payload)
}
