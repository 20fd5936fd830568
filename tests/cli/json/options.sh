# --json beside other options: what contradicts it is refused.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
treesum -o list tree
for options in -z --zero --tag -b --binary -t --text --annotate '-c -b' '-c -z' '-c --tag' '--audit=list --tag' '--audit=list -z' \
	'--update=list -z' '-c --annotate'; do
	run treesum --json $options tree
	want_failure
	want_out ''
	want_err_line "Try 'treesum --help' for more information."
	run treesum $options --json tree
	want_failure
	want_out ''
done
run treesum --json --tag tree
want_status 1
want_err "treesum: --json does not go with --annotate, --binary, --tag, --text or --zero
Try 'treesum --help' for more information."
# What --update writes has a format of its own.
run treesum --json --annotate --update=list tree
want_status 0
want grep -q '^#= ' list
run treesum --json=x tree
want_status 1
for options in --strict --quiet --status --ignore-missing -w; do
	run treesum --json $options tree
	want_status 1
	want_out ''
done
