# The rest of this file runs first, then the scan, however the rest ends.
if [ "${TIGHTLIP_GUARD-}" != "$PPID" ]; then
    [ -n "${TIGHTLIP_DOCTOR-}" ] || TIGHTLIP_GUARD=$$ @RUN@ "$@" || exit $?
