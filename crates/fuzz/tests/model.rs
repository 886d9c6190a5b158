//! What the model says of scripts written by hand: each test is a rule of the proposal.

use bident_fuzz::script::{Clause, How, Tag};
use bident_fuzz::script::{Fault, HeldWord, HostCall, Instr, KEEP, Kind, Op, Step, Try, sites};
use bident_fuzz::{Outcome, Report, Script, Trap, predict};

/// Runs bodies of at most 8 instructions: body `i` begins at `8 i`. Body 0 is started with 1.
fn run(bodies: &[&[Instr]]) -> Report {
    run_steps(bodies, &[Step::Start(0, 1)])
}

fn run_steps(bodies: &[&[Instr]], steps: &[Step]) -> Report {
    let mut code = Vec::new();
    for (i, body) in bodies.iter().enumerate() {
        code.extend_from_slice(body);
        code.resize(8 * (i + 1), instr(Op::End, 0, 0, 0));
    }
    predict(&Script {
        code,
        steps: steps.to_vec(),
        fuel: 1000,
    })
}

fn instr(op: Op, a: u32, b: u32, c: u32) -> Instr {
    Instr { op, a, b, c }
}

/// Uses slot `a`; what is captured goes back there.
fn site(how: How, kind: Kind, clauses: &[Clause], a: u32) -> Instr {
    let fits = |site: &bident_fuzz::script::Site| {
        site.how == how && site.kind == kind && site.clauses == clauses
    };
    let number = sites().iter().position(fits).expect("there is such a site");
    instr(Op::Site, a, number as u32, a % 4)
}

fn resume(clauses: &[Clause]) -> Instr {
    site(How::Resume, Kind::Plain, clauses, 0)
}

/// The host does something with the first of its continuations.
fn host(what: HostCall, word: u32) -> Instr {
    instr(Op::Host, what as u32, word, 0)
}

/// Gives `Plain[0]` to the host.
const TO_HOST: Instr = Instr {
    op: Op::ToHost,
    a: 0,
    b: Kind::Plain as u32,
    c: 0,
};
/// In a held word: the second list of handlers, which is empty.
const NO_HANDLERS: u32 = 1 << 4;

const A: Clause = Clause::On(Tag::A);
const B: Clause = Clause::On(Tag::B);
const S: Clause = Clause::Switch(Tag::S);

#[test]
fn a_continuation_runs_and_returns() {
    // acc = 1; the body gives 1 * 3 + 5; the site 1 + 8 * 3.
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[])],
        &[instr(Op::Math, 1, 5, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Returned(25)]);
    assert_eq!(report.trace, [500, 8]);
}

#[test]
fn a_suspension_reaches_its_clause_and_goes_on() {
    // Suspends with 1 to clause 1 of (B, A): 1 * 3 + 1 = 4; resumed with 4: 1 * 31 + 4 = 35.
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[B, A]), resume(&[])],
        &[instr(Op::Suspend, 0, 0, 0)],
    ]);
    assert_eq!(report.trace, [401, 1, 4, 500, 35]);
    assert_eq!(report.outcomes, [Outcome::Returned(4 + 35 * 3)]);
}

#[test]
fn a_suspension_passes_sites_without_its_tag() {
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[A]), resume(&[])],
        &[instr(Op::NewPlain, 0, 16, 0), resume(&[S])],
        &[instr(Op::Suspend, 0, 0, 0), instr(Op::Note, 0, 0, 0)],
    ]);
    // Both stacks are captured, and go on as one.
    assert_eq!(report.trace, [400, 1, 3, 34, 500, 34, 500, 103]);
}

#[test]
fn a_tag_without_handler_traps() {
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[A])],
        &[instr(Op::Suspend, 1, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::UnhandledTag)]);
}

#[test]
fn a_continuation_is_used_once() {
    let again = Instr {
        a: KEEP,
        ..resume(&[])
    };
    let report = run(&[&[instr(Op::NewPlain, 0, 8, 0), again, again], &[]]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::Consumed)]);
}

