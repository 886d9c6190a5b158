//! The instructions of a body, as script.rs describes them.

use super::{
    Activation, Body, End, Entry, Exception, Flow, Frame, Machine, Ref, Value, Wait, double,
    fold_ref, function, made, mix, shift, single, whole,
};
use crate::report::Trap;
use crate::script::{BLIND, Fault, Instr, Kind, Op, Tag, Try};

impl Body {
    pub(super) fn new(pc: u32, acc: i64) -> Self {
        Self {
            pc,
            acc,
            k: None,
            x: None,
            f: 0.0,
            wait: Wait::Call,
        }
    }
}

/// The frame that runs: between instructions it is always that of a body.
pub(super) fn body(stacks: &mut Activation) -> &mut Body {
    match stacks.last_mut().and_then(|stack| stack.last_mut()) {
        Some(Frame::Body(body)) => body,
        _ => unreachable!("only bodies run instructions"),
    }
}

pub(super) fn push(stacks: &mut Activation, frame: Frame) {
    stacks
        .last_mut()
        .expect("an activation has a stack")
        .push(frame);
}

impl Machine<'_> {
    /// Runs one instruction.
    pub(super) fn step(&mut self, stacks: &mut Activation) -> Flow {
        let body = body(stacks);
        let acc = body.acc;
        if self.fuel == 0 {
            return self.leave(stacks, vec![Value::I64(acc)]);
        }
        self.fuel -= 1;
        let instr = self.script.code[body.pc as usize];
        body.pc += 1;
        match instr.op {
            Op::End => self.leave(stacks, vec![Value::I64(acc)]),
            Op::Math | Op::Note | Op::Float | Op::Tail | Op::Loop => {
                self.compute(body, instr);
                Ok(())
            }
            Op::Call | Op::Deep | Op::Try => {
                self.call_body(stacks, instr);
                Ok(())
            }
            Op::NewPlain | Op::NewSym | Op::NewLeaf | Op::NewWide => {
                self.make(instr);
                Ok(())
            }
            Op::BindPlain | Op::BindSym | Op::BindHalf | Op::BindBoth | Op::BindWide => {
                self.bind_slot(instr, acc)
            }
            Op::Site => self.site(stacks, instr),
            Op::Switch | Op::SwitchHalf => self.switch(stacks, instr),
            Op::Throw1 => self.raise(stacks, Exception::One(acc)),
            Op::Throw2 => {
                let exception = Exception::Two(acc as i32, double(acc), body.x);
                self.raise(stacks, exception)
            }
            Op::ThrowRef => self.throw_ref(stacks, instr.a),
            Op::ToHost => {
                self.give_to_host(instr);
                Ok(())
            }
            Op::FromHost => self.take_from_host(instr),
            Op::Trap => Err(End::Trapped(fault(instr.a))),
            Op::Host => self.host(stacks, instr),
            Op::Hold | Op::Unhold | Op::MakeRef | Op::UseRef | Op::Move | Op::Copy | Op::Drop => {
                self.keep(body, instr);
                Ok(())
            }
            Op::Suspend
            | Op::SuspendBare
            | Op::SuspendMixed
            | Op::SuspendCont
            | Op::SuspendRefs => self.suspend_instr(stacks, instr),
        }
    }

    fn compute(&mut self, body: &mut Body, Instr { op, a, b, .. }: Instr) {
        let acc = body.acc;
        match op {
            Op::Math => {
                let factor = i64::from(a) << 1 | 1;
                body.acc = acc.wrapping_mul(factor).wrapping_add(b.into());
            }
            Op::Note => self.trace.note(acc),
            Op::Float => {
                body.f = body.f * 0.5 + double(acc);
                body.acc = acc.wrapping_add(whole(body.f));
            }
            // A new frame in place of this one.
            Op::Tail => *body = Body::new(a, acc.wrapping_add(1)),
            _ if acc & 3 != 0 => {
                body.acc = acc.wrapping_add(1);
                body.pc = a;
            }
            _ => {}
        }
    }

    fn call_body(&mut self, stacks: &mut Activation, Instr { op, a, b, c }: Instr) {
        let caller = body(stacks);
        let acc = caller.acc;
        caller.wait = if op == Op::Try { Wait::Try } else { Wait::Call };
        let acc = match op {
            Op::Call => acc.wrapping_add(1),
            Op::Deep => {
                self.fuel = self.fuel.saturating_sub(b);
                let sum = i64::from(b) * (i64::from(b) + 1) / 2;
                push(stacks, Frame::Deep { sum });
                acc.wrapping_add(sum)
            }
            _ => {
                let number = Try::ALL[b as usize];
                push(stacks, Frame::Try { number, c, acc });
                acc
            }
        };
        push(stacks, Frame::Body(Body::new(a, acc)));
    }

    fn make(&mut self, Instr { op, a, b, c }: Instr) {
        let (pc, to) = (Value::I32(b as i32), Value::I32(c as i32));
        let (kind, reference) = match op {
            Op::NewPlain => (Kind::Plain, self.fresh(Entry::Body, vec![pc])),
            Op::NewSym => (Kind::Sym, self.fresh(Entry::SymBody, vec![pc, to])),
            Op::NewLeaf => (Kind::Plain, self.fresh(Entry::Leaf, vec![])),
            _ => (Kind::Wide, self.fresh(Entry::WideBody, vec![])),
        };
        self.set(kind, a, reference);
    }

    fn bind_slot(&mut self, Instr { op, a, b, c }: Instr, acc: i64) -> Flow {
        let (from, to) = match op {
            Op::BindPlain => (Kind::Plain, Kind::Bound),
            Op::BindSym => (Kind::Sym, Kind::Half),
            Op::BindHalf => (Kind::Half, Kind::Bound),
            Op::BindBoth => (Kind::Sym, Kind::Bound),
            _ => (Kind::Wide, Kind::WideRest),
        };
        if self.absent(from, a) {
            return Ok(());
        }
        let values = match op {
            Op::BindPlain | Op::BindSym => vec![Value::I64(acc)],
            Op::BindHalf => vec![Value::Cont(self.take(Kind::Sym, c))],
            Op::BindBoth => vec![Value::I64(acc), Value::Cont(self.take(Kind::Sym, c))],
            _ => wide_arguments(c, acc)[..11].to_vec(),
        };
        let reference = self.take(from, a);
        let bound = self.bind(reference, &values)?;
        self.set(to, b, bound);
        Ok(())
    }

    fn throw_ref(&mut self, stacks: &mut Activation, slot: u32) -> Flow {
        match self.exns[slot as usize & 1].clone() {
            Some(exception) => self.raise(stacks, exception),
            None if slot & BLIND == 0 => {
                self.trace.note(-1);
                Ok(())
            }
            None => Err(End::Trapped(Trap::NullException)),
        }
    }

    fn suspend_instr(&mut self, stacks: &mut Activation, Instr { op, a, b, .. }: Instr) -> Flow {
        if op == Op::SuspendCont && self.absent(Kind::Plain, a) {
            return Ok(());
        }
        let body = body(stacks);
        let (acc, x, even) = (body.acc, Value::Extern(body.x), a % 2 == 0);
        let (wait, tag, values) = match op {
            Op::Suspend => {
                let tag = if even { Tag::A } else { Tag::B };
                (Wait::Suspend, tag, vec![Value::I64(acc)])
            }
            Op::SuspendBare => (Wait::Suspend, if even { Tag::S } else { Tag::T }, vec![]),
            Op::SuspendMixed => {
                let values = vec![Value::I32(acc as i32), Value::F64(double(acc)), x];
                (Wait::SuspendMixed, Tag::C, values)
            }
            Op::SuspendCont => {
                let payload = Value::Cont(self.take(Kind::Plain, a));
                (Wait::SuspendCont { to: b as usize }, Tag::R, vec![payload])
            }
            _ => (
                Wait::SuspendRefs,
                Tag::X,
                vec![Value::Func(function(acc)), x],
            ),
        };
        body.wait = wait;
        self.suspend(stacks, tag, &values)
    }

    fn keep(&mut self, body: &mut Body, Instr { op, a, b, .. }: Instr) {
        match op {
            Op::Hold => body.k = self.take(Kind::Plain, a),
            Op::Unhold => self.set(Kind::Plain, a, body.k.take()),
            Op::MakeRef => body.x = made(body.acc),
            Op::UseRef => {
                body.acc = mix(body.acc, fold_ref(body.x));
                self.trace.note(body.acc);
            }
            Op::Move => {
                let moved = self.take(Kind::Plain, a);
                self.set(Kind::Plain, b, moved);
            }
            Op::Copy => {
                let copied: Ref = *self.slot(Kind::Plain, a);
                self.set(Kind::Plain, b, copied);
            }
            _ => self.set(Kind::ALL[a as usize], b, None),
        }
    }
}

/// What a wide continuation gets.
pub(super) fn wide_arguments(pc: u32, acc: i64) -> [Value; 12] {
    [
        Value::I32(pc as i32),
        Value::I64(acc),
        Value::F32(single(acc)),
        Value::F64(double(acc)),
        Value::Extern(made(acc)),
        Value::Func(function(acc)),
        Value::I32(shift(acc, 3) as i32),
        Value::I64(acc.wrapping_add(1)),
        Value::F64(double(shift(acc, 1))),
        Value::I64(acc.wrapping_add(2)),
        Value::F32(single(shift(acc, 4))),
        Value::I64(acc.wrapping_add(3)),
    ]
}

fn fault(how: u32) -> Trap {
    const UNREACHABLE: u32 = Fault::Unreachable as u32;
    const DIVISION: u32 = Fault::Division as u32;
    const MEMORY: u32 = Fault::Memory as u32;
    const NULL_FUNCTION: u32 = Fault::NullFunction as u32;
    match how {
        UNREACHABLE => Trap::Unreachable,
        DIVISION => Trap::DivideByZero,
        MEMORY => Trap::OutOfBounds,
        NULL_FUNCTION => Trap::NullFunction,
        _ => Trap::StackOverflow,
    }
}
