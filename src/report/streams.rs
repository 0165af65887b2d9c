//! Where reports go, and who may be looking.

use std::io::Write;

/// The streams of the process, and whether people watch them.
pub struct Streams<'a> {
    /// Reports.
    pub out: &'a mut dyn Write,
    /// What went wrong, and receipts.
    pub err: &'a mut dyn Write,
    /// Whether `out` is a terminal.
    pub out_is_terminal: bool,
    /// Whether `err` is a terminal.
    pub err_is_terminal: bool,
    /// How many columns a line on `out` may take; nothing if lines need not fit anything.
    pub out_width: Option<usize>,
    /// How many columns a line on `err` may take.
    pub err_width: Option<usize>,
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}
