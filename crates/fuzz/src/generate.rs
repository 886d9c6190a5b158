//! Scripts from seeds.
//!
//! Most programs should do something worth comparing: slots are few so that instructions meet, most
//! sites handle every tag, and bodies that the host calls seldom suspend. A share goes wrong on
//! purpose: references that are used twice, null ones, tags without handlers, traps.

use crate::random::Random;
use crate::script::{
    BLIND, EXN_SLOTS, Fault, HeldWord, HostCall, How, Instr, KEEP, Kind, Op, SLOTS, Script, Site,
    Step, Try, sites,
};

/// Instructions of a body at most, its `End` included; body `i` begins at `i` times this.
const BODY: u32 = 20;

/// The script of a seed.
pub fn generate(seed: u64) -> Script {
    let mut random = Random::new(seed);
    let main = 2 + random.below(3);
    let inner = 4 + random.below(5);
    let mut generator = Generator {
        random,
        main,
        inner,
        code: Vec::new(),
        in_main: true,
    };
    for i in 0..main + inner {
        generator.in_main = i < main;
        generator.fill_body();
    }
    let steps = generator.steps();
    let fuel = 40 + generator.random.below(300);
    let code = generator.code;
    Script { code, steps, fuel }
}

fn instr(op: Op, a: u32, b: u32, c: u32) -> Instr {
    Instr { op, a, b, c }
}

struct Generator {
    random: Random,
    /// How many bodies there are for the host to call; they come first.
    main: u32,
    /// How many there are for continuations.
    inner: u32,
    code: Vec<Instr>,
    in_main: bool,
}

/// What bodies for the host to call are made of.
const MAIN: &[(u32, Op)] = &[
    (40, Op::Site),
    (14, Op::NewPlain),
    (8, Op::NewSym),
    (3, Op::NewLeaf),
    (5, Op::NewWide),
    (4, Op::Loop),
    (10, Op::Host),
    (6, Op::Try),
    (3, Op::Call),
    (12, Op::Note),
    (1, Op::Suspend),
    (1, Op::Switch),
    (4, Op::ToHost),
    (4, Op::FromHost),
];

/// What continuations are made of, and sometimes the others.
const INNER: &[(u32, Op)] = &[
    (24, Op::Suspend),
    (6, Op::SuspendBare),
    (7, Op::SuspendMixed),
    (6, Op::SuspendCont),
    (7, Op::SuspendRefs),
    (12, Op::Switch),
    (5, Op::SwitchHalf),
    (30, Op::Site),
    (14, Op::NewPlain),
    (10, Op::NewSym),
    (3, Op::NewLeaf),
    (4, Op::NewWide),
    (12, Op::Host),
    (12, Op::Try),
    (3, Op::Throw1),
    (3, Op::Throw2),
    (2, Op::ThrowRef),
    (1, Op::Trap),
    (8, Op::Call),
    (8, Op::Deep),
    (2, Op::Tail),
    (6, Op::Loop),
    (5, Op::ToHost),
    (4, Op::FromHost),
];

/// What the host does with its continuations.
const HELD: &[(u32, HostCall)] = &[
    (14, HostCall::MakeHeld),
    (60, HostCall::ResumeHeld),
    (7, HostCall::ThrowHeld1),
    (5, HostCall::ThrowHeld2),
    (4, HostCall::ThrowHeldCaught),
    (4, HostCall::MisuseHeld),
    (5, HostCall::DropHeld),
];

/// What may stand anywhere.
const COMMON: &[(u32, Op)] = &[
    (4, Op::Math),
    (3, Op::Note),
    (3, Op::Float),
    (4, Op::BindPlain),
    (4, Op::BindSym),
    (3, Op::BindHalf),
    (3, Op::BindBoth),
    (4, Op::BindWide),
    (3, Op::Hold),
    (3, Op::Unhold),
    (3, Op::MakeRef),
    (3, Op::UseRef),
    (2, Op::Move),
    (1, Op::Copy),
    (2, Op::Drop),
    (1, Op::End),
];

