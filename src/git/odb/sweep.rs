//! Going over all objects along their deltas.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::inflate::{Inflater, in_fragments};
use super::loose::Loose;
use super::pack::{Form, NONE, Part, Window, header};
use super::{Buffer, Damage, Lookup, LookupError, NumberedPack, ObjectNo, Objects, delta};
use crate::finding::Progress;
use crate::git::ReadError;
use crate::git::object::Kind;
use crate::text::edits::Edits;
use crate::text::fragment::Fragment;

/// Blobs larger than this, from which nothing is made, are never held whole.
const STREAM_FROM_BYTES: u64 = 16 << 20;

/// Only one thread at a time holds objects larger than this.
const BIG_BYTES: u64 = 8 << 20;

/// An object on its way by.
#[derive(Debug)]
pub(crate) struct Object<'a, S> {
    pub(crate) no: ObjectNo,
    pub(crate) kind: Kind,
    pub(crate) bytes: &'a [u8],
    /// Of what it was made, if that was visited.
    pub(crate) step: Option<Step<'a, S>>,
}

/// From one object to the next.
#[derive(Debug)]
pub(crate) struct Step<'a, S> {
    /// What the visitor said of the object before.
    pub(crate) said: &'a S,
    /// The object before.
    pub(crate) base: &'a [u8],
    /// How the object was made from the one before.
    pub(crate) edits: &'a Edits,
}

/// Looks at objects, on one thread.
pub(crate) trait Visitor: Send {
    /// What is said of an object to those that are made from it.
    type Said;

    /// Looks at an object.
    fn object(&mut self, object: Object<'_, Self::Said>) -> Self::Said;

    /// Looks at a part of a blob that is too large to be held whole.
    fn part(&mut self, no: ObjectNo, fragment: Fragment<'_>);

    /// Is told of an object that cannot be read.
    fn unreadable(&mut self, no: ObjectNo, error: ReadError);
}

/// What bounds a sweep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits<'a> {
    pub(crate) threads: usize,
    pub(crate) max_object_bytes: u64,
    pub(crate) progress: &'a Progress,
}

/// Something to read on its own: a whole object with all that is made from it, or a loose file.
#[derive(Clone, Copy)]
enum Job {
    Family {
        pack: u32,
        entry: u32,
    },
    Loose(u32),
    /// An entry of a pack whose type the pack does not tell.
    Orphan(ObjectNo),
}

const GONE: Damage = Damage("its pack cannot be read");
const TOO_LARGE: Damage = Damage("it is too large");

/// How many jobs a thread takes at a time.
const BATCH: usize = 16;

impl Objects {
    /// Shows every object whose type is `wanted` to a visitor, each once, on several threads.
    pub(crate) fn sweep<V: Visitor>(
        &self,
        wanted: &(dyn Fn(Kind) -> bool + Sync),
        limits: Limits<'_>,
        make: &(dyn Fn() -> V + Sync),
    ) -> Vec<V> {
        let jobs = self.jobs(wanted);
        let next = AtomicUsize::new(0);
        let big = Mutex::new(());
        let work = || {
            let mut worker = Worker::new(self, limits, wanted, &big, make());
            loop {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                if from >= jobs.len() || worker.is_stopped() {
                    return worker.visitor;
                }
                for &job in &jobs[from..jobs.len().min(from + BATCH)] {
                    worker.work(job);
                }
            }
        };
        if limits.threads <= 1 {
            return vec![work()];
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..limits.threads).map(|_| scope.spawn(work)).collect();
            let done = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            done.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }

