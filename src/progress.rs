//! Where a run is: counters that the pipeline moves and the command line draws.
//!
//! The pipeline never knows whether anybody looks, so moving a counter must stay cheap.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Shared between the pipeline and whoever shows how far it is.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
}

/// What the pipeline is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding files and services.
    Walk,
    /// Turning files into facts.
    Read,
    /// Following messages from registration to effect.
    Follow,
    /// Deciding statuses.
    Judge,
}

impl Stage {
    /// In the order they run.
    pub const ALL: &'static [Stage] = &[Stage::Walk, Stage::Read, Stage::Follow, Stage::Judge];

    /// What a person reads.
    pub fn label(self) -> &'static str {
        match self {
            Stage::Walk => "finding files",
            Stage::Read => "reading files",
            Stage::Follow => "following messages",
            Stage::Judge => "deciding",
        }
    }
}

impl Progress {
    /// Enters a stage; `total` is 0 when nobody knows how much there is to do.
    pub fn enter(&self, stage: Stage, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Says that one more unit is done; safe from any thread.
    pub fn tick(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// The stage, units done and units in all.
    pub fn state(&self) -> (Stage, u64, u64) {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        (
            Stage::ALL.get(stage).copied().unwrap_or(Stage::Judge),
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_follows_the_stage() {
        let progress = Progress::default();
        assert_eq!(progress.state(), (Stage::Walk, 0, 0));
        for &stage in Stage::ALL {
            progress.enter(stage, 7);
            progress.tick();
            assert_eq!(progress.state(), (stage, 1, 7));
        }
    }
}
