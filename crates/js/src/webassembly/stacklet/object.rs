//! `Stacklet`, and which instances belong to which.

use super::super::realm::{self, Realm, RealmRef};
use super::super::{Payload, api::Interface};
use super::adapter::Modules;
use super::border::Border;
use super::function::{Answers, AsyncFunction};
use super::lazy::Loads;
use super::made::{self, Made};
use super::second::Second;
use super::{construct, illegal};
use crate::raw::{self, Attempt, Env, Marker, Own, Ref, Stored};
use bident::{Extern, Func};
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
    /// Instances that export a thing, the first of each stacklet.
    members: RefCell<HashMap<(StackletId, Extern), InstanceName>>,
    /// The instance that exported a thing first.
    first: RefCell<HashMap<Extern, (StackletId, InstanceName)>>,
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

    /// Notes what an instance of a stacklet exports.
    pub(super) fn add(&self, stacklet: StackletId, instance: &InstanceName, item: Extern) {
        let mut members = self.members.borrow_mut();
        (members.entry((stacklet, item))).or_insert_with(|| instance.clone());
        let mut first = self.first.borrow_mut();
        (first.entry(item)).or_insert_with(|| (stacklet, instance.clone()));
    }

    /// Whether an instance of the stacklet exports it.
    pub(super) fn contains(&self, stacklet: StackletId, item: Extern) -> bool {
        self.members.borrow().contains_key(&(stacklet, item))
    }

    /// The instance that exported it first, and its stacklet.
    pub(super) fn owner(&self, item: Extern) -> Option<(StackletId, InstanceName)> {
        self.first.borrow().get(&item).cloned()
    }
}

/// The payload of a `Stacklet`.
pub(crate) struct StackletObject {
    realm: RealmRef,
    pub(super) id: StackletId,
    pub(super) border: Border,
    pub(super) second: Second,
    /// What JavaScript sees of the functions that its instances export. Each holds the stacklet: they last
    /// as long as any of them, or the stacklet, is in use.
    functions: RefCell<HashMap<Func, Stored>>,
}

impl StackletObject {
    fn new(realm: &Rc<Realm>, env: Env<'_>, border: Border, second: Second) -> Self {
        Self {
            realm: realm.reference(env),
            id: realm.stacklets.next_stacklet(),
            border,
            second,
            functions: RefCell::default(),
        }
    }

    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        let functions = self.functions.borrow();
        functions.values().for_each(|object| object.mark(marker));
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
        if let Some(object) = self.functions.borrow().get(&func) {
            return Ok(object.to_owned(env));
        }
        let (border, answers) = (self.border.clone(), Answers::ValueOrPromise);
        let stacklet = Some(this.to_owned(env).store());
        let object = AsyncFunction::create(&self.realm, env, func, border, answers, stacklet)?;
        let stored = object.get().to_owned(env).store();
        self.functions.borrow_mut().insert(func, stored);
        Ok(object)
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
