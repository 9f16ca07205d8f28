//! The time, as whoever needs it is given it.

use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;

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

/// A time since 1970 as RFC 3339 writes it, in UTC, with milliseconds.
#[must_use]
pub fn rfc_3339(since_1970: Duration) -> String {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        u8::from(month),
        since_1970.subsec_millis()
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        let rows = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_025_999, "2023-11-14T22:13:20.025Z"),
            (4_102_444_799_999_000, "2099-12-31T23:59:59.999Z"),
            (13_569_465_600_000_000, "2400-01-01T00:00:00.000Z"),
        ];
        for (micros, text) in rows {
            assert_eq!(rfc_3339(Duration::from_micros(micros)), text);
        }
    }
}
