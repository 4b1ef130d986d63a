//! Facts as s-expressions, for tests.
