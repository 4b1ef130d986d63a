CREATE TABLE dishes (
    id uuid PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE notes (
    id bigserial PRIMARY KEY,
    body text NOT NULL
);
