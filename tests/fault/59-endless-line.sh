# A line of a gigabyte, or of more than there is memory: malformed, and the lines around it count.
. "$TEST_TOP/tests/lib.sh"

echo a >a
sha512sum a >list

# A long line, between good ones, in 128 MiB of address space.
long() { # SIZE BYTE
	cat list
	if [ "$2" ]; then
		head -c "$1" /dev/zero | tr '\0' "$2"
	else
		head -c "$1" /dev/zero
	fi
	echo
	cat list
}
export -f long
has_asan && limit=: || limit='ulimit -v 131072'
for line in "1G ''" '200M a' '200M 0' "200M ' '"; do
	prelude="exec < <(long $line); $limit"
	run treesum -c -w
	want_status 0
	want_out 'a: OK
a: OK'
	want_err "treesum: 'standard input': 2: improperly formatted SHA512 checksum line
treesum: WARNING: 1 line is improperly formatted"
done
