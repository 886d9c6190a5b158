//! Exceptions: making one, and finding where it lands.
//!
//! ```text
//!  current stacklet: pc ─ fp ─► frame ─► frame ─► root     each pc that is the return address of a call
//!  its parent:       pc ─ fp ─► frame ─► root              with a landing pad ends the search:
//!  ...                                                       sp = fp of that frame - its size
//!  root of the activation: the exception leaves it          stacklets below are freed
//! ```
//!
//! Nothing is changed before the pad is found, so an exception that nobody catches still has the whole
//! stack for its backtrace.

use crate::error::Error;
use crate::vm::activation;
use crate::vm::heap::ExnData;
use crate::vm::store::{StoreOpaque, Unwinding};
use bident_abi::{TrapCode, VmTag, VmValue};
use bident_stack::{Anchor, Answer, Stacklet, saved_point};
use std::ptr::NonNull;

/// Where an exception lands.
struct Landing {
    stacklet: *mut Stacklet,
    pad: usize,
    sp: usize,
    fp: usize,
}

impl StoreOpaque {
    /// An exception; gives its handle. Its values are in the transfer buffer. A trap where exceptions
    /// have reached the store's limit.
    pub(crate) fn new_exn(&mut self, tag: NonNull<VmTag>) -> Result<u64, TrapCode> {
        // SAFETY: tags live as long as their store.
        let number = unsafe { tag.as_ref().number };
        let count = self.tags[number as usize].ty.params().len();
        let values = (0..count).map(|i| VmValue {
            low: self.value(i),
            high: 0,
        });
        let exn = ExnData {
            tag,
            values: values.collect(),
            attached: None,
        };
        if self.exns.wants_collection(&exn) || self.collects_always() {
            // The values still lie in the transfer buffer, which is a root.
            self.collect();
            if !self.exns.fits(&exn) {
                return Err(TrapCode::ExceptionMemoryExhausted);
            }
        }
        Ok(self.exns.insert(exn))
    }

    /// Throws an exception where the current stacklet waits: answers where it lands, or, where nobody
    /// catches it, ends the activation.
    ///
    /// # Safety
    /// The current stacklet and all of its chain wait or are suspended; `exn` is the handle of an
    /// exception.
    pub(crate) unsafe fn throw(&mut self, exn: u64) -> Answer {
        // SAFETY: passed on.
        let landing = unsafe { self.find_landing() };
        let Some(landing) = landing else {
            let error = Error::uncaught(self, exn);
            return self.unwind(Unwinding::Error(error));
        };
        // SAFETY: the landing is one of the chain, and what is below it is not needed any more.
        unsafe {
            let mut finished = self.vm.anchor.current;
            while finished != landing.stacklet {
                let parent = (*finished).parent;
                self.stacks.release(finished);
                finished = parent;
            }
            self.vm.anchor.current = landing.stacklet;
            self.vm.anchor.limit = (*landing.stacklet).limit;
            let Landing {
                stacklet,
                pad,
                sp,
                fp,
            } = landing;
            self.stacks.land(stacklet, pad, sp, fp);
            self.stress(stacklet);
        }
        let data = self.exns.get(exn).expect("it is thrown");
        let (tag, values) = (data.tag, data.values.clone());
        for (i, value) in values.iter().enumerate() {
            self.set_value(i, value.low);
        }
        self.vm.anchor.landing = exn;
        Answer::land(tag.as_ptr() as u64)
    }

    /// # Safety
    /// As for `throw`.
    unsafe fn find_landing(&self) -> Option<Landing> {
        // SAFETY: the chain of the innermost activation is live.
        let mut chain = unsafe { activation::chain(self.vm.anchor.current) };
        // SAFETY: none of its stacklets runs.
        chain.find_map(|stacklet| unsafe { self.landing_on(stacklet) })
    }

    /// # Safety
    /// The stacklet is live and does not run.
    unsafe fn landing_on(&self, stacklet: *mut Stacklet) -> Option<Landing> {
        // SAFETY: passed on; compiled code keeps a frame chain within the block.
        unsafe {
            let (mut pc, mut fp) = saved_point((*stacklet).sp)?;
            let root = (*stacklet).top - 16;
            while fp < root && (*stacklet).contains(fp) {
                let code = self.code.find(pc - 1);
                if let Some((pad, frame)) = code.and_then(|code| code.landing_at(pc)) {
                    let sp = fp - frame;
                    return Some(Landing {
                        stacklet,
                        pad,
                        sp,
                        fp,
                    });
                }
                [fp, pc] = (fp as *const [usize; 2]).read();
            }
        }
        None
    }
}

/// Hook of the stub that resumes with an exception.
///
/// # Safety
/// Called by the stub, which has made the continuation's stacklet current.
pub(crate) unsafe extern "sysv64" fn throw_hook(anchor: *mut Anchor, exn: u64) -> Answer {
    // SAFETY: the stub passes its store's anchor.
    unsafe { super::cont::store_of(anchor).throw(exn) }
}
