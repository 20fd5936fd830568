# A list that is checked while it is written grows without end: the memory does not.
# slow
. "$TEST_TOP/tests/lib.sh"

has_asan && skip 'needs more address space'
echo a >a
line=$(sha512sum a)
check_endless() { yes "$line" | head -n 300000 | (ulimit -v 60000 && exec treesum -c -j1 --quiet -); }
run check_endless
want_status 0
want_out ''
want_err ''
