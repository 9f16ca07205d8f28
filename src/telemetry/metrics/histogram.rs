//! Times, counted by how long they were.

use std::marker::PhantomData;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::family::Distribution;
use super::{add, get};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

/// The longest time of each bucket but the last, which has none.
pub(super) trait Scale {
    /// In nanoseconds, ascending.
    const BOUNDS: &'static [u64];
}

/// How long operations take: the buckets of the conventions for MCP.
#[derive(Debug)]
pub(super) enum Operations {}

/// How long Sluice is at work.
#[derive(Debug)]
pub(super) enum Filter {}

/// How long upstreams take: as operations, and finer below.
#[derive(Debug)]
pub(super) enum Upstream {}

impl Scale for Operations {
    const BOUNDS: &'static [u64] = &[
        10 * MILLISECOND,
        20 * MILLISECOND,
        50 * MILLISECOND,
        100 * MILLISECOND,
        200 * MILLISECOND,
        500 * MILLISECOND,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        60 * SECOND,
        120 * SECOND,
        300 * SECOND,
    ];
}

impl Scale for Filter {
    const BOUNDS: &'static [u64] = &[
        MICROSECOND,
        2 * MICROSECOND,
        5 * MICROSECOND,
        10 * MICROSECOND,
        20 * MICROSECOND,
        50 * MICROSECOND,
        100 * MICROSECOND,
        200 * MICROSECOND,
        500 * MICROSECOND,
        MILLISECOND,
        2 * MILLISECOND,
        5 * MILLISECOND,
        10 * MILLISECOND,
        20 * MILLISECOND,
        50 * MILLISECOND,
        100 * MILLISECOND,
    ];
}

impl Scale for Upstream {
    const BOUNDS: &'static [u64] = &[
        MILLISECOND,
        2 * MILLISECOND,
        5 * MILLISECOND,
        10 * MILLISECOND,
        20 * MILLISECOND,
        50 * MILLISECOND,
        100 * MILLISECOND,
        200 * MILLISECOND,
        500 * MILLISECOND,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        60 * SECOND,
        120 * SECOND,
        300 * SECOND,
    ];
}

/// How many times were how long.
#[derive(Debug)]
pub(super) struct Histogram<S> {
    /// One for each bound, and one for what is longer than all of them.
    counts: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
    scale: PhantomData<S>,
}

impl<S: Scale> Default for Histogram<S> {
    fn default() -> Self {
        let buckets = 0..=S::BOUNDS.len();
        Self {
            counts: buckets.map(|_| AtomicU64::default()).collect(),
            nanoseconds: AtomicU64::default(),
            scale: PhantomData,
        }
    }
}

impl<S: Scale> Histogram<S> {
    pub(super) fn observe(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // A time that is as long as the bound belongs to the bucket, in both protocols.
        let bucket = S::BOUNDS.partition_point(|bound| *bound < time);
        if let Some(count) = self.counts.get(bucket) {
            add(count, 1);
            add(&self.nanoseconds, time);
        }
    }

    /// What has been observed; nothing if that is nothing.
    pub(super) fn seen(&self) -> Option<Distribution> {
        let counts: Vec<u64> = self.counts.iter().map(get).collect();
        let is_empty = counts.iter().all(|count| *count == 0);
        (!is_empty).then(|| Distribution {
            bounds: S::BOUNDS,
            counts,
            nanoseconds: get(&self.nanoseconds),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_ascend_and_belong_to_their_buckets() {
        for bounds in [Operations::BOUNDS, Filter::BOUNDS, Upstream::BOUNDS] {
            assert!(bounds.is_sorted_by(|a, b| a < b), "{bounds:?}");
        }
        let histogram = Histogram::<Filter>::default();
        assert!(histogram.seen().is_none());
        for (nanoseconds, bucket) in [(0, 0), (1_000, 0), (1_001, 1), (100_000_000, 15)] {
            let before = histogram.seen().map_or(0, |seen| seen.counts[bucket]);
            histogram.observe(Duration::from_nanos(nanoseconds));
            let after = histogram.seen().unwrap().counts[bucket];
            assert_eq!(after, before + 1, "{nanoseconds} ns");
        }
        histogram.observe(Duration::from_secs(3600));
        let seen = histogram.seen().unwrap();
        assert_eq!(seen.counts.last(), Some(&1));
        assert_eq!(seen.count(), 5);
        assert_eq!(seen.nanoseconds, 3_600_100_002_001);
    }
}
