//! What moves between frames and stacks: values, exceptions, control.

use super::step::{body, push, wide_arguments};
use super::{
    Activation, Body, Continuation, End, Entry, Exception, Flow, Frame, Machine, Ref, Value, Wait,
    WideBody, double, fold_ref, fold_two, function, made, mix, shift, single, whole,
};
use crate::report::Trap;
use crate::script::{Clause, How, Instr, Kind, Op, Site, Tag, sites};

impl Machine<'_> {
    /// Gives values to the topmost frame: results of what it called, or, if it is that of a
    /// continuation just resumed, what that waits for.
    pub(super) fn deliver(&mut self, stacks: &mut Activation, mut values: Vec<Value>) -> Flow {
        while let Some(results) = self.receive(stacks, &values)? {
            pop(stacks);
            if stacks.is_empty() {
                return Err(End::Returned(results[0].i64()));
            }
            values = results;
        }
        Ok(())
    }

    /// The topmost frame returns.
    pub(super) fn leave(&mut self, stacks: &mut Activation, results: Vec<Value>) -> Flow {
        pop(stacks);
        if stacks.is_empty() {
            return Err(End::Returned(results[0].i64()));
        }
        self.deliver(stacks, results)
    }

    /// The topmost frame gets values; its own results if it returns at once.
    fn receive(&mut self, stacks: &mut Activation, values: &[Value]) -> Flow<Option<Vec<Value>>> {
        let frame = stacks.last_mut().and_then(|stack| stack.last_mut());
        let result = match frame.expect("an activation has a frame") {
            Frame::Body(body) => {
                self.go_on(body, values);
                return Ok(None);
            }
            Frame::Entry(entry) => {
                let entry = *entry;
                return self.enter(stacks, entry, values);
            }
            Frame::Deep { sum } => values[0].i64().wrapping_add(*sum),
            Frame::SymBody => values[0].i64().wrapping_add(1),
            Frame::Try { .. } | Frame::Leaf => values[0].i64(),
            Frame::Host { .. } => fold_all(values),
            Frame::Clause { number, exception } => {
                let (number, exception) = (*number, exception.clone());
                match self.clause_returns(number, &exception, values[0].i64()) {
                    Some(result) => result,
                    None => {
                        pop(stacks);
                        return self.raise(stacks, exception).map(|()| None);
                    }
                }
            }
            Frame::WideBody(wide) => return Ok(Some(wide.results(values[0].i64()))),
            Frame::Site { acc, .. } => {
                let value = fold_all(values);
                self.trace.note(500);
                self.trace.note(value);
                acc.wrapping_add(value.wrapping_mul(3))
            }
        };
        Ok(Some(vec![Value::I64(result)]))
    }

    /// A body goes on after the instruction that it waits for.
    fn go_on(&mut self, body: &mut Body, values: &[Value]) {
        match body.wait {
            Wait::Site => body.acc = values[0].i64(),
            Wait::Host | Wait::Try => {
                body.acc = values[0].i64();
                self.trace.note(body.acc);
            }
            Wait::Call | Wait::Suspend => {
                self.trace.note(values[0].i64());
                body.acc = mix(body.acc, values[0].i64());
            }
            Wait::SuspendMixed => {
                let (float, value) = (values[0].float(), values[1].i64());
                self.trace.note(value);
                body.acc = mix(mix(body.acc, value), whole(float));
            }
            Wait::SuspendCont { to } => {
                let given = values[0].cont();
                self.set(Kind::Plain, to as u32, given);
                self.trace.note(given.is_none().into());
            }
            Wait::SuspendRefs => {
                body.x = values[0].external();
                body.acc = mix(mix(body.acc, values[1].func().into()), fold_ref(body.x));
                self.trace.note(body.acc);
            }
            Wait::Switch { to } => {
                self.set(Kind::Sym, to as u32, values[1].cont());
                self.trace.note(values[0].i64());
                body.acc = mix(body.acc, values[0].i64());
            }
        }
    }

    /// A continuation begins.
    fn enter(
        &mut self,
        stacks: &mut Activation,
        entry: Entry,
        values: &[Value],
    ) -> Flow<Option<Vec<Value>>> {
        let stack = stacks.last_mut().expect("the continuation's");
        stack.clear();
        match entry {
            Entry::Body => {
                let (pc, acc) = (values[0].i32() as u32, values[1].i64());
                stack.push(Frame::Body(Body::new(pc, acc)));
            }
            Entry::SymBody => {
                let (pc, slot) = (values[0].i32() as u32, values[1].i32() as u32);
                let (acc, from) = (values[2].i64(), values[3].cont());
                stack.push(Frame::SymBody);
                stack.push(Frame::Body(Body::new(pc, acc)));
                self.trace.note(200);
                self.trace.note(acc);
                self.set(Kind::Sym, slot, from);
            }
            Entry::WideBody => {
                let acc = fold_wide_arguments(values);
                self.trace.note(acc);
                stack.push(Frame::WideBody(WideBody::new(values)));
                stack.push(Frame::Body(Body::new(values[0].i32() as u32, acc)));
            }
            Entry::Leaf => {
                stack.push(Frame::Leaf);
                return self.leaf(stacks, values[0].i64());
            }
        }
        Ok(None)
    }

    /// `resume`, `resume_throw`, `resume_throw_ref`
    pub(super) fn site(&mut self, stacks: &mut Activation, Instr { a, b, c, .. }: Instr) -> Flow {
        let site = sites()[b as usize];
        if self.absent(site.kind, a) {
            return Ok(());
        }
        let acc = body(stacks).acc;
        let input = match site.how {
            How::Resume => Input::Values(self.arguments(site.kind, c, acc)),
            How::Throw1 => Input::Exception(Exception::One(acc)),
            How::Throw2 => Input::Exception(Exception::two(acc)),
            How::ThrowRef => match self.exns[(c >> 4 & 1) as usize].clone() {
                Some(exception) => Input::Exception(exception),
                None => {
                    self.trace.note(-2);
                    return Ok(());
                }
            },
        };
        let reference = self.take(site.kind, a);
        let Continuation {
            stacks: resumed,
            bound,
        } = self.consume(reference)?;
        body(stacks).wait = Wait::Site;
        push(stacks, Frame::Site { site, c, acc });
        stacks.extend(resumed);
        match input {
            Input::Values(values) => self.deliver(stacks, [bound, values].concat()),
            Input::Exception(exception) => self.raise(stacks, exception),
        }
    }

    fn arguments(&mut self, kind: Kind, c: u32, acc: i64) -> Vec<Value> {
        let other = (c + 1) % 4;
        match kind {
            Kind::Bound => vec![],
            Kind::Plain | Kind::WideRest => vec![Value::I64(acc)],
            Kind::Sym => vec![Value::I64(acc), Value::Cont(self.take(Kind::Sym, other))],
            Kind::Half => vec![Value::Cont(self.take(Kind::Sym, other))],
            Kind::Wide => wide_arguments(c >> 8, acc).to_vec(),
        }
    }

    /// `suspend`: the stacks behind the innermost site that handles the tag become a continuation.
    pub(super) fn suspend(&mut self, stacks: &mut Activation, tag: Tag, values: &[Value]) -> Flow {
        let (parent, clause) = handler(stacks, Clause::On(tag))?;
        let captured = stacks.split_off(parent + 1);
        let continuation = self.new_continuation(captured, vec![]);
        let (site, c, acc) = match stacks[parent].last() {
            Some(&Frame::Site { site, c, acc }) => (site, c, acc),
            Some(&Frame::Host { wide, .. }) => {
                return Err(self.hand_over(tag, wide, values, continuation));
            }
            _ => unreachable!("a handler belongs to a site or to the host"),
        };
        let value = self.store(tag, site, c, acc, values, continuation)?;
        self.trace.note(400 + clause as i64);
        self.trace.note(value);
        let result = value.wrapping_mul(3).wrapping_add(clause as i64);
        self.leave(stacks, vec![Value::I64(result)])
    }

    /// Stores what was captured, all bound but one `i64`; gives the payload.
    fn store(
        &mut self,
        tag: Tag,
        site: Site,
        c: u32,
        acc: i64,
        values: &[Value],
        captured: Ref,
    ) -> Flow<i64> {
        let one_left = if site.kind.is_wide() {
            Kind::WideRest
        } else {
            Kind::Plain
        };
        let to = c % 4;
        Ok(match tag {
            Tag::A | Tag::B | Tag::S | Tag::T => {
                self.set(one_left, to, captured);
                values.first().map_or(0, |value| value.i64())
            }
            Tag::C => {
                let bound = self.bind(captured, &[Value::F32(single(acc))])?;
                self.set(one_left, to, bound);
                fold_two(values[0].i32(), values[1].float(), values[2].external())
            }
            Tag::R => {
                let other = self.take(Kind::Plain, (to + 2) % 4);
                let bound = self.bind(captured, &[Value::Cont(other)])?;
                self.set(Kind::Bound, to, bound);
                self.set(Kind::Plain, to + 1, values[0].cont());
                0
            }
            Tag::X => {
                let given = [
                    Value::Extern(made(acc)),
                    Value::Func(function(shift(acc, 2))),
                ];
                let bound = self.bind(captured, &given)?;
                self.set(Kind::Bound, to, bound);
                mix(values[0].func().into(), fold_ref(values[1].external()))
            }
        })
    }

    /// `switch`: as `suspend`, but another continuation goes on in place of the captured one, which it
    /// gets as its last argument.
    pub(super) fn switch(&mut self, stacks: &mut Activation, Instr { op, a, b, c }: Instr) -> Flow {
        let half = op == Op::SwitchHalf;
        let kind = if half { Kind::Half } else { Kind::Sym };
        if self.absent(kind, a) {
            return Ok(());
        }
        let acc = body(stacks).acc;
        let reference = self.take(kind, a);
        self.check(reference)?;
        let tag = if b % 2 == 0 { Tag::S } else { Tag::T };
        let (parent, _) = handler(stacks, Clause::Switch(tag))?;
        let Continuation {
            stacks: resumed,
            bound: mut values,
        } = self.consume(reference)?;
        body(stacks).wait = Wait::Switch { to: c as usize };
        let captured = stacks.split_off(parent + 1);
        stacks.extend(resumed);
        if !half {
            values.push(Value::I64(acc));
        }
        values.push(Value::Cont(self.new_continuation(captured, vec![])));
        self.deliver(stacks, values)
    }
}

