//! What the model says of scripts written by hand: each test is a rule of the proposal.

use bident_fuzz::script::{Clause, How, Tag};
use bident_fuzz::script::{Fault, HostCall, Instr, KEEP, Kind, Op, Step, Try, sites};
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
