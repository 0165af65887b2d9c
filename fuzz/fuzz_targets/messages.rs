//! Fuzzes `tightlip_fuzz::messages`; without a fuzzer, it writes seeds or repeats inputs.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tightlip_fuzz::messages(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    tightlip_fuzz::run_by_hand("messages", std::env::args_os().skip(1))
}
