# Git speaks to this hook on standard input: the kept hook and the scan each get all of it.
if [ -f "$kept" ] && [ -x "$kept" ] && [ -z "${TIGHTLIP_DOCTOR-}" ]; then
    input=$(cat) || exit 1
    if [ -n "$input" ]; then
        TIGHTLIP_GUARD=$$ @RUN@ "$@" <<EOF || exit $?
$input
EOF
        exec <<EOF
$input
EOF
    else
        TIGHTLIP_GUARD=$$ @RUN@ "$@" </dev/null || exit $?
        exec </dev/null
    fi
fi