    /// What there is to do, in the order of the files.
    fn jobs(&self, wanted: &dyn Fn(Kind) -> bool) -> Vec<Job> {
        let mut jobs = Vec::new();
        for (number, pack) in (0..).zip(&self.packs) {
            for (entry, at) in pack.pack.entries.iter().zip(0..) {
                match entry.kind() {
                    Some(kind) if entry.base == NONE && wanted(kind) => {
                        jobs.push(Job::Family { pack: number, entry: at });
                    }
                    Some(_) => {}
                    None => jobs.push(Job::Orphan(pack.first + entry.id_at)),
                }
            }
        }
        jobs.extend((0..self.table.loose.len() as u32).map(Job::Loose));
        jobs
    }
}

struct Worker<'a, V> {
    objects: &'a Objects,
    limits: Limits<'a>,
    wanted: &'a (dyn Fn(Kind) -> bool + Sync),
    visitor: V,
    inflater: Inflater,
    packed: Window,
    delta: Buffer,
    stream: Vec<u8>,
    edits: Edits,
    spare: Vec<Buffer>,
    big: &'a Mutex<()>,
    holds_big: Option<MutexGuard<'a, ()>>,
    /// Opened when first needed.
    lookup: Option<Lookup>,
}

/// An object from which others are still to be made.
struct Frame<S> {
    entry: u32,
    /// `None` if it could not be read.
    bytes: Option<Buffer>,
    /// What was said of it; `None` if it was not shown.
    said: Option<S>,
    next: usize,
}

impl<S> Frame<S> {
    /// What was said of it, and its bytes, if it was shown.
    fn as_base(&self) -> Option<(&S, &[u8])> {
        self.said.as_ref().zip(self.bytes.as_ref().map(Buffer::bytes))
    }
}

impl<'a, V: Visitor> Worker<'a, V> {
    fn new(
        objects: &'a Objects,
        limits: Limits<'a>,
        wanted: &'a (dyn Fn(Kind) -> bool + Sync),
        big: &'a Mutex<()>,
        visitor: V,
    ) -> Self {
        Worker {
            objects,
            limits,
            wanted,
            visitor,
            inflater: Inflater::new(),
            packed: Window::default(),
            delta: Buffer::default(),
            stream: Vec::new(),
            edits: Edits::default(),
            spare: Vec::new(),
            big,
            holds_big: None,
            lookup: None,
        }
    }

