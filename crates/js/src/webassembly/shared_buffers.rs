//! The buffers of shared memories: a `SharedArrayBuffer` each, and a longer one once the memory has grown.
//! Those of before stay as they are.

use super::shown::Shown;
use crate::raw::{self, Attempt, Env, Length, Own};
use bident::{Memory, SharedMemory};
use std::rc::Rc;

/// The last buffer that JavaScript has seen of each.
#[derive(Default)]
pub(super) struct SharedBuffers(Rc<Shown>);

impl SharedBuffers {
    /// The buffer of a memory, as long as that is now.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        memory: Memory,
        shared: &SharedMemory,
    ) -> Attempt<Own<'js>> {
        let length = shared.data_size();
        match self.0.get(env, memory) {
            Some((object, shown, _)) if shown == length => Ok(object),
            _ => {
                let (showing, link) = self.0.showing(memory);
                let object = raw::shared_buffer(env, shared, showing, &link)?;
                let kind = (length, Length::Fixed);
                self.0.insert(memory, kind, (link, object.get()));
                Ok(object)
            }
        }
    }
}
