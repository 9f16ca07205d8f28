//! Where records go: to workers of their own, by queues that never wait.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use super::bodies::Wanted;
use super::record::Record;
use crate::policy::VirtualServer;

/// How many records may wait for a worker.
const WAITING: usize = 4096;

/// What a worker wants to look into of exchanges for a virtual server.
pub type Wants = fn(&VirtualServer) -> Wanted;

/// A queue to a worker that writes records somewhere. Putting a record into it never waits: where
/// there is no room the record is dropped, and counted.
pub struct Sink {
    name: &'static str,
    sender: Option<SyncSender<Arc<Record>>>,
    wants: Wants,
    dropped: Drops,
    worker: Option<JoinHandle<()>>,
}

/// How much was dropped: by the queue because there was no room, or by the worker.
#[derive(Debug, Clone, Default)]
pub struct Drops(Arc<AtomicU64>);

impl Drops {
    /// A record was dropped.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How much that is.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Sink {
    /// A queue to `work`, which runs on a thread of its own until there is nothing more to come.
    ///
    /// # Errors
    ///
    /// Fails when the thread can't be started.
    pub fn new(
        name: &'static str,
        work: impl FnOnce(Receiver<Arc<Record>>) + Send + 'static,
    ) -> io::Result<Self> {
        Self::counting(name, |records, _| work(records))
    }

    /// The same, for work that can drop records itself.
    ///
    /// # Errors
    ///
    /// Fails when the thread can't be started.
    pub fn counting(
        name: &'static str,
        work: impl FnOnce(Receiver<Arc<Record>>, Drops) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let dropped = Drops::default();
        let drops = dropped.clone();
        let worker = thread::Builder::new()
            .name(format!("sluice-{name}"))
            .spawn(move || work(receiver, drops))?;
        Ok(Self {
            name,
            sender: Some(sender),
            wants: |_| Wanted::default(),
            dropped,
            worker: Some(worker),
        })
    }

    /// The same queue, whose worker looks into exchanges. Wanting much of many makes the queue hold much.
    #[must_use]
    pub fn looking_into(mut self, wants: Wants) -> Self {
        self.wants = wants;
        self
    }

    /// What its worker wants to look into of exchanges for a virtual server.
    #[must_use]
    pub fn wanted(&self, server: &VirtualServer) -> Wanted {
        (self.wants)(server)
    }

    /// Hands a record over.
    pub fn put(&self, record: &Arc<Record>) {
        let Some(sender) = &self.sender else { return };
        match sender.try_send(Arc::clone(record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.dropped.count();
            }
        }
    }

    /// What it is called in metrics and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The counter of what was dropped.
    pub(super) fn drops(&self) -> Drops {
        self.dropped.clone()
    }

    /// How many records were dropped, because there was no room here or behind the worker.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

impl Drop for Sink {
    /// Waits until the worker has written what is in the queue.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(worker) = self.worker.take()
            && worker.join().is_err()
        {
            tracing::error!(sink = self.name, "a writer of telemetry panicked");
        }
    }
}
