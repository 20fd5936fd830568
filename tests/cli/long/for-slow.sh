# --for on slow storage: the listing is not cut, rereading has its quarter, a worker that hangs is not waited for.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/slow_fs.sh"
need_slow_fs

mkdir mnt tree
for n in {1..300}; do
	echo "contents of $n" >tree/old-$n
done
settle
slow_mount latency=50 tree mnt
treesum --update=sums mnt 2>"$SCRATCH/none"
slow_unmount
awk '/^#= / { $5 = $5 - 7200 } !/^#end/' sums >"$SCRATCH/unsealed"
oracle_seal "$SCRATCH/unsealed" | cat "$SCRATCH/unsealed" - >sums
for n in {1..2000}; do
	echo "contents of new $n" >tree/new-$n
done
settle

# More is new than a night can read: rereading goes on all the same.
slow_mount latency=5000 tree mnt
run treesum -j1 --update=sums --for=4 --reread=1h --json mnt
want_status 0
cp "$out" night
counts() { jq -r "select(.type == \"summary\") | $1" night; }
want [ "$(counts .due)" -gt 0 ]
want [ "$(counts .due_read)" -gt 0 ]
want [ "$(counts .not_reached)" -gt 0 ]
want [ "$(counts .results.new)" -gt 0 ]
want [ $(($(counts .results.new) + $(counts .not_reached))) -ge 2000 ]
want [ "$(counts .status)" -eq 0 ]
want_text <(grep -c '  mnt/old-' sums) 300
want_text <(grep -c '  mnt/new-' sums) "$(counts .results.new)"
want_same_bytes <(grep -v '^#' sums) <(grep -v '^#' sums | sed 's/^.*  //' | xargs sha512sum)
# What was read again has its new time, the others the old one.
now=$(date +%s)
want_text <(awk -v now="$now" '/^#= / && $5 < now - 7000 { old++ } END { print old }' sums) $((300 - $(counts .due_read)))
slow_unmount

# A worker that hangs, in a file or in a directory: ended in time, and the lines stay.
mkdir tree/sub
echo x >tree/sub/x
rm tree/new-*
settle
slow_mount latency=50 tree mnt
treesum --update=sums --accept=missing mnt >"$SCRATCH/none" 2>&1
slow_unmount
cp sums before
for silent in old-7 sub; do
	touch tree/$silent tree/sub/x
	rm -f tree/old-9
	slow_mount silent=$silent tree mnt
	SECONDS=0
	run timeout 60 treesum --update=sums --for=2 mnt
	want [ $SECONDS -lt 30 ]
	# That time ran out is no trouble; that a directory was not listed to its end is.
	if [ $silent = sub ]; then
		want_status 1
		reason='not all could be read'
	else
		want_status 0
		reason='time ran out'
	fi
	want_err_line "treesum: 1 line is kept of missing files, as $reason (--accept=missing)"
	want grep -q '^treesum: time ran out: [0-9]* of [0-9]* files' "$err"
	want_same_bytes <(grep -E '  mnt/(old-7|old-9|sub/x)$' before) <(grep -E '  mnt/(old-7|old-9|sub/x)$' sums)
	run timeout 60 treesum -o other --for=2 mnt
	want_status 1
	want [ ! -e other ]
	slow_unmount
	rm -f .other.treesum-journal
done
