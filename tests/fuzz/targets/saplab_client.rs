#![no_main]

#[path = "../bodies.rs"]
#[allow(dead_code, reason = "each target takes its own body")]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::saplab_client(data));
