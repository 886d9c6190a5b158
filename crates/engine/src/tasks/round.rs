//! Rounds: what a poll of the set does.

use super::inner::Call;
use super::set::Tasks;
use super::shared::{Place, Request};
use super::task::TaskId;
use crate::asynchronous::{Step, begin, go_on, throw};
use crate::error::Error;
use crate::outcome::{ParkedCall, Part};
use crate::vm::enter;
use crate::vm::interrupt::{NEVER, TaskDeadlines};
use crate::vm::store::{StoreInner, StoreOpaque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

/// So many tasks a round polls at most. Executors count what is done in one poll, and from some number on (tokio's is 128)
/// every future answers that it is pending: to poll all others then would be in vain, again and again.
const MOST_POLLS: u32 = 128;

/// A place for a task.
#[derive(Default)]
pub(super) struct Slot(pub(super) Option<Live>);

/// A task that has not ended.
pub(super) struct Live {
    place: Place,
    pub(super) call: Arc<dyn Call>,
    waker: Waker,
    /// `None` before it has begun.
    pub(super) parked: Option<ParkedCall>,
}

/// What a step of a task came to; a panic of the embedder's, else how far the call came.
type Came = thread::Result<Result<Step, Error>>;

/// Sets the deadlines of a task that is about to run; gives those before.
#[inline]
fn start_clock(store: &mut StoreOpaque, end: u64, slice: u64) -> TaskDeadlines {
    let slice_end = store.engine.epoch().saturating_add(slice);
    store.set_task_deadlines(TaskDeadlines {
        end,
        slice_end,
        slice,
    })
}

impl Tasks {
    /// # Panics
    /// If the set is for calls of another store.
    pub(super) fn check<T>(&self, store: &StoreInner<T>) {
        let same = self.shared.store == store.opaque.id;
        assert!(same, "tasks of another store");
    }

    /// Takes what was woken and spawned, behind what is left of the round before.
    pub(super) fn begin_round(&mut self) {
        (self.polls, self.has_turn) = (0, true);
        let mut state = self.shared.lock();
        state.listen();
        self.batch.extend(state.ready.drain(..));
        let fresh = std::mem::take(&mut state.fresh);
        drop(state);
        self.adopt(fresh);
    }

    fn adopt(&mut self, fresh: Vec<Arc<dyn Call>>) {
        for call in fresh {
            let place = call.place();
            let index = place.index as usize;
            if index >= self.slots.len() {
                self.slots.resize_with(index + 1, Slot::default);
            }
            let waker = call.clone().waker();
            self.slots[index].0 = Some(Live {
                place,
                call,
                waker,
                parked: None,
            });
            // Where tasks have slices of time, new ones may need whole ones.
            match self.slice {
                NEVER => self.batch.push_back(place),
                _ => self.line.push_back(place),
            }
        }
    }

    /// Takes what was spawned, so that every task has its slot.
    fn adopt_all(&mut self) {
        let fresh = std::mem::take(&mut self.shared.lock().fresh);
        self.adopt(fresh);
    }

    /// Does one thing: a request, or a task of the round. `false` where there is none, or the round is to end.
    pub(super) fn step<T: 'static>(&mut self, store: &mut StoreInner<T>) -> bool {
        if self.shared.was_asked() {
            let requests = self.shared.take_requests();
            self.requests.extend(requests);
            self.adopt_all();
        }
        if let Some((call, request)) = self.requests.pop_front() {
            match request {
                Request::Cancel => {
                    if self.cancel_now(&mut store.opaque, &*call) {
                        self.ended.push_back(TaskId(call.place()));
                    }
                }
                Request::Throw(error) => {
                    self.throw_now(store, &*call, error);
                }
            }
            return true;
        }
        let woken = match self.polls < MOST_POLLS {
            true => self.batch.pop_front(),
            false => None,
        };
        let has_turn = woken.is_none();
        let Some(place) = woken.or_else(|| self.turn()) else {
            return false;
        };
        self.polls += 1;
        self.look_ahead(&store.opaque);
        let yields = self.poll_task(store, place);
        self.has_turn &= !(has_turn && yields);
        true
    }

    /// The next in line, unless one has had a whole turn in this round, or the round is long enough.
    fn turn(&mut self) -> Option<Place> {
        if !self.has_turn {
            return None;
        }
        // Those that were cancelled have no turn.
        while let Some(next) = self.line.pop_front() {
            if self.live(next).is_some() {
                self.has_turn = self.polls + 1 < MOST_POLLS;
                return Some(next);
            }
        }
        None
    }

    /// Has the next tasks near when it is their turn: among many, none of a task is in a cache, and to fetch one part
    /// after the other takes longer than all the rest.
    #[inline]
    fn look_ahead(&mut self, store: &StoreOpaque) {
        for (ahead, part) in [(5, Part::Call), (3, Part::Record), (1, Part::Stack)] {
            let Some(&place) = self.batch.get(ahead) else {
                continue;
            };
            if let Some(parked) = self.live(place).and_then(|live| live.parked.as_mut()) {
                parked.prefetch(store, part);
            }
        }
    }

    /// What is at a place, if the task has not ended.
    fn live(&mut self, place: Place) -> Option<&mut Live> {
        let live = self.slots.get_mut(place.index as usize)?.0.as_mut()?;
        (live.place == place).then_some(live)
    }

    /// Lets a task go on; whether it has yielded.
    fn poll_task<T: 'static>(&mut self, store: &mut StoreInner<T>, place: Place) -> bool {
        let slice = self.slice;
        let Some(live) = self.live(place) else {
            return false;
        };
        let call = &live.call;
        call.take_from_queue();
        let parked = live.parked.take();
        let context = &mut Context::from_waker(&live.waker);
        let end = call.deadline();
        let before = start_clock(&mut store.opaque, end, slice);
        let came = catch_unwind(AssertUnwindSafe(|| match parked {
            Some(parked) => go_on(store, parked, context),
            None => match call.func() {
                Some(func) => begin(store, func, |store| call.write(store), context),
                None => Ok(Step::Returned),
            },
        }));
        store.opaque.set_task_deadlines(before);
        self.came(&mut store.opaque, place, came)
    }

    /// A step of a task came to this; whether it has yielded.
    fn came(&mut self, store: &mut StoreOpaque, place: Place, came: Came) -> bool {
        let Ok(Ok(Step::Waits(parked))) = came else {
            self.ended.push_back(TaskId(place));
            self.end(store, place, came);
            return false;
        };
        let yields = parked.has_yielded();
        if let Some(live) = self.live(place) {
            live.parked = Some(parked);
            if yields && live.call.queue() {
                self.line.push_back(place);
            }
        }
        yields
    }

    /// A task has ended. Who waits for it, or for its room, is woken.
    fn end(&mut self, store: &mut StoreOpaque, place: Place, came: Came) {
        let live = self.slots[place.index as usize].0.take();
        let (end, panic) = match came {
            Ok(Ok(_)) => (Ok(store), None),
            Ok(Err(error)) => (Err(error), None),
            Err(panic) => (Err(Error::msg("the task has panicked")), Some(panic)),
        };
        if let Some(live) = live {
            live.call.end(end);
        }
        let mut state = self.shared.lock();
        state.free.push(place.index);
        let next = state.room.give_back();
        drop(state);
        if let Some(next) = next {
            next.wake();
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Ends a task that waits or has not begun; whether there was one.
    pub(super) fn cancel_now(&mut self, store: &mut StoreOpaque, call: &dyn Call) -> bool {
        self.adopt_all();
        let place = call.place();
        let Some(live) = self.live(place) else {
            return false;
        };
        let parked = live.parked.take();
        let came = catch_unwind(AssertUnwindSafe(|| {
            if let Some(parked) = parked {
                enter::cancel(store, *parked.0);
            }
            Err(Error::cancelled("the task was cancelled"))
        }));
        self.end(store, place, came);
        true
    }

    /// Lets what a task waits for fail; whether there was such a task.
    pub(super) fn throw_now<T: 'static>(
        &mut self,
        store: &mut StoreInner<T>,
        call: &dyn Call,
        error: Error,
    ) -> bool {
        self.adopt_all();
        let (place, slice) = (call.place(), self.slice);
        let Some(live) = self.live(place) else {
            return false;
        };
        let parked = live.parked.take();
        let context = &mut Context::from_waker(&live.waker);
        let before = start_clock(&mut store.opaque, call.deadline(), slice);
        let came = catch_unwind(AssertUnwindSafe(|| match parked {
            Some(parked) => throw(store, parked, error, context),
            None => Err(error),
        }));
        store.opaque.set_task_deadlines(before);
        self.came(&mut store.opaque, place, came);
        true
    }

    /// Whether all tasks have ended. Else the waker is woken once there is something to do; now, where there is.
    pub(super) fn end_round(&mut self, waker: &Waker) -> Poll<()> {
        let sleeper = waker.clone();
        let mut state = self.shared.lock();
        let all_ended = state.room.taken == 0;
        let has_more = !self.batch.is_empty() || !self.line.is_empty();
        if has_more || !self.requests.is_empty() || state.has_work() {
            drop(state);
            waker.wake_by_ref();
        } else {
            let before = state.sleep(sleeper);
            drop(state);
            drop(before);
        }
        match all_ended {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
