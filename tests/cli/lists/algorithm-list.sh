# -c with a LIST of algorithms takes lines with any of their tags, as cksum -c does, and reads each file once.
. "$TEST_TOP/tests/lib.sh"
command -v cksum >/dev/null && cksum -a sha256 /dev/null >/dev/null 2>&1 || skip 'cksum knows no -a here'

mkdir -p tree/sub
echo a >tree/a
: >tree/empty
head -c 300000 /dev/urandom >tree/random
echo b >$'tree/new\nline'
echo c >'tree/) = '
echo d >tree/sub/d
echo once >tree/once
ln tree/a tree/link
treesum -a sha512,sha256,md5 tree >sums
lines=$(wc -l <sums)

# Expect what cksum -c prints, its status, and its closing warnings.
beside() { # LIST OPTION...
	local list=$1 expected=0
	shift
	cksum -c "$@" "$list" >"$SCRATCH/expected" 2>"$SCRATCH/expected.err" || expected=$?
	run treesum -a sha512,sha256,md5 -c "$@" "$list"
	want_status $expected
	want_same_bytes <(escaped_results "$SCRATCH/expected") "$out"
	want_same_bytes <(sed -n 's/^cksum: WARNING/treesum: WARNING/p' "$SCRATCH/expected.err") \
		<(grep -a '^treesum: WARNING' "$err" || true)
}

# In the order of the lines, whatever that is.
shuf --random-source=sums sums >shuffled
sort -k1,1 sums >grouped
cat sums sums shuffled >repeated
tac sums >reversed
for list in sums shuffled grouped repeated reversed; do
	beside $list
	want_err ''
	want [ "$(grep -c OK "$out")" -ge "$lines" ]
	for options in --quiet --status -j1; do
		[ $options = -j1 ] && run treesum -a md5,sha256,sha512 -c -j1 $list || beside $list $options
		want_status 0
		want_err ''
	done
done

# One digest of a file is another one: that line fails, and no other.
grep -av 'MD5 (tree/a)' sums >one-wrong
sed -n 's/\(MD5 (tree\/a) = \)...../\100000/p' sums >>one-wrong
beside one-wrong
want grep -qx 'tree/a: FAILED' "$out"
want [ "$(grep -c FAILED "$out")" -eq 1 ]
want_err 'treesum: WARNING: 1 computed checksum did NOT match'

# A file is altered, one is missing, one cannot be read: all of their lines, but one message for each file.
echo altered >tree/random
rm tree/sub/d
rm tree/once
mkdir tree/once
for list in sums shuffled grouped; do
	beside $list
	want_status 1
	want_text <(grep -a '^treesum: tree' "$err" | sort) 'treesum: tree/once: Is a directory
treesum: tree/sub/d: No such file or directory'
	beside $list --ignore-missing
	beside $list --quiet
	beside $list --status
done
run treesum -a sha512,sha256,md5 -c --summary sums
want grep -q '^treesum: 6 files, .*; 15 ok, 3 failed, 6 unreadable; 2 errors (1 missing, 1 unreadable)$' "$err"
if command -v jq >/dev/null; then
	run treesum -a sha512,sha256,md5 -c --json sums
	want_json
	want_jq 'select(.path == "tree/sub/d" or .path == "tree/a") | [.type, .path, .status, .algorithm]' \
		'["result","tree/a","ok","sha512"]
["result","tree/a","ok","sha256"]
["result","tree/a","ok","md5"]
["error","tree/sub/d",null,null]
["result","tree/sub/d","unreadable","sha512"]
["result","tree/sub/d","unreadable","sha256"]
["result","tree/sub/d","unreadable","md5"]'
fi
rm -r tree/once
echo once >tree/once
echo d >tree/sub/d

# Only lines with tags of these algorithms count, in any spelling.
{
	grep -a '(tree/a)' sums
	sha1sum --tag tree/a
	sha256sum tree/a
	echo "SHA2-256(tree/a)= $(sha256sum tree/a | cut -c 1-64)"
	echo "MD5 (tree/a) = $(sha256sum tree/a | cut -c 1-64)"
} >mixed
run treesum -a sha512,sha256 -c -w mixed
want_status 0
want_out 'tree/a: OK
tree/a: OK
tree/a: OK'
want_err 'treesum: mixed: 3: improperly formatted SHA512 or SHA256 checksum line
treesum: mixed: 4: improperly formatted SHA512 or SHA256 checksum line
treesum: mixed: 5: improperly formatted SHA512 or SHA256 checksum line
treesum: mixed: 7: improperly formatted SHA512 or SHA256 checksum line
treesum: WARNING: 4 lines are improperly formatted
treesum: mixed: some lines are tagged MD5; use -a sha512,sha256,md5,sha1'
run treesum -a sha512,sha256 -c --strict mixed
want_status 1
run treesum -a sha384,sha1,md5 -c -w mixed
want_err_line 'treesum: mixed: 1: improperly formatted SHA384, SHA1 or MD5 checksum line'