enum Input {
    Values(Vec<Value>),
    Exception(Exception),
}

/// Removes the topmost frame, and its stack if it was the last there.
pub(super) fn pop(stacks: &mut Activation) {
    let stack = stacks.last_mut().expect("an activation has a stack");
    stack.pop();
    if stack.is_empty() {
        stacks.pop();
    }
}

/// The innermost site with a clause, and which of its clauses that is: the first.
fn handler(stacks: &Activation, wanted: Clause) -> Flow<(usize, usize)> {
    let parents = stacks[..stacks.len() - 1].iter().enumerate().rev();
    let mut found = parents.filter_map(|(parent, stack)| match stack.last() {
        Some(Frame::Site { site, .. }) => {
            let clause = site.clauses.iter().position(|clause| *clause == wanted)?;
            Some((parent, clause))
        }
        Some(Frame::Host { handlers, .. }) => {
            let fits = |tag: &Tag| Clause::On(*tag) == wanted;
            Some((parent, handlers.iter().position(fits)?))
        }
        _ => None,
    });
    found.next().ok_or(End::Trapped(Trap::UnhandledTag))
}

impl WideBody {
    fn new(values: &[Value]) -> Self {
        Self {
            p1: values[1].i64(),
            p4: values[4].external(),
            p6: values[6].i32(),
            p7: values[7].i64(),
            p9: values[9].i64(),
            p11: values[11].i64(),
        }
    }

    fn results(&self, acc: i64) -> Vec<Value> {
        vec![
            Value::I64(acc),
            Value::I32(acc as i32),
            Value::I64(acc.wrapping_add(1)),
            Value::I64(self.p7),
            Value::Extern(self.p4),
            Value::I64(self.p9),
            Value::I32(self.p6),
            Value::F64(double(acc)),
            Value::I64(self.p1),
            Value::I64(self.p11),
        ]
    }
}

/// All values, mixed.
pub(super) fn fold_all(values: &[Value]) -> i64 {
    let words = values.iter().map(|value| fold(*value));
    words.reduce(mix).unwrap_or(0)
}

/// All but the index of the body.
fn fold_wide_arguments(values: &[Value]) -> i64 {
    fold_all(&values[1..])
}

fn fold(value: Value) -> i64 {
    match value {
        Value::I32(value) | Value::Func(value) => value.into(),
        Value::I64(value) => value,
        Value::F32(value) => whole(value.into()),
        Value::F64(value) => whole(value),
        Value::Extern(value) => fold_ref(value),
        Value::Cont(value) => value.is_none().into(),
    }
}
