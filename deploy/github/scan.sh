#!/bin/sh
# Scans what the event of a GitHub Actions job is about: annotations and a step summary for people, SARIF for
# code scanning. `action.yml` runs it; it needs tightlip on the PATH and a checkout with `fetch-depth: 0`.
set -u

# The input has its words split at blanks, and no name in it is a pattern of files.
set -f
# shellcheck disable=SC2086
tightlip history --ci --format github --report "sarif=${TIGHTLIP_SARIF:-tightlip.sarif}" ${TIGHTLIP_ARGUMENTS-}
status=$?
if [ -n "${GITHUB_OUTPUT-}" ]; then
    echo "status=$status" >>"$GITHUB_OUTPUT"
fi
exit "$status"
