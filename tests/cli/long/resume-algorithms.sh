# --resume with several algorithms: the journal has the digests of all of them, and is of no use for a run with
# others, or with the same in another order.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree
all='empty last link one three two'

files=(tree/empty tree/link-a tree/link-b tree/one tree/sub/three tree/two last)

# What a tool of each algorithm prints of each file.
expected_of() { # ALGORITHM...
	local file algorithm
	for file in "${files[@]}"; do
		for algorithm; do
			"${algorithm}sum" --tag "$file"
		done
	done
}

break_off TERM has_all -o sums -a sha256,sha512,md5 tree last
want_status 143
want_err "$kept"

# Of the same algorithms nothing is read twice.
cp $journal "$SCRATCH/journal"
go_on_with --resume -o sums -a sha256,sha512,md5 tree last
want_status 0
want_err ''
want_same_bytes <(expected_of sha256 sha512 md5) sums
want_read last

# Of others everything is.
for list in sha256,md5,sha512 sha512,sha256,md5 sha256,sha512 sha256 sha512 sha256,sha512,sha1; do
	cp "$SCRATCH/journal" $journal
	go_on_with --resume -o sums -a $list tree last
	want_status 0
	want_read "$all"
	expected_of ${list//,/ } >"$SCRATCH/expected"
	[[ $list == *,* ]] || "${list}sum" "${files[@]}" >"$SCRATCH/expected"
	want_same_bytes "$SCRATCH/expected" sums
done

# Runs of several lists share a journal.
cp "$SCRATCH/journal" $journal
break_off TERM has_all_twice -o sums -a md5,sha1 tree last
cp $journal "$SCRATCH/journal"
for list in sha256,sha512,md5 md5,sha1; do
	cp "$SCRATCH/journal" $journal
	go_on_with --resume -o sums -a $list tree last
	want_status 0
	want_read last
	want_same_bytes <(expected_of ${list//,/ }) sums
done
