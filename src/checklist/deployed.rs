//! What runs brokers and caches: containers of Compose and of workloads, charts, and resources that
//! make one. What is named elsewhere (a console beside the broker, a build that pulls its image) runs
//! none. What each is called is data: `rules/deployed.yaml`.

use std::sync::LazyLock;

use crate::audit::Evidence;
use crate::syntax::reader::{Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/deployed.yaml"));

/// A broker or a store, and what makes one.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// What people call it.
    pub(super) name: String,
    /// What goes over it, as detectors say.
    transports: Vec<String>,
    /// Whether a cache can be kept in it.
    pub(super) caches: bool,
    /// Whether it holds tables or collections.
    pub(super) tables: bool,
    images: Vec<String>,
    kinds: Vec<String>,
    resources: Vec<String>,
    components: Vec<String>,
}

/// Every server that has a name here. That they are sound is tested.
pub(super) static SERVERS: LazyLock<Vec<Server>> = LazyLock::new(|| read(BUILT_IN).0);

fn read(text: &str) -> (Vec<Server>, Vec<Mistake>) {
    let (mut reader, node) = Reader::document(text);
    let mut servers = Vec::new();
    for node in node.iter().flat_map(Node::items) {
        let keys = ["runs", "transports", "images", "kinds", "resources", "components", "caches", "tables"];
        let Some(map) = reader.map(node, &keys) else { continue };
        let name = reader.required_text(map, "runs").unwrap_or_default().to_owned();
        let mut texts = |key: &str| -> Vec<String> {
            let found = map.get(key).map(|node| reader.texts(node)).unwrap_or_default();
            found.into_iter().map(|(_, text)| text.to_owned()).collect()
        };
        let (transports, images, kinds) = (texts("transports"), texts("images"), texts("kinds"));
        let (resources, components) = (texts("resources"), texts("components"));
        let caches = reader.flag_or(map, "caches", false);
        let tables = reader.flag_or(map, "tables", false);
        servers.push(Server { name, transports, caches, tables, images, kinds, resources, components });
    }
    (servers, reader.finish())
}

impl Server {
    /// Whether messages of this transport go over it.
    pub(super) fn carries(&self, transport: &str) -> bool {
        self.transports.iter().any(|it| it == transport)
    }

    /// Whether messages go over it.
    pub(super) fn is_broker(&self) -> bool {
        !self.transports.is_empty()
    }

    /// Where manifests make one of it, in order of path; once in each file.
    pub(super) fn places<'d>(
        &self,
        documents: impl Iterator<Item = &'d (String, Vec<Node>)>,
    ) -> Vec<Evidence> {
        let mut found = Vec::new();
        for (path, nodes) in documents {
            let made = nodes.iter().flat_map(|node| made(path, node));
            found.extend(made.filter(|it| self.is(it)).take(1).map(|it| Evidence {
                path: path.clone(),
                line: it.line,
                role: "file".to_owned(),
                note: it.note(),
            }));
        }
        found
    }

    fn is(&self, made: &Made<'_>) -> bool {
        let among = |list: &[String]| list.iter().any(|it| it == made.name);
        match made.how {
            How::Image | How::Chart => self.images.iter().any(|it| it == last_part(made.name)),
            How::Kind => {
                let kind = format!("{}/{}", made.group, made.name);
                self.kinds.contains(&kind)
            }
            How::Resource => among(&self.resources),
            How::Component => self.components.iter().any(|it| made.name.starts_with(it.as_str())),
        }
    }
}

/// `redis` of `docker.io/bitnami/redis:7.2@sha256:…`.
fn last_part(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split(':').next().unwrap_or(name)
}

/// Something that a manifest makes.
struct Made<'n> {
    how: How,
    name: &'n str,
    /// Of a kind of Kubernetes, its group.
    group: &'n str,
    line: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Image,
    Chart,
    Kind,
    Resource,
    Component,
}

impl Made<'_> {
    fn note(&self) -> String {
        match self.how {
            How::Image => format!("image: {}", self.name),
            How::Chart => format!("chart: {}", self.name),
            How::Kind => format!("kind: {}", self.name),
            How::Resource => self.name.to_owned(),
            How::Component => format!("type: {}", self.name),
        }
    }
}

/// Kinds of Kubernetes that run containers.
const WORKLOADS: [&str; 8] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
];

/// Where the kinds that run containers name them.
const CONTAINERS: [&str; 3] = [
    "spec.template.spec.containers[].image",
    "spec.containers[].image",
    "spec.jobTemplate.spec.template.spec.containers[].image",
];

