# What is said of a manifest is never put in its place, nor mixed with it.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
treesum --annotate -o sums tree
cp sums before
ln -s sums link

for output in sums ./sums link; do
	for mode in --audit=sums --audit=link --update=sums; do
		run treesum $mode -o $output tree
		want_status 2
		want_out ''
		want_same_bytes before sums
	done
	for order in 'sums before' 'before sums'; do
		# shellcheck disable=SC2086
		run treesum --diff -o $output $order
		want_status 2
		want_same_bytes before sums
	done
	run treesum -c -o $output before sums
	want_status 1
	want_same_bytes before sums
done
run treesum --audit=sums -o sums tree
want_err 'treesum: sums: is the output as well'
run treesum -c -o sums sums
want_err 'treesum: sums: is the output as well'
want_not test -e .sums.treesum
run treesum --audit=sums -o report tree
want_status 0
want_text report ''

# Appended to itself an update would have come in two pieces.
echo b >tree/b
for redirection in '>>sums' '2>>sums'; do
	cp before sums
	prelude="exec $redirection"
	run treesum --update=sums tree
	want_status 2
	want_not grep -q 'tree/b' sums
	want_same_bytes before <(head -c "$(stat -c %s before)" sums)
done
prelude=''
cp before sums
run treesum --update=sums tree
want_status 0
want_out 'tree/b: NEW'
want sha512sum -c --quiet --strict sums
