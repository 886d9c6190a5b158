//! Bident: a WebAssembly runtime built around stack switching.
//!
//! WebAssembly frames live on small stacks of their own that grow by moving; host code never runs on
//! them. So a call can be parked wherever it calls a host function, a million times over, and
//! WebAssembly can make and switch such stacks itself: the stack-switching proposal is there.
//!
//! ```
//! use bident::{Engine, Error, Func, Linker, Module, Outcome, Reply, Store, Val};
//!
//! # fn main() -> Result<(), Error> {
//! let engine = Engine::default();
//! let module = Module::from_text_or_binary(&engine, br#"
//!     (module
//!       (import "host" "read" (func $read (result i32)))
//!       (func (export "sum") (result i32) (i32.add (call $read) (call $read))))
//! "#)?;
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "read", || Reply::<i32>::Pending(()))?;
//! let mut store = Store::new(&engine, ());
//! let sum = linker.instantiate(&mut store, &module)?.get_func(&mut store, "sum").unwrap();
//!
//! // Two calls in one instance, both parked in `read`, resumed in any order.
//! let Outcome::Parked(a) = sum.start(&mut store, &[])? else { unreachable!() };
//! let Outcome::Parked(b) = sum.start(&mut store, &[])? else { unreachable!() };
//! let Outcome::Parked(a) = a.resume(&mut store, &[Val::I32(1)])? else { unreachable!() };
//! drop(b);
//! let Outcome::Returned(results) = a.resume(&mut store, &[Val::I32(2)])? else { unreachable!() };
//! assert_eq!(results[0].i32(), Some(3));
//! # Ok(())
//! # }
//! ```
//!
//! Continuations can be made here as well as in WebAssembly, and resumed from either side:
//!
//! ```
//! use bident::{Continuation, Engine, Error, Instance, Module, Outcome, Store};
//!
//! # fn main() -> Result<(), Error> {
//! let engine = Engine::default();
//! let module = Module::from_text_or_binary(&engine, br#"
//!     (module
//!       (tag $yield (export "yield") (param i32))
//!       (func (export "count") (suspend $yield (i32.const 1)) (suspend $yield (i32.const 2))))
//! "#)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let count = instance.get_func(&mut store, "count").unwrap();
//! let tags = [instance.get_tag(&mut store, "yield").unwrap()];
//!
//! let mut outcome = Continuation::new(&mut store, &count)?.resume(&mut store, &[], &tags)?;
//! let mut values = Vec::new();
//! while let Outcome::Suspended(suspended) = outcome {
//!     values.push(suspended.values[0].i32());
//!     outcome = suspended.continuation.resume(&mut store, &[], &tags)?;
//! }
//! assert_eq!(values, [Some(1), Some(2)]);
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | compile | [`Engine`], [`Config`], [`Module`] |
//! | instantiate | [`Store`], [`Linker`], [`Instance`] |
//! | call and wait | [`Func::call`], [`TypedFunc`] |
//! | call and be parked | [`Func::start`], [`Outcome`], [`ParkedCall`], [`TypedFunc::start`], [`TypedParkedCall`] |
//! | hold, resume, handle a continuation | [`Continuation`], [`Outcome::Suspended`], [`Suspended`], [`Tag`] |
//! | throw and catch | [`Exception`], [`Error::exception`] |
//! | call and await, one call or many | [`Func::call_async`], [`Tasks`], [`Spawner`], [`Task`] |
//! | be called, as a future | [`Linker::func_wrap_async`], [`Func::wrap_async`], [`Accessor`] |
//! | be called | [`Func::wrap`], [`Caller`], [`Reply`], [`Answer`], [`Payload`] |
//! | park calls of C programs in any order | [`SecondStack`] |
//! | load a part when it is needed | [`Linker::lazy`], [`Load`] |
//! | pass numbers as bits, from values of one's own | [`Func::of_words`], [`Func::words`] |
//! | stop what loops, or let others have their turn | [`Engine::increment_epoch`], [`Store::set_epoch_deadline`], [`Tasks::set_slice`] |
//! | be told when WebAssembly is entered and left | [`Store::call_hook`] |
//! | limit what a store may have | [`Store::limiter`], [`StoreLimits`], [`ResourceLimiterAsync`] |
//! | nest host callbacks | [`SharedStore`] |
//! | run several threads over one memory | [`SharedMemory`], [`MemoryWait`] |
#![deny(unsafe_code)]

mod alloc;
mod any;
mod asynchronous;
mod backtrace;
mod by_type;
mod call_hook;
mod config;
mod const_expr;
mod continuation;
mod convert;
mod engine;
mod epochs;
mod error;
mod exception;
mod func;
mod global;
mod host;
mod image;
mod instance;
mod instantiate;
mod kept;
mod lazy;
mod limiter;
mod linker;
mod list;
mod memory;
mod module;
mod outcome;
mod program;
mod second_stack;
mod shared;
mod shared_memory;
mod slots;
mod store;
mod table;
mod tag;
mod tasks;
mod timers;
mod trace;
mod trap;
mod typed;
mod value;
mod vm;
mod waits;
mod words;

pub use any::{AnyKind, AnyRef};
pub use asynchronous::{Accessor, IntoAsyncFunc};
pub use backtrace::FrameInfo;
pub use bident_compile::Progress;
pub use call_hook::CallHook;
pub use config::{Compile, Config};
pub use continuation::{Continuation, Suspended};
pub use engine::Engine;
pub use epochs::{UpdateDeadline, Yielded};
pub use error::{Error, ErrorKind};
pub use exception::{Exception, WeakException};
pub use func::Func;
pub use global::Global;
pub use host::{Answer, Caller, HostReturn, IntoFunc, Reply, WasmTy, WasmValues};
pub use image::{Cache, CacheInfo};
pub use instance::{Extern, Instance};
pub use kept::{Kept, Lasting};
pub use lazy::Load;
pub use limiter::{LimitReached, Permission, ResourceLimiter, ResourceLimiterAsync, StoreLimits};
pub use linker::{InstancePre, Linker};
pub use memory::Memory;
pub use module::{ExportType, ImportType, Module};
pub use outcome::{Outcome, ParkedCall, Results};
pub use second_stack::{SecondStack, SecondStackOptions};
pub use shared::SharedStore;
pub use shared_memory::{Atom, SharedMemory};
pub use store::{AsContext, AsContextMut, Store, StoreContextMut};
pub use table::Table;
pub use tag::Tag;
pub use tasks::{Spawn, Spawner, Task, TaskId, Tasks};
pub use trace::{Owned, Trace};
pub use typed::{TypedFunc, TypedOutcome, TypedParkedCall};
pub use value::{ExternRef, Val};
pub use vm::payload::{Local, Payload};
pub use waits::{MemoryWait, WaitResult};
pub use words::{WordFunc, WordOutcome};

pub use bident_abi::TrapCode;
pub use bident_module::{
    AddressType, ExternType, FuncType, GlobalType, HeapType, Kind, Limits, MemoryType, Printable,
    RefType, TableType, TypeId, ValType, printable, printable_lines,
};
pub use bident_stack::Stats as StackStats;

/// Examples in the documentation are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
mod embedding {}

/// So are these.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/async.md")]
mod in_async_md {}

/// And these.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/stopping.md")]
mod in_stopping_md {}
