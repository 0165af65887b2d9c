//! What was not read, and why.

/// Something that was not read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What it is: a path, a ref, an object; empty for the run as a whole.
    pub path: Vec<u8>,
    /// Why it was not read.
    pub kind: SkipKind,
    /// The same for people, as a sentence without a full stop.
    pub reason: String,
    /// The id of the object that is not here, in hexadecimal, if that is why.
    pub object: Option<String>,
}

impl Skipped {
    /// Names something that was not read.
    pub fn new(kind: SkipKind, path: &[u8], reason: impl Into<String>) -> Self {
        Skipped { path: path.to_vec(), kind, reason: reason.into(), object: None }
    }

    /// Whether it makes the run incomplete; else the run was told to leave it out.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.kind.is_incomplete()
    }
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipKind {
    /// Policy allows its path.
    AllowedPath,
    /// The user leaves its path out of this run.
    Excluded,
    /// `.gitignore` names it.
    Ignored,
    /// It is a device, a pipe or a socket.
    Special,
    /// A shallow clone ends here, and the user said that this is fine.
    AllowedShallow,
    /// The remote of a partial clone has it, and git has not asked for it.
    Promised,
    /// The commit that a range begins at is not here; everything that is here was read instead.
    RangeStart,
    /// A shallow clone ends here.
    Shallow,
    /// It is not there.
    Missing,
    /// It is larger than a limit.
    TooLarge,
    /// Its bytes are malformed.
    Damaged,
    /// The system or git cannot read its bytes.
    Unreadable,
    /// It is an archive, or a member of one, that cannot be opened.
    Unopened,
    /// It is an archive, and the user has not asked that archives are opened.
    Closed,
    /// It holds more matches than are listed.
    TooManyMatches,
    /// It is a repository of its own.
    OtherRepository,
    /// The user ended the run.
    Interrupted,
    /// The source as a whole cannot be listed.
    Source,
}

impl SkipKind {
    /// Whether a run is incomplete for it.
    #[must_use]
    pub const fn is_incomplete(self) -> bool {
        !matches!(
            self,
            SkipKind::AllowedPath
                | SkipKind::Excluded
                | SkipKind::Ignored
                | SkipKind::Special
                | SkipKind::AllowedShallow
                | SkipKind::Promised
                | SkipKind::RangeStart
                | SkipKind::Closed
        )
    }

    /// Returns the name that machine formats use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SkipKind::AllowedPath => "allowed-path",
            SkipKind::Excluded => "excluded",
            SkipKind::Ignored => "ignored",
            SkipKind::Special => "special-file",
            SkipKind::AllowedShallow | SkipKind::Shallow => "shallow",
            SkipKind::Promised => "promised",
            SkipKind::RangeStart => "range-start",
            SkipKind::Missing => "missing",
            SkipKind::TooLarge => "too-large",
            SkipKind::Damaged => "damaged",
            SkipKind::Unreadable => "unreadable",
            SkipKind::Unopened | SkipKind::Closed => "unopened",
            SkipKind::TooManyMatches => "too-many-matches",
            SkipKind::OtherRepository => "other-repository",
            SkipKind::Interrupted => "interrupted",
            SkipKind::Source => "source",
        }
    }
}
