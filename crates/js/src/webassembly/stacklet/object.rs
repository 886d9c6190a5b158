//! `Stacklet`, and which instances belong to which.

use super::super::objects::Cache;
use super::super::realm::{self, Realm, RealmRef};
use super::super::{Payload, api::Interface};
use super::adapter::Modules;
use super::border::Border;
use super::function::{Answers, AsyncFunction};
use super::lazy::Loads;
use super::made::{self, Made};
use super::second::Second;
use super::{construct, illegal};
use crate::raw::{self, Attempt, Env, Marker, Own, Ref};
use bident::{Extern, Func, Lasting};
use rquickjs::{Ctx, Result, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Number of a stacklet of a realm, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct StackletId(u32);

impl std::fmt::Display for StackletId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stacklet {}", self.0)
    }
}

/// What a realm knows of its stacklets.
#[derive(Default)]
pub(in super::super) struct Stacklets {
    stacklets: Cell<u32>,
    instances: Cell<u32>,
    /// The instance that exported a thing first, as long as that is there.
    first: Members<(StackletId, InstanceName)>,
    /// For stacks that WebAssembly made.
    pub(super) adapters: Modules,
    /// Modules that are loaded late.
    pub(super) loads: Loads,
}

/// What messages call an instance: its number among those of all stacklets, and its module's name.
#[derive(Clone)]
pub(super) struct InstanceName(Rc<str>);

impl std::fmt::Display for InstanceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stacklets {
    /// Tells the collector about the modules that are loaded late.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.loads.mark(marker);
    }

    /// Forgets them.
    pub(in super::super) fn clear(&self) {
        self.loads.clear();
    }

    fn next_stacklet(&self) -> StackletId {
        self.stacklets.set(self.stacklets.get() + 1);
        StackletId(self.stacklets.get())
    }

    /// A name for a new instance.
    pub(super) fn next_instance(&self) -> InstanceName {
        self.instances.set(self.instances.get() + 1);
        InstanceName(format!("instance {}", self.instances.get()).into())
    }

    /// The instance that exported it first, and its stacklet.
    pub(super) fn owner(&self, item: Extern) -> Option<(StackletId, InstanceName)> {
        self.first.0.borrow().map.get(&item).cloned()
    }
}

/// What is known of things of the store, as long as those are there.
struct Members<V>(RefCell<Known<V>>);

struct Known<V> {
    map: HashMap<Extern, V>,
    /// Once there are so many, those are looked for that are gone.
    enough: usize,
}

/// Nobody looks for those that are gone among fewer.
const FEW: usize = 32;

impl<V> Default for Members<V> {
    fn default() -> Self {
        let map = HashMap::new();
        Self(RefCell::new(Known { map, enough: FEW }))
    }
}

impl<V> Members<V> {
    /// Notes something, unless something is known.
    fn add(&self, realm: &Realm, item: Extern, value: V) {
        let known = &mut *self.0.borrow_mut();
        if known.map.len() >= known.enough {
            (realm.store).with(|store| known.map.retain(|item, _| item.keep(&mut *store).is_ok()));
            known.enough = (2 * known.map.len()).max(FEW);
        }
        known.map.entry(item).or_insert(value);
    }
}

/// The payload of a `Stacklet`.
pub(crate) struct StackletObject {
    realm: RealmRef,
    pub(super) id: StackletId,
    pub(super) border: Border,
    pub(super) second: Second,
    /// What its instances export.
    members: Members<InstanceName>,
    /// What JavaScript sees of the functions among that, as long as it has them.
    functions: Cache<Func>,
}

impl StackletObject {
    fn new(realm: &Rc<Realm>, env: Env<'_>, border: Border, second: Second) -> Self {
        Self {
            realm: realm.reference(env),
            id: realm.stacklets.next_stacklet(),
            border,
            second,
            members: Members::default(),
            functions: Cache::default(),
        }
    }

    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        self.border.mark(&self.realm, marker);
    }

    pub(in super::super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Notes what an instance of the stacklet exports.
    pub(super) fn add(&self, instance: &InstanceName, item: Extern) {
        let realm: &Realm = &self.realm;
        self.members.add(realm, item, instance.clone());
        let first = (self.id, instance.clone());
        realm.stacklets.first.add(realm, item, first);
    }

    /// Whether an instance of the stacklet exports it.
    pub(super) fn contains(&self, item: Extern) -> bool {
        self.members.0.borrow().map.contains_key(&item)
    }

    /// Whether it is of this realm.
    pub(super) fn is_of(&self, realm: &Rc<Realm>) -> bool {
        Rc::ptr_eq(&self.realm, realm)
    }

    /// What JavaScript sees of a function that an instance of the stacklet exports; `this` is the object
    /// of the stacklet.
    pub(super) fn function_object<'js>(
        &self,
        env: Env<'js>,
        this: Ref<'_>,
        func: Func,
    ) -> Attempt<Own<'js>> {
        self.functions.of(&self.realm, env, func, || {
            let (border, answers) = (self.border.clone(), Answers::ValueOrPromise);
            let stacklet = Some(this.to_owned(env).store());
            AsyncFunction::create(&self.realm, env, func, border, answers, stacklet)
        })
    }
}

/// A stacklet for an instance that was given none.
pub(super) fn own<'js>(realm: &Rc<Realm>, env: Env<'js>) -> Attempt<Own<'js>> {
    let payload = StackletObject::new(realm, env, Border::Plain, Second::default());
    realm.create(env, |i| &i.stacklet, Payload::Stacklet(payload))
}

/// The class.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Stacklet", 0, |call| {
        let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
        let second = Second::of_options(&call.ctx, &call.arg(0))?;
        let payload = StackletObject::new(&realm, env, Border::Plain, second);
        construct(call, |i| &i.stacklet, Payload::Stacklet(payload))
    })?
    .static_method("from", 2, |call| {
        let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
        let border = Border::Made(Rc::new(made::of_arguments(&realm, call)?));
        let payload = StackletObject::new(&realm, env, border, Second::default());
        let object = realm.create(env, |i| &i.stacklet, Payload::Stacklet(payload))?;
        Ok(object.into_value())
    })?
    .getter("state", |call| {
        let realm = realm::of(&call.ctx)?;
        let Some(Payload::Stacklet(stacklet)) = raw::payload(realm.classes, Ref::new(&call.this))
        else {
            return Err(illegal(&call.ctx, "Stacklet"));
        };
        let state = match &stacklet.border {
            Border::Made(made) => Made::state(made),
            _ => return Ok(Value::new_undefined(call.ctx.clone())),
        };
        Ok(rquickjs::String::from_str(call.ctx.clone(), state)?.into_value())
    })
}