impl Generator {
    fn fill_body(&mut self) {
        let start = self.code.len();
        let length = start + 4 + self.random.below(BODY - 4) as usize;
        while self.code.len() < length {
            if self.random.chance(45) {
                self.pattern()
            } else {
                self.single()
            }
        }
        self.code.truncate(length);
        self.code
            .resize(start + BODY as usize, instr(Op::End, 0, 0, 0));
    }

    fn push(&mut self, op: Op, a: u32, b: u32, c: u32) {
        self.code.push(instr(op, a, b, c));
    }

    fn single(&mut self) {
        let random = &mut self.random;
        let op = if random.chance(28) {
            random.weighted(COMMON)
        } else if self.in_main && random.chance(97) {
            random.weighted(MAIN)
        } else {
            random.weighted(INNER)
        };
        let instr = self.operands(op);
        self.code.push(instr);
    }

    /// Some instructions that fit each other.
    fn pattern(&mut self) {
        if !self.in_main {
            match self.random.below(100) {
                0..45 => return self.suspend_often(),
                45..53 => return self.switch_often(),
                53..61 => return self.keep_over_a_suspension(),
                61..68 => return self.throw_after_a_while(),
                68..76 => {
                    let try_ = self.operands(Op::Try);
                    return self.code.push(try_);
                }
                _ => {}
            }
        }
        match self.random.below(8) {
            0 | 1 => self.drive_a_generator(),
            7 => self.let_the_host_drive(),
            2 => {
                let (s, t) = (self.slot(), self.slot());
                let body = self.inner_body();
                self.push(Op::NewPlain, s, body, 0);
                self.push(Op::BindPlain, s, t, 0);
                self.site(Kind::Bound, t, s);
                self.site(Kind::Plain, s, s);
            }
            3 => {
                let s = self.new_sym();
                self.site(Kind::Sym, s, s);
                self.site(Kind::Plain, s, s);
            }
            4 => self.bind_half(),
            5 => self.use_wide(),
            _ => {
                let body = self.main_body();
                self.push(Op::Host, HostCall::Start as u32, body, 0);
                self.single();
                self.push(Op::Host, HostCall::Wake as u32, 0, 0);
            }
        }
    }

    fn drive_a_generator(&mut self) {
        let (s, body) = (self.slot(), self.inner_body());
        self.push(Op::NewPlain, s, body, 0);
        let start = self.code.len() as u32;
        self.site(Kind::Plain, s, s);
        if self.random.chance(30) {
            self.single();
        }
        self.push(Op::Loop, start, 0, 0);
    }

    fn throw_after_a_while(&mut self) {
        if self.random.chance(60) {
            self.single();
        }
        let throw = self.random.pick(&[Op::Throw1, Op::Throw2]);
        self.push(throw, 0, 0, 0);
    }

    /// A generator that the host resumes; what is left of it comes back.
    fn let_the_host_drive(&mut self) {
        let (s, body) = (self.slot(), self.inner_body());
        let kind = self.random.weighted(&[(70, Kind::Plain), (30, Kind::Sym)]);
        if kind == Kind::Sym {
            self.push(Op::NewSym, s, body, s);
        } else {
            self.push(Op::NewPlain, s, body, 0);
        }
        self.push(Op::ToHost, s, kind as u32, 0);
        let start = self.code.len() as u32;
        let word = self.held_word();
        self.push(Op::Host, HostCall::ResumeHeld as u32, word, 0);
        if self.random.chance(40) {
            self.single();
        }
        if self.random.chance(60) {
            self.push(Op::Loop, start, 0, 0);
        }
        if self.random.chance(60) {
            let word = self.held_word();
            self.push(Op::FromHost, s, Kind::Plain as u32, word);
            self.site(Kind::Plain, s, s);
        }
    }

