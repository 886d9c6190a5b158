//! What became of cases on which the machines agree, and whether that is worth anything.

use std::fmt::{self, Display, Write as _};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Of one case, or of many.
        #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counts {
            /// Adds those of another.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Reads what `Display` has written.
            pub fn parse(line: &str) -> Option<Self> {
                let mut counts = Self::default();
                for pair in line.split_whitespace() {
                    let (name, value) = pair.split_once('=')?;
                    let value = value.parse().ok()?;
                    match name {
                        $(stringify!($name) => counts.$name = value,)*
                        _ => return None,
                    }
                }
                Some(counts)
            }
        }

        impl Display for Counts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut line = String::new();
                $(write!(line, " {}={}", stringify!($name), self.$name)?;)*
                f.write_str(line.trim_start())
            }
        }
    };
}

counts! {
    /// Modules.
    modules,
    /// Of them: instances that were made and called.
    run,
    /// Instances that were not made, because of a trap or a limit.
    not_started,
    /// Modules that ran out of stack, or of memory for objects, and were looked at no further.
    exhausted,
    /// Modules with changed bytes that both take for valid.
    accepted,
    /// Modules with changed bytes that both refuse.
    refused,
    /// Modules that only Bident takes, since it has proposals that the other has not.
    more_features,
    /// Calls.
    calls,
    /// Calls that returned.
    returned,
    /// Calls that gave values: results, or what an exception carries.
    gave_values,
    /// Calls that trapped, other than by `unreachable`.
    trapped,
    /// Calls that ended at `unreachable`: most of them have used up their fuel.
    unreachable,
    /// Calls left by an exception.
    exceptions,
    /// Calls for whose parameters nothing is to hand.
    no_arguments,
    /// Calls of the host.
    host_calls,
    /// Modules of which a structure or an array was seen: a result, or in a global or table.
    with_objects,
}

/// Modules from which on a run must have done a bit of everything.
const ENOUGH: u64 = 500;

impl Counts {
    /// What is wrong with a run in which nothing differed: that too little was compared. Of a few modules
    /// nothing is asked.
    pub fn complaint(&self) -> Option<String> {
        if self.modules < ENOUGH {
            return None;
        }
        let least = |what: &str, part: u64, of: u64, percent: f64| {
            let wrong = (part as f64) < of as f64 * percent / 100.0;
            wrong.then(|| format!("{what}: {part} of {of}, expected at least {percent} %"))
        };
        let most = |what: &str, part: u64, of: u64, percent: f64| {
            let wrong = part as f64 > of as f64 * percent / 100.0;
            wrong.then(|| format!("{what}: {part} of {of}, expected at most {percent} %"))
        };
        [
            least("modules that run", self.run, self.modules, 50.0),
            most(
                "modules that ran out of stack or memory",
                self.exhausted,
                self.modules,
                3.0,
            ),
            least(
                "changed modules that are valid",
                self.accepted,
                self.modules,
                0.5,
            ),
            least(
                "changed modules that are not",
                self.refused,
                self.modules,
                2.0,
            ),
            most(
                "modules that only Bident takes",
                self.more_features,
                self.modules,
                1.0,
            ),
            least("calls, for modules", self.calls, self.modules, 300.0),
            least("calls that return", self.returned, self.calls, 20.0),
            least("calls that give values", self.gave_values, self.calls, 10.0),
            least("calls that trap", self.trapped, self.calls, 0.5),
            least(
                "calls left by an exception",
                self.exceptions,
                self.calls,
                0.1,
            ),
            most(
                "calls without arguments",
                self.no_arguments,
                self.calls,
                20.0,
            ),
            least(
                "calls of the host, for calls",
                self.host_calls,
                self.calls,
                0.2,
            ),
            least("modules with objects", self.with_objects, self.modules, 2.0),
        ]
        .into_iter()
        .flatten()
        .next()
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    const FINE: Counts = Counts {
        modules: 1000,
        run: 800,
        not_started: 50,
        exhausted: 1,
        accepted: 30,
        refused: 80,
        more_features: 1,
        calls: 10_000,
        returned: 5_000,
        gave_values: 3_000,
        trapped: 1_000,
        unreachable: 3_000,
        exceptions: 500,
        no_arguments: 500,
        host_calls: 2_000,
        with_objects: 100,
    };

    #[test]
    fn they_survive_being_written() {
        assert_eq!(Counts::parse(&FINE.to_string()), Some(FINE));
        assert_eq!(Counts::parse("modules=x"), None);
    }

    #[test]
    fn a_run_that_compares_next_to_nothing_is_no_success() {
        assert_eq!(FINE.complaint(), None);
        let hollow = [
            Counts { run: 10, ..FINE },
            Counts {
                exhausted: 500,
                ..FINE
            },
            Counts {
                accepted: 0,
                ..FINE
            },
            Counts { refused: 0, ..FINE },
            Counts {
                more_features: 90,
                ..FINE
            },
            Counts { calls: 100, ..FINE },
            Counts {
                returned: 10,
                ..FINE
            },
            Counts {
                gave_values: 100,
                ..FINE
            },
            Counts {
                with_objects: 3,
                ..FINE
            },
            Counts { trapped: 0, ..FINE },
            Counts {
                exceptions: 0,
                ..FINE
            },
            Counts {
                no_arguments: 9_000,
                ..FINE
            },
            Counts {
                host_calls: 0,
                ..FINE
            },
        ];
        assert_eq!(
            hollow
                .iter()
                .filter(|counts| counts.complaint().is_none())
                .count(),
            0
        );
    }
}
