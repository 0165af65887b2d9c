//! The `tightlip` program.

fn main() {}
