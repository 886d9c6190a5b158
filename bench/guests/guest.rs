//! The guest, what it waits for, and Bident as its host.

use anyhow::Result;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// It writes to one page of its memory, waits so often, and gives the sum of the answers and of what it wrote.
pub(crate) const GUEST: &str = r#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param $id i32) (param $waits i32) (result i32) (local $sum i32) (local $at i32)
    (local.set $at (i32.shl (i32.and (local.get $id) (i32.const 0x3fff)) (i32.const 2)))
    (i32.store (local.get $at) (local.get $id))
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (call $wait (local.get $waits))))
      (br_if $more (local.tee $waits (i32.sub (local.get $waits) (i32.const 1)))))
    (i32.add (local.get $sum) (i32.load (local.get $at)))))"#;

/// What a guest gives in the end.
pub(crate) fn result(id: u32, waits: u32) -> u32 {
    id + waits * (waits + 1) / 2
}

/// What guests wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// A turn of the executor.
    Turn,
    /// One to three milliseconds.
    Timer,
    /// [`open`].
    Gate,
}

impl For {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Timer => "timer",
            Self::Gate => "gate",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Turn, Self::Timer, Self::Gate]
            .into_iter()
            .find(|what| what.word() == word)
    }

    pub(crate) async fn wait(self, n: u32) -> u32 {
        match self {
            Self::Turn => tokio::task::yield_now().await,
            Self::Timer => tokio::time::sleep(Duration::from_millis(1 + u64::from(n % 3))).await,
            Self::Gate => Gate.await,
        }
        n
    }
}

static OPEN: AtomicBool = AtomicBool::new(false);

/// Whether guests that wait at the gate may go on, when they are polled.
pub(crate) fn open(open: bool) {
    OPEN.store(open, Ordering::Relaxed);
}

struct Gate;

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match OPEN.load(Ordering::Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// A guest in its store, until it ends.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<u32>> + Send>>;

/// An engine with the guest's module, compiled and linked.
pub(crate) trait Host: Send + Sync {
    /// The store, whose data say what the guest waits for.
    type Store: Send;
    type Run: Send;

    fn store(&self, what: For) -> Result<Self::Store>;

    /// An instance, and its function `run`.
    fn instantiate(&self, store: &mut Self::Store) -> Result<Self::Run>;

    /// The call, which has the store.
    fn call(store: Self::Store, run: Self::Run, id: u32, waits: u32) -> Running;

    /// All of it.
    fn start(&self, what: For, id: u32, waits: u32) -> Result<Running> {
        let mut store = self.store(what)?;
        let run = self.instantiate(&mut store)?;
        Ok(Self::call(store, run, id, waits))
    }
}

/// Where memories lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Reserved,
    Moving,
}

pub(crate) struct Ours {
    pub(crate) engine: bident::Engine,
    pub(crate) pre: bident::InstancePre<For>,
}

impl Ours {
    pub(crate) fn new(plan: Plan) -> Result<Self> {
        let config = bident::Config::new().moving_memories(plan == Plan::Moving);
        let engine = bident::Engine::new(&config)?;
        let module = bident::Module::from_text_or_binary(&engine, GUEST.as_bytes())?;
        let mut linker: bident::Linker<For> = bident::Linker::new(&engine);
        linker.func_wrap_async(
            "host",
            "wait",
            |store: bident::Accessor<For>, n: u32| async move {
                let what = store.with(|caller| *caller.data())?;
                Ok::<_, bident::Error>(what.wait(n).await)
            },
        )?;
        let pre = linker.instantiate_pre(&module)?;
        Ok(Self { engine, pre })
    }
}

impl Host for Ours {
    type Store = bident::Store<For>;
    type Run = bident::TypedFunc<(u32, u32), u32>;

    fn store(&self, what: For) -> Result<Self::Store> {
        Ok(bident::Store::try_new(&self.engine, what)?)
    }

    fn instantiate(&self, store: &mut Self::Store) -> Result<Self::Run> {
        let instance = self.pre.instantiate(&mut *store)?;
        Ok(instance.get_typed_func(store, "run")?)
    }

    fn call(mut store: Self::Store, run: Self::Run, id: u32, waits: u32) -> Running {
        Box::pin(async move { Ok(run.call_async(&mut store, (id, waits)).await?) })
    }
}
