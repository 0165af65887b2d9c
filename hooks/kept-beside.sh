# The hook that stood here before; it runs first, because it may change what is committed.
case $0 in
    */*) kept=${0%/*}/@NAME@.before-tightlip ;;
    *) kept=./@NAME@.before-tightlip ;;
esac
