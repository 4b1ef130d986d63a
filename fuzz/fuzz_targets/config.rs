//! See `src/config.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &[u8]| flowaudit_fuzz::config::run(source));