    /// Gives the slot.
    fn new_sym(&mut self) -> u32 {
        let (s, body, from) = (self.slot(), self.inner_body(), self.slot());
        self.push(Op::NewSym, s, body, from);
        s
    }

    fn bind_half(&mut self) {
        let (s, t) = (self.new_sym(), self.slot());
        self.push(Op::BindSym, s, t, 0);
        if self.random.chance(30) {
            self.push(Op::BindHalf, t, s, t);
        } else if !self.in_main && self.random.chance(50) {
            self.push(Op::SwitchHalf, t, s % 2, t);
        }
        self.site(Kind::Half, t, s);
        self.site(Kind::Bound, s, s);
    }

    fn use_wide(&mut self) {
        let (s, t, body) = (self.slot(), self.slot(), self.inner_body());
        self.push(Op::NewWide, s, 0, 0);
        if self.random.chance(50) {
            self.push(Op::BindWide, s, t, body);
        } else {
            self.site(Kind::Wide, s, t);
        }
        self.site(Kind::WideRest, t, t);
    }

    fn switch_often(&mut self) {
        let (s, tag) = (self.new_sym(), self.random.below(2));
        let start = self.code.len() as u32;
        self.push(Op::Switch, s, tag, s);
        self.push(Op::Loop, start, 0, 0);
    }

    fn keep_over_a_suspension(&mut self) {
        self.push(Op::MakeRef, 0, 0, 0);
        let op = self
            .random
            .pick(&[Op::SuspendMixed, Op::Suspend, Op::SuspendRefs]);
        let suspend = self.operands(op);
        self.code.push(suspend);
        self.push(Op::UseRef, 0, 0, 0);
    }

    /// What a generator does.
    fn suspend_often(&mut self) {
        let start = self.code.len() as u32;
        let op = self.random.weighted(&[
            (10, Op::Suspend),
            (3, Op::SuspendBare),
            (4, Op::SuspendMixed),
            (4, Op::SuspendRefs),
            (3, Op::SuspendCont),
        ]);
        let suspend = self.operands(op);
        self.code.push(suspend);
        if self.random.chance(30) {
            self.single();
        }
        if self.random.chance(60) {
            self.push(Op::Loop, start, 0, 0);
        }
    }

    fn operands(&mut self, op: Op) -> Instr {
        let (a, b, c) = match op {
            Op::End
            | Op::Note
            | Op::Float
            | Op::Throw1
            | Op::Throw2
            | Op::MakeRef
            | Op::UseRef
            | Op::SuspendMixed
            | Op::SuspendRefs => (0, 0, 0),
            Op::Math => (self.random.below(1 << 10), self.random.below(1 << 20), 0),
            Op::Call | Op::Tail => (self.body(), 0, 0),
            Op::Deep => (self.body(), self.depth(), 0),
            Op::Loop => (self.earlier(), 0, 0),
            Op::NewPlain => (self.slot(), self.inner_body(), 0),
            Op::NewSym => (self.slot(), self.inner_body(), self.slot()),
            Op::NewLeaf | Op::NewWide | Op::Unhold => (self.slot(), 0, 0),
            Op::BindPlain | Op::BindSym => (self.slot_word(), self.slot(), 0),
            Op::BindHalf => (self.slot_word(), self.slot(), self.slot()),
            Op::BindBoth => {
                let a = self.slot_word();
                (a, self.slot(), (a + 1) % SLOTS)
            }
            Op::BindWide => (self.slot_word(), self.slot(), self.inner_body()),
            Op::Site => return self.any_site(),
            Op::Suspend | Op::SuspendBare => (self.random.below(2), 0, 0),
            Op::SuspendCont => (self.slot_word(), self.slot(), 0),
            Op::Switch | Op::SwitchHalf => (self.slot_word(), self.random.below(2), self.slot()),
            Op::Try => {
                let number = self.random.below(Try::ALL.len() as u32);
                let slot = self.random.below(EXN_SLOTS);
                (self.body(), number, slot | self.body() << 8)
            }
            Op::ToHost => (self.slot_word(), self.host_kind(), 0),
            Op::FromHost => {
                let any = if self.random.chance(2) {
                    HeldWord::PASS_ON
                } else {
                    0
                };
                let word = self.held_word() & !HeldWord::PASS_ON | any;
                (self.slot(), self.slot_kind() as u32, word)
            }
            Op::ThrowRef => {
                let blind = if self.random.chance(5) { BLIND } else { 0 };
                (self.random.below(EXN_SLOTS) | blind, 0, 0)
            }
            Op::Trap => (self.fault() as u32, 0, 0),
            Op::Host => return self.host_call(),
            Op::Hold => (self.slot_word(), 0, 0),
            Op::Move => (self.slot_word(), self.slot(), 0),
            Op::Copy => (self.slot(), self.slot(), 0),
            Op::Drop => (self.random.below(Kind::ALL.len() as u32), self.slot(), 0),
        };
        instr(op, a, b, c)
    }

