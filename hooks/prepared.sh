# Only in this state can the change still be refused.
if [ "${1-}" != prepared ]; then
    exit 0
fi
