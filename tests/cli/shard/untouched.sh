# The files of other shards are neither opened nor asked about; each directory is listed.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
need_strace
mkdir -p tree/sub/deep
for i in {1..30}; do
	echo "$i" >"tree/x$i"
	echo "$i" >"tree/sub/y$i"
	echo "$i" >"tree/sub/deep/z$i"
done
treesum tree >sums

# The files of the tree whose names are in any call, and those that are in a manifest.
met() { grep -oE '"[^"]*"' "$SCRATCH/trace" | tr -d '"' | sed 's|.*/||' | grep -xE '[xyz][0-9]+' | sort -u; }
listed() { grep -v '^#' "$1" | sed 's|.*/||' | sort; }
calls=%file,%desc

# Also where a listing would ask, if it were no shard.
for stat in '' always; do
	for index in 1 2 3; do
		export TREESUM_STAT=$stat
		run traced -e trace=$calls -- treesum --shard=$index/3 tree
		want_status 0
		want [ "$(listed "$out" | wc -l)" -gt 15 ]
		want_same_bytes <(listed "$out") <(met)
		for directory in tree sub deep; do
			want grep -q "\"[^\"]*$directory\"" "$SCRATCH/trace"
		done
		cp "$out" part.$index
	done
	want_same_bytes <(listed sums) <(cat part.* | grep -v '^#' | sed 's|.*/||' | sort)
done
unset TREESUM_STAT

# The same with -c.
for index in 1 2 3; do
	run traced -e trace=$calls -- treesum -c --shard=$index/3 sums
	want_status 0
	want_same_bytes <(sed 's|.*/\(.*\): OK|\1|' "$out" | sort) <(met)
	want_same_bytes <(listed part.$index) <(met)
done

# Behind links, and a single PATH: what it is has to be asked, but no other's file is read.
mkdir links
for i in {1..30}; do
	ln -s ../tree/x$i links/l$i
done
ln -s ../tree/sub/deep links/directory
for index in 1 2; do
	run traced -e trace=%desc -y -- treesum --shard=$index/2 -L links
	want_status 0
	want_err ''
	cp "$out" part.$index
	# Of a link the trace has the name of what is behind it.
	want_same_bytes <(listed "$out" | sed 's/^l/x/' | sort) <(sed -nE 's/^[0-9]+ +(read|preadv2)\([0-9]+<[^>]*\/([xz][0-9]+)>.*/\2/p' \
		"$SCRATCH/trace" | sort -u)
done
want [ "$(cat part.[12] | grep -c '^[^#]')" -eq 60 ]
for index in 1 2; do
	run traced -e trace=openat,openat2 -- treesum --shard=$index/2 tree/x1
	want_status 0
	want [ "$(files_read)" = "$([ "$(wc -l <"$out")" -eq 1 ] || echo tree/x1)" ]
done