    fn slot(&mut self) -> u32 {
        self.random.weighted(&[(45, 0), (30, 1), (15, 2), (10, 3)])
    }

    fn slot_word(&mut self) -> u32 {
        let keep = if self.random.chance(4) { KEEP } else { 0 };
        let blind = if self.random.chance(1) { BLIND } else { 0 };
        self.slot() | keep | blind
    }

    /// Kind of a slot, those that continuations are mostly in more often.
    fn slot_kind(&mut self) -> Kind {
        self.random.weighted(&[
            (60, Kind::Plain),
            (16, Kind::Sym),
            (10, Kind::Bound),
            (5, Kind::Half),
            (4, Kind::Wide),
            (5, Kind::WideRest),
        ])
    }

    /// As for [`Op::ToHost`].
    fn host_kind(&mut self) -> u32 {
        if self.random.chance(3) {
            Kind::ALL.len() as u32
        } else {
            self.slot_kind() as u32
        }
    }

    fn held_word(&mut self) -> u32 {
        let random = &mut self.random;
        let which = random.weighted(&[(60, 0), (20, 1), (10, 2), (10, 15)]);
        let handlers = random.weighted(&[(75, 0), (7, 1), (10, 2), (8, 3)]);
        let keep = if random.chance(5) { HeldWord::KEEP } else { 0 };
        let pass_on = if random.chance(20) {
            HeldWord::PASS_ON
        } else {
            0
        };
        which | handlers << 4 | keep | pass_on | self.inner_body() << 8
    }

    /// An instruction of this body.
    fn earlier(&mut self) -> u32 {
        let here = self.code.len() as u32;
        here - self.random.below(here % BODY + 1)
    }

    /// A body to call from here.
    fn body(&mut self) -> u32 {
        if self.in_main {
            self.main_body()
        } else {
            self.inner_body()
        }
    }

    fn main_body(&mut self) -> u32 {
        // One of the others probably suspends without a handler.
        if self.random.chance(4) {
            self.inner_body()
        } else {
            BODY * self.random.below(self.main)
        }
    }

    fn inner_body(&mut self) -> u32 {
        BODY * (self.main + self.random.below(self.inner))
    }

    fn depth(&mut self) -> u32 {
        let most = self.random.weighted(&[(70, 16), (25, 100), (5, 1000)]);
        self.random.below(most)
    }

    fn fault(&mut self) -> Fault {
        self.random.weighted(&[
            (30, Fault::Unreachable),
            (30, Fault::Division),
            (20, Fault::Memory),
            (15, Fault::NullFunction),
            (5, Fault::Overflow),
        ])
    }

