# An update whose PATHs are not all to be had is trouble, not lines that could not be renewed.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
treesum --update=sums tree >/dev/null 2>&1
cp sums before
for arguments in --files0-from=tree --files0-from=none '-C none tree'; do
	for mode in audit update; do
		# shellcheck disable=SC2086
		run treesum --$mode=sums $arguments
		want_status 2
		want_same_bytes before sums
	done
done
printf '\0tree\0' >names
for mode in audit update; do
	run treesum --$mode=sums --files0-from=names
	want_status 2
	want_err 'treesum: names: name 1: invalid zero-length file name
treesum: 1 the same'
done
