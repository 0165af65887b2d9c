//! What was found in blobs, kept until it is known where they stand.

use std::collections::hash_map::Entry;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::FastMap;
use crate::git::odb::ObjectNo;
use crate::source::{Seen, SeenLines, SeenPart};

/// How much may still be kept, by all threads together. Blobs for which there is no room are read again.
#[derive(Debug)]
pub(super) struct Room(AtomicUsize);

impl Room {
    const BYTES: usize = 16 << 20;

    pub(super) const fn new() -> Self {
        Room(AtomicUsize::new(Self::BYTES))
    }

    /// Takes so many bytes, if there are as many.
    fn take(&self, bytes: usize) -> bool {
        let taken = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }
}

/// What was found in blobs.
pub(super) type SeenBlobs = FastMap<ObjectNo, Arc<Seen>>;

/// What one thread has found in blobs.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    room: &'a Room,
    pub(super) blobs: SeenBlobs,
    /// Lines by their hashes: the versions of a file have most of them in common.
    lines: FastMap<u64, Arc<SeenLines>>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(room: &'a Room) -> Self {
        Kept { room, blobs: SeenBlobs::default(), lines: FastMap::default() }
    }

    /// Keeps what was found in a blob, if there is room.
    pub(super) fn keep(&mut self, blob: ObjectNo, mut seen: Seen) {
        let bytes = size_of::<Seen>() + size_of_val(&*seen.parts);
        if seen.parts.iter_mut().all(|part| self.share(part)) && self.room.take(bytes) {
            self.blobs.insert(blob, Arc::new(seen));
        }
    }

    /// Lets a part share its lines with an earlier one that has the same. Returns whether there is room for it.
    fn share(&mut self, part: &mut SeenPart) -> bool {
        let room = self.room;
        let hash = self.lines.hasher().hash_one(&part.lines.bytes);
        match self.lines.entry(hash) {
            Entry::Occupied(known) if *known.get() == part.lines => {
                part.lines = known.get().clone();
                true
            }
            Entry::Occupied(_) => room.take(size(&part.lines)),
            Entry::Vacant(new) => {
                let has_room = room.take(size(&part.lines));
                if has_room {
                    new.insert(part.lines.clone());
                }
                has_room
            }
        }
    }
}

/// About how much memory lines take with what was found in them, in bytes.
fn size(lines: &SeenLines) -> usize {
    let texts = lines.matches.list.iter().map(|found| found.text.len());
    let list = size_of_val(&*lines.matches.list);
    size_of::<SeenLines>() + lines.bytes.len() + list + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::{Kept, Room};
    use crate::engine::Matches;
    use crate::source::{Seen, SeenLines, SeenPart};
    use crate::text::lines::Position;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn seen(texts: &[&str]) -> Seen {
        let part = |text: &&str| SeenPart {
            first: Position { line: 1, column: 1 },
            lines: Arc::new(SeenLines {
                bytes: text.as_bytes().into(),
                matches: Matches::default(),
            }),
        };
        Seen { parts: texts.iter().map(part).collect() }
    }

    #[test]
    fn lines_are_kept_once_and_no_more_than_there_is_room_for() {
        let long = "x".repeat(1000);
        let room = Room(AtomicUsize::new(1500));
        let mut kept = Kept::new(&room);
        for blob in 0..3 {
            kept.keep(blob, seen(&[&long]));
        }
        assert_eq!(kept.blobs.len(), 3);
        assert!(Arc::ptr_eq(&kept.blobs[&0].parts[0].lines, &kept.blobs[&2].parts[0].lines));
        let left = room.0.load(Ordering::Relaxed);
        assert!(left < 500);
        kept.keep(3, seen(&["short", &"y".repeat(left)]));
        assert!(!kept.blobs.contains_key(&3));
    }
}
