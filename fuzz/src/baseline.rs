//! Baselines, and audits that were made before: read, written, compared, joined.

use super::sample;
use flowaudit::audit::Audit;
use flowaudit::config::Config;
use flowaudit::gate::{Baseline, compare};

/// One input.
pub fn run(source: &[u8]) {
    let text = String::from_utf8_lossy(source);
    match Baseline::parse(&text) {
        Ok(baseline) => {
            let written = baseline.render();
            assert_eq!(Baseline::parse(&written).as_ref(), Ok(&baseline), "{written}");
            compare(&baseline, sample(), &Config::default(), "x", true);
        }
        Err(error) => assert!(error.line > 0, "{error}"),
    }
    if let Ok(audit) = serde_json::from_slice::<Audit>(source) {
        let baseline = Baseline::of(&audit);
        compare(&baseline, sample(), &Config::default(), "x", false);
        compare(&Baseline::of(sample()), &audit, &Config::default(), "x", false);
        let _ = Audit::join_shards(vec![audit.clone(), sample().clone()]);
        let parts = vec![("a".to_owned(), audit), ("b".to_owned(), sample().clone())];
        let _ = Audit::join_repositories(parts);
    }
}
