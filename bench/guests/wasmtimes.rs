//! Wasmtime as the guest's host.

use crate::guest::{For, GUEST, Host, Running};
use anyhow::{Error, Result, bail};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use wasmtime::{
    Caller, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, Store, TypedFunc,
};

pub(crate) struct Theirs {
    engine: Engine,
    pre: InstancePre<For>,
}

impl Theirs {
    /// As it comes.
    pub(crate) fn on_demand() -> Result<Self> {
        Self::new(&Config::new()).map_err(Error::msg)
    }

    /// With pools for so many guests. What else they hold is what the guest needs, so that they reserve no more addresses
    /// than they must: memories of a page, without the room that spares checks.
    pub(crate) fn pooling(guests: usize) -> Result<Self> {
        let count = u32::try_from(guests + guests / 10 + 10)?;
        let mut pools = PoolingAllocationConfig::default();
        pools
            .total_core_instances(count)
            .total_memories(count)
            .total_stacks(count)
            .total_tables(1)
            .max_memories_per_module(1)
            .max_tables_per_module(0)
            .max_memory_size(64 << 10)
            .linear_memory_keep_resident(4 << 10);
        let mut config = Config::new();
        config
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pools))
            .memory_reservation(64 << 10)
            .memory_guard_size(0)
            .async_stack_size(64 << 10)
            .max_wasm_stack(32 << 10);
        Self::new(&config).map_err(Error::msg)
    }

    fn new(config: &Config) -> wasmtime::Result<Self> {
        let engine = Engine::new(config)?;
        let text =
            wat::parse_str(GUEST).map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        let module = Module::new(&engine, text)?;
        let mut linker: Linker<For> = Linker::new(&engine);
        linker.func_wrap_async("host", "wait", |caller: Caller<'_, For>, (n,): (u32,)| {
            let what = *caller.data();
            Box::new(what.wait(n))
        })?;
        let pre = linker.instantiate_pre(&module)?;
        Ok(Self { engine, pre })
    }
}

impl Host for Theirs {
    type Store = Store<For>;
    type Run = TypedFunc<(u32, u32), u32>;

    fn store(&self, what: For) -> Result<Self::Store> {
        Ok(Store::new(&self.engine, what))
    }

    fn instantiate(&self, store: &mut Self::Store) -> Result<Self::Run> {
        // Where a host function is async there is no other way; nothing waits here.
        let poll = |instantiated: Pin<&mut dyn Future<Output = _>>| {
            instantiated.poll(&mut Context::from_waker(Waker::noop()))
        };
        let Poll::Ready(instance) = poll(pin!(self.pre.instantiate_async(&mut *store))) else {
            bail!("instantiation waits");
        };
        let instance = instance.map_err(Error::msg)?;
        instance.get_typed_func(store, "run").map_err(Error::msg)
    }

    fn call(mut store: Self::Store, run: Self::Run, id: u32, waits: u32) -> Running {
        Box::pin(async move {
            let called = run.call_async(&mut store, (id, waits)).await;
            called.map_err(Error::msg)
        })
    }
}
