# A list with a NUL in a line after a good one (older GNU tools read such a line up to the NUL).
. "$TEST_TOP/tests/lib.sh"

echo a >a
digest=$(sha512sum a | cut -c 1-128)
printf '%s  a\n%s  a\0hidden\n%s\0  a\n' "$digest" "$digest" "${digest:0:127}" >list
run treesum -c -w list
want_status 0
want_out 'a: OK'
want_err 'treesum: list: 2: improperly formatted SHA512 checksum line
treesum: list: 3: improperly formatted SHA512 checksum line
treesum: WARNING: 2 lines are improperly formatted'
run treesum -c --strict list
want_status 1
