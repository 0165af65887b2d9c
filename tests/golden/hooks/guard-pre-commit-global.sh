#!/bin/sh
# tightlip guard: pre-commit (checksum 2G8oWi). `tightlip install` wrote it, `tightlip uninstall` takes it out.

# The hook that git runs this file as, the program that scans, where the hook is that runs first
# (beside this file, or the repository's own), the interpreter that hook needs under its old name, and
# whether git is stopped or its user warned where there is no program.
hook=pre-commit
binary='/usr/bin/it'\''s tightlip'
kept_in=repository
interpreter=
missing=stop

# What was there before runs first, because it may change what is committed.
case $kept_in in
    beside)
        case $0 in
            */*) kept=${0%/*}/$hook.before-tightlip ;;
            *) kept=./$hook.before-tightlip ;;
        esac
        ;;
    *)
        # The repository's own hook, which core.hooksPath hides from git.
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
        ;;
esac

run_kept() {
    if [ -n "$interpreter" ]; then
        # shellcheck disable=SC2086,SC2016 # the interpreter may have a flag; $0 is the kept hook's
        TIGHTLIP_GUARD=$$ $interpreter -c '. "$0.before-tightlip"' "${kept%.before-tightlip}" "$@"
    else
        TIGHTLIP_GUARD=$$ "$kept" "$@"
    fi
}

# A hook manager may have moved this file aside and run it under another name. What was kept is then
# an older hook of that manager, which would run this file again.
case $0 in
    */"$hook" | "$hook") ;;
    *) kept= ;;
esac

if [ -f "$kept" ] && [ -x "$kept" ] && [ -z "${TIGHTLIP_DOCTOR-}" ]; then
    case $hook in
        pre-push | reference-transaction | pre-receive)
            # Git speaks to this hook on standard input: the kept hook and the scan each get all of it.
            input=$(cat) || exit 1
            if [ -n "$input" ]; then
                run_kept "$@" <<EOF || exit $?
$input
EOF
                exec <<EOF
$input
EOF
            else
                run_kept "$@" </dev/null || exit $?
                exec </dev/null
            fi
            ;;
        *) run_kept "$@" || exit $? ;;
    esac
fi

# Where core.hooksPath led to another guard, that one has called this one, and scans.
if [ "$kept_in" = beside ] && [ "${TIGHTLIP_GUARD-}" = "$PPID" ]; then
    exit 0
fi

# Only in the state "prepared" can the change of a ref still be refused.
if [ "$hook" = reference-transaction ] && [ "${1-}" != prepared ]; then
    exit 0
fi

# The program says so if pre-commit, beside this file, is no longer tightlip's.
TIGHTLIP_HOOK_FILE=$0
export TIGHTLIP_HOOK_FILE

if [ -f "$binary" ] && [ -s "$binary" ] && [ -x "$binary" ]; then
    exec "$binary" hook "$hook" "$@"
fi
if command -v tightlip >/dev/null 2>&1; then
    exec tightlip hook "$hook" "$@"
fi
for folder in "${HOME-}/.cargo/bin" "${HOME-}/.local/bin" /usr/local/bin /opt/homebrew/bin; do
    if [ -f "$folder/tightlip" ] && [ -s "$folder/tightlip" ] && [ -x "$folder/tightlip" ]; then
        exec "$folder/tightlip" hook "$hook" "$@"
    fi
done
if [ "${TIGHTLIP_SKIP-}" = 1 ]; then
    exit 0
fi
if [ "$missing" = warn ]; then
    echo "tightlip: nothing was scanned by $hook: there is no tightlip program here; install it (cargo install tightlip, or as your team does it)" >&2
    exit 0
fi
echo "tightlip: $hook stopped, nothing was scanned: the tightlip program is gone; install it again, pass once with 'TIGHTLIP_SKIP=1 git ...', or give it up with 'tightlip uninstall' or by deleting $0" >&2
exit 1
