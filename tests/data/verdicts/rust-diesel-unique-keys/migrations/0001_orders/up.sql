CREATE TABLE invoices (
    id UUID PRIMARY KEY,
    order_id VARCHAR NOT NULL,
    total BIGINT NOT NULL
);
CREATE UNIQUE INDEX invoices_order ON invoices (order_id);
CREATE TABLE reminders (
    id UUID PRIMARY KEY,
    order_id VARCHAR NOT NULL
);
CREATE TABLE refunds (
    order_id VARCHAR PRIMARY KEY,
    total BIGINT NOT NULL
);
