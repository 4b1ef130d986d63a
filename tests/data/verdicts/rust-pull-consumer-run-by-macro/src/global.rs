pub struct Global {
    pub jetstream: async_nats::jetstream::Context,
}
