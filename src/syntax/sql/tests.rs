use super::*;
use proptest::prelude::*;

fn one(text: &str) -> SqlFact {
    let mut facts = statements(text);
    assert_eq!(facts.len(), 1, "{text}: {facts:?}");
    facts.pop().unwrap()
}

#[test]
fn plain_inserts() {
    let fact = one("INSERT INTO orders (id, \"total\", `note`) VALUES ($1, ?, :note)");
    assert_eq!((fact.verb, fact.table.as_str(), fact.conflict), (Verb::Insert, "orders", Conflict::None));
    assert_eq!(fact.columns, ["id", "total", "note"]);
    assert_eq!(one("insert into \"shop\".\"orders\" values ($1)").table, "shop.orders");
    assert_eq!(one("insert into [dbo].[orders] values (@id)").table, "dbo.orders");
    assert_eq!(one("INSERT INTO shop.orders VALUES (1)").table_name(), "orders");
    assert_eq!(one("INSERT INTO %s (id, name) VALUES ($1, $2)").table, "%s");
    assert_eq!(one("INSERT INTO {table} (id) VALUES ({id})").table, "{table}");
    assert_eq!(one("INSERT INTO %s_events (id) VALUES (1)").table, "%s_events");
    assert_eq!(one("INSERT INTO ${schema}.events (id) VALUES (1)").table, "${schema}.events");
    assert_eq!(one("INSERT INTO t SET a = 1, b = 2").columns, ["a", "b"]);
}

#[test]
fn conflicts_in_every_dialect() {
    let nothing = one(
        "INSERT INTO processed_events (event_id, at) VALUES ($1, now()) ON CONFLICT (event_id) DO NOTHING",
    );
    assert_eq!(
        (nothing.conflict, &nothing.conflict_columns[..]),
        (Conflict::DoNothing, &["event_id".to_owned()][..])
    );
    let update = one(
        "INSERT INTO stock AS s (sku, warehouse_id, qty) VALUES ($1,$2,$3)\n ON CONFLICT (sku, warehouse_id) DO UPDATE SET qty = EXCLUDED.qty, updated_at = now() WHERE s.version < EXCLUDED.version",
    );
    assert_eq!(update.conflict, Conflict::DoUpdate);
    assert_eq!(update.conflict_columns, ["sku", "warehouse_id"]);
    assert_eq!(update.columns, ["sku", "warehouse_id", "qty"]);
    assert!(!update.increments);
    let named = one("INSERT INTO t (a) VALUES (1) ON CONFLICT ON CONSTRAINT t_a_key DO NOTHING RETURNING id");
    assert_eq!(named.conflict_constraint.as_deref(), Some("t_a_key"));
    assert_eq!(named.conflict, Conflict::DoNothing);
    assert_eq!(one("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING").conflict, Conflict::DoNothing);
    assert_eq!(one("INSERT IGNORE INTO t (a) VALUES (1)").conflict, Conflict::DoNothing);
    assert_eq!(one("INSERT OR IGNORE INTO t (a) VALUES (1)").conflict, Conflict::DoNothing);
    assert_eq!(one("INSERT OR REPLACE INTO t (a) VALUES (1)").conflict, Conflict::DoUpdate);
    assert_eq!(one("REPLACE INTO t (a) VALUES (1)").conflict, Conflict::DoUpdate);
    assert_eq!(
        one("INSERT INTO t (a,b) VALUES (1,2) ON DUPLICATE KEY UPDATE b = VALUES(b)").conflict,
        Conflict::DoUpdate
    );
    assert_eq!(
        one("INSERT INTO t (a,b) VALUES (1,2) ON DUPLICATE KEY UPDATE a = a").conflict,
        Conflict::DoNothing
    );
    let guarded = one("INSERT INTO t (id) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM t WHERE id = $1)");
    assert!(guarded.guarded);
    let merge = one(
        "MERGE INTO stock AS t USING incoming AS s ON t.sku = s.sku WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty WHEN NOT MATCHED THEN INSERT (sku, qty) VALUES (s.sku, s.qty)",
    );
    assert_eq!((merge.verb, merge.conflict, merge.increments), (Verb::Insert, Conflict::DoUpdate, true));
    assert_eq!(merge.conflict_columns, ["sku"]);
    assert_eq!(merge.columns, ["sku", "qty"]);
}

