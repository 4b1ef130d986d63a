diesel::table! {
    invoices (id) {
        id -> Uuid,
        order_id -> Varchar,
        total -> Int8,
    }
}
diesel::table! {
    reminders (id) {
        id -> Uuid,
        order_id -> Varchar,
    }
}
diesel::table! {
    refunds (order_id) {
        order_id -> Varchar,
        total -> Int8,
    }
}
