if [ -f "$kept" ] && [ -x "$kept" ]; then
    TIGHTLIP_GUARD=$$
    export TIGHTLIP_GUARD
    exec "$kept" "$@"
fi
exit 0
