# The rest of this file runs first, then the scan; each reads all that git says on standard input.
if [ "${TIGHTLIP_GUARD-}" != "$PPID" ]; then
    tightlip_input=$(cat) || exit 1
    if [ -n "$tightlip_input" ]; then
        [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ @RUN@ "$@" <<TIGHTLIP || exit $?
$tightlip_input
TIGHTLIP
        exec <<TIGHTLIP
$tightlip_input
TIGHTLIP
    else
        [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ @RUN@ "$@" </dev/null || exit $?
        exec </dev/null
    fi
