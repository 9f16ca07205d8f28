//! Series by one of their labels.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{PoisonError, RwLock};

/// What is counted under each value of a label. It only grows, by values that a manifest or Sluice
/// itself has: a counter must not go back to zero because its virtual server was away for a while.
#[derive(Debug)]
pub(super) struct Series<K, V>(RwLock<BTreeMap<K, V>>);

/// Counters, each under one of Sluice's own words.
pub(super) type Words = Series<&'static str, AtomicU64>;

impl<K, V> Default for Series<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Ord, V: Default> Series<K, V> {
    /// Counts under a value of the label. Values that are new are rare: all others take a lock that
    /// whoever counts shares.
    pub(super) fn with<'q, Q>(&self, value: &'q Q, count: impl Fn(&V))
    where
        K: Borrow<Q> + From<&'q Q>,
        Q: Ord + ?Sized,
    {
        self.with_key(value, || K::from(value), count);
    }

    /// The same, with values that are made in another way.
    pub(super) fn with_key<Q>(&self, value: &Q, own: impl FnOnce() -> K, count: impl Fn(&V))
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let series = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = series.get(value) {
            return count(found);
        }
        drop(series);
        let mut series = self.0.write().unwrap_or_else(PoisonError::into_inner);
        count(series.entry(own()).or_default());
    }

    /// Visits all of them, in order.
    pub(super) fn each(&self, mut visit: impl FnMut(&K, &V)) {
        let series = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (value, counted) in series.iter() {
            visit(value, counted);
        }
    }
}

impl Words {
    /// Counts one under a word.
    pub(super) fn count(&self, word: &'static str) {
        self.with_key(&word, || word, |counter| super::add(counter, 1));
    }
}
