//! WebAssembly frames in the `stack` of JavaScript's errors.
//!
//! QuickJS writes `stack` when an error is made, and knows JavaScript's frames only. So the others are put
//! in where the error passes: when an import throws it, or a rejected promise throws it into a parked call.
//!
//! ```text
//!   main ─► export a ─► import f ─► export b ─► import g, which throws
//!
//!   made              passes b            passes a
//!   ───────────────   ─────────────────   ─────────────────
//!   at g              at g                at g
//!   at f ┐            at b (wasm)         at b (wasm)
//!   at main ┘ here    at f ┐              at f
//!                     at main ┘           at a (wasm)
//!                       here: at main     at main
//! ```
//!
//! *Here*: where JavaScript is when the error passes, as an error made then would say. These frames are
//! the last of the error's own; the new ones come before them. An error that was made elsewhere does not
//! end with them: the new ones come last. So those that pass later follow those that passed before.
//!
//! No code of a program runs for it: an error whose `stack` is anything but a text of frames, or that cannot
//! be changed, stays as it is; so do all while the program prepares stacks itself.

use super::realm::{HostData, Realm};
use crate::raw::{Env, Own, Ref};
use bident::{FrameInfo, StoreContextMut, printable};

/// An error with so long a text gets no more frames, in bytes: it may pass again and again.
const MOST: usize = 16 << 10;

/// Characters of a function's name that are shown.
const MOST_OF_NAME: usize = 200;

/// What each line of a stack begins with.
const LINE: &str = "    at ";

impl Realm {
    /// A value that was thrown passes through frames of WebAssembly.
    #[cold]
    pub(super) fn trace(
        &self,
        env: Env<'_>,
        thrown: Ref<'_>,
        frames: impl FnOnce(&StoreContextMut<'_, HostData>) -> Vec<FrameInfo>,
    ) {
        let stacks = self.stacks(env);
        let Some(stack) = env.stack_of(thrown, &stacks) else {
            return;
        };
        let Some(limit) = self.stack_limit(env) else {
            return;
        };
        let Some(here) = env.stack_here(&stacks) else {
            return;
        };
        let stack = stack.unwrap_or_else(|| here.clone());
        if !is_of_frames(&stack) || stack.len() > MOST {
            return;
        }
        let Some(frames) = self.store.try_with(|store| frames(store)) else {
            return;
        };
        let passed: String = lines(&frames).collect();
        if let Some(stack) = with_passed(&stack, &here, &passed, limit) {
            env.set_stack_of(thrown, &stacks, &stack);
        }
    }

    /// Most frames that QuickJS writes, which the program can set; `None` if it writes none, or the
    /// program prepares stacks itself.
    fn stack_limit(&self, env: Env<'_>) -> Option<usize> {
        let error = self.intrinsic(env, |i| &i.error);
        let get = |getter: Own<'_>| {
            let value = env.call(getter.get(), error.get(), &[]);
            value.inspect_err(|_| drop(env.exception())).ok()
        };
        let prepare = get(self.intrinsic(env, |i| &i.prepare_stack))?;
        let limit = get(self.intrinsic(env, |i| &i.stack_limit))?;
        if prepare.get().is_object() || !limit.get().is_number() {
            return None;
        }
        let limit = env.to_f64(limit.get()).ok()? as usize;
        (limit > 0).then_some(limit)
    }
}

/// The frames of the innermost call from the host, each as a line.
pub(super) fn lines(frames: &[FrameInfo]) -> impl Iterator<Item = String> {
    let last = frames.iter().position(FrameInfo::is_entered);
    let count = last.map_or(frames.len(), |last| last + 1);
    frames.iter().take(count).map(line)
}

/// A WebAssembly frame as a line of `stack`.
fn line(frame: &FrameInfo) -> String {
    let name = printable(frame.func_name().unwrap_or("<anonymous>")).to_string();
    let name = match name.char_indices().nth(MOST_OF_NAME) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name,
    };
    let (index, offset) = (
        frame.func_index(),
        frame.module_offset().unwrap_or_default(),
    );
    format!("{LINE}{name} (wasm-function[{index}]:{offset:#x})\n")
}

