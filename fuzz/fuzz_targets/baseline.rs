//! See `src/baseline.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &[u8]| flowaudit_fuzz::baseline::run(source));
