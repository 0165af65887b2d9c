# Where core.hooksPath led to another guard, that one has called this one, and scans.
if [ "${TIGHTLIP_GUARD-}" = "$PPID" ]; then
    exit 0
fi
