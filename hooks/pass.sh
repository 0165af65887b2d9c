#!/bin/sh
# tightlip guard: @NAME@ (checksum @SUM@). `tightlip install` wrote it, `tightlip uninstall` takes it out.

# Runs the repository's own hook, which core.hooksPath hides from git; this hook does not scan.
hook=post-commit

if [ "${TIGHTLIP_GUARD-}" = "$PPID" ]; then
    exit 0
fi
dir=${GIT_DIR:-.git}
if [ -f "$dir" ]; then
    IFS= read -r line <"$dir"
    dir=${line#gitdir: }
elif [ ! -d "$dir" ]; then
    dir=.
fi
common=${GIT_COMMON_DIR:-$dir}
if [ -z "${GIT_COMMON_DIR-}" ] && [ -f "$dir/commondir" ]; then
    IFS= read -r line <"$dir/commondir"
    case $line in
        /* | ?:*) common=$line ;;
        *) common=$dir/$line ;;
    esac
fi
kept=$common/hooks/$hook
if [ -f "$kept" ] && [ -x "$kept" ]; then
    # Not by exec: a hook that ends in "exec git push" would have the process that TIGHTLIP_GUARD names, and
    # the guards that its git runs would take it for this one, and let it pass.
    TIGHTLIP_GUARD=$$ "$kept" "$@"
    exit $?
fi
exit 0