/// Whether a text is what QuickJS writes.
fn is_of_frames(stack: &str) -> bool {
    stack.is_empty() || stack.starts_with(LINE) && stack.ends_with('\n')
}

/// A stack with what the error passes through now; `here`: where JavaScript is; `limit`: lines that QuickJS
/// writes at most. `None` if there is nothing new.
fn with_passed(stack: &str, here: &str, passed: &str, limit: usize) -> Option<String> {
    let (inner, outer) = stack.split_at(position_of(stack, here, limit));
    if passed.is_empty() || inner.ends_with(passed) || stack.len() > MOST {
        return None;
    }
    Some([inner, passed, outer].concat())
}

/// Where in a stack the frames begin that are still there.
fn position_of(stack: &str, here: &str, limit: usize) -> usize {
    let whole = stack.strip_suffix(here).map(str::len);
    let whole = whole.filter(|end| stack[..*end].is_empty() || stack[..*end].ends_with('\n'));
    let found = match lines_of(here) >= limit {
        // Cut off, and so the stack of an error made deeper has fewer of these lines.
        true => cut_off(stack, here, limit).or(whole),
        false => whole.or_else(|| cut_off(stack, here, limit)),
    };
    found.unwrap_or(stack.len())
}

/// The same for a stack that has as many lines as there may be: it ends with the first ones of `here`, after
/// one of its own at least.
fn cut_off(stack: &str, here: &str, limit: usize) -> Option<usize> {
    if lines_of(stack) < limit {
        return None;
    }
    let ends = stack.match_indices('\n').map(|(end, _)| end + 1);
    let mut starts = ends.filter(|start| *start < stack.len());
    starts.find(|start| here.starts_with(&stack[*start..]))
}

fn lines_of(stack: &str) -> usize {
    stack.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(names: &str) -> String {
        let names = names.split_whitespace();
        names.map(|name| format!("{LINE}{name}\n")).collect()
    }

    #[track_caller]
    fn check(stack: &str, here: &str, passed: &str, expected: Option<&str>) {
        let [stack, here, passed] = [stack, here, passed].map(frames);
        let limit = 4;
        assert_eq!(
            with_passed(&stack, &here, &passed, limit),
            expected.map(frames)
        );
    }

    #[test]
    fn frames_come_before_those_that_are_still_there() {
        check("g f main", "f main", "b", Some("g b f main"));
        check("g b f main", "main", "a", Some("g b f a main"));
        check("main", "main", "a", Some("a main"));
        check("g", "", "a c", Some("g a c"));
        check("", "", "a", Some("a"));
    }

    #[test]
    fn frames_of_an_error_made_elsewhere_come_last() {
        check("x y", "f main", "a", Some("x y a"));
        check("x y a", "f main", "b", Some("x y a b"));
        check("x domain", "main", "a", Some("x domain a"));
    }

    #[test]
    fn the_same_frames_come_once() {
        check("g b main", "main", "b", None);
        check("x b", "main", "b", None);
        check("g", "", "", None);
    }

    #[test]
    fn a_stack_that_was_cut_off_is_understood() {
        check("i h g f", "f main", "b", Some("i h g b f"));
        check("i h g f", "g f main x", "b", Some("i h b g f"));
        check("i h g f", "main", "b", Some("i h g f b"));
        // The same line again and again: JavaScript that calls itself through WebAssembly.
        check("r r r r", "r r r r", "b", Some("r b r r r"));
        check("f g h i", "f g h i", "b", Some("b f g h i"));
    }

    #[test]
    fn a_text_does_not_grow_without_bound() {
        let (mut stack, mut rounds) = (frames("g main"), 0);
        while let Some(longer) =
            with_passed(&stack, &frames("main"), &frames(&format!("w{rounds}")), 10)
        {
            (stack, rounds) = (longer, rounds + 1);
        }
        assert!(rounds > 100 && stack.len() < MOST + 100, "{rounds}");
    }
}
