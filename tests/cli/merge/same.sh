# The parts of a run, merged in any order, are the manifest of one run to the byte, its seal too.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
make_odd_tree tree
mkdir outside
echo outside >outside/x
ln -s ../../outside tree/a/way
settle

for options in '' -L -x '-a sha256' --tag -b '--exclude=*.c --exclude=/deep/' '--exclude=* -a md5' -j1; do
	# shellcheck disable=SC2086
	treesum --annotate $options tree >"$SCRATCH/one"
	for count in 1 2 3 16; do
		print_shards $count part $options tree
		for order in ls 'ls -r' "shuf --random-source=$TEST_TOP/LICENSE -e"; do
			# shellcheck disable=SC2046
			run treesum --merge $($order part.*)
			want_manifest "$SCRATCH/one"
		done
		rm part.*
	done
done
run treesum -c --quiet "$SCRATCH/one"
want_manifest /dev/null

# PATH as it may be written; a file; nothing at all; a root.
for path in tree/ ./tree "$PWD/tree" tree/a0 tree/none tree/a/../a; do
	print_shards 3 part "$path"
	treesum --annotate "$path" >"$SCRATCH/one"
	run treesum --merge part.*
	want_manifest "$SCRATCH/one"
	rm part.*
done
(
	cd tree
	print_shards 2 ../part .
)
treesum --annotate -C tree . >"$SCRATCH/one"
run treesum --merge part.*
want_manifest "$SCRATCH/one"

# To a file, which is replaced as a whole; from and to elsewhere.
echo old >sums
chmod 640 sums
run treesum --merge -o sums part.*
want_manifest /dev/null
want_same_bytes "$SCRATCH/one" sums
want [ "$(stat -c %a sums)" = 640 ]
mkdir parts
mv part.* parts
run treesum -C parts --merge -o sums2 part.1-of-2 part.2-of-2
want_status 0
want_same_bytes "$SCRATCH/one" sums2
run treesum -C parts --merge part.1-of-2 part.3-of-2
want_status 1
want_out ''
want_err_line 'treesum: part.3-of-2: No such file or directory'
want_err_line "treesum: 'part.3-of-2' was looked for in '$PWD/parts'"

# As JSON: what one run says, and a summary of its own.
want_files() { want_same_bytes <(grep -a '"type":"file"' "$1" | sort) <(grep -a '"type":"file"' "$2" | sort); }
treesum --json -C tree . >"$SCRATCH/json"
run treesum --merge --json parts/*
want_status 0
want_files "$SCRATCH/json" "$out"
want_json
want_jq 'select(.type == "summary") | [.files, .bytes, .reused, .errors, .complete, .status]' \
	"[$(grep -c '^[^#]' sums),0,$(grep -c '^[^#]' sums),0,true,0]"

# An update goes on from it.
run treesum -C tree --update=../sums .
want_status 0
want_out ''
want_same_bytes <(grep -av '^#' "$SCRATCH/one") <(grep -av '^#' sums)
