//! The index, read by hand.
//!
//! libgit2 copies every entry and reads every tree of HEAD; git does not, because the index keeps
//! the ids of trees that nothing was staged in (the cached tree). This reader uses them too, so
//! that a commit costs what it changes and not what the repository holds. Whatever it does not
//! know is left to libgit2 and then to git. Format: <https://git-scm.com/docs/index-format>.

use std::ops::Range;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::object::ObjectId;

/// What cannot be made of an index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It uses something that this reader does not know.
    Unknown,
    /// Its sum is wrong, or it ends where it must not.
    Damaged,
}

/// One path of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: Range<usize>,
    pub(crate) mode: u32,
    pub(crate) id: ObjectId,
    pub(crate) stage: u8,
    pub(crate) is_intent: bool,
}

/// A directory of the cached tree.
#[derive(Debug, Default)]
pub(crate) struct Cached {
    pub(crate) name: Vec<u8>,
    /// How many entries are below it, and the id of its tree; `None` once something was staged.
    pub(crate) tree: Option<(usize, ObjectId)>,
    pub(crate) children: Vec<Cached>,
}

/// A parsed index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The paths, one behind the other.
    paths: Vec<u8>,
    /// In the order of their paths.
    pub(crate) entries: Vec<Entry>,
    pub(crate) cached: Option<Cached>,
}

/// Whether the bytes end in their own sum, or in zeros, which stand for none (`index.skipHash`).
pub(crate) fn ends_in_its_sum(bytes: &[u8], id_bytes: usize) -> bool {
    let Some((body, sum)) = bytes.len().checked_sub(id_bytes).map(|at| bytes.split_at(at)) else {
        return false;
    };
    let is_right = match id_bytes {
        20 => Sha1::digest(body).as_slice() == sum,
        _ => Sha256::digest(body).as_slice() == sum,
    };
    is_right || sum.iter().all(|&byte| byte == 0)
}

impl Index {
    /// Parses the file of an index whose ids have `id_bytes` bytes.
    pub(crate) fn parse(bytes: &[u8], id_bytes: usize) -> Result<Self, Unread> {
        if !ends_in_its_sum(bytes, id_bytes) {
            return Err(Unread::Damaged);
        }
        let mut input = Input { bytes: &bytes[..bytes.len() - id_bytes], at: 0 };
        if input.take(4)? != b"DIRC" {
            return Err(Unread::Damaged);
        }
        let version = input.number()?;
        if !(2..=4).contains(&version) {
            return Err(Unread::Unknown);
        }
        let count = input.number()? as usize;
        let mut index = Index::default();
        // A file cannot hold more entries than it has bytes for.
        index.entries.reserve(count.min(bytes.len() / 40));
        let mut previous = 0..0;
        for _ in 0..count {
            let entry = index.entry(&mut input, version, id_bytes, &previous)?;
            previous = entry.path.clone();
            index.entries.push(entry);
        }
        index.extensions(&mut input, id_bytes)?;
        let is_sorted = index.entries.is_sorted_by(|a, b| {
            (&index.paths[a.path.clone()], a.stage) < (&index.paths[b.path.clone()], b.stage)
        });
        if is_sorted { Ok(index) } else { Err(Unread::Damaged) }
    }

    fn entry(
        &mut self,
        input: &mut Input<'_>,
        version: u32,
        id_bytes: usize,
        previous: &Range<usize>,
    ) -> Result<Entry, Unread> {
        const EXTENDED: u16 = 0x4000;
        const INTENT_TO_ADD: u16 = 0x2000;
        let start = input.at;
        // Times, device, inode.
        input.take(24)?;
        let mode = input.number()?;
        // Owner, group, size.
        input.take(12)?;
        let id = ObjectId::from_bytes(input.take(id_bytes)?).ok_or(Unread::Damaged)?;
        let flags = input.short()?;
        let extended = if flags & EXTENDED != 0 { input.short()? } else { 0 };
        let from = self.paths.len();
        if version == 4 {
            let keep = previous.len().checked_sub(input.variable()?).ok_or(Unread::Damaged)?;
            self.paths.extend_from_within(previous.start..previous.start + keep);
        }
        self.paths.extend_from_slice(input.until_zero()?);
        if version < 4 {
            // Entries end at a multiple of eight bytes, in one to eight zeros.
            let used = input.at - start - 1;
            input.take((8 - used % 8) - 1)?;
        }
        let stage = (flags >> 12 & 3) as u8;
        let is_intent = extended & INTENT_TO_ADD != 0;
        Ok(Entry { path: from..self.paths.len(), mode, id, stage, is_intent })
    }

