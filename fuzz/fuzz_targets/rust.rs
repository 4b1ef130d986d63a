//! See `src/rust.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &[u8]| flowaudit_fuzz::rust::run(source));
