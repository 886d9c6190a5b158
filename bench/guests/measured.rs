//! What this thread has spent, and what this process has.

use std::time::Instant;

/// Time that this thread has been on a processor.
pub(crate) struct Cpu(Option<f64>, Instant);

impl Cpu {
    pub(crate) fn now() -> Self {
        let now = Instant::now();
        let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat");
        let on_cpu = schedstat
            .ok()
            .and_then(|text| text.split(' ').next()?.parse().ok());
        Self(on_cpu, now)
    }

    /// Nanoseconds since; of a clock where the system does not tell.
    pub(crate) fn spent(&self) -> f64 {
        let now = Self::now();
        match (self.0, now.0) {
            (Some(before), Some(now)) => now - before,
            _ => (now.1 - self.1).as_nanos() as f64,
        }
    }
}

/// Bytes of this process.
pub(crate) struct Memory {
    pub(crate) resident: f64,
    pub(crate) tables: f64,
}

impl Memory {
    pub(crate) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let bytes = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            kib.map_or(f64::NAN, |kib: u64| (kib << 10) as f64)
        };
        Self {
            resident: bytes("VmRSS:"),
            tables: bytes("VmPTE:"),
        }
    }

    /// What there is more of now, page tables counted.
    pub(crate) fn grown(&self) -> f64 {
        let now = Self::now();
        now.resident + now.tables - self.resident - self.tables
    }
}