#[test]
fn increments_read_the_old_value() {
    let yes = [
        "UPDATE c SET total = total + $1 WHERE id = $2",
        "UPDATE c SET n = c.n - 1 WHERE id = $2",
        "UPDATE c SET n = COALESCE(n, 0) + 1",
        "UPDATE c SET \"n\" = \"n\" + %s",
        "INSERT INTO m (d, n) VALUES ($1, $2) ON CONFLICT (d) DO UPDATE SET n = EXCLUDED.n + m.n",
        "INSERT INTO m (d, n) VALUES (1, 2) ON DUPLICATE KEY UPDATE n = n + VALUES(n)",
    ];
    let no = [
        "UPDATE c SET total = $1 WHERE id = $2",
        "UPDATE c SET n = COALESCE($1, n)",
        "UPDATE c SET until = now() + interval '1 day'",
        "UPDATE c SET n = other_n + 1",
        "INSERT INTO m (d, n) VALUES ($1, $2) ON CONFLICT (d) DO UPDATE SET n = EXCLUDED.n + 1",
        "INSERT INTO m (d, n) VALUES (1, 2) ON DUPLICATE KEY UPDATE n = VALUES(n) + 1",
        "INSERT INTO m (d, n) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE n = new.n + 1",
    ];
    for text in yes {
        assert!(one(text).increments, "{text}");
    }
    for text in no {
        assert!(!one(text).increments, "{text}");
    }
    assert_eq!(one(yes[0]).increment_columns, ["total"]);
}

#[test]
fn where_columns_are_those_compared() {
    let fact = one(
        "UPDATE orders o SET status = 'paid', (a, b) = ($3, $4) WHERE o.id = $1 AND status <> 'paid' AND deleted_at IS NULL AND tenant::text = $2 AND lower(mail) = $5 RETURNING id",
    );
    assert_eq!(fact.columns, ["status", "a", "b"]);
    assert_eq!(fact.where_columns, ["id", "status", "deleted_at", "tenant", "mail"]);
    let select = one(
        "SELECT DISTINCT ON (a, b) o.id, total AS t, count(*) AS n FROM shop.orders o JOIN x ON x.id = o.id WHERE (a, b) IN ((1, 2)) AND $1 = c AND id IN (SELECT id FROM other WHERE z = 1) ORDER BY id",
    );
    assert_eq!(select.table, "shop.orders");
    assert_eq!(select.columns, ["id", "total", "n"]);
    assert_eq!(select.where_columns, ["a", "b", "c", "id"]);
    let exists = one("SELECT EXISTS(SELECT 1 FROM processed_events WHERE event_id = $1)");
    assert_eq!(
        (exists.table.as_str(), &exists.where_columns[..]),
        ("processed_events", &["event_id".to_owned()][..])
    );
    let delete = one("DELETE FROM outbox WHERE created_at < now() - interval '7 days'");
    assert_eq!((delete.verb, delete.table.as_str()), (Verb::Delete, "outbox"));
    assert_eq!(delete.where_columns, ["created_at"]);
}

#[test]
fn polling_an_outbox() {
    let plain =
        one("SELECT id FROM outbox WHERE status = 'pending' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED");
    assert!(plain.skip_locked);
    let claim = one(
        "UPDATE outbox SET status = 'sending' WHERE id IN (SELECT id FROM outbox WHERE status='pending' FOR UPDATE SKIP LOCKED LIMIT 10) RETURNING *",
    );
    assert!(claim.skip_locked);
    assert_eq!(claim.verb, Verb::Update);
    let facts = statements(
        "WITH picked AS (SELECT id FROM outbox FOR NO KEY UPDATE SKIP LOCKED), gone AS (DELETE FROM old WHERE id = 1 RETURNING id) UPDATE outbox SET n = n + 1 FROM picked WHERE outbox.id = picked.id",
    );
    let verbs: Vec<_> = facts.iter().map(|f| (f.verb, f.table.as_str(), f.skip_locked)).collect();
    assert_eq!(verbs, [(Verb::Delete, "old", true), (Verb::Update, "outbox", true)]);
    assert!(facts[1].increments);
    assert!(!one("SELECT 1 FROM outbox FOR UPDATE").skip_locked);
}

#[test]
fn keys_of_tables_and_indexes() {
    let text = "
-- +goose Up
CREATE TABLE IF NOT EXISTS shop.orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- the id
    number text NOT NULL UNIQUE,
    sku varchar(10) NOT NULL DEFAULT 'a,b',
    total numeric(10, 2) CHECK (total > 0),
    CONSTRAINT orders_sku_key UNIQUE (sku, \"number\"),
    FOREIGN KEY (sku) REFERENCES skus (id),
    UNIQUE KEY k_total (total(10))
);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON shop.orders USING btree (lower(number), sku DESC) WHERE deleted_at IS NULL;
CREATE INDEX ON orders (sku);
ALTER TABLE ONLY orders ADD CONSTRAINT pk PRIMARY KEY (id, sku), ADD COLUMN IF NOT EXISTS key text UNIQUE;
/* no; */ DROP TABLE old;
-- +goose Down
DROP TABLE shop.orders;
";
    let facts = statements(text);
    let verbs: Vec<_> = facts.iter().map(|f| (f.verb, f.table.as_str(), f.line_offset)).collect();
    assert_eq!(
        verbs,
        [
            (Verb::CreateTable, "shop.orders", 2),
            (Verb::CreateIndex, "shop.orders", 11),
            (Verb::CreateIndex, "orders", 12),
            (Verb::AlterTable, "orders", 13),
            (Verb::Other, "old", 14)
        ]
    );
    assert_eq!(facts[0].columns, ["id", "number", "sku", "total"]);
    assert_eq!(facts[0].unique_keys, [vec!["id"], vec!["number"], vec!["sku", "number"], vec!["total"]]);
    assert_eq!(facts[1].unique_keys, [vec!["number", "sku"]]);
    assert_eq!(facts[1].where_columns, ["deleted_at"]);
    assert!(facts[2].unique_keys.is_empty());
    assert_eq!(facts[3].unique_keys, [vec!["id", "sku"], vec!["key"]]);
}

