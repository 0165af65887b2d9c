# >>> tightlip >>>
# Made by `tightlip install`; `tightlip uninstall` takes it out (checksum 2Py4Uf).
# The rest of this file runs first, then the scan, however the rest ends.
if [ "${TIGHTLIP_GUARD-}" != "$PPID" ]; then
    tightlip_hook=pre-commit
    tightlip_shell=
    tightlip_missing=stop
    case $tightlip_hook in
        pre-push | reference-transaction | pre-receive)
            # Git speaks to this hook on standard input: the rest and the scan each get all of it.
            tightlip_input=$(cat) || exit 1
            if [ -n "$tightlip_input" ]; then
                # shellcheck disable=SC2086 # the shell that runs this file may have a flag, or be none
                [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ $tightlip_shell "$0" "$@" <<TIGHTLIP || exit $?
$tightlip_input
TIGHTLIP
                exec <<TIGHTLIP
$tightlip_input
TIGHTLIP
            else
                # shellcheck disable=SC2086 # as above
                [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ $tightlip_shell "$0" "$@" </dev/null || exit $?
                exec </dev/null
            fi
            ;;
        *)
            # shellcheck disable=SC2086 # as above
            [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ $tightlip_shell "$0" "$@" || exit $?
            ;;
    esac
    # The program says so if pre-commit, beside this file, is no longer tightlip's.
    TIGHTLIP_HOOK_FILE=$0
    export TIGHTLIP_HOOK_FILE
    command -v tightlip >/dev/null 2>&1 && exec tightlip hook "$tightlip_hook" "$@"
    for tightlip in "${HOME-}/.cargo/bin" "${HOME-}/.local/bin" /usr/local/bin /opt/homebrew/bin; do
        [ -f "$tightlip/tightlip" ] && [ -x "$tightlip/tightlip" ] && exec "$tightlip/tightlip" hook "$tightlip_hook" "$@"
    done
    [ "${TIGHTLIP_SKIP-}" = 1 ] && exit 0
    if [ "$tightlip_missing" = warn ]; then
        echo "tightlip: nothing was scanned by $tightlip_hook: there is no tightlip program here; install it (cargo install tightlip, or as your team does it)" >&2
        exit 0
    fi
    echo "tightlip: $tightlip_hook stopped, nothing was scanned: there is no tightlip program on the PATH; install it, or pass once with 'TIGHTLIP_SKIP=1 git ...', or take the block out of $0" >&2
    exit 1
fi
# <<< tightlip <<<
