//! Some random programs, on the engine and on the model. `cargo run --release -p bident-fuzz` runs a
//! million.

use bident::Config;
use bident_fuzz::{Runner, generate, predict};

fn compare(config: &Config, seeds: std::ops::Range<u64>) {
    let mut runner = match Runner::new(config) {
        Ok(runner) => runner,
        Err(error) => panic!("{error:#}"),
    };
    for seed in seeds {
        let script = generate(seed);
        let given = match runner.run(&script) {
            Ok(given) => given,
            Err(error) => panic!("seed {seed}: {error:#}\n{script}"),
        };
        assert_eq!(
            given,
            predict(&script),
            "engine, model; seed {seed}\n{script}"
        );
    }
}

#[test]
fn programs_agree() {
    compare(&Config::new(), 0..20_000);
}

#[test]
fn programs_agree_while_stacks_move() {
    compare(&Config::new().stress(true), 20_000..40_000);
}
