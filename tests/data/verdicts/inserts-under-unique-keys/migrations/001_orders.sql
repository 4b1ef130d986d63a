CREATE TABLE orders (
    id text PRIMARY KEY,
    customer text NOT NULL
);

CREATE TABLE payments (
    id text PRIMARY KEY,
    order_id text NOT NULL
);

CREATE UNIQUE INDEX payments_order_id ON payments (order_id);