#[test]
fn binding_uses_up_what_it_binds() {
    let report = run(&[
        &[
            instr(Op::NewPlain, 0, 8, 0),
            instr(Op::BindPlain, KEEP, 0, 0),
            resume(&[]),
        ],
        &[],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::Consumed)]);
}

#[test]
fn switch_goes_there_and_back() {
    // The first switches to the second with its 1; that switches back with 1.
    let report = run(&[
        &[
            instr(Op::NewSym, 1, 16, 2),
            instr(Op::NewPlain, 0, 8, 0),
            resume(&[S]),
        ],
        &[instr(Op::Switch, 1, 0, 1)],
        &[instr(Op::Switch, 2, 0, 2)],
    ]);
    assert_eq!(report.trace, [200, 1, 1, 500, 32]);
    assert_eq!(report.outcomes, [Outcome::Returned(97)]);
}

#[test]
fn suspend_does_not_use_a_switch_clause() {
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[S])],
        &[instr(Op::SuspendBare, 0, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::UnhandledTag)]);
}

#[test]
fn an_exception_unwinds_stacks_up_to_its_catch() {
    let report = run(&[
        &[instr(Op::Try, 8, Try::One as u32, 0)],
        &[instr(Op::NewPlain, 0, 16, 0), resume(&[A])],
        &[instr(Op::Throw1, 0, 0, 0)],
    ]);
    assert_eq!(report.trace, [301, 1, 2]);
    assert_eq!(report.outcomes, [Outcome::Returned(2)]);
}

#[test]
fn resume_throw_raises_where_the_continuation_waits() {
    let report = run(&[
        &[
            instr(Op::NewPlain, 0, 8, 0),
            resume(&[A, B]),
            site(How::Throw1, Kind::Plain, &[A, B], 0),
        ],
        &[instr(Op::Try, 16, Try::All as u32, 0)],
        &[instr(Op::Suspend, 0, 0, 0)],
    ]);
    // Caught with 1 + 3, noted by the body, which returns it.
    assert_eq!(report.trace, [400, 1, 303, 4, 500, 4]);
}

#[test]
fn resume_throw_into_a_fresh_continuation_never_runs_it() {
    let throw = site(How::Throw1, Kind::Plain, &[], 0);
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), throw],
        &[instr(Op::Note, 0, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Exception(1, 1)]);
    assert!(report.trace.is_empty());
}

#[test]
fn a_trap_ends_the_whole_chain_and_is_not_caught() {
    let report = run(&[
        &[instr(Op::Try, 8, Try::All as u32, 0)],
        &[instr(Op::NewPlain, 0, 16, 0), resume(&[A])],
        &[instr(Op::Trap, Fault::Division as u32, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::DivideByZero)]);
}

#[test]
fn a_host_frame_is_a_barrier() {
    let report = run(&[
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[A])],
        &[instr(Op::Host, HostCall::Propagate as u32, 16, 0)],
        &[instr(Op::Suspend, 0, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::UnhandledTag)]);
}

#[test]
fn a_pending_host_function_parks_the_whole_chain() {
    let bodies: [&[Instr]; 2] = [
        &[instr(Op::NewPlain, 0, 8, 0), resume(&[A])],
        &[instr(Op::Host, HostCall::Pending as u32, 0, 0)],
    ];
    let report = run_steps(&bodies, &[Step::Start(0, 1), Step::Wake(0, 7)]);
    assert_eq!(
        report.outcomes,
        [Outcome::Parked, Outcome::Returned(1 + 7 * 3)]
    );
    let report = run_steps(&bodies, &[Step::Start(0, 1), Step::ThrowInto(0, 7)]);
    assert_eq!(report.outcomes, [Outcome::Parked, Outcome::Exception(1, 7)]);
}

#[test]
fn a_pending_host_function_where_nobody_waits_is_an_error() {
    let report = run(&[
        &[instr(Op::Host, HostCall::Propagate as u32, 8, 0)],
        &[instr(Op::Host, HostCall::Pending as u32, 0, 0)],
    ]);
    assert_eq!(report.outcomes, [Outcome::Barrier]);
}

