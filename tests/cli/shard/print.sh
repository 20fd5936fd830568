# The parts of a run: all files, each once, in the part that its name belongs to, with a seal that says which.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
need_python
make_odd_tree tree
settle
listed=$(oracle_listed tree)
treesum --annotate tree >one

for count in 1 2 3 16; do
	print_shards $count "$SCRATCH/part" tree
	for ((index = 1; index <= count; index++)); do
		part=$SCRATCH/part.$index-of-$count
		# Its own seal, and nothing but lines of the one run, in order.
		grep -av '^#end' "$part" >"$SCRATCH/body" || true
		said=$(tail -n 1 "$part" | grep -oE 'options=[0-9a-f]{32}')
		want_text <(tail -n 1 "$part") \
			"$(oracle_part_seal "$SCRATCH/body" "shard=$index/$count errors=0 $listed $said")"
		echo "$said" >>"$SCRATCH/options"
		want_same_bytes <(grep -axFf "$SCRATCH/body" one | grep -v '^#= ') <(grep -v '^#= ' "$SCRATCH/body")
		run treesum -c --quiet "$part"
		[ ! -s "$SCRATCH/body" ] || want_manifest /dev/null
	done
	want_same_bytes <(grep -av '^#' one | sort) <(cat "$SCRATCH"/part.*-of-$count | grep -av '^#' | sort)
	rm "$SCRATCH"/part.*
done
# What decides the list is the same for all of them, also for other numbers of shards.
want [ "$(sort -u "$SCRATCH/options" | wc -l)" -eq 1 ]

# The digest of the options is of what the header says: anyone can recompute it.
run treesum --shard=1/1 -a sha256 --tag -L -x --include='*.c' --exclude=/deep/ --exclude='x**' tree//
grep -o 'options=.*' "$out" | sed 's/options=\([0-9a-f]*\) .*/\1/' >"$SCRATCH/digest"
printf '%s\0' 'treesum shard 1' sha256 tag follow 'one file system' tree '+ *.c' '- /deep/' '- **/x**' |
	"$SHA512SUM" | cut -c 1-32 >"$SCRATCH/expected"
want_same_bytes "$SCRATCH/expected" "$SCRATCH/digest"
# Each of these makes another run of it; how the same is written, where it is written to and read, does not.
options_of() { treesum --shard=1/1 "$@" | sed -nE 's/.* options=([0-9a-f]{32}) .*/\1/p'; }
mkdir elsewhere
for path in tree tree/ tree//; do
	[ $path = tree ] || want [ "$(options_of $path)" = "$(options_of tree)" ]
done
want [ "$(options_of -C "$PWD/elsewhere/.." tree)" = "$(options_of tree)" ]
want [ "$(options_of -j3 --summary --timeout=9 tree 2>/dev/null)" = "$(options_of tree)" ]
want [ "$(options_of --exclude-from=<(printf '# of mine\n*.o\n+ a\n!\n- b\n') tree)" = "$(options_of --exclude=b tree)" ]
for option in -L -x -asha256 --tag -b --exclude=b --include=b '--exclude=b --exclude=c' '--exclude=c --exclude=b' \
	--exclude=b/ --exclude=/b '--exclude=b**'; do
	options_of $option tree
done >"$SCRATCH/options"
(cd tree && options_of . && options_of ./a) >>"$SCRATCH/options"
options_of tree >>"$SCRATCH/options"
options_of ./tree >>"$SCRATCH/options"
want [ "$(sort -u "$SCRATCH/options" | wc -l)" -eq 16 ]

# A single file is the only one, in its own shard; where no file is, the part is empty and all is well.
for index in {1..5}; do
	run treesum --shard=$index/5 tree/a0
	want_status 0
	want_err ''
	grep -c 'tree/a0$' "$out" || true
done >"$SCRATCH/counts"
want [ "$(sort "$SCRATCH/counts" | paste -sd ' ')" = '0 0 0 0 1' ]
run treesum --shard=2/3 tree/none
want_status 0
want grep -q '^#end files=0 bytes=0 shard=2/3 errors=0 ' "$out"
want [ "$(wc -l <"$out")" -eq 1 ]
run treesum -c "$out"
want_status 1

# What others are to read is counted.
run treesum --shard=1/2 --summary tree
mine=$(grep -ac '^[^#]' "$out")
want grep -q "; skipped 2 links, $(($(grep -ac '^[^#]' one) - mine)) files of other shards\$" "$err"

# What is neither a directory nor a regular file cannot be shared.
mkfifo fifo
run treesum --shard=1/2 fifo
want_status 1
want_out ''
want_err 'treesum: fifo: is neither a directory nor a regular file: --shard has no part of it'
run treesum --shard=1/2 missing
want_status 1
want_err 'treesum: missing: No such file or directory'
want grep -q '^#end files=0 bytes=0 shard=1/2 errors=1 ' "$out"
