//! Looking at stacklets that stand still, and walking their frames: the one place that does.
//!
//! ```text
//!  first of the chain: point ─ fp ─► frame ─► frame ─► root frame     (then its parent, and so on)
//!  its parent:         point ─ fp ─► frame ─► root frame
//! ```

use crate::arch::{root_frame_pointer, saved_point};
use crate::chains::Chains;
use crate::stacklet::Stacklet;
use std::marker::PhantomData;

/// A stacklet that stands still.
#[derive(Clone, Copy)]
pub struct View<'c> {
    stacklet: *mut Stacklet,
    owner: PhantomData<&'c Chains>,
}

/// Where a frame goes on, or where its code has faulted.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub(crate) stacklet: *mut Stacklet,
    pc: usize,
    fp: usize,
    faulted: bool,
}

impl Point {
    /// The return address, or the instruction that faulted.
    pub fn pc(self) -> usize {
        self.pc
    }

    /// An address within the instruction that the frame is at: a call, or what faulted.
    pub fn instruction(self) -> usize {
        if self.faulted { self.pc } else { self.pc - 1 }
    }

    /// Its frame pointer.
    pub(crate) fn fp(self) -> usize {
        self.fp
    }
}

impl<'c> View<'c> {
    fn record(&self) -> &'c Stacklet {
        // SAFETY: views are made of live stacklets, and nobody changes one while the owner is borrowed.
        unsafe { &*self.stacklet }
    }

    /// [`crate::Entry::origin`].
    pub fn origin(&self) -> usize {
        self.record().origin
    }

    /// Size class of its block.
    pub fn class(&self) -> u32 {
        self.record().class()
    }

    /// Whether another stacklet has resumed it: the next of its chain.
    pub fn was_resumed(&self) -> bool {
        !self.record().parent.is_null()
    }

    /// Its frames, innermost first; none if it never ran.
    pub fn frames(&self) -> Frames<'c> {
        // SAFETY: it is live, and no code of it runs.
        let saved = unsafe { saved_point(self.record().sp) };
        self.frames_from(saved, false)
    }

    /// The same from an instruction on that faulted, with this frame pointer.
    pub fn frames_at_fault(&self, pc: usize, fp: usize) -> Frames<'c> {
        self.frames_from(Some((pc, fp)), true)
    }

    fn frames_from(&self, point: Option<(usize, usize)>, faulted: bool) -> Frames<'c> {
        Frames {
            next: point.map(|(pc, fp)| Point {
                stacklet: self.stacklet,
                pc,
                fp,
                faulted,
            }),
            owner: PhantomData,
        }
    }
}

/// The frames of a stacklet, innermost first.
pub struct Frames<'c> {
    next: Option<Point>,
    owner: PhantomData<&'c Chains>,
}

impl Iterator for Frames<'_> {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let point = self.next?;
        // SAFETY: the stacklet is live. Whatever the frame pointer is, only words of its block are read.
        self.next = unsafe {
            let stacklet = &*point.stacklet;
            // The root frame lies in the last words of the block and saves a link out of it.
            let inside = stacklet.contains(point.fp) && point.fp < root_frame_pointer(stacklet.top);
            inside.then(|| (point.fp as *const [usize; 2]).read_unaligned())
        }
        .filter(|[fp, _]| *fp > point.fp)
        .map(|[fp, pc]| Point {
            pc,
            fp,
            faulted: false,
            ..point
        });
        Some(point)
    }
}

/// The stacklets from `first` up to `last`, or to where there is no parent.
///
/// # Safety
/// They are live and linked by `parent`, and stay so for as long as `'c`.
pub(crate) unsafe fn chain_from<'c>(
    first: *mut Stacklet,
    last: *mut Stacklet,
) -> impl Iterator<Item = View<'c>> {
    let mut next = first;
    std::iter::from_fn(move || {
        let stacklet = next;
        // SAFETY: the caller says so.
        let parent = unsafe { stacklet.as_ref() }?.parent;
        next = if stacklet == last {
            std::ptr::null_mut()
        } else {
            parent
        };
        Some(View {
            stacklet,
            owner: PhantomData,
        })
    })
}
