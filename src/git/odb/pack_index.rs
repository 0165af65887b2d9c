//! The index of a pack: which objects are in it, and where.
//!
//! Format: <https://git-scm.com/docs/gitformat-pack>, versions 1 and 2.

use super::Damage;

/// Sorted object ids, found by their first bits: they are evenly spread.
#[derive(Debug)]
pub(super) struct Ids {
    id_bytes: usize,
    /// For each value of the first bits, how many ids begin with a lower one.
    buckets: Vec<u32>,
    /// How many bits of an id's first four bytes do not count for its bucket.
    shift: u32,
    ids: Vec<u8>,
}

/// So many ids share a bucket if they are evenly spread.
const BUCKET_IDS: usize = 4;

impl Ids {
    /// Takes ids that are sorted already.
    ///
    /// # Errors
    /// They are not in rising order.
    pub(super) fn new(id_bytes: usize, ids: Vec<u8>) -> Result<Self, Damage> {
        let all = || ids.chunks_exact(id_bytes);
        if all().zip(all().skip(1)).any(|(one, next)| one >= next) {
            return Err(Damage("its ids are not in order"));
        }
        let wanted = (ids.len() / id_bytes / BUCKET_IDS).max(1);
        let bits = wanted.ilog2().min(24);
        let shift = 32 - bits;
        let mut buckets = vec![0_u32; (1 << bits) + 1];
        for id in all() {
            buckets[bucket(id, shift) + 1] += 1;
        }
        for at in 1..buckets.len() {
            buckets[at] += buckets[at - 1];
        }
        Ok(Ids { id_bytes, buckets, shift, ids })
    }

    /// No ids.
    pub(super) fn none(id_bytes: usize) -> Self {
        Ids { id_bytes, buckets: vec![0; 2], shift: 32, ids: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len() / self.id_bytes
    }

    pub(super) fn get(&self, at: usize) -> &[u8] {
        &self.ids[at * self.id_bytes..(at + 1) * self.id_bytes]
    }

    /// Returns the place of an id in the order.
    pub(super) fn find(&self, id: &[u8]) -> Option<usize> {
        if id.len() != self.id_bytes {
            return None;
        }
        let bucket = bucket(id, self.shift);
        let mut start = self.buckets[bucket] as usize;
        let mut end = self.buckets[bucket + 1] as usize;
        // Ids that are not evenly spread are made to harm.
        while end - start > 4 * BUCKET_IDS {
            let middle = start + (end - start) / 2;
            if self.get(middle) <= id {
                start = middle;
            } else {
                end = middle;
            }
        }
        // The first eight bytes tell nearly all apart, without a call.
        let first = |id: &[u8]| id.first_chunk::<8>().copied();
        let wanted = first(id);
        (start..end).find(|&at| first(self.get(at)) == wanted && self.get(at) == id)
    }
}

/// The first bits of an id.
fn bucket(id: &[u8], shift: u32) -> usize {
    let first = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
    first.checked_shr(shift).unwrap_or(0) as usize
}

/// Parses an index file: the ids, and the offset of each in the pack.
pub(super) fn parse(raw: &[u8], id_bytes: usize) -> Result<(Ids, Vec<u64>), Damage> {
    if raw.starts_with(b"\xfftOc") { parse_v2(raw, id_bytes) } else { parse_v1(raw, id_bytes) }
}

const SHORT: Damage = Damage("it is cut short");

fn word(raw: &[u8], at: usize) -> Result<u32, Damage> {
    let bytes = raw.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).ok_or(SHORT)?;
    Ok(u32::from_be_bytes(bytes))
}

fn parse_v2(raw: &[u8], id_bytes: usize) -> Result<(Ids, Vec<u64>), Damage> {
    if word(raw, 4)? != 2 {
        return Err(Damage("its version is unknown"));
    }
    let count = word(raw, 8 + 255 * 4)? as usize;
    let ids_at = 8 + 256 * 4;
    let offsets_at = ids_at + count * (id_bytes + 4);
    let large_at = offsets_at + count * 4;
    let ids = raw.get(ids_at..ids_at + count * id_bytes).ok_or(SHORT)?;
    let small = raw.get(offsets_at..large_at).ok_or(SHORT)?;
    let mut offsets = Vec::with_capacity(count);
    for at in 0..count {
        let offset = word(small, at * 4)?;
        offsets.push(if offset >> 31 == 0 {
            u64::from(offset)
        } else {
            let at = large_at + (offset & !(1 << 31)) as usize * 8;
            u64::from(word(raw, at)?) << 32 | u64::from(word(raw, at + 4)?)
        });
    }
    Ok((Ids::new(id_bytes, ids.to_vec())?, offsets))
}

fn parse_v1(raw: &[u8], id_bytes: usize) -> Result<(Ids, Vec<u64>), Damage> {
    let count = word(raw, 255 * 4)? as usize;
    let entries = raw.get(1024..1024 + count * (id_bytes + 4)).ok_or(SHORT)?;
    let mut ids = Vec::with_capacity(count * id_bytes);
    let mut offsets = Vec::with_capacity(count);
    for entry in entries.chunks_exact(id_bytes + 4) {
        offsets.push(u64::from(word(entry, 0)?));
        ids.extend_from_slice(&entry[4..]);
    }
    Ok((Ids::new(id_bytes, ids)?, offsets))
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn every_id_is_found_and_no_other() {
        let spread = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        let close = |at: u64| (at / 3 * 5).to_be_bytes();
        for make in [&spread as &dyn Fn(u64) -> [u8; 8], &close] {
            let mut all: Vec<[u8; 20]> = (0..5000)
                .map(|at| {
                    let mut id = [7; 20];
                    id[..8].copy_from_slice(&make(at));
                    id[12..].copy_from_slice(&at.to_be_bytes());
                    id
                })
                .collect();
            all.sort_unstable();
            let ids = Ids::new(20, all.concat()).unwrap();
            for (at, id) in all.iter().enumerate() {
                assert_eq!(ids.find(id), Some(at));
                let mut other = *id;
                other[11] ^= 1;
                assert_eq!(ids.find(&other), None);
            }
        }
        assert!(Ids::new(20, [[2; 20], [1; 20]].concat()).is_err());
    }
}
