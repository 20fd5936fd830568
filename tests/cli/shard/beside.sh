# -o FILE writes FILE.K-of-N. FILE, all parts of it and what runs leave beside them are no part of any shard's list, so
# that all see the same, whichever has ended already.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
mkdir -p tree/sub
for i in {1..20}; do
	echo "$i" >"tree/$i"
	echo "$i" >"tree/sub/$i"
done
# Names that are formed alike, and are not what such a run writes.
for name in sums.1-of-x sums.1-of- sums.-of-2 sums.1-of-2.old xsums.1-of-2 sums.1-of-2~ sums.old sumsx .sums sums1-of-2 \
	sums.1-of-02 sums.01-of-2 sums.0-of-2 sums.3-of-2 sums.1-of-99999999999 sums.2-of-7 sums.12-of-16 \
	sub/sums sub/sums.1-of-2 .x.1-of-2.treesum .sums.7-of-16.treesum-journal; do
	echo "$name" >"tree/$name"
done
settle
treesum --annotate tree >"$SCRATCH/one"

for from in . tree; do
	path=tree target=tree/sums
	[ $from = . ] || { path=. target=sums; }
	for index in 2 1 3; do
		(
			cd $from
			run treesum --shard=$index/3 -o $target $path
			want_status 0
			want_err ''
			want_out ''
			want [ -f $target.$index-of-3 ]
			want [ ! -e $target ]
		)
	done
	[ $from = tree ] || {
		run treesum --merge tree/sums.*-of-3
		want_manifest "$SCRATCH/one"
	}
	rm tree/sums.*-of-3
done

# What killed runs have left, of this N, also of FILE itself, and an old FILE.
for name in sums sums.1-of-3 .sums.treesum .sums.treesum-journal .sums.3-of-3.treesum .sums.3-of-3.treesum-journal; do
	echo left >"tree/$name"
	chmod 600 "tree/$name"
done
# However the directory of FILE is spelled, and if the walk comes to it through a link.
ln -s tree way
for target in tree/sums tree/sub/../sums "$PWD/tree/sums" way/sums; do
	for index in 1 2 3; do
		run treesum --shard=$index/3 -o $target tree
		want_status 0
	done
	run treesum --merge tree/sums.{1,2,3}-of-3
	want_manifest "$SCRATCH/one"
done
run treesum --shard=1/3 -o tree/sums --summary tree
want grep -qE "; skipped [0-9]+ own outputs, [0-9]+ files of other shards\$" "$err"
mkdir outside
ln -s ../tree outside/in
for index in 1 2 3; do
	run treesum --shard=$index/3 -L -o tree/sums outside
	want_status 0
done
run treesum --merge tree/sums.{1,2,3}-of-3
want_status 0
want_same_bytes <(sed -n 's|  tree/| |p' "$SCRATCH/one") <(sed -n 's|  outside/in/| |p' "$out")

# In other directories they are files as any.
mkdir other
run treesum --shard=1/1 -o other/sums tree
want_status 0
want grep -q 'tree/sums.12-of-16$' other/sums.1-of-1
run treesum --shard=1/1 tree
want grep -q 'tree/sums.12-of-16$' "$out"

# A part is replaced as a whole, keeps its mode, and is locked while it is written.
chmod 640 other/sums.1-of-1
run treesum --shard=1/1 -o other/sums tree/sub
want_status 0
want [ "$(stat -c %a other/sums.1-of-1)" = 640 ]
want [ "$(grep -c 'tree/sub' other/sums.1-of-1)" -eq 22 ]

# A name as any other, "-" too.
run treesum --shard=1/2 -o - tree/sub
want_status 0
want_out ''
want [ -s ./-.1-of-2 ]
# What is no file, or cannot be one, is refused, and nothing is written beside it.
for target in /dev/full /dev/null tree; do
	run treesum --shard=1/2 -o $target tree
	want_status 1
	want_out ''
	want_err "treesum: $target: is not a regular file: with --shard, parts are files beside it"
	want [ ! -e $target.1-of-2 ]
done
for target in /dev/stdout /dev/stderr; do
	run treesum --shard=1/2 -o $target tree
	want_status 1
	want grep -q "$target: is standard output or error: with --shard, parts are files beside it\$" "$err"
	want [ ! -e $target.1-of-2 ]
done
run treesum --shard=1/2 -o tree/ tree
want_status 1
for target in '' none/sums new/; do
	run treesum --shard=1/2 -o "$target" tree
	want_status 1
	want_out ''
	want [ "$(wc -l <"$err")" -eq 1 ]
done
want [ ! -e .1-of-2 ]
