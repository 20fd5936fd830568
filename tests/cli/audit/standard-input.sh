# Standard input is a manifest at most, once, and never a tree: a line of "-" would be read as that of
# standard input by who checks it.
. "$TEST_TOP/tests/lib.sh"

echo a >./-
treesum -o sums ./-
run treesum --diff - -
want_status 2
want_err_line 'treesum: standard input can be only one of the two manifests'
prelude='exec <sums'
for pair in '- sums' 'sums -' 'sums ./sums'; do
	# shellcheck disable=SC2086
	run treesum --diff $pair
	want_status 0
	want_err 'treesum: 1 the same'
done
prelude=''
cp sums before
printf -- '-\0./-\0' >names
for arguments in '- ./-' --files0-from=names; do
	for mode in audit update; do
		# shellcheck disable=SC2086
		run treesum --$mode=sums $arguments
		want_status 2
		want_out ''
		want_err "treesum: -: is standard input, and no tree; for a file write ./-
treesum: 1 the same"
	done
done
run sha512sum -c --quiet --strict sums
want_status 0
