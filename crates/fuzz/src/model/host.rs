//! The host: its functions, and what the embedder does.

use super::step::body;
use super::{Activation, Body, End, Exception, Flow, Frame, Machine, Value, Wait};
use crate::host_call::{CANCELLED, HOST_DEPTH, NONE_PARKED, TOO_DEEP};
use crate::report::{Outcome, Trap};
use crate::script::{HeldWord, HostCall, Instr, Step};

impl Machine<'_> {
    /// Everything the embedder does; how each activation ended.
    pub(super) fn embed(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for &step in &self.script.steps {
            let end = match step {
                Step::Start(pc, acc) => Some(self.start(pc, acc)),
                Step::Wake(i, value) => self.unpark(i).map(|it| self.wake(it, value)),
                Step::ThrowInto(i, value) => self.unpark(i).map(|it| self.throw_into(it, value)),
                Step::Fail(i) => self.unpark(i).map(|_| End::Failed),
                Step::Cancel(i) => {
                    self.unpark(i);
                    None
                }
                Step::Collect => None,
                Step::Held(what, word, acc) => self.use_held(what, HeldWord(word), acc),
            };
            outcomes.extend(end.map(|end| self.outcome(end)));
        }
        while let Some(activation) = self.unpark(0) {
            let end = self.wake(activation, 1);
            outcomes.push(self.outcome(end));
        }
        outcomes
    }

    /// How an activation ended, to whoever began it.
    pub(super) fn outcome(&mut self, end: End) -> Outcome {
        let outcome = end.outcome();
        if let End::Raised(exception) = end {
            self.caught = Some(exception);
        }
        outcome
    }

    /// A parked activation; its number counts modulo how many there are.
    fn unpark(&mut self, number: u32) -> Option<Activation> {
        let count = self.parked.len();
        (count > 0).then(|| self.parked.remove(number as usize % count))
    }

    /// A call that may park.
    fn start(&mut self, pc: u32, acc: i64) -> End {
        let activation = vec![vec![Frame::Body(Body::new(pc, acc))]];
        self.run(activation, |_, _| Ok(()))
    }

    fn wake(&mut self, activation: Activation, value: i64) -> End {
        self.run(activation, |machine, stacks| {
            machine.deliver(stacks, vec![Value::I64(value)])
        })
    }

    fn throw_into(&mut self, activation: Activation, value: i64) -> End {
        self.run(activation, |machine, stacks| {
            machine.raise(stacks, Exception::One(value))
        })
    }

    /// Runs an activation until it ends or parks; `begin` says how it goes on.
    pub(super) fn run(
        &mut self,
        mut stacks: Activation,
        begin: impl FnOnce(&mut Self, &mut Activation) -> Flow,
    ) -> End {
        self.depth += 1;
        let mut flow = begin(self, &mut stacks);
        let end = loop {
            match flow {
                Ok(()) => flow = self.step(&mut stacks),
                Err(end) => break end,
            }
        };
        self.depth -= 1;
        if matches!(end, End::Parked) {
            self.parked.push(stacks);
        }
        end
    }

    /// A call that cannot park.
    fn call(&mut self, pc: u32, acc: i64) -> End {
        match self.start(pc, acc) {
            End::Parked => {
                self.parked.pop();
                End::Barrier
            }
            end => end,
        }
    }

    /// The instruction that calls the host.
    pub(super) fn host(&mut self, stacks: &mut Activation, Instr { a, b, .. }: Instr) -> Flow {
        let caller = body(stacks);
        caller.wait = Wait::Host;
        let acc = caller.acc;
        match self.act(HostCall::of(a), b, acc) {
            Ok(value) => self.deliver(stacks, vec![Value::I64(value)]),
            Err(End::Raised(exception)) => self.raise(stacks, exception),
            Err(end) => Err(end),
        }
    }

    fn act(&mut self, what: HostCall, arg: u32, acc: i64) -> Flow<i64> {
        if what.runs_something() && self.depth >= HOST_DEPTH {
            return Ok(TOO_DEEP);
        }
        Ok(match what {
            HostCall::Value => acc.wrapping_mul(7).wrapping_add(arg.into()),
            HostCall::Collect => acc,
            HostCall::Throw => return Err(End::Raised(Exception::One(acc))),
            HostCall::ThrowCaught => match self.caught.clone() {
                Some(caught) => return Err(End::Raised(caught)),
                None => NONE_PARKED,
            },
            HostCall::Trap => return Err(End::Trapped(Trap::Unreachable)),
            HostCall::Fail => return Err(End::Failed),
            HostCall::Pending => return Err(End::Parked),
            HostCall::Swallow => {
                let end = self.call(arg, acc);
                self.outcome(end).code()
            }
            HostCall::Propagate => match self.call(arg, acc) {
                End::Returned(value) => value,
                end => return Err(end),
            },
            HostCall::Start => {
                let end = self.start(arg, acc);
                self.outcome(end).code()
            }
            HostCall::Wake => match self.unpark(arg) {
                Some(activation) => {
                    let end = self.wake(activation, acc);
                    self.outcome(end).code()
                }
                None => NONE_PARKED,
            },
            HostCall::ThrowInto => match self.unpark(arg) {
                Some(activation) => {
                    let end = self.throw_into(activation, acc);
                    self.outcome(end).code()
                }
                None => NONE_PARKED,
            },
            HostCall::Cancel => self.unpark(arg).map_or(NONE_PARKED, |_| CANCELLED),
            HostCall::MakeHeld
            | HostCall::ResumeHeld
            | HostCall::ThrowHeld1
            | HostCall::ThrowHeld2
            | HostCall::ThrowHeldCaught
            | HostCall::MisuseHeld
            | HostCall::DropHeld => return self.act_on_held(what, HeldWord(arg), acc),
        })
    }

    /// The host function that a continuation can be made of.
    pub(super) fn leaf(&mut self, stacks: &mut Activation, value: i64) -> Flow<Option<Vec<Value>>> {
        match value & 3 {
            2 => Err(End::Parked),
            3 => {
                self.raise(stacks, Exception::One(value))?;
                Ok(None)
            }
            _ => Ok(Some(vec![Value::I64(
                value.wrapping_mul(3).wrapping_add(1),
            )])),
        }
    }
}
