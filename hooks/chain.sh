if [ -f "$kept" ] && [ -x "$kept" ] && [ -z "${TIGHTLIP_DOCTOR-}" ]; then
    TIGHTLIP_GUARD=$$ @RUN@ "$@" || exit $?
fi
