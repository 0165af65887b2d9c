//! husky, before git looks in its directory: the files there get the blocks of [`plan`](super::super::plan), as
//! afterwards. It has no file that says what runs.

use super::super::Hook;
use super::{Aside, Profile};

pub(super) const PROFILE: Profile = Profile {
    name: "husky",
    mark: "# husky",
    files: &[],
    own_files: &[],
    hooks: &Hook::CLIENT,
    installs: "npx husky",
    aside: Aside::Stays,
    names: |_, _| false,
    condition: |_, _| None,
    inserts: |_, _, _| Ok(Vec::new()),
    whole: |_, _| Vec::new(),
    notes: |_, _| Vec::new(),
};