    fn any_site(&mut self) -> Instr {
        let kind = self.random.weighted(&[
            (45, Kind::Plain),
            (20, Kind::Sym),
            (14, Kind::Bound),
            (6, Kind::Half),
            (6, Kind::Wide),
            (9, Kind::WideRest),
        ]);
        let from = self.slot_word();
        let to = if self.random.chance(60) {
            from % SLOTS
        } else {
            self.slot()
        };
        self.site_instr(kind, from, to)
    }

    fn site(&mut self, kind: Kind, from: u32, to: u32) {
        let site = self.site_instr(kind, from, to);
        self.code.push(site);
    }

    /// An instruction that uses a continuation of a kind, mostly with handlers for every tag.
    fn site_instr(&mut self, kind: Kind, from: u32, to: u32) -> Instr {
        let how = self.random.weighted(&[
            (88, How::Resume),
            (5, How::Throw1),
            (3, How::Throw2),
            (4, How::ThrowRef),
        ]);
        let fits = |(_, site): &(usize, &Site)| site.kind == kind && site.how == how;
        let numbers = sites()
            .iter()
            .enumerate()
            .filter(fits)
            .map(|(i, _)| i as u32);
        let numbers: Vec<u32> = numbers.collect();
        let every_tag = self.random.chance(if self.in_main { 97 } else { 45 });
        let number = if every_tag {
            numbers[0]
        } else {
            self.random.pick(&numbers)
        };
        let exn = self.random.below(EXN_SLOTS);
        instr(
            Op::Site,
            from,
            number,
            to | exn << 4 | self.inner_body() << 8,
        )
    }

    fn host_call(&mut self) -> Instr {
        if self.random.chance(25) {
            let what = self.random.weighted(HELD);
            return instr(Op::Host, what as u32, self.held_word(), 0);
        }
        let what = self.random.weighted(&[
            (8, HostCall::Value),
            (14, HostCall::Swallow),
            (8, HostCall::Propagate),
            (4, HostCall::Throw),
            (2, HostCall::ThrowCaught),
            (1, HostCall::Trap),
            (1, HostCall::Fail),
            (20, HostCall::Pending),
            (8, HostCall::Collect),
            (14, HostCall::Start),
            (12, HostCall::Wake),
            (4, HostCall::ThrowInto),
            (3, HostCall::Cancel),
        ]);
        let argument = match what {
            HostCall::Swallow | HostCall::Propagate | HostCall::Start => self.main_body(),
            _ => self.random.below(8),
        };
        instr(Op::Host, what as u32, argument, 0)
    }

    fn steps(&mut self) -> Vec<Step> {
        let mut steps = vec![Step::Start(0, self.value())];
        if self.random.chance(25) {
            self.drive_from_outside(&mut steps);
        }
        for _ in 0..self.random.below(8) {
            let (which, value) = (self.random.below(4), self.value());
            let held = self.random.weighted(HELD);
            let held = Step::Held(held, self.held_word(), value);
            let start = Step::Start(self.main_body(), value);
            steps.push(self.random.weighted(&[
                (40, start),
                (35, Step::Wake(which, value)),
                (8, Step::ThrowInto(which, value)),
                (4, Step::Fail(which)),
                (4, Step::Cancel(which)),
                (9, Step::Collect),
                (40, held),
            ]));
        }
        steps
    }

    /// The embedder makes a continuation and resumes it some times.
    fn drive_from_outside(&mut self, steps: &mut Vec<Step>) {
        let what = self.random.below(3);
        steps.push(Step::Held(HostCall::MakeHeld, what << 8, 0));
        for _ in 0..1 + self.random.below(4) {
            let (word, value) = (self.held_word(), self.value());
            steps.push(Step::Held(HostCall::ResumeHeld, word, value));
        }
    }

    fn value(&mut self) -> i64 {
        let bits = self.random.bits() as i64;
        if self.random.chance(70) {
            bits & 0xff
        } else {
            bits
        }
    }
}
