//! How much one archive may make us do.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

/// How far archives are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// How many archives may be inside each other; a `.tar.gz` is two.
    pub depth: u32,
    /// How many bytes one outermost archive may unpack to, all levels added.
    pub max_bytes: u64,
    /// How many bytes one packed byte may unpack to, checked only beyond some 64 MB, since small
    /// files of zeros are common and cheap.
    pub max_ratio: u64,
    /// How many members there may be, all levels added.
    pub max_members: u64,
}

impl Default for ArchiveLimits {
    /// One gigabyte takes a few seconds to unpack and scan. The ratio is what source text and
    /// logs reach at best; a bomb of deflated zeros has 1000.
    fn default() -> Self {
        ArchiveLimits { depth: 8, max_bytes: 1 << 30, max_ratio: 250, max_members: 1_000_000 }
    }
}

/// No more than this may be inside each other, whatever is asked for: each takes some of the stack.
const MAX_DEPTH: u32 = 64;

/// Up to here, no ratio is too high.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// Counts what an archive makes us do, and says when it is too much.
#[derive(Debug)]
pub(super) struct Meter {
    limits: ArchiveLimits,
    /// How many bytes may be unpacked, the stricter of the two limits.
    max_bytes: u64,
    unpacked_bytes: Cell<u64>,
    /// Packed bytes that were read again and again, since members of a zip may overlap.
    packed_bytes: Cell<u64>,
    members: Cell<u64>,
    is_over: Cell<bool>,
    untold: RefCell<Option<String>>,
}

impl Meter {
    pub(super) fn new(limits: ArchiveLimits, size: u64) -> Self {
        let by_ratio = size.saturating_mul(limits.max_ratio).max(RATIO_FREE_BYTES);
        Meter {
            limits: ArchiveLimits { depth: limits.depth.min(MAX_DEPTH), ..limits },
            max_bytes: limits.max_bytes.min(by_ratio),
            unpacked_bytes: Cell::new(0),
            packed_bytes: Cell::new(0),
            members: Cell::new(0),
            is_over: Cell::new(false),
            untold: RefCell::new(None),
        }
    }

    pub(super) const fn limits(&self) -> &ArchiveLimits {
        &self.limits
    }

    /// Whether a limit has been reached, so that nothing more is to be read.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// The limit that was reached, once.
    pub(super) fn untold_limit(&self) -> Option<String> {
        self.untold.take()
    }

    fn end(&self, reason: String) {
        if !self.is_over.replace(true) {
            self.untold.replace(Some(format!("{reason}; the rest of the archive is not read")));
        }
    }

    /// Counts a member; false if it is one too many.
    pub(super) fn count_member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.limits.max_members {
            self.end(format!("more than {} members", self.limits.max_members));
        }
        !self.is_over()
    }

    /// Counts bytes of a zip that were read for one of its members.
    pub(super) fn count_packed(&self, bytes: u64) {
        self.packed_bytes.set(self.packed_bytes.get().saturating_add(bytes));
        if self.packed_bytes.get() > self.limits.max_bytes {
            self.end(format!("its members have more than {} bytes", self.limits.max_bytes));
        }
    }

    fn count_unpacked(&self, bytes: u64) {
        self.unpacked_bytes.set(self.unpacked_bytes.get().saturating_add(bytes));
        if self.unpacked_bytes.get() > self.max_bytes {
            self.end(if self.max_bytes == self.limits.max_bytes {
                format!("unpacks to more than {} bytes", self.max_bytes)
            } else {
                format!("unpacks to more than {} times its size", self.limits.max_ratio)
            });
        }
    }

    fn room(&self) -> u64 {
        self.max_bytes.saturating_sub(self.unpacked_bytes.get())
    }
}

/// What a decompressor gives, counted. An error becomes an end, so that what came before it is
/// handed over like everything else.
pub(super) struct Unpacked<'a> {
    decoder: &'a mut dyn Read,
    meter: &'a Meter,
    failure: Option<String>,
}

impl<'a> Unpacked<'a> {
    pub(super) fn new(decoder: &'a mut dyn Read, meter: &'a Meter) -> Self {
        Unpacked { decoder, meter, failure: None }
    }

    /// The error that ended the reading, if one did.
    pub(super) fn failure(self) -> Option<String> {
        self.failure
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.meter.is_over() || self.failure.is_some() {
            return Ok(0);
        }
        // One byte more than there is room for tells a limit that is kept from one that is not.
        let most = usize::try_from(self.meter.room().saturating_add(1)).unwrap_or(usize::MAX);
        let length = out.len().min(most);
        match self.decoder.read(&mut out[..length]) {
            Ok(read) => {
                self.meter.count_unpacked(read as u64);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failure = Some(error.to_string());
                Ok(0)
            }
        }
    }
}
