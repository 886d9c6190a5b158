//! The host's continuations.

use super::step::wide_arguments;
use super::transfer::fold_all;
use super::{
    Activation, Continuation, End, Entry, Exception, Flow, Frame, Machine, Ref, Value, function,
    made, shift, single,
};
use crate::host_call::{CANCELLED, HeldType, NONE_PARKED};
use crate::script::{HeldWord, HostCall, Instr, Kind, Tag};

/// A continuation that the host has.
#[derive(Clone, Copy)]
pub(super) struct Held {
    /// Never null.
    reference: Ref,
    ty: HeldType,
    /// Whether it ends with ten results.
    wide: bool,
}

impl Held {
    fn of(kind: Kind, reference: Ref) -> Self {
        let (ty, wide) = (HeldType::Of(kind), kind.is_wide());
        Self {
            reference,
            ty,
            wide,
        }
    }
}

impl Machine<'_> {
    /// Which of the host's continuations are used.
    pub(super) fn used_held(&self) -> Vec<bool> {
        let used = |held: &Held| self.check(held.reference).is_err();
        self.held.iter().map(used).collect()
    }

    fn hold(&mut self, held: Held) {
        if held.reference.is_some() {
            self.held.push(held);
        }
    }

    /// What a held word names, of those that fit.
    fn pick(&mut self, word: HeldWord, fits: impl Fn(&Held) -> bool) -> Option<Held> {
        let fitting = (0..self.held.len()).filter(|&i| fits(&self.held[i]));
        let fitting: Vec<usize> = fitting.collect();
        let index = fitting[word.which(fitting.len())?];
        Some(if word.keeps() {
            self.held[index]
        } else {
            self.held.remove(index)
        })
    }

    pub(super) fn give_to_host(&mut self, Instr { a, b, .. }: Instr) {
        let kind = Kind::ALL.get(b as usize).copied();
        let from = kind.unwrap_or(Kind::Plain);
        if self.absent(from, a) {
            return;
        }
        let mut held = Held::of(from, self.take(from, a));
        if kind.is_none() {
            held.ty = HeldType::Unknown;
        }
        self.hold(held);
    }

    pub(super) fn take_from_host(&mut self, Instr { a, b, c, .. }: Instr) -> Flow {
        let (kind, word) = (Kind::ALL[b as usize], HeldWord(c));
        let fits = |held: &Held| held.ty == HeldType::Of(kind);
        let held = self.pick(word, |held| word.passes_on() || fits(held));
        if held.is_some_and(|held| !fits(&held)) {
            return Err(End::Misused);
        }
        let reference = held.and_then(|held| held.reference);
        self.set(kind, a, reference);
        self.trace.note(reference.is_none().into());
        Ok(())
    }

    /// What a host function answers that uses a continuation of the host.
    pub(super) fn act_on_held(&mut self, what: HostCall, word: HeldWord, acc: i64) -> Flow<i64> {
        match what {
            HostCall::MakeHeld => {
                self.use_held(what, word, acc);
                Ok(acc)
            }
            HostCall::DropHeld if self.held.is_empty() => Ok(NONE_PARKED),
            HostCall::DropHeld => {
                self.use_held(what, word, acc);
                Ok(CANCELLED)
            }
            _ => match self.use_held(what, word, acc) {
                None => Ok(NONE_PARKED),
                Some(end) if word.passes_on() && end.is_error() => Err(end),
                Some(end) => Ok(self.outcome(end).code()),
            },
        }
    }

    /// How the activation ended, if there was one.
    pub(super) fn use_held(&mut self, what: HostCall, word: HeldWord, acc: i64) -> Option<End> {
        if what == HostCall::MakeHeld {
            let held = self.made_by_host(word);
            self.hold(held);
            return None;
        }
        if what == HostCall::MisuseHeld {
            let kept = HeldWord(word.0 | HeldWord::KEEP);
            return self.pick(kept, |_| true).map(|held| self.misuse(held));
        }
        let held = self.pick(word, |_| true)?;
        Some(match what {
            HostCall::ResumeHeld => match self.held_arguments(held.ty, word, acc) {
                Some(values) => self.run_held(held, word, |machine, stacks, bound| {
                    machine.deliver(stacks, [bound, values].concat())
                }),
                None => End::Misused,
            },
            HostCall::ThrowHeld1 => self.throw_held(held, word, Exception::One(acc)),
            HostCall::ThrowHeld2 => self.throw_held(held, word, Exception::two(acc)),
            HostCall::ThrowHeldCaught => {
                let caught = self.caught.clone().unwrap_or(Exception::One(acc));
                self.throw_held(held, word, caught)
            }
            _ => return None,
        })
    }

    fn made_by_host(&mut self, word: HeldWord) -> Held {
        match word.body() % 3 {
            0 => Held {
                reference: self.fresh(Entry::Body, vec![]),
                ty: HeldType::Body,
                wide: false,
            },
            1 => Held::of(Kind::Plain, self.fresh(Entry::Leaf, vec![])),
            _ => Held::of(Kind::Wide, self.fresh(Entry::WideBody, vec![])),
        }
    }

    fn misuse(&self, held: Held) -> End {
        match self.check(held.reference) {
            Err(end) if held.ty != HeldType::Unknown => end,
            _ => End::Misused,
        }
    }

    /// What the host resumes a continuation with; `None` if it cannot.
    fn held_arguments(&mut self, ty: HeldType, word: HeldWord, acc: i64) -> Option<Vec<Value>> {
        Some(match ty {
            HeldType::Of(Kind::Plain | Kind::WideRest) => vec![Value::I64(acc)],
            HeldType::Of(Kind::Sym) => vec![Value::I64(acc), self.other_held(Kind::Sym)],
            HeldType::Of(Kind::Bound) => vec![],
            HeldType::Of(Kind::Half) => vec![self.other_held(Kind::Sym)],
            HeldType::Of(Kind::Wide) => wide_arguments(word.body(), acc).to_vec(),
            HeldType::Body => vec![Value::I32(word.body() as i32), Value::I64(acc)],
            HeldType::Mixed => vec![Value::F32(single(acc)), Value::I64(acc)],
            HeldType::Cont => vec![self.other_held(Kind::Plain)],
            HeldType::Refs => vec![
                Value::Extern(made(acc)),
                Value::Func(function(shift(acc, 2))),
            ],
            HeldType::Unknown => return None,
        })
    }

    /// The first that the host has of a kind, or null.
    fn other_held(&mut self, kind: Kind) -> Value {
        let held = self.pick(HeldWord(0), |held| held.ty == HeldType::Of(kind));
        Value::Cont(held.and_then(|held| held.reference))
    }

    fn throw_held(&mut self, held: Held, word: HeldWord, exception: Exception) -> End {
        self.run_held(held, word, |machine, stacks, _| {
            machine.raise(stacks, exception)
        })
    }

    /// Uses a continuation; `begin` gets what was bound to it.
    fn run_held(
        &mut self,
        held: Held,
        word: HeldWord,
        begin: impl FnOnce(&mut Self, &mut Activation, Vec<Value>) -> Flow,
    ) -> End {
        let Continuation { stacks, bound } = match self.consume(held.reference) {
            Ok(continuation) => continuation,
            Err(end) => return end,
        };
        let (handlers, wide) = (word.handlers(), held.wide);
        let mut activation = vec![vec![Frame::Host { handlers, wide }]];
        activation.extend(stacks);
        self.run(activation, |machine, stacks| begin(machine, stacks, bound))
    }

    /// A continuation suspends to the host.
    pub(super) fn hand_over(
        &mut self,
        tag: Tag,
        wide: bool,
        values: &[Value],
        reference: Ref,
    ) -> End {
        if let [Value::Cont(payload)] = values {
            self.hold(Held::of(Kind::Plain, *payload));
        }
        let ty = HeldType::suspended(tag, wide);
        self.hold(Held {
            reference,
            ty,
            wide,
        });
        End::Suspended(tag, fold_all(values))
    }
}

impl End {
    fn is_error(&self) -> bool {
        !matches!(self, Self::Returned(_) | Self::Parked | Self::Suspended(..))
    }
}
