# A shard that was lost is run again, anywhere; with --resume it reads only what the journal beside its part does not
# have. The other shards do not notice.
. "$TEST_TOP/tests/lib.sh"
need_strace
mkdir -p tree/sub
for i in {1..12}; do
	echo "$i" >"tree/$i"
	echo "$i" >"tree/sub/$i"
done
settle
treesum --annotate tree >"$SCRATCH/one"
names() { grep -v '^#' "$1" | sed 's|.*  ||' | sort | sed 's|.*/||' | sort | paste -sd ' '; }

ulimit -c 0
for fault in signal=KILL error=EIO; do
	for index in 1 2 3; do
		run treesum --shard=$index/3 tree
		cp "$out" "$SCRATCH/part"
		part=tree/sums.$index-of-3 journal=tree/.sums.$index-of-3.treesum-journal
		run traced -e inject=rename,renameat,renameat2:$fault -- treesum --shard=$index/3 -o tree/sums tree
		want_failure
		want [ ! -e $part ]
		want [ -s $journal ]

		# Without the option all is read.
		run traced -e trace=openat,openat2,rename,renameat,renameat2 -e inject=rename,renameat,renameat2:$fault -- \
			treesum --shard=$index/3 -o tree/sums tree
		want [ "$(files_read | tr ' ' '\n' | sed 's|.*/||' | sort | paste -sd ' ')" = "$(names "$SCRATCH/part")" ]
		want grep -q "^treesum: $part: the journal of an interrupted run is there: --resume would use it\$" "$err"

		# Another shard, and another N, have nothing to do with it.
		run treesum --resume --shard=$((index % 3 + 1))/3 --summary -o tree/other tree
		want_not grep -q resumed "$err"
		run treesum --resume --shard=$index/4 --summary -o tree/sums tree
		want_not grep -q resumed "$err"
		rm -f tree/other.* tree/sums.*-of-4
		want [ -s $journal ]

		altered=$(sed -n 's|^[0-9a-f]*  ||p' "$SCRATCH/part" | head -n 1)
		cp -p "$altered" saved
		echo longer than before >"$altered"
		run traced -e trace=openat,openat2 -- treesum --resume --shard=$index/3 -o tree/sums tree
		want_status 0
		want [ "$(files_read)" = "${altered##*/}" ]
		want [ ! -e $journal ]
		want_same_bytes <(treesum --shard=$index/3 tree | grep -v "sums\|^#") <(grep -v '^#' $part)
		cp -p saved "$altered"
		rm $part
	done
done

# Time that is too short: the part is not there, and a later run goes on. An empty share needs none.
for index in 1 2 3; do
	until run treesum --resume --for=1 --shard=$index/3 -o tree/sums tree && [ $status -eq 0 ]; do
		want_status 1
		want [ ! -e tree/sums.$index-of-3 ]
	done
done
run treesum --merge tree/sums.*-of-3
want_status 0
want_same_bytes <(grep -v '^#' "$SCRATCH/one") <(grep -v '^#' "$out")
