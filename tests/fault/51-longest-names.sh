# Thousands of names of 255 bytes, the longest that there are: each listed once, in order, and checked.
. "$TEST_TOP/tests/lib.sh"

# Of every byte that a name may have, in turn; the number makes them differ.
mkdir -p tree/sub
perl -e '
	for my $i (1 .. 3000) {
		my $name = "$i-";
		$name .= chr 1 + ($i + length $name) % 255 while length $name < 255;
		$name =~ tr{/}{_};
		open my $file, ">", ($i % 2 ? "tree/" : "tree/sub/") . $name or die "$!";
		print $file $i;
	}' 2>"$SCRATCH/perl" || skip "such names cannot be made here: $(tail -n 1 "$SCRATCH/perl")"
want [ "$(find tree -type f -printf x | wc -c)" -eq 3000 ]
oracle_escapes_cr || skip 'sha512sum does not escape CR'
oracle_manifest tree >"$SCRATCH/expected"
for options in '' -j1 -j4; do
	run treesum $options tree
	want_manifest "$SCRATCH/expected"
done
run treesum --unsorted tree
want_same_bytes <(sort "$SCRATCH/expected") <(sort "$out")
run treesum -c --quiet "$SCRATCH/expected"
want_status 0
want_out ''
run treesum --audit="$SCRATCH/expected" tree
want_status 0
want_err 'treesum: 3000 the same'
