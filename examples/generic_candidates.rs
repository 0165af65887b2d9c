//! Prints the candidates of the generic judge, for training: reads paths from standard input, one a line.
//!
//! A line a candidate, fields parted by tabs: path, offset and end of the name, offset and end of the value,
//! probability by the present weights, and the steps of all groups. `--groups` prints the groups in place of that.

use std::io::{self, BufRead as _, BufWriter, Write as _};

use tightlip::engine::generic::{GROUPS, candidates};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if std::env::args().nth(1).as_deref() == Some("--groups") {
        for group in &GROUPS {
            writeln!(out, "{}\t{}\t{}", group.name, group.steps, u8::from(group.is_ordered))?;
        }
        return out.flush();
    }
    for path in io::stdin().lock().lines() {
        let path = path?;
        for found in candidates(&std::fs::read(&path)?) {
            let (name, value) = (found.name, found.value);
            let steps: Vec<String> = found.steps.iter().map(u8::to_string).collect();
            writeln!(
                out,
                "{path}\t{}\t{}\t{}\t{}\t{:.3}\t{}",
                name.start,
                name.end,
                value.start,
                value.end,
                found.probability,
                steps.join(" ")
            )?;
        }
    }
    out.flush()
}
