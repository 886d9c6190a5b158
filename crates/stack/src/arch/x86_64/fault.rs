//! The registers of code that faulted, as Linux hands them to a signal handler.

use crate::stacklet::{Anchor, exit};

/// A fault: what the signal handler goes on from, and where the code goes on once it returns.
///
/// ```text
///  limit check of a prologue          before the fault        after growth
///    push rbp                         rsp ► saved rbp         rsp ► return address
///    mov rbp, rsp                           return address    rbp = saved rbp, both moved
///    cmp rsp, limit; ud2   ◄ rip            arguments         rip = first byte of the function
/// ```
///
/// The check comes before anything else is written, so the function can start over.
pub struct Fault<'a>(&'a mut libc::ucontext_t);

impl<'a> Fault<'a> {
    /// The fault that a signal handler was called for.
    pub fn new(context: &'a mut libc::ucontext_t) -> Self {
        Self(context)
    }

    fn register(&self, number: libc::c_int) -> usize {
        self.0.uc_mcontext.gregs[number as usize] as usize
    }

    fn set(&mut self, number: libc::c_int, value: usize) {
        self.0.uc_mcontext.gregs[number as usize] = value as i64;
    }

    /// The instruction that faulted.
    pub fn pc(&self) -> usize {
        self.register(libc::REG_RIP)
    }

    /// The stack pointer there.
    pub fn sp(&self) -> usize {
        self.register(libc::REG_RSP)
    }

    /// The frame pointer there.
    pub fn fp(&self) -> usize {
        self.register(libc::REG_RBP)
    }

    /// A prologue has trapped, and its stack has moved: the function at `start` runs again. `sp` -> the
    /// frame pointer that the prologue pushed.
    ///
    /// # Safety
    /// That is so.
    pub(crate) unsafe fn start_over(&mut self, start: usize, sp: usize) {
        // SAFETY: the caller says so.
        let fp = unsafe { (sp as *const usize).read() };
        self.set(libc::REG_RSP, sp + size_of::<usize>());
        self.set(libc::REG_RBP, fp);
        self.set(libc::REG_RIP, start);
    }

    /// Goes on in a stub, with what [`super::exit_to_host`] and [`super::grow_on_host`] expect.
    pub(crate) fn go_to_stub(&mut self, stub: usize, anchor: *mut Anchor, start: usize) {
        self.set(libc::REG_R10, anchor.expose_provenance());
        self.set(libc::REG_R11, start);
        self.set(libc::REG_RAX, exit::TRAPPED as usize);
        self.set(libc::REG_RIP, stub);
    }
}