/// What one document makes.
fn made<'n>(path: &str, node: &'n Node) -> Vec<Made<'n>> {
    let mut out = Vec::new();
    let mut add = |how: How, group: &'n str, nodes: Vec<&'n Node>| {
        let named = nodes.into_iter().filter_map(|node| Some((node.as_str()?, node.line)));
        out.extend(named.map(|(name, line)| Made { how, name, group, line }));
    };
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    if let (Some(version), Some(kind)) = (text("apiVersion"), node.get("kind")) {
        let group = version.split('/').next().unwrap_or(version);
        let word = kind.as_str().unwrap_or_default();
        add(How::Kind, group, vec![kind]);
        if WORKLOADS.contains(&word) {
            add(How::Image, "", CONTAINERS.iter().flat_map(|path| node.path(path)).collect());
        }
        match word {
            "Component" if group == "dapr.io" => add(How::Component, "", node.path("spec.type")),
            "HelmRelease" => add(How::Chart, "", node.path("spec.chart.spec.chart")),
            "Application" => add(How::Chart, "", node.path("spec.source.chart")),
            // A list of resources.
            "List" => {
                let inner = node.get("items").map(Node::items).unwrap_or_default();
                out.extend(inner.iter().flat_map(|node| made(path, node)));
            }
            _ => {}
        }
    } else if path.rsplit('/').next() == Some("Chart.yaml") {
        add(How::Chart, "", node.path("dependencies[].name"));
    } else if let Some(resources) = node.get("resource") {
        // Terraform.
        let kinds = resources.entries().iter();
        out.extend(kinds.map(|it| Made {
            how: How::Resource,
            name: &it.key,
            group: "",
            line: it.value.entries().first().map_or(it.key_line, |first| first.key_line),
        }));
        let mut charts = Vec::new();
        for release in resources.get("helm_release").map(Node::entries).unwrap_or_default() {
            charts.extend(release.value.path("chart"));
        }
        let named = charts.into_iter().filter_map(|node| Some((node.as_str()?, node.line)));
        out.extend(named.map(|(name, line)| Made { how: How::Chart, name, group: "", line }));
    } else {
        add(How::Image, "", node.path("services.*.image"));
        // CloudFormation, bare or inside of a file of the Serverless framework.
        add(How::Resource, "", node.path("Resources.*.Type"));
        add(How::Resource, "", node.path("resources.Resources.*.Type"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml;

    #[test]
    fn the_table_is_sound() {
        let (servers, mistakes) = read(BUILT_IN);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert!(servers.iter().all(|it| it.is_broker() || it.caches || it.tables), "{servers:?}");
    }

    /// What of the table a manifest makes.
    fn runs(path: &str, text: &str) -> Vec<(String, u32)> {
        let documents = [(path.to_owned(), yaml::parse(text).0)];
        let found = SERVERS.iter().flat_map(|server| {
            let places = server.places(documents.iter());
            places.into_iter().map(|it| (server.name.clone(), it.line))
        });
        found.collect()
    }

    #[test]
    fn only_what_runs_a_server_makes_one() {
        for (path, text, name, line) in [
            ("compose.yaml", "services:\n  bus:\n    image: docker.io/bitnami/kafka:3.7\n", "Kafka", 3),
            ("compose.yaml", "services:\n  bus:\n    image: rabbitmq:3-management-alpine\n", "RabbitMQ", 3),
            (
                "bus.yaml",
                "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: nats:2.10@sha256:ab\n",
                "NATS",
                8,
            ),
            (
                "bus.yaml",
                "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: a}\n",
                "Kafka",
                2,
            ),
            (
                "a/Chart.yaml",
                "name: a\ndependencies:\n  - name: rabbitmq\n    version: 1.0.0\n",
                "RabbitMQ",
                3,
            ),
            (
                "pubsub.yaml",
                "apiVersion: dapr.io/v1alpha1\nkind: Component\nspec:\n  type: pubsub.redis\n",
                "Dapr's pub/sub component",
                4,
            ),
            ("compose.yaml", "services:\n  db:\n    image: mysql:8\n", "MySQL", 3),
            ("stack.yaml", "Resources:\n  Mail:\n    Type: AWS::SQS::Queue\n", "SQS", 3),
        ] {
            assert_eq!(runs(path, text), [(name.to_owned(), line)], "{text}");
        }
        for (path, text) in [
            ("compose.yaml", "services:\n  look:\n    image: provectuslabs/kafka-ui:latest\n"),
            ("compose.yaml", "services:\n  look:\n    image: oliver006/redis_exporter\n"),
            ("compose.yaml", "services:\n  look:\n    image: natsio/nats-box\n"),
            // What a build starts beside its tests runs nothing afterwards.
            (
                ".github/workflows/ci.yml",
                "on: push\njobs:\n  test:\n    services:\n      bus:\n        image: rabbitmq:3\n",
            ),
            ("values.yaml", "kafka:\n  image: kafka\n"),
            ("topic.yaml", "apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic\nmetadata: {name: a}\n"),
        ] {
            assert_eq!(runs(path, text), [], "{text}");
        }
    }
}