    /// Reads the cached tree; an extension in lower case must be understood, others need not be.
    fn extensions(&mut self, input: &mut Input<'_>, id_bytes: usize) -> Result<(), Unread> {
        while input.at < input.bytes.len() {
            let name = input.take(4)?;
            let size = input.number()? as usize;
            let body = input.take(size)?;
            if name == b"TREE" {
                // A cached tree that cannot be read is as good as none.
                self.cached = cached_tree(body, id_bytes).ok();
            } else if !name[0].is_ascii_uppercase() {
                return Err(Unread::Unknown);
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.path.clone()]
    }
}

/// Parses the cached tree: each directory before those in it, in the order of the file.
fn cached_tree(bytes: &[u8], id_bytes: usize) -> Result<Cached, Unread> {
    let mut input = Input { bytes, at: 0 };
    // Directories that still wait for children, outermost first.
    let mut open: Vec<(Cached, usize)> = Vec::new();
    loop {
        let name = input.until_zero()?.to_vec();
        let entries: i64 = input.decimal_until(b' ')?;
        let children = usize::try_from(input.decimal_until(b'\n')?).map_err(|_| Unread::Damaged)?;
        let tree = match usize::try_from(entries) {
            Ok(count) => {
                let id = ObjectId::from_bytes(input.take(id_bytes)?).ok_or(Unread::Damaged)?;
                Some((count, id))
            }
            Err(_) => None,
        };
        let mut done = (Cached { name, tree, children: Vec::new() }, children);
        // A directory whose last child has been read is a child itself.
        while done.1 == 0 {
            let Some(mut parent) = open.pop() else { return Ok(done.0) };
            parent.0.children.push(done.0);
            parent.1 -= 1;
            done = parent;
        }
        open.push(done);
    }
}

/// Bytes that are read from the front.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unread> {
        let end = self.at.checked_add(count).ok_or(Unread::Damaged)?;
        let taken = self.bytes.get(self.at..end).ok_or(Unread::Damaged)?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Unread> {
        let bytes = self.take(4)?.first_chunk().ok_or(Unread::Damaged)?;
        Ok(u32::from_be_bytes(*bytes))
    }

    fn short(&mut self) -> Result<u16, Unread> {
        let bytes = self.take(2)?.first_chunk().ok_or(Unread::Damaged)?;
        Ok(u16::from_be_bytes(*bytes))
    }

