binary=@BINARY@
if [ -f "$binary" ] && [ -s "$binary" ] && [ -x "$binary" ]; then
    exec "$binary" hook @NAME@ "$@"
fi
if command -v tightlip >/dev/null 2>&1; then
    exec tightlip hook @NAME@ "$@"
fi
for binary in "${HOME-}/.cargo/bin" "${HOME-}/.local/bin" /usr/local/bin /opt/homebrew/bin; do
    if [ -f "$binary/tightlip" ] && [ -s "$binary/tightlip" ] && [ -x "$binary/tightlip" ]; then
        exec "$binary/tightlip" hook @NAME@ "$@"
    fi
done
if [ "${TIGHTLIP_SKIP-}" = 1 ]; then
    exit 0
fi
echo "tightlip: @NAME@ stopped, nothing was scanned: the tightlip program is gone; install it again, pass once with 'TIGHTLIP_SKIP=1 git ...', or give it up with 'tightlip uninstall' or by deleting $0" >&2
exit 1
