//! Exceptions: what catches them, and what it does then.

use super::step::push;
use super::transfer::pop;
use super::{Activation, Body, End, Exception, Flow, Frame, Machine, Value, mix};
use crate::script::Try;

/// What a [`Try`] did with an exception.
enum Caught {
    With(i64),
    Throws(Exception),
    /// A clause runs a body with this.
    Runs(i64),
    Not,
}

impl Machine<'_> {
    /// Throws an exception where the topmost frame is.
    pub(super) fn raise(&mut self, stacks: &mut Activation, mut exception: Exception) -> Flow {
        while let Some(stack) = stacks.last() {
            match stack.last().expect("no stack is empty") {
                &Frame::Try { number, c, acc } => {
                    match self.catch(number, c as usize & 1, acc, &exception) {
                        Caught::With(result) => {
                            return self.leave(stacks, vec![Value::I64(result)]);
                        }
                        Caught::Runs(acc) => {
                            pop_frame(stacks);
                            push(stacks, Frame::Clause { number, exception });
                            push(stacks, Frame::Body(Body::new(c >> 8, acc)));
                            return Ok(());
                        }
                        Caught::Throws(other) => exception = other,
                        Caught::Not => {}
                    }
                }
                Frame::Clause {
                    number: Try::OldInner,
                    exception: first,
                } => {
                    exception = first.clone();
                    self.trace.note(327);
                }
                _ => {}
            }
            pop(stacks);
        }
        Err(End::Raised(exception))
    }

    fn catch(&mut self, number: Try, slot: usize, acc: i64, exception: &Exception) -> Caught {
        let payload = exception.fold();
        let one = matches!(exception, Exception::One(_));
        let (note, result) = match number {
            Try::One if one => (301, payload.wrapping_add(1)),
            Try::Two if !one => (302, payload.wrapping_add(2)),
            Try::Each if one => (308, payload.wrapping_add(8)),
            Try::Each => (307, payload.wrapping_add(7)),
            Try::OneRef if one => {
                self.exns[slot] = Some(exception.clone());
                (304, payload.wrapping_add(4))
            }
            Try::All => {
                self.trace.note(303);
                return Caught::With(acc.wrapping_add(3));
            }
            Try::AllRef => {
                self.exns[slot] = Some(exception.clone());
                self.trace.note(306);
                return Caught::With(acc.wrapping_add(6));
            }
            Try::Again => {
                self.trace.note(305);
                self.trace.note(acc);
                return Caught::Throws(exception.clone());
            }
            Try::Other if one => {
                self.trace.note(310);
                return Caught::Throws(Exception::two(payload));
            }
            Try::One | Try::Two | Try::OneRef | Try::Other => return Caught::Not,
            _ => return self.catch_old(number, acc, exception),
        };
        self.caught(note, payload, result)
    }

    /// The same for the older instructions.
    fn catch_old(&mut self, number: Try, acc: i64, exception: &Exception) -> Caught {
        let payload = exception.fold();
        let one = matches!(exception, Exception::One(_));
        match number {
            Try::OldOne if one => self.caught(321, payload, payload.wrapping_add(21)),
            Try::OldEach if !one => self.caught(322, payload, payload.wrapping_add(22)),
            Try::OldDelegate if one => self.caught(328, payload, payload.wrapping_add(28)),
            Try::OldToTable if one => self.caught(329, payload, payload.wrapping_add(29)),
            Try::OldAround if !one => self.caught(330, payload, payload.wrapping_add(30)),
            Try::OldEach => {
                self.trace.note(323);
                Caught::With(acc.wrapping_add(23))
            }
            Try::OldAgain => self.runs(324, acc),
            Try::OldCarry if one => self.runs(325, acc),
            Try::OldInner => self.runs(326, acc),
            Try::OldAround => {
                self.trace.note(331);
                Caught::Throws(exception.clone())
            }
            Try::OldOther if one => {
                self.trace.note(332);
                Caught::Throws(Exception::two(payload))
            }
            Try::OldOther => {
                self.trace.note(333);
                Caught::With(acc.wrapping_add(33))
            }
            _ => Caught::Not,
        }
    }

    fn caught(&mut self, note: i64, payload: i64, result: i64) -> Caught {
        self.trace.note(note);
        self.trace.note(payload);
        Caught::With(result)
    }

    fn runs(&mut self, note: i64, acc: i64) -> Caught {
        self.trace.note(note);
        Caught::Runs(acc)
    }

    /// The body of a clause returned: the result of the clause, or `None` if it throws the exception
    /// again.
    pub(super) fn clause_returns(
        &mut self,
        number: Try,
        exception: &Exception,
        value: i64,
    ) -> Option<i64> {
        self.trace.note(value);
        match number {
            Try::OldCarry => Some(mix(exception.fold(), value)),
            Try::OldInner => Some(value.wrapping_add(26)),
            _ => None,
        }
    }
}

/// Removes the topmost frame; its stack remains.
fn pop_frame(stacks: &mut Activation) {
    stacks.last_mut().and_then(Vec::pop);
}
