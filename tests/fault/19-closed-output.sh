# Standard output closed: an error only where output was due.
. "$TEST_TOP/tests/lib.sh"

mkdir tree empty
echo a >tree/a
sha512sum tree/a >list
prelude='exec >&-'
for options in tree '--unsorted tree' '-c list' --help; do
	run treesum $options
	want_status 1
	want_err 'treesum: write error: Bad file descriptor'
	want_none_left
done
for options in empty '-o sums tree' '-c --status list' '-c --quiet list'; do
	run treesum $options
	want_status 0
	want_err ''
done
want_same_bytes list sums
