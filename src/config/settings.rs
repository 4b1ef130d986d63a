//! What one run is asked to do: the configuration with the command line's word on top.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::Config;
use crate::audit::{Date, Policy, Shard};

/// Everything the pipeline needs to know, checked; what the command line says has won over the
/// configuration already.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder to audit; it exists.
    pub root: PathBuf,
    /// Services, audits, rules and exclusions.
    pub config: Config,
    /// How many calls to follow from a handler; `None`: without a bound.
    pub depth: Option<u32>,
    /// How strictly weak controls are read.
    pub policy: Policy,
    /// Services the user wants to see, empty for all. The whole tree is audited all the same,
    /// because a topic's other end is elsewhere; the command line narrows the result.
    pub services: Vec<String>,
    /// Judge this part of the services only.
    pub shard: Option<Shard>,
    /// Whether waivers and ignores in comments are heeded.
    pub ignores: bool,
    /// The day that expiry is judged by; `None`: nothing expires.
    pub as_of: Option<Date>,
    /// Threads to use; `None`: as many as the machine has.
    pub threads: Option<NonZeroUsize>,
}

impl Settings {
    /// Settings for a folder with nothing configured.
    pub fn new(root: impl Into<PathBuf>) -> Settings {
        Settings::with_config(root, Config::default())
    }

    /// Settings for a folder as its configuration says.
    pub fn with_config(root: impl Into<PathBuf>, config: Config) -> Settings {
        Settings {
            root: root.into(),
            depth: config.depth,
            policy: config.policy,
            config,
            services: Vec::new(),
            shard: None,
            ignores: true,
            as_of: None,
            threads: None,
        }
    }
}