    fn is_stopped(&self) -> bool {
        self.limits.progress.stop.load(Ordering::Relaxed)
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Family { pack, entry } => self.family(&self.objects.packs[pack as usize], entry),
            Job::Loose(at) => self.loose(at),
            Job::Orphan(no) => {
                self.by_id(no, "it cannot be understood");
            }
        }
        self.holds_big = None;
    }

    /// Visits an object that is stored whole, and all that is made from it.
    fn family(&mut self, pack: &NumberedPack, root: u32) {
        let kind = pack.pack.entries[root as usize].kind().expect("families have a type");
        let mut stack = vec![self.root(pack, root, kind)];
        while let Some(top) = stack.last_mut() {
            let children = pack.pack.children(top.entry);
            let Some(&child) = children.get(top.next).filter(|_| !self.is_stopped()) else {
                let done = stack.pop().and_then(|frame| frame.bytes);
                self.keep(done);
                continue;
            };
            top.next += 1;
            let made = match &top.bytes {
                Some(base) => self.make(pack, child, base.bytes()),
                None => Err(Damage("what it is made from cannot be read")),
            };
            // If nothing more is made from it, it need not be held while its last child is.
            let done = if top.next == children.len() { stack.pop() } else { None };
            let base = done.as_ref().or(stack.last()).and_then(Frame::as_base);
            let no = pack.first + pack.pack.entries[child as usize].id_at;
            let frame = match made {
                Ok(bytes) => self.show(child, no, kind, bytes, base),
                Err(damage) => self.instead(child, no, damage),
            };
            self.keep(done.and_then(|frame| frame.bytes));
            if pack.pack.children(child).is_empty() {
                self.keep(frame.bytes);
            } else {
                stack.push(frame);
            }
        }
    }

    /// Reads an object that is stored whole.
    fn root(&mut self, pack: &NumberedPack, entry: u32, kind: Kind) -> Frame<V::Said> {
        let at = pack.pack.entries[entry as usize];
        let no = pack.first + at.id_at;
        let is_alone = pack.pack.children(entry).is_empty();
        match self.whole(pack, entry, kind, is_alone, no) {
            Ok(Some(bytes)) => self.show(entry, no, kind, bytes, None),
            Ok(None) => Frame { entry, bytes: None, said: None, next: 0 },
            Err(damage) => self.instead(entry, no, damage),
        }
    }

    /// Inflates an object that is stored whole; `None` if it was shown in parts.
    fn whole(
        &mut self,
        pack: &NumberedPack,
        entry: u32,
        kind: Kind,
        is_alone: bool,
        no: ObjectNo,
    ) -> Result<Option<Buffer>, Damage> {
        let NumberedPack { first: first_no, pack } = pack;
        let offset = pack.entries[entry as usize].offset();
        let end = pack.end_of(entry);
        let mut start = [0; 48];
        let have = start.len().min((end - offset) as usize);
        let first = if end - offset > STREAM_FROM_BYTES {
            super::pread::read_at(&pack.file, &mut start[..have], offset).map_err(|_| GONE)?;
            header(&start[..have], self.objects.table.id_bytes())?
        } else {
            let range = self.packed.read(pack, *first_no, entry).map_err(|_| GONE)?;
            header(&self.packed.bytes()[range], self.objects.table.id_bytes())?
        };
        let is_large = first.size > self.limits.max_object_bytes;
        if kind == Kind::Blob && first.size > STREAM_FROM_BYTES && (is_alone || is_large) {
            if !self.objects.is_repeated(no) {
                let part = Part { file: &pack.file, at: offset + first.bytes as u64, end };
                let part = std::io::BufReader::with_capacity(1 << 16, part);
                let (visitor, progress) = (&mut self.visitor, self.limits.progress);
                in_fragments(part, 0, first.size, &mut self.stream, &mut |fragment| {
                    visitor.part(no, fragment);
                })?;
                progress.add(1, first.size);
            }
            return Ok(None);
        }
        if is_large {
            return Err(TOO_LARGE);
        }
        self.reserve(first.size.max(end - offset));
        let range = self.packed.read(pack, *first_no, entry).map_err(|_| GONE)?;
        let mut bytes = self.spare.pop().unwrap_or_default();
        let packed = &self.packed.bytes()[range][first.bytes..];
        self.inflater.inflate(packed, first.size, &mut bytes)?;
        self.give_back_large();
        Ok(Some(bytes))
    }

    /// Makes an entry from its base.
    fn make(&mut self, pack: &NumberedPack, entry: u32, base: &[u8]) -> Result<Buffer, Damage> {
        let packed = self.packed.read(&pack.pack, pack.first, entry).map_err(|_| GONE)?;
        let first = header(&self.packed.bytes()[packed.clone()], self.objects.table.id_bytes())?;
        if matches!(first.form, Form::Whole(_)) || first.size > self.limits.max_object_bytes {
            return Err(Damage("its delta cannot be understood"));
        }
        self.reserve(first.size);
        let packed = &self.packed.bytes()[packed][first.bytes..];
        self.inflater.inflate(packed, first.size, &mut self.delta)?;
        let (_, size, _) = delta::sizes(self.delta.bytes())?;
        self.reserve((size as u64).max(base.len() as u64));
        let mut bytes = self.spare.pop().unwrap_or_default();
        let max_bytes = self.limits.max_object_bytes;
        delta::apply(base, self.delta.bytes(), max_bytes, &mut bytes, &mut self.edits)?;
        self.give_back_large();
        Ok(bytes)
    }

    /// Waits until no other thread holds large objects, if this one is going to.
    fn reserve(&mut self, bytes: u64) {
        if bytes > BIG_BYTES && self.holds_big.is_none() {
            self.holds_big = Some(self.big.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn give_back_large(&mut self) {
        if self.packed.bytes().len() as u64 > BIG_BYTES {
            self.packed = Window::default();
        }
        if self.delta.capacity() as u64 > BIG_BYTES {
            self.delta = Buffer::default();
        }
    }

    /// Keeps a buffer for later, unless it is large.
    fn keep(&mut self, bytes: Option<Buffer>) {
        const MOST: usize = 8;
        const MAX_BYTES: usize = 1 << 20;
        let is_small = |bytes: &Buffer| bytes.capacity() <= MAX_BYTES;
        self.spare.extend(bytes.filter(is_small).filter(|_| self.spare.len() < MOST));
    }

    fn show(
        &mut self,
        entry: u32,
        no: ObjectNo,
        kind: Kind,
        bytes: Buffer,
        base: Option<(&V::Said, &[u8])>,
    ) -> Frame<V::Said> {
        let mut said = None;
        if !self.objects.is_repeated(no) {
            let step = base.map(|(said, base)| Step { said, base, edits: &self.edits });
            said = Some(self.visitor.object(Object { no, kind, bytes: bytes.bytes(), step }));
            self.limits.progress.add(1, bytes.bytes().len() as u64);
        }
        Frame { entry, bytes: Some(bytes), said, next: 0 }
    }

    /// Looks an object up by its id, because the sweep cannot make it.
    fn instead(&mut self, entry: u32, no: ObjectNo, damage: Damage) -> Frame<V::Said> {
        let bytes = self.by_id(no, damage.0);
        Frame { entry, bytes, said: None, next: 0 }
    }

    fn by_id(&mut self, no: ObjectNo, why: &str) -> Option<Buffer> {
        if self.objects.is_repeated(no) {
            return None;
        }
        let id = self.objects.table.id(no);
        let mut bytes = Buffer::default();
        let lookup = self.lookup.get_or_insert_with(|| self.objects.lookup());
        let read = lookup.read(&id, self.limits.max_object_bytes).map(|read| {
            read.map(|(kind, raw)| {
                bytes.reset(raw.len()).copy_from_slice(raw);
                kind
            })
        });
        let error = match read {
            Ok(Some(kind)) if (self.wanted)(kind) => {
                return self.show(NONE, no, kind, bytes, None).bytes;
            }
            Ok(Some(_)) => return Some(bytes),
            Ok(None) => ReadError::missing(&id),
            Err(LookupError::TooLarge(size)) => {
                ReadError::too_large(&id, size, self.limits.max_object_bytes)
            }
            Err(LookupError::Damage(damage)) => {
                // The first reason is the one that says most, unless it is the limit.
                let why = if why == TOO_LARGE.0 { damage.0 } else { why };
                let reason = format!("{why}; `git fsck` shows what else is damaged");
                ReadError::object(&id, &reason)
            }
        };
        self.visitor.unreadable(no, error);
        None
    }

    fn loose(&mut self, at: u32) {
        let files = &self.objects.table.loose;
        let no = self.objects.table.loose_first + at;
        let at = at as usize;
        let is_other = files.kind(at).is_some_and(|kind| !(self.wanted)(kind));
        if self.objects.is_repeated(no) || is_other {
            return;
        }
        let done = Loose::open(&files.path(at)).and_then(|mut loose| {
            files.set_kind(at, loose.kind);
            if !(self.wanted)(loose.kind) {
                return Ok(());
            }
            let size = loose.size;
            if loose.kind == Kind::Blob && size > STREAM_FROM_BYTES {
                let visitor = &mut self.visitor;
                loose.in_fragments(&mut self.stream, &mut |fragment| visitor.part(no, fragment))?;
                self.limits.progress.add(1, size);
                return Ok(());
            }
            if size > self.limits.max_object_bytes {
                return Err(TOO_LARGE.into());
            }
            self.reserve(size);
            let mut bytes = self.spare.pop().unwrap_or_default();
            loose.read(&mut self.inflater, &mut bytes)?;
            let object = Object {
                no,
                kind: loose.kind,
                bytes: &bytes.bytes()[loose.header_bytes()..],
                step: None,
            };
            self.visitor.object(object);
            self.limits.progress.add(1, size);
            self.keep(Some(bytes));
            Ok(())
        });
        if let Err(error) = done {
            self.by_id(no, &error.to_string());
        }
    }
}
