# A manifest of another algorithm is refused, also where its digests are as long: an update would keep
# those of files that are as they were, and call them its own.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo old >tree/old
for pair in sha3-512:blake2b512 sha3-512:sha512 sha512:sha3-512 sha256:sha3-256 sha256:sha512; do
	made=${pair%:*} given=${pair#*:}
	rm -f sums tree/new
	run treesum -a "$made" --update=sums tree
	want_status 0
	cp sums before
	echo new >tree/new
	for mode in --audit=sums --update=sums '--update=sums --annotate'; do
		# shellcheck disable=SC2086
		run treesum -a "$given" $mode tree
		want_status 2
		want_out ''
		want_err "treesum: sums: was made with --algorithm=$made"
		want_same_bytes before sums
	done
	run treesum -a "$given" --diff sums sums
	want_status 2
	# Or every file would be said to be corrupt. Who does not want to believe the seal may say so.
	run treesum -a "$given" -c sums
	want_status 1
	want_out ''
	want_err "treesum: sums: was made with --algorithm=$made"
	run treesum -a "$given" -c <(cat sums)
	want_status 1
	want_err_line "treesum: /dev/fd/63: was made with --algorithm=$made"
	run treesum -a "$given" -c --no-seal sums
	want_status 1
	want_not grep -q 'was made' "$err"
	run treesum -a "$made" --diff sums sums
	want_status 0
	run treesum -a "$made" --update=sums tree
	want_status 0
	want_out 'tree/new: NEW'
	run treesum -a "$made" -c --quiet --strict sums
	want_status 0
done

# SHA-512, which is what there is without a word, is not named.
run treesum --annotate tree
want_not grep -q algorithm "$out"
run treesum --annotate -a sha3-512 tree
want grep -qE '^#end files=2 bytes=[0-9]+ algorithm=sha3-512 sha512=[0-9a-f]{128}$' "$out"