#[test]
fn the_host_handles_a_suspension() {
    // Suspends with 1, which makes 1 * 7 + 0; goes on with that, and returns 1 * 31 + 7.
    let report = run(&[
        &[
            instr(Op::NewPlain, 0, 8, 0),
            TO_HOST,
            host(HostCall::ResumeHeld, 0),
            host(HostCall::ResumeHeld, 0),
        ],
        &[instr(Op::Suspend, 0, 0, 0)],
    ]);
    assert_eq!(report.trace, [7, 7, 38]);
    assert_eq!(report.outcomes, [Outcome::Returned(38)]);
    assert!(report.held.is_empty());
}

#[test]
fn the_host_handles_no_other_tag_and_no_switch() {
    let make = instr(Op::NewPlain, 0, 8, 0);
    for (word, body) in [
        (NO_HANDLERS, vec![instr(Op::Suspend, 0, 0, 0)]),
        (
            0,
            vec![instr(Op::NewSym, 1, 16, 2), instr(Op::Switch, 1, 0, 1)],
        ),
    ] {
        let resume = host(HostCall::ResumeHeld, word | HeldWord::PASS_ON);
        let report = run(&[&[make, TO_HOST, resume], &body, &[]]);
        assert_eq!(report.outcomes, [Outcome::Trap(Trap::UnhandledTag)]);
    }
}

#[test]
fn what_the_host_handled_goes_on_in_webassembly() {
    let back = instr(Op::FromHost, 0, Kind::Plain as u32, 0);
    let report = run(&[
        &[
            instr(Op::NewPlain, 0, 8, 0),
            TO_HOST,
            host(HostCall::ResumeHeld, 0),
            back,
            resume(&[]),
        ],
        &[instr(Op::Suspend, 0, 0, 0)],
    ]);
    // It is not null; 1 * 31 + 7.
    assert_eq!(report.trace, [7, 0, 7, 500, 38]);
}

#[test]
fn what_the_host_used_is_used_for_everyone() {
    let back = instr(Op::FromHost, 0, Kind::Plain as u32, 0);
    let report = run(&[
        &[
            instr(Op::NewPlain, 0, 8, 0),
            TO_HOST,
            host(HostCall::ResumeHeld, HeldWord::KEEP),
            instr(Op::FromHost, 0, Kind::Plain as u32, HeldWord::KEEP),
            back,
            resume(&[]),
        ],
        &[],
    ]);
    assert_eq!(report.outcomes, [Outcome::Trap(Trap::Consumed)]);
}

#[test]
fn a_continuation_of_another_type_is_refused() {
    let wrong = instr(Op::FromHost, 0, Kind::Bound as u32, HeldWord::PASS_ON);
    let report = run(&[&[instr(Op::NewPlain, 0, 8, 0), TO_HOST, wrong], &[]]);
    assert_eq!(report.outcomes, [Outcome::Misused]);
}

#[test]
fn misuse_does_not_use_it() {
    let bodies: [&[Instr]; 2] = [&[instr(Op::NewPlain, 0, 8, 0), TO_HOST], &[]];
    let misuse = Step::Held(HostCall::MisuseHeld, 0, 0);
    let report = run_steps(&bodies, &[Step::Start(0, 1), misuse]);
    assert_eq!(report.outcomes, [Outcome::Returned(1), Outcome::Misused]);
    assert_eq!(report.held, [false]);
}

#[test]
fn the_embedder_drives_what_it_made() {
    let bodies: [&[Instr]; 2] = [&[], &[instr(Op::Suspend, 1, 0, 0)]];
    let make = Step::Held(HostCall::MakeHeld, 0, 0);
    let resume = |acc| Step::Held(HostCall::ResumeHeld, 8 << 8, acc);
    let throw = Step::Held(HostCall::ThrowHeld1, 0, 4);
    // The tag has number 1; the body goes on with 3, or with an exception.
    let report = run_steps(&bodies, &[make, resume(2), resume(3)]);
    let returned = Outcome::Returned(2 * 31 + 3);
    assert_eq!(report.outcomes, [Outcome::Suspended(1, 2), returned]);
    let report = run_steps(&bodies, &[make, resume(2), throw]);
    let thrown = Outcome::Exception(1, 4);
    assert_eq!(report.outcomes, [Outcome::Suspended(1, 2), thrown]);
}

