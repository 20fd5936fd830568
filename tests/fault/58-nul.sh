# A NUL in a digest or in a name: malformed, not cut off there.
. "$TEST_TOP/tests/lib.sh"

echo a >a
digest=$(sha512sum a | cut -c 1-128)
for line in "$digest  a\0" "$digest  a\0b" "$digest  \0a" "${digest:0:127}\0  a" "$digest\0  a" "\0$digest  a" "SHA512 (a\0) = $digest" \
	"SHA512 (a) = $digest\0" "SHA512 (a) = ${digest:0:127}\0" "$digest \0a"; do
	printf '%b\n' "${line//\\0/\\0000}" >list
	want [ "$(tr -dc '\0' <list | wc -c)" -eq 1 ]
	run treesum -c list
	want_status 1
	want_out ''
	want_err 'treesum: list: no properly formatted checksum lines found'
	run treesum -c --ignore-missing list
	want_status 1
done