#[test]
fn functions_and_strings_hide_their_semicolons() {
    let facts = statements(
        "CREATE FUNCTION f() RETURNS trigger AS $body$ BEGIN INSERT INTO x VALUES (1); END; $body$ LANGUAGE plpgsql; INSERT INTO t VALUES ('a;b''c', 'it\\'s', 'back\\');",
    );
    let verbs: Vec<_> = facts.iter().map(|f| (f.verb, f.table.as_str())).collect();
    assert_eq!(verbs, [(Verb::Other, ""), (Verb::Insert, "t")]);
}

#[test]
fn sql_and_prose_are_told_apart() {
    let yes = [
        "SELECT id FROM orders",
        "\n\t  select * from orders where id = $1",
        "-- comment\nINSERT INTO t (a) VALUES (1)",
        "insert into t (a) values (?)",
        "INSERT INTO %s (id) VALUES ($1)",
        "UPDATE orders SET status = $1",
        "update orders set status = $1",
        "DELETE FROM cart",
        "DELETE FROM ",
        "delete from cart where id = $1",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "with x as (select 1) select * from x",
        "CREATE TABLE IF NOT EXISTS t (id int)",
        "create unique index i on t (a)",
        "ALTER TABLE t ADD COLUMN a int",
        "(SELECT 1 FROM a)",
        "SELECT pg_notify('x', $1)",
        "select id from orders",
        "Select * From orders Where id = @id",
    ];
    let no = [
        "",
        "select",
        "SELECT",
        "DELETE",
        "UPDATE",
        "update",
        "/orders",
        "Select one of the options from the list",
        "select one from the list below",
        "Update the set of users",
        "insert into the database failed",
        "Delete from cart",
        "delete from cart",
        "Create table",
        "create order failed: %w",
        "with the order as given",
        "updated orders set = x",
        "DELETE /orders/{id}",
        "drop index finger",
        "create a table for two",
        "é",
        "(((",
    ];
    for text in yes {
        assert!(looks_like_sql(text), "{text}");
    }
    for text in no {
        assert!(!looks_like_sql(text), "{text}");
    }
    assert_eq!(statements("nothing to see here; move on"), []);
}

#[test]
fn hostile_text_takes_linear_time() {
    for text in [
        "(".repeat(200_000),
        "WITH a AS (".repeat(20_000),
        "SELECT ".repeat(50_000),
        "'".repeat(99_999),
        "INSERT INTO t SET ".repeat(20_000),
        "$a$".repeat(50_001),
        "{".repeat(100_000),
    ] {
        let _ = statements(&text);
        let _ = looks_like_sql(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn never_panics_on_any_text(text in "\\PC*") {
        let _ = statements(&text);
        let _ = looks_like_sql(&text);
    }

    #[test]
    fn never_panics_on_sql_words(parts in prop::collection::vec(prop::sample::select(vec![
        "INSERT ", "INTO ", "t ", "a.b", ".", "(", ")", ",", "VALUES ", "SELECT ", "FROM ", "WHERE ", "SET ", "x = x + 1 ",
        "UPDATE ", "DELETE ", "ON ", "CONFLICT ", "DO ", "NOTHING ", "DUPLICATE ", "KEY ", "CONSTRAINT ", "CREATE ", "TABLE ",
        "UNIQUE ", "INDEX ", "PRIMARY KEY ", "ALTER TABLE ", "ADD ", "MERGE ", "USING ", "WHEN ", "MATCHED ", "WITH ", "AS ",
        "=", "::", "'", "\"", "`", "[a", "]", "$1", "$x$", "?", ":n", "%s", "%(", "%[", "{", "}", "--", "\n", "/*", "*/", ";", "é", "\\'",
        "LATERAL ", "EXISTS ", "IN ", "ONLY ", "VALUES(", "excluded.", "1", "#",
    ]), 0..40)) {
        let text = parts.concat();
        let _ = statements(&text);
        let _ = looks_like_sql(&text);
    }
}

/// Found by fuzzing.
#[test]
fn a_parenthesis_that_opens_nowhere_ends_nothing() {
    assert_eq!(one("SELECT DISTINCT ON x) id FROM events").table, "events");
}
