//! Halls: what `BroadcastChannel` is built on. Who is in a hall hears what the others say who are there, each on a
//! thread of its own; a thread has one member in a hall, whatever number of channels it has of that name.

use super::events::Source;
use super::ports::{Inbox, Packet, packet_object, packet_of};
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Array, Class, Ctx, Function, JsLifetime, Object, Result, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The members of all halls, by the halls' names.
static HALLS: LazyLock<Mutex<HashMap<String, Vec<Inbox>>>> = LazyLock::new(Mutex::default);

fn halls() -> MutexGuard<'static, HashMap<String, Vec<Inbox>>> {
    HALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's member in a hall, until it leaves.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Member {
    #[qjs(skip_trace)]
    name: String,
    #[qjs(skip_trace)]
    inbox: Inbox,
    #[qjs(skip_trace)]
    source: RefCell<Option<Source>>,
}

impl Member {
    fn leave_hall(&self) {
        let mut halls = halls();
        if let Some(members) = halls.get_mut(&self.name) {
            members.retain(|inbox| !inbox.is(&self.inbox));
            if members.is_empty() {
                halls.remove(&self.name);
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.leave_hall();
    }
}

#[rquickjs::methods]
impl Member {
    /// Whether anybody else is there.
    #[qjs(rename = "hasOthers")]
    fn has_others(&self) -> bool {
        let halls = halls();
        (halls.get(&self.name)).is_some_and(|members| members.iter().any(|m| !m.is(&self.inbox)))
    }

    /// Says something to all others: bytes, and what goes along, as a port's `post`.
    fn post<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>, parts: Vec<Value<'js>>) -> Result<()> {
        let packet = packet_of(&ctx, &bytes, &parts)?;
        let others: Vec<Inbox> = match halls().get(&self.name) {
            Some(members) => (members.iter().filter(|m| !m.is(&self.inbox)).cloned()).collect(),
            None => Vec::new(),
        };
        for inbox in others {
            // A port cannot be in two places.
            if let Some(packet) = packet.copy() {
                inbox.put(packet);
            }
        }
        Ok(())
    }

    /// What has come first, as a port's `take`.
    fn take<'js>(&self, ctx: Ctx<'js>) -> Result<Option<Array<'js>>> {
        let packet: Option<Packet> = self.inbox.take();
        packet.map(|packet| packet_object(&ctx, packet)).transpose()
    }

    /// Leaves the hall.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        self.leave_hall();
        match self.source.take() {
            Some(source) => source.close(&ctx),
            None => Ok(()),
        }
    }
}

/// `{ join(name, callback) }`: a member, which calls back when something has come and keeps no program alive.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("join", Func::from(join))?;
    Ok(natives)
}

fn join<'js>(ctx: Ctx<'js>, name: String, callback: Function<'js>) -> Result<Class<'js, Member>> {
    let source = Source::open(&ctx, callback)?;
    source.hold(&ctx, false)?;
    let inbox = Inbox::of(source.clone());
    halls().entry(name.clone()).or_default().push(inbox.clone());
    let source = RefCell::new(Some(source));
    Class::instance(
        ctx,
        Member {
            name,
            inbox,
            source,
        },
    )
}
