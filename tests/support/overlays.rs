//! The fixture as a team adopts it, and what happens to it afterwards: the overlays of the
//! reference, by text.

use std::fs;
use std::path::Path;

use regex::Regex;
use tempfile::TempDir;

use super::{copy_tree, flowaudit, platform, told};

/// A copy of the fixture with its baseline written.
pub fn adopted() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    update(dir.path());
    dir
}

/// Writes the baseline. `CI` would make the baseline read-only, also where these tests run.
pub fn update(folder: &Path) {
    let output = flowaudit(&["gate", "--update"], folder).env_remove("CI").output().unwrap();
    let (code, out, err) = told(output);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.starts_with("wrote flowaudit.baseline.json: "), "{err}");
}

/// Changes a file, which must not stay as it is.
pub fn edit(folder: &Path, path: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(path);
    let before = fs::read_to_string(&path).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "{} did not change", path.display());
    fs::write(path, after).unwrap();
}

/// The seed's listing from before its review: three of the four handlers without their check.
pub fn before_analytics(folder: &Path) {
    edit(folder, "analytics/internal/service/event_processor.go", |text| {
        let (head, tail) = text.split_once("// ProcessProductEvent handles").unwrap();
        let field = Regex::new(r"(?m)^\t\tEventID .*\n").unwrap();
        let check = Regex::new(r"(?s)\t// 1\. Skip known events\n.*?\n\t}\n\n").unwrap();
        let mark = Regex::new(r"(?s)\t// 3\. Record the event\n.*?\n\t}\n\n").unwrap();
        let mut tail = tail.to_owned();
        for lost in [field, check, mark] {
            assert_eq!(lost.find_iter(&tail).count(), 3, "{lost}");
            tail = lost.replace_all(&tail, "").into_owned();
        }
        format!("{head}// ProcessProductEvent handles{tail}")
    });
}

/// A dead letter that is lost.
pub fn dlq_dropped(folder: &Path) {
    edit(folder, "analytics/dapr/subscription.yaml", |text| {
        text.replace("  deadLetterTopic: product-events.dlq\n", "")
    });
}

/// A consumer without protection that was not there.
pub fn new_consumer(folder: &Path) {
    let from = folder.join("notification/internal/data/eventbus/order_status_consumer.go");
    let text = fs::read_to_string(from).unwrap();
    let text = text
        .replace("OrderStatusConsumer", "DeliveredConsumer")
        .replace("constants.TopicOrderStatusChanged", "constants.TopicShippingDelivered")
        .replace("order-status-changed", "shipping-delivered")
        .replace("HandleOrderStatusChanged", "HandleDelivered");
    fs::write(folder.join("notification/internal/data/eventbus/delivered_consumer.go"), text).unwrap();
    edit(folder, "notification/internal/constants/topics.go", |text| {
        text.replace(
            "\tTopicSystemErrors ",
            "\tTopicShippingDelivered  = \"shipping.delivered\"\n\tTopicSystemErrors ",
        )
    });
    edit(folder, "notification/cmd/notification/main.go", |text| {
        text.replace(
            "\t\teventbus.NewSystemErrorConsumer",
            "\t\teventbus.NewDeliveredConsumer(uc, c.PubSub, logger),\n\t\teventbus.NewSystemErrorConsumer",
        )
    });
}

/// Dead letters for five consumers that had none.
pub fn improvement(folder: &Path) {
    let route = Regex::new("(?m)^(\t+)Route: .*\n").unwrap();
    for path in [
        "shipping/internal/data/eventbus/package_status_consumer.go",
        "customer/internal/data/eventbus/auth_consumer.go",
        "customer/internal/data/eventbus/order_consumer.go",
        "notification/internal/data/eventbus/order_status_consumer.go",
        "notification/internal/data/eventbus/system_error_consumer.go",
    ] {
        edit(folder, path, |text| {
            route.replace_all(text, "${0}${1}DeadLetterTopic: \"parked.dlq\",\n").into_owned()
        });
    }
}