# The message says which -a would read the lines, and it does.
hint() { # LIST OPTION... -- HINT
	local list=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	run treesum "${options[@]}" -c "$list"
	want_err_line "treesum: $list: $2"
	run treesum -a "${2##* }" -c "$list"
	want_not grep -q ': use\|no properly' "$err"
}
grep -a '(tree/a)' sums >tagged
hint tagged -- 'some lines are tagged SHA256; use -a sha512,sha256,md5'
hint tagged -a sha512 -- 'some lines are tagged SHA256; use -a sha512,sha256,md5'
hint tagged -a md5 -- 'some lines are tagged SHA512; use -a md5,sha512,sha256'
hint tagged -a sha1,sha384 -- 'some lines are tagged SHA512; use -a sha512,sha256,md5'
hint tagged -a md5,sha512 -- 'some lines are tagged SHA256; use -a md5,sha512,sha256'
grep -a SHA256 tagged >only
hint only -- 'the lines are tagged SHA256; use -a sha256'
hint only -a sha512,md5 -- 'the lines are tagged SHA256; use -a sha256'
sha256sum tree/a >untagged
hint untagged -a sha512,sha256 -- \
	"the lines have no tags, and their digests are as long as SHA-256's; use -a sha256"

# A sealed manifest is one of any of the algorithms.
treesum --annotate --tag -a sha256 tree/a >sealed
run treesum -a sha512,sha256 -c sealed
want_status 0
want_out 'tree/a: OK'
run treesum -a sha512,md5 -c sealed
want_status 1
want_err 'treesum: sealed: was made with --algorithm=sha256'

# Standard input, a FIFO, and names that are looked for elsewhere.
prelude='exec <tree/a' run treesum -a sha512,md5 -c <(sed 's,(.*),(-),' tagged)
want_out '-: OK
-: OK'
mkfifo pipe
cat tree/a >pipe &
run treesum -a sha512,sha256,md5 -c <(sed 's,(.*),(pipe),' tagged)
wait $!
want_out 'pipe: OK
pipe: OK
pipe: OK'
prelude='exec <sums' run treesum -a sha512,sha256,md5 -c --prefix-map=tree=./tree -
want_status 1
want_text <(grep -c ': OK$' "$out") $((lines - 3))

# A line that comes late is told when it comes: its file was read already.
mkfifo slow
treesum -a sha512,md5 -c slow >answers &
exec 4>slow
sed -n 1p tagged >&4
has_answers() { [ "$(grep -c ': OK' answers)" -eq "$1" ]; }
want wait_until has_answers 1
rm tree/a
sed -n 3p tagged >&4
want wait_until has_answers 2
exec 4>&-
want wait $!
ln tree/link tree/a

# Each file is opened once, with two links perhaps once more to find that out.
if strace -o /dev/null true 2>/dev/null; then
	for list in sums grouped shuffled; do
		run traced -e trace=openat,openat2 -- treesum -a sha512,sha256,md5 -c $list
		want_text <(sed -n '/O_NOCTTY/s/^[^"]*"\(tree[^"]*\)".*/\1/p' "$SCRATCH/trace" |
			grep -vx 'tree/\(a\|link\)' | LC_ALL=C sort) \
			"$(printf 'tree/%s\n' ') = ' empty 'new\nline' once random sub/d | LC_ALL=C sort)"
	done
fi

# The modes that read one algorithm say that -c is what reads several: no hint leads to one that leads back.
says_which() { # LIST TAG ALGORITHMS OPTION...
	run treesum "${@:4}"
	want_err_line "treesum: $1: some lines are tagged $2; only -c reads several algorithms: -c -a $3"
	run treesum -a "$3" -c "$1"
	want_status 0
	want_err ''
}
treesum -a sha512,sha256,md5 tree/a tree/random >three
says_which three SHA256 sha512,sha256,md5 --audit=three tree
says_which three SHA512 sha256,sha512,md5 -a sha256 --audit=three tree
says_which three SHA512 md5,sha512,sha256 -a md5 --audit=three tree
says_which three SHA512 sha512,sha256,md5 -a sha1 --audit=three tree
says_which three SHA256 sha512,sha256,md5 --diff three three
# The first algorithm is not the one that counts in the end, and may be that of one line or of many.
treesum -a sha256,sha512 tree/a >two
says_which two SHA256 sha512,sha256 --audit=two tree
treesum -a md5,sha256 tree/a tree/random >weak
says_which weak MD5 md5,sha256 --audit=weak tree
mkdir many
(cd many && touch {1..150})
{ treesum -a sha256,md5 --tag many | grep SHA256 && treesum --tag many; } >grouped
says_which grouped SHA256 sha512,sha256 --audit=grouped many
# An update ends at the first line that is another's.
says_which two SHA512 sha256,sha512 -a sha256 --update=two tree
