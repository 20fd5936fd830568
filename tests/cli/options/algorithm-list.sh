# -a LIST: several digests of each file, which is read once. The oracles are the tool of each algorithm, and
# cksum -c, which reads lines of any.
. "$TEST_TOP/tests/lib.sh"
command -v cksum >/dev/null && cksum -a sha256 /dev/null >/dev/null 2>&1 || skip 'cksum knows no -a here'

mkdir -p tree/sub
echo a >tree/a
: >tree/empty
head -c 1000000 /dev/urandom >tree/random
echo b >$'tree/new\nline'
echo c >'tree/back\slash'
echo d >'tree/SHA256 (x) = '
head -c 131073 /dev/zero >tree/sub/edge
ln tree/a tree/sub/link
for size in 1 111 112 127 128 129 131072; do
	head -c $size /dev/urandom >tree/sub/$size
done

# For each file a tagged line of each tool, in this order.
oracle() { # ALGORITHM...
	local file algorithm
	find tree -type f -print0 | sort -z | while IFS= read -rd '' file; do
		for algorithm; do
			cksum -a $algorithm "$file"
		done
	done
}

for list in sha512,sha256,md5 md5,sha512 sha256,sha1 sha384,blake2b512,sha224,sha512; do
	IFS=, read -ra algorithms <<<"${list/blake2b512/blake2b}"
	oracle "${algorithms[@]}" >"$SCRATCH/expected"
	for options in '' --tag -j1 --engine=libcrypto --uncached; do
		run treesum -a $list $options tree
		want_same_bytes "$SCRATCH/expected" "$out"
		[ "$options" = --uncached ] || want_manifest "$SCRATCH/expected"
	done
	run treesum -a $list --unsorted tree
	want_status 0
	want_same_bytes <(sort "$SCRATCH/expected") <(sort "$out")
	run treesum -o sums -a $list tree
	want_status 0
	want_same_bytes "$SCRATCH/expected" sums
	rm sums
done

# Of operands, and of what is read as it comes.
{ for algorithm in sha256 md5; do cksum -a $algorithm tree/a; done; } >"$SCRATCH/expected"
prelude='exec <tree/a' run treesum -a sha256,md5 -
want_manifest <(sed 's,(.*),(-),' "$SCRATCH/expected")
mkfifo pipe
cat tree/random >pipe &
run treesum -a sha256,md5 pipe
wait $!
want_manifest <(for algorithm in sha256 md5; do cksum -a $algorithm tree/random | sed 's,(.*),(pipe),'; done)
rm pipe

# The last -a holds, and a list of one is no list. Names are those of -a, in any case.
run treesum -a sha256,md5 -a sha1 tree/a
want_manifest <(sha1sum tree/a)
run treesum -a sha256 -a SHA1,Md5 tree/a
want_manifest <(cksum -a sha1 tree/a && cksum -a md5 tree/a)

# A list that is none.
: >"$SCRATCH/before"
wrong() { # LIST QUOTED [REASON]
	run treesum -a "$1" tree
	want_status 1
	want_out ''
	want grep -qF "treesum: invalid algorithm: $2 (${3:-sha512, sha384, }" "$err"
	want_err_line "Try 'treesum --help' for more information."
}
wrong sha512,sha256,sha512 "'sha512'" 'it is in the list twice)'
wrong sha256,SHA256 "'SHA256'" 'it is in the list twice)'
wrong sha512,nope,md5 "'nope'"
wrong sha512, "''"
wrong ,sha512 "''"
wrong sha512,,md5 "''"
wrong 'sha512, md5' "' md5'"

# Each tool reads its own lines; cksum reads all.
treesum -a sha512,sha256,blake2b512 tree >sums
run cksum -c sums
want_status 0
want [ "$(grep -c ': OK$' "$out")" -eq "$(wc -l <sums)" ]
for tool in 'cksum -a sha512' 'cksum -a sha256' 'cksum -a blake2b' sha512sum sha256sum b2sum; do
	run $tool -c sums
	want_status 0
	want [ "$(grep -c ': OK$' "$out")" -eq $(($(wc -l <sums) / 3)) ]
done

# One object of JSON a file, with the same digests.
if command -v jq >/dev/null; then
	run treesum --json -a sha512,md5 tree
	want_status 0
	want_json
	want_text <(jq -r 'select(.type == "file") | keys_unsorted[1:-2] | join(" ")' "$out" | sort -u) 'path sha512 md5'
	treesum -a sha512,md5 tree/a tree/random >expected
	run treesum --json -a sha512,md5 tree/a tree/random
	want_text <(jq -r 'select(.sha512) | "SHA512 (\(.path)) = \(.sha512)\nMD5 (\(.path)) = \(.md5)"' "$out") "$(cat expected)"
	rm expected
fi

# What is kept of an interrupted run; the journal of another list, or of another order, is not used.
run treesum --for=1h -o sums -a sha256,md5 tree
want_status 0
want_same_bytes <(oracle sha256 md5) sums
want_text <(ls -A) "sums
tree"

# Each file is opened once.
if strace -o /dev/null true 2>/dev/null; then
	run traced -e trace=openat,openat2 -- treesum -a sha512,sha256,md5 tree/a tree/random
	want_text <(files_read) 'tree/a tree/random'
fi
