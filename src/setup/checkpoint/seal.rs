//! The seal of a checkpoint: a keyed digest (HMAC-SHA-256, RFC 2104) that only this user can make.
//!
//! What a checkpoint says was scanned is not scanned again, so a forged one would hide secrets. A repository's
//! git directory and the cache of a CI service are written by others: by whoever packed the directory, by other
//! jobs. The key is in neither: it is a file in the user's own cache, or a secret that the CI service hands
//! in as a variable. Names of rules and digests of patterns go into a checkpoint only through the key, so
//! that nobody without it can try guesses at what a pattern or a configuration holds.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::environment::Environment;
use crate::file::{self, Mode};
use crate::text::hex::hex;

/// The variable that holds the key's text, in CI.
const KEY_VARIABLE: &str = "TIGHTLIP_CACHE_KEY";

/// A shorter text could be guessed.
const MIN_KEY_BYTES: usize = 16;

const KEY_BYTES: usize = 32;

/// The block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// What begins a sealed file; its digest in hexadecimal and the end of the line follow.
const MAGIC: &[u8] = b"tightlip checkpoint 2 ";

/// The length of the first line.
const HEAD_BYTES: usize = MAGIC.len() + 2 * KEY_BYTES + 1;

/// The key that this user's checkpoints are sealed with.
#[derive(Clone)]
pub struct Key([u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Returns the key: that of the variable, or that of the user's cache, which is made if it is not there.
    ///
    /// # Errors
    /// There is none, and none can be made.
    pub fn load(environment: &Environment) -> io::Result<Self> {
        if let Some(text) = environment.get_filled(KEY_VARIABLE) {
            let text = text.as_encoded_bytes();
            if text.len() < MIN_KEY_BYTES {
                let reason = format!("{KEY_VARIABLE} has fewer than {MIN_KEY_BYTES} bytes");
                return Err(io::Error::other(reason));
            }
            return Ok(Key(Sha256::digest(text).into()));
        }
        let none = || io::Error::new(io::ErrorKind::NotFound, "the user has no cache directory");
        let path = environment.cache_directory().ok_or_else(none)?.join("tightlip").join("key");
        match Key::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Key::make(&path),
            read => read,
        }
    }

    fn read(path: &Path) -> io::Result<Self> {
        let bytes = file::read(path, KEY_BYTES as u64)?;
        if !is_private(path)? {
            return Err(io::Error::other(format!("others can read `{}`", path.display())));
        }
        let key = bytes.try_into().map_err(|_| io::Error::other("the key is cut short"))?;
        Ok(Key(key))
    }

    fn make(path: &Path) -> io::Result<Self> {
        let mut key = [0; KEY_BYTES];
        fs::File::open(RANDOM)?.read_exact(&mut key)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        file::replace(path, &key, Mode::Exact(0o600))?;
        Ok(Key(key))
    }

    /// Computes the keyed digest of parts, each with its length before it.
    #[must_use]
    pub fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; KEY_BYTES] {
        self.hmac(|hash| {
            for part in parts {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        })
    }

    fn hmac(&self, feed: impl FnOnce(&mut Sha256)) -> [u8; KEY_BYTES] {
        let padded = |with: u8| {
            let mut block = [with; BLOCK_BYTES];
            block.iter_mut().zip(self.0).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let mut inner = Sha256::new_with_prefix(padded(0x36));
        feed(&mut inner);
        let outer = Sha256::new_with_prefix(padded(0x5c)).chain_update(inner.finalize());
        outer.finalize().into()
    }

    /// Returns bytes with their seal before them.
    #[must_use]
    pub fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        [MAGIC, hex(&self.digest([bytes])).as_bytes(), b"\n", bytes].concat()
    }

    /// Returns what was sealed with this key; `None` for anything else.
    #[must_use]
    pub fn open<'a>(&self, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (head, bytes) = sealed.split_at_checked(HEAD_BYTES)?;
        let digest = head.strip_prefix(MAGIC)?.strip_suffix(b"\n")?;
        let own = hex(&self.digest([bytes]));
        // All bytes are compared, so that the time tells nothing.
        let differs = digest.iter().zip(own.as_bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        (differs == 0).then_some(bytes)
    }
}

/// Where the system gives random bytes.
const RANDOM: &str = "/dev/urandom";

#[cfg(unix)]
fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_path: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::Key;
    use crate::environment::Environment;
    use crate::text::hex::hex;

    fn environment(name: &str, value: &str) -> Environment {
        Environment::new([(name.into(), value.into())])
    }

    #[test]
    fn the_digest_is_an_hmac() {
        // RFC 4231, test case 2; shorter keys end in zeros.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let digest = hex(&Key(key).hmac(|hash| hash.update(b"what do ya want for nothing?")));
        assert_eq!(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let (one, two) = (Key(key).digest([&b"ab"[..], b"c"]), Key(key).digest([&b"a"[..], b"bc"]));
        assert_ne!(one, two, "no part runs into the next");
    }

    #[test]
    fn only_what_this_key_has_sealed_is_opened() {
        let of = |text| Key::load(&environment("TIGHTLIP_CACHE_KEY", text)).unwrap();
        let (key, other) = (of("a text of sixteen"), of("another of sixteen"));
        let sealed = key.seal(b"what was scanned");
        assert_eq!(key.open(&sealed), Some(&b"what was scanned"[..]));
        assert_eq!(other.open(&sealed), None);
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(key.open(&forged), None, "byte {at}");
            assert_eq!(key.open(&sealed[..at]), None, "cut at {at}");
        }
        assert!(Key::load(&environment("TIGHTLIP_CACHE_KEY", "short")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_made_once_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let environment = environment("XDG_CACHE_HOME", folder.path().to_str().unwrap());
        let first = Key::load(&environment).unwrap();
        assert_eq!(first.0, Key::load(&environment).unwrap().0);
        let path = folder.path().join("tightlip/key");
        let mode = |bits| std::fs::set_permissions(&path, PermissionsExt::from_mode(bits)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        mode(0o644);
        assert!(Key::load(&environment).is_err(), "others can read it");
        mode(0o600);
        std::fs::write(&path, b"short").unwrap();
        assert!(Key::load(&environment).is_err());
    }
}
