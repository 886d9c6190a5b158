//! Work that would keep the program from going on, on other threads.

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// As many at once as in Node: each takes memory, and a program may ask for any number.
static PLACES: Semaphore = Semaphore::const_new(4);

/// What `run` gives, once it had one of the places.
pub(super) async fn in_background<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    // Nobody closes it. Who no longer waits for work that goes on leaves it its place.
    let place = PLACES.acquire().await.ok();
    spawn_blocking(move || {
        let _place = place;
        run()
    })
    .await
}