#[test]
fn a_continuation_of_the_host_parks_and_is_still_handled() {
    let bodies: [&[Instr]; 2] = [
        &[],
        &[
            instr(Op::Host, HostCall::Pending as u32, 0, 0),
            instr(Op::Suspend, 0, 0, 0),
        ],
    ];
    let make = Step::Held(HostCall::MakeHeld, 0, 0);
    let resume = Step::Held(HostCall::ResumeHeld, 8 << 8, 2);
    let report = run_steps(&bodies, &[make, resume, Step::Wake(0, 9)]);
    assert_eq!(report.outcomes, [Outcome::Parked, Outcome::Suspended(0, 9)]);
    assert_eq!(report.held, [false]);
}

/// Body 16 throws exception 1, body 8 runs it within a `try`; `clause` is the body of a clause.
fn try_throw(number: Try, throw: Op, clause: u32) -> Report {
    run(&[
        &[instr(Op::Try, 8, Try::All as u32, 0)],
        &[instr(Op::Try, 16, number as u32, clause << 8)],
        &[instr(throw, 0, 0, 0)],
        // Body 24, which throws something else, and body 32.
        &[instr(Op::Throw2, 0, 0, 0)],
        &[instr(Op::Math, 0, 7, 0)],
    ])
}

#[test]
fn the_older_instructions_catch_what_they_name() {
    let caught = |number, throw| try_throw(number, throw, 32).trace[0];
    assert_eq!(caught(Try::OldOne, Op::Throw1), 321);
    assert_eq!(caught(Try::OldEach, Op::Throw2), 322);
    assert_eq!(caught(Try::OldEach, Op::Throw1), 323);
    assert_eq!(caught(Try::OldToTable, Op::Throw1), 329);
    // 303 is the `catch_all` of the caller.
    assert_eq!(caught(Try::OldOne, Op::Throw2), 303);
    assert_eq!(caught(Try::OldToTable, Op::Throw2), 303);
}

#[test]
fn rethrow_throws_the_exception_of_its_clause() {
    // The clause runs a body, which returns 8.
    let report = try_throw(Try::OldAgain, Op::Throw1, 32);
    assert_eq!(report.trace, [324, 8, 303, 4]);
    let inner = |clause: u32| {
        run(&[
            &[instr(Op::Try, 8, Try::One as u32, 0)],
            &[instr(Op::Try, 16, Try::OldInner as u32, clause << 8)],
            &[instr(Op::Throw1, 0, 0, 0)],
            &[instr(Op::Throw2, 0, 0, 0)],
            &[instr(Op::Math, 0, 7, 0)],
        ])
    };
    assert_eq!(inner(32).trace[..3], [326, 8, 34]);
    // The second exception is caught inside, the first goes on.
    assert_eq!(inner(24).trace, [326, 327, 301, 1, 2]);
}

#[test]
fn delegate_passes_what_lies_between() {
    assert_eq!(try_throw(Try::OldDelegate, Op::Throw1, 32).trace[0], 328);
    assert_eq!(try_throw(Try::OldDelegate, Op::Throw2, 32).trace[0], 303);
    assert_eq!(try_throw(Try::OldOut, Op::Throw1, 32).trace[0], 303);
}

#[test]
fn a_clause_is_outside_of_its_try() {
    assert_eq!(
        try_throw(Try::OldOther, Op::Throw1, 32).trace[..2],
        [332, 303]
    );
    assert_eq!(try_throw(Try::OldOther, Op::Throw2, 32).trace[0], 333);
    assert_eq!(
        try_throw(Try::OldCarry, Op::Throw1, 24).trace[..2],
        [325, 303]
    );
    // 1 * 31 + 8
    assert_eq!(
        try_throw(Try::OldCarry, Op::Throw1, 32).trace[..3],
        [325, 8, 39]
    );
    assert_eq!(
        try_throw(Try::OldAround, Op::Throw1, 32).trace[..2],
        [331, 303]
    );
}
