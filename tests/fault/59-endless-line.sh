# A line of a gigabyte in a list: malformed, in bounded memory, and the lines around it count.
. "$TEST_TOP/tests/lib.sh"

echo a >a
sha512sum a >list

# A line of a gigabyte, between good ones, in 512 MiB of address space.
long() {
	cat list
	head -c 1G /dev/zero | tr '\0' "$1"
	echo
	cat list
}
export -f long
for byte in a 0 '\0' ' '; do
	has_asan && limit=: || limit='ulimit -v 524288'
	prelude="exec < <(long '$byte'); $limit"
	run treesum -c -w
	want_status 0
	want_out 'a: OK
a: OK'
	want_err "treesum: 'standard input': 2: improperly formatted SHA512 checksum line
treesum: WARNING: 1 line is improperly formatted"
done
