//! Memory that is free but still held by the process.

/// Gives memory that was freed back to the system. glibc keeps what threads freed for those to
/// come; after a sweep that is tens of megabytes, and the next step does not use them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn give_back() {
    #[expect(unsafe_code, reason = "it has no safe form; it takes a number and touches no pointer")]
    // SAFETY: https://man7.org/linux/man-pages/man3/malloc_trim.3.html: safe in threads.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators give it back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) const fn give_back() {}
