    command -v tightlip >/dev/null 2>&1 && exec tightlip hook @NAME@ "$@"
    for tightlip in "${HOME-}/.cargo/bin" "${HOME-}/.local/bin" /usr/local/bin /opt/homebrew/bin; do
        [ -f "$tightlip/tightlip" ] && [ -x "$tightlip/tightlip" ] && exec "$tightlip/tightlip" hook @NAME@ "$@"
    done
    [ "${TIGHTLIP_SKIP-}" = 1 ] && exit 0
    echo "tightlip: @NAME@ stopped, nothing was scanned: there is no tightlip program on the PATH; install it, or pass once with 'TIGHTLIP_SKIP=1 git ...', or take the block out of $0" >&2
    exit 1
fi
# <<< tightlip <<<