    /// A number as in the offsets of packs: seven bits a byte, and no two ways to write one.
    fn variable(&mut self) -> Result<usize, Unread> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 127);
        while byte & 128 != 0 {
            byte = self.take(1)?[0];
            let next = value.checked_add(1).and_then(|value| value.checked_mul(128));
            value = next.ok_or(Unread::Damaged)? + usize::from(byte & 127);
        }
        Ok(value)
    }

    fn until_zero(&mut self) -> Result<&'a [u8], Unread> {
        self.until(0)
    }

    fn until(&mut self, end: u8) -> Result<&'a [u8], Unread> {
        let length = memchr::memchr(end, &self.bytes[self.at..]).ok_or(Unread::Damaged)?;
        let taken = self.take(length)?;
        self.at += 1;
        Ok(taken)
    }

    fn decimal_until(&mut self, end: u8) -> Result<i64, Unread> {
        let digits = self.until(end)?;
        std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(Unread::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    use sha1::{Digest as _, Sha1};
    use sha2::Sha256;

    use super::{Cached, Index, Unread};

    /// Runs a script in a folder, with nothing of the tester's configuration.
    fn shell(folder: &Path, script: &str) -> String {
        let own =
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        let mut command = Command::new("sh");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder);
        command.env("GIT_CONFIG_NOSYSTEM", "1").envs(own.map(|name| (name, "a@b")));
        let done = command.current_dir(folder).args(["-e", "-c", script]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn index_of(folder: &Path) -> Vec<u8> {
        std::fs::read(folder.join(".git/index")).unwrap()
    }

    /// The entries as `git ls-files --stage` prints them.
    fn entries(index: &Index) -> Vec<String> {
        let line = |entry: &super::Entry| {
            let path = String::from_utf8_lossy(index.path(entry));
            format!("{:06o} {} {}\t{path}", entry.mode, entry.id, entry.stage)
        };
        index.entries.iter().map(line).collect()
    }

    /// The directories of the cached tree as `path id`, with how many entries are below each.
    fn directories(cached: &Cached, path: &str, all: &mut Vec<(String, Option<usize>)>) {
        let id = cached.tree.map_or_else(String::new, |(_, id)| id.to_string());
        all.push((format!("{path} {id}"), cached.tree.map(|(count, _)| count)));
        for child in &cached.children {
            let name = String::from_utf8_lossy(&child.name);
            directories(child, &format!("{path}{name}/"), all);
        }
    }

    /// Files whose entries are padded in each of eight ways, in nested directories, and paths of which a long
    /// part is not shared.
    const BASE: &str = "mkdir -p a/bb/ccc empty/x; for n in 1 22 333 4444 55555 666666 7777777 88888888; do \
         echo $n >$n; echo $n >a/$n; echo $n >a/bb/ccc/$n; done; long=$(printf '%0200d' 0); echo l >a/$long; \
         echo l >a/${long}1; echo s >zz; ln -s zz link; chmod +x 1; git add .; git commit -qm base;";

    /// What is done behind it; whether an entry is only intended.
    const SCRIPTS: &[(&str, bool)] = &[
        ("true", false),
        ("git update-index --index-version 4", false),
        ("echo n >new; git add -N new", true),
        ("git update-index --index-version 4; echo n >new; git add -N new", true),
        ("echo n >>a/bb/ccc/22; git add .", false),
        (
            "id=$(git rev-parse HEAD:1); for at in 1 2 3; do printf '100644 %s %s\\tboth\\n' $id $at; done | \
             git update-index --index-info",
            false,
        ),
    ];

    #[test]
    fn index_that_git_wrote_is_read_as_git_lists_it() {
        for (format, id_bytes) in [("sha1", 20), ("sha256", 32)] {
            for (script, is_intended) in SCRIPTS {
                let folder = tempfile::tempdir().unwrap();
                let init = format!("git init -q -b main --object-format={format} .");
                shell(folder.path(), &format!("{init}; {BASE} {script}"));
                let index = Index::parse(&index_of(folder.path()), id_bytes).unwrap();
                let listed = shell(folder.path(), "git ls-files --stage");
                assert_eq!(entries(&index), listed.lines().collect::<Vec<_>>(), "{script}");
                let intended = index.entries.iter().filter(|entry| entry.is_intent);
                let intended: Vec<_> = intended.map(|entry| index.path(entry)).collect();
                assert_eq!(intended, if *is_intended { vec![b"new"] } else { vec![] }, "{script}");
            }
        }
    }

    #[test]
    fn cached_tree_has_the_trees_of_what_is_not_staged() {
        for (script, changed) in [
            ("true", &[][..]),
            ("echo n >>a/bb/ccc/22; git add a", &["/", "/a/", "/a/bb/", "/a/bb/ccc/"]),
            ("echo n >>a/22; git add a/22", &["/", "/a/"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            shell(folder.path(), &format!("git init -q -b main .; {BASE} {script}"));
            let index = Index::parse(&index_of(folder.path()), 20).unwrap();
            let mut all = Vec::new();
            directories(&index.cached.unwrap(), "/", &mut all);
            let trees = "echo / $(git rev-parse HEAD^{tree}); \
                         git ls-tree -rtd HEAD --format='/%(path)/ %(objectname)'";
            let expected = shell(folder.path(), trees);
            let expected: BTreeSet<String> = expected
                .lines()
                .map(|line| {
                    let path = line.split(' ').next().unwrap();
                    if changed.contains(&path) { format!("{path} ") } else { line.to_owned() }
                })
                .collect();
            assert_eq!(all.iter().map(|it| it.0.clone()).collect::<BTreeSet<_>>(), expected);
            for (directory, count) in all {
                let path = directory.split(' ').next().unwrap().trim_matches('/');
                let list = format!("git ls-files -- ./{path} | wc -l");
                let files: usize = shell(folder.path(), &list).trim().parse().unwrap();
                assert!(count.is_none_or(|count| count == files), "{directory} {count:?}");
            }
        }
    }

    /// Bytes with their sum behind them.
    fn sealed(body: &[u8]) -> Vec<u8> {
        [body, Sha1::digest(body).as_slice()].concat()
    }

    /// An index of git's with a cached tree, without its sum, and where its extensions begin.
    fn body() -> (Vec<u8>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "git init -q .; mkdir d; echo 1 >d/one; echo 2 >two; git add .; git commit -qm x";
        shell(folder.path(), script);
        let mut bytes = index_of(folder.path());
        bytes.truncate(bytes.len() - 20);
        let extensions = memchr::memmem::find(&bytes, b"TREE").unwrap();
        (bytes, extensions)
    }

    #[test]
    fn index_that_ends_where_it_must_not_is_damaged() {
        let (body, extensions) = body();
        for end in 0..body.len() {
            let read = Index::parse(&sealed(&body[..end]), 20).map(|index| index.entries.len());
            let expected = if end == extensions { Ok(2) } else { Err(Unread::Damaged) };
            assert_eq!(read, expected, "{end} of {}", body.len());
        }
        assert!(Index::parse(&[], 20).is_err());
    }

    #[test]
    fn index_ends_in_its_sum_or_in_zeros() {
        let (body, _) = body();
        let whole = sealed(&body);
        assert!(Index::parse(&whole, 20).is_ok());
        assert!(Index::parse(&[&body[..], &[0; 20]].concat(), 20).is_ok());
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(Index::parse(&changed, 20).unwrap_err(), Unread::Damaged, "{at}");
        }
        // Ids of 32 bytes mean another sum.
        let empty = b"DIRC\0\0\0\x02\0\0\0\0";
        let by =
            |sum: &[u8]| Index::parse(&[&empty[..], sum].concat(), 32).map(|it| it.entries.len());
        assert_eq!(by(Sha256::digest(empty).as_slice()), Ok(0));
        assert_eq!(by(&[0; 32]), Ok(0));
        assert_eq!(by(Sha256::digest(b"another").as_slice()), Err(Unread::Damaged));
    }

    #[test]
    fn what_is_not_known_is_left_to_others() {
        let (body, extensions) = body();
        let with = |at: usize, bytes: &[u8]| {
            let mut body = body.clone();
            body[at..at + bytes.len()].copy_from_slice(bytes);
            Index::parse(&sealed(&body), 20).map(|index| index.cached.is_some())
        };
        assert_eq!(with(0, b"DIRC"), Ok(true));
        assert_eq!(with(0, b"DIRK"), Err(Unread::Damaged));
        for (version, expected) in
            [(0, Unread::Unknown), (1, Unread::Unknown), (5, Unread::Unknown)]
        {
            assert_eq!(with(7, &[version]), Err(expected), "version {version}");
        }
        // An extension in lower case must be understood; others are passed over.
        assert_eq!(with(extensions, b"link"), Err(Unread::Unknown));
        assert_eq!(with(extensions, b"Tree"), Ok(false));
        // A cached tree that says something impossible is as good as none.
        for (what, other) in [(&b"\x002 1\n"[..], &b"\x002 9\n"[..]), (b"\x002 1\n", b"\x002 -\n")]
        {
            let at = extensions + memchr::memmem::find(&body[extensions..], what).unwrap();
            assert_eq!(with(at, other), Ok(false), "{other:?}");
        }
    }

    #[test]
    fn paths_out_of_order_are_damage() {
        let (body, _) = body();
        let replaced = |from: &[u8], to: &[u8]| {
            let at = memchr::memmem::find(&body, from).unwrap();
            let body = [&body[..at], to, &body[at + from.len()..]].concat();
            Index::parse(&sealed(&body), 20).map(|index| index.entries.len())
        };
        assert_eq!(replaced(b"two\0", b"uwo\0"), Ok(2));
        assert_eq!(replaced(b"two\0", b"awo\0"), Err(Unread::Damaged));
        // No two entries have one path and stage.
        assert_eq!(replaced(b"d/one\0", b"two\0\0\0"), Err(Unread::Damaged));
    }
}
