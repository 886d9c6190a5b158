//! Structures and arrays in JavaScript's hands: opaque objects.
//!
//! ```text
//!   proxy that refuses everything ──► host object ──► Collected ──► AnyRef: a root of the store's heap
//!        ▲                                                │
//!        └ ─ ─ ─ Backlink ◄── Wrappers, by identity ◄ ─ ─ ┘ forgets itself
//! ```
//!
//! As long as JavaScript has the proxy, WebAssembly's object lives, so its identity is no other's, and each
//! time it comes to JavaScript it is the same proxy. Nothing else keeps the proxy.

use super::Payload;
use super::realm::Realm;
use crate::raw::{self, Attempt, Backlink, Env, Marker, Own, Ref};
use bident::{AnyRef, Owned};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// Source of what the proxies refuse. `get` and its like find an object that has nothing.
pub(super) const HANDLER: &str = "(TypeError => Object.freeze({
  __proto__: null,
  set() { throw new TypeError('WebAssembly objects are opaque'); },
  deleteProperty() { throw new TypeError('WebAssembly objects are opaque'); },
  defineProperty: () => false,
  preventExtensions: () => false,
  setPrototypeOf: () => false,
}))(TypeError)";

/// The objects that JavaScript has, by their identity.
#[derive(Default)]
pub(super) struct Wrappers(Rc<Links>);

type Links = RefCell<HashMap<u64, Backlink>>;

/// The payload of an object that stands for a structure or an array.
pub(crate) struct Collected {
    any: AnyRef,
    identity: u64,
    links: Weak<Links>,
    realm: Weak<Realm>,
}

impl Collected {
    /// Tells the collector what it leads to.
    pub(super) fn mark(&self, marker: &Marker) {
        if let Some(realm) = self.realm.upgrade() {
            realm.owner(marker, Owned::Any(&self.any));
        }
    }

    /// Its object is freed.
    pub(super) fn going(&self) {
        if let Some(realm) = self.realm.upgrade() {
            realm.drop_dead();
        }
    }
}

impl Drop for Collected {
    fn drop(&mut self) {
        if let Some(links) = self.links.upgrade() {
            links.borrow_mut().remove(&self.identity);
        }
    }
}

impl Realm {
    /// The object that stands for a structure or an array.
    pub(super) fn wrapper_of<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        any: &AnyRef,
    ) -> Attempt<Own<'js>> {
        let Some(identity) = any.identity() else {
            return Ok(env.null());
        };
        let links = &self.wrappers.0;
        let known = links.borrow().get(&identity).map(|link| link.get(env));
        if let Some(object) = known {
            return Ok(object);
        }
        let payload = Payload::Collected(Collected {
            any: any.clone(),
            identity,
            links: Rc::downgrade(links),
            realm: Rc::downgrade(self),
        });
        let link = Backlink::new();
        let handler = self.intrinsic(env, |i| &i.opaque_handler);
        // Where this fails, the payload, which goes, forgets what is not there yet.
        let object = raw::create_proxied(self.classes, env, handler.get(), payload, &link)?;
        links.borrow_mut().insert(identity, link);
        Ok(object)
    }

    /// The structure or array of this realm's store that a value stands for.
    #[inline]
    pub(super) fn collected(&self, env: Env<'_>, value: Ref<'_>) -> Option<AnyRef> {
        match raw::proxied(self.classes, env, value)? {
            Payload::Collected(object) if object.links.as_ptr() == Rc::as_ptr(&self.wrappers.0) => {
                Some(object.any.clone())
            }
            _ => None,
        }
    }
}
