# Parts that lack what could not be read are merged; it is said which, and the status is 1.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
mkdir -p tree/closed tree/sub
for i in {1..20}; do
	echo "$i" >"tree/$i"
	echo "$i" >"tree/sub/$i"
done
settle
chmod 000 tree/7 tree/closed
run "${unprivileged[@]}" treesum --annotate tree
want_status 1
cp "$out" "$SCRATCH/one"
for index in 1 2 3; do
	run "${unprivileged[@]}" treesum --shard=$index/3 tree
	want_status 1
	cp "$out" p.$index
	# The directory is told by each, a file by its own shard.
	want_err_line 'treesum: tree/closed: Permission denied'
	errors=$(wc -l <"$err")
	want grep -q "^#end .* shard=$index/3 errors=$errors " p.$index
	echo "$errors"
done | sort >"$SCRATCH/errors"
want_text "$SCRATCH/errors" '1
1
2'
bad=$(grep -l 'errors=2' p.*)

run treesum --merge p.3 p.1 p.2
want_status 1
want_same_bytes "$SCRATCH/one" "$out"
for part in p.1 p.2 p.3; do
	what='1 file or directory'
	[ $part != "$bad" ] || what='2 files or directories'
	want_err_line "treesum: $part: $what could not be read when it was made"
done
want_err_line 'treesum: WARNING: 3 of 3 parts lack what could not be read'
want [ "$(wc -l <"$err")" -eq 4 ]
run treesum --merge -o sums p.*
want_status 1
want_same_bytes "$SCRATCH/one" sums
run treesum --merge --quiet p.*
want_status 1
want_same_bytes "$SCRATCH/one" "$out"
want_err_line 'treesum: WARNING: 3 of 3 parts lack what could not be read'
want [ "$(wc -l <"$err")" -eq 4 ]
run treesum --merge --status p.*
want_status 1
want_same_bytes "$SCRATCH/one" "$out"
want_err ''
run treesum --merge --json p.*
want_status 1
want_json
want_jq 'select(.type == "summary") | [.complete, .status]' '[true,1]'

# Run again where all can be read, a part takes the place of the bad one.
chmod 755 tree/closed
chmod 644 tree/7
settle
treesum --annotate tree >"$SCRATCH/whole"
for index in 1 2 3; do
	run treesum --shard=$index/3 tree
	cp "$out" p.$index
	[ $index -eq 3 ] || continue
	run treesum --merge --summary p.*
	want_status 0
	want_same_bytes "$SCRATCH/whole" "$out"
	want grep -q '^treesum: 40 files (40 as they were), 0 bytes in ' "$err"
done
