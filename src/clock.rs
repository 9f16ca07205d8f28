//! The time, as whoever needs it is given it.

use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

/// What tells the time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time since 1970, as tokens have it. It can jump.
    fn unix(&self) -> Duration;

    /// The time since some moment. It never goes back.
    fn steady(&self) -> Duration;
}

/// The time since some moment, which is the same for all that ask in this process.
#[must_use]
pub fn steady() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the time that others are given comes from"
    )]
    fn unix(&self) -> Duration {
        // A clock before 1970 makes every token one of the future.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default()
    }

    fn steady(&self) -> Duration {
        steady()
    }
}

/// A clock that tests set.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Manual(std::sync::atomic::AtomicU64);

#[cfg(test)]
impl Manual {
    /// Lets time pass.
    pub(crate) fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0
            .fetch_add(millis, std::sync::atomic::Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

#[cfg(test)]
impl Clock for Manual {
    fn unix(&self) -> Duration {
        Duration::from_secs(1_700_000_000) + self.now()
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(1_000) + self.now()
    }
}
