# What MANIFEST can be, and cannot be.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
echo b >tree/b
treesum -o sums tree
sum_a=$(sha512sum tree/a | cut -c 1-128)
sum_b=$(sha512sum tree/b | cut -c 1-128)
refused() { # MESSAGE [OPTION]...
	local message=$1
	shift
	for mode in audit update; do
		cp list before
		run treesum "$@" --$mode=list tree
		want_status 2
		want_out ''
		want_err "treesum: $message"
		want_same_bytes before list
	done
	run treesum "$@" --diff list sums
	want_status 2
	want_err "treesum: $message"
}

# By a pipe, with other names for the same, with escapes, upper case, CRLF, tags.
prelude='exec <sums'
run treesum --audit=- tree
want_status 0
prelude=''
run treesum --audit=<(cat sums) tree
want_status 0
printf '%s  ./tree//a\r\nSHA512 (tree/./b) = %s\r\n' "${sum_a^^}" "$sum_b" >list
run treesum --audit=list tree
want_status 0
want_err 'treesum: 2 the same'

# The same entry twice is no harm, two that contradict each other are.
printf '%s  tree/a\n%s  ./tree/a\n%s  tree/b\n' "$sum_a" "$sum_a" "$sum_b" >list
run treesum --audit=list tree
want_status 0
printf '%s  tree/a\n%s  ./tree/a\n' "$sum_a" "$sum_b" >list
refused 'list: lines 1 and 2 give one file two digests'

# An update takes no line that is none of its algorithm; others pass over it, and say so.
improper() { # LINES MESSAGES [OPTION]...
	local lines=$1 messages=$2
	shift 2
	run treesum "$@" --audit=list tree
	want_status 2
	want_out 'tree/b: NEW'
	want_err "$messages
treesum: 1 the same, 1 new"
	run treesum --status "$@" --audit=list tree
	want_status 2
	want_err ''
	run treesum "$@" --diff list sums
	want_status 2
	want_out 'tree/b: NEW'
	for compared in --audit=list\ tree --diff\ list\ sums --diff\ sums\ list; do
		# shellcheck disable=SC2086
		run treesum --json "$@" $compared
		want_status 2
		want_text <(grep -o '"malformed":[0-9]*' "$out") "\"malformed\":$lines"
	done
	cp list before
	run treesum "$@" --update=list tree
	want_status 2
	want_same_bytes before list
}
printf '%s  tree/a\nnonsense\n' "$sum_a" >list
improper 1 'treesum: list: WARNING: 1 line is improperly formatted'
want_err 'treesum: list: line 2 is improperly formatted'
printf '%s  tree/a\n%s  tree/b\n%s  tree/b\n' "$sum_a" "${sum_b:0:64}" "${sum_b:0:32}" >list
improper 2 "treesum: list: WARNING: 2 lines are improperly formatted
treesum: list: the digests are as long as SHA-256's; use -a sha256"

# Cut off; a directory; nothing.
treesum --annotate tree | head -n -1 >list
refused 'list: was cut off: it has no seal at its end'
treesum --annotate tree | sed '2s/./0/' >list
refused 'list: was edited after it was sealed'
echo '# nothing' >list
refused 'list: no properly formatted checksum lines found'
mkdir dir
for mode in audit update; do
	run treesum --$mode=dir tree
	want_status 2
	want_out ''
done
run treesum --audit=none tree
want_status 2
want_err 'treesum: none: No such file or directory'

# Nothing is opened that the manifest names: neither outside of the trees nor through a link.
need_strace
echo secret >secret
ln -s ../secret tree/link
printf '%s  secret\n%s  ../secret\n%s  /etc/passwd\n%s  tree/link\n%s  tree/../secret\n' \
	"$sum_a" "$sum_a" "$sum_a" "$sum_a" "$sum_a" >hostile
run traced -e trace=openat,openat2,open,stat,newfstatat -- treesum --audit=hostile tree
want_status 2
want_not grep -E 'secret|passwd|"(tree/)?link", O' "$SCRATCH/trace"
want_out 'tree/a: NEW
tree/b: NEW
tree/link: UNREADABLE'
want_err 'treesum: tree/link: is a symbolic link now, not a file (-L, --accept=missing)
treesum: 0 the same, 2 new, 1 unreadable, 4 not looked at'
