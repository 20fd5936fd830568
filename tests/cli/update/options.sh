# What an update can be told: to tell only, to add only, to keep the old manifest, not to look at ctime.
. "$TEST_TOP/tests/lib.sh"
need_strace

update() { # STATUS LINES ARGUMENT...
	local expected=$1 lines=$2
	shift 2
	run treesum --update=sums "$@"
	want_status "$expected"
	sed -i 's/ (ctime differs)$//' "$out"
	want_out "$lines"
}
line_of() { grep "  $1\$" "${2:-sums}"; }
read_files() { sed -n '/O_NOCTTY/{/sums/!s/^[^"]*"\([^"]*\)".*/\1/p}' "$SCRATCH/trace" | sort | paste -sd ' '; }
fresh() {
	rm -rf tree sums sums~ && mkdir -p tree/sub
	for name in a b sub/c sub/d; do
		echo $name >tree/$name
		touch -d 2020-02-02 tree/$name
	done
}

# The first time all is new: the count is enough, but with -v; in JSON, too.
fresh
update 0 '' tree
want_err 'treesum: 0 the same, 4 new'
rm sums
update 0 'tree/a: NEW
tree/b: NEW
tree/sub/c: NEW
tree/sub/d: NEW' -v tree
rm sums
update 0 '' --status tree
want_err ''
update 0 'tree/a: OK
tree/b: OK
tree/sub/c: OK
tree/sub/d: OK' --verbose tree

# --dry-run: from stamps alone, and nothing is written; no file is opened.
settle
treesum --update=sums tree 2>/dev/null
echo other >tree/a
touch -d 2021-01-01 tree/b
mv tree/sub/c tree/sub/moved
echo n >tree/new
cp sums before
for option in -n --dry-run; do
	run traced -e trace=openat,openat2 -- treesum $option --update=sums tree
	want_status 0
	want_out 'tree/a: to be read
tree/b: to be read
tree/new: to be read
tree/sub/c: to be dropped
tree/sub/moved: to be read'
	want_err 'treesum: 1 the same, 4 to be read, 1 to be dropped'
	want_same_bytes before sums
	want [ ! "$(read_files)" ]
	want_not grep -q 'O_CREAT' "$SCRATCH/trace"
done
# What would be refused is refused; one that another run has in its lock is looked at all the same.
run treesum -n --update=none tree
want_status 0
want_err 'treesum: 0 the same, 5 to be read'
want_not test -e none
mv tree elsewhere
run treesum -n --update=sums elsewhere
want_status 2
want_err 'treesum: sums: lists nothing below any PATH: was the tree moved? (-C, --accept=new)'
mv elsewhere tree
run treesum -n -v --summary --update=sums tree
want_status 0
want grep -qx 'tree/sub/d: OK' "$out"
want grep -q '^treesum: 1 file (1 as it was\|^treesum: 1 file (1 as they were), 0 bytes .*; 1 ok, 4 to be read, 1 to be dropped' "$err"
if command -v jq >/dev/null && command -v python3 >/dev/null; then
	run treesum -n --json --update=sums tree
	want_json
	want_jq 'select(.type == "result") | [.path, .status]' '["tree/a","to_read"]
["tree/b","to_read"]
["tree/new","to_read"]
["tree/sub/c","to_drop"]
["tree/sub/moved","to_read"]'
	want_jq 'select(.type == "summary").results | [.ok, .to_read, .to_drop]' '[1,4,1]'
fi
# And so it comes.
run traced -e trace=openat,openat2 -- treesum --update=sums tree
want_status 0
want_text <(read_files) 'a b moved new'

# --append-only: what is listed stays, whatever becomes of it; what is new is added.
fresh
treesum --update=sums tree 2>/dev/null
cp sums first
echo other >tree/a
echo c >tree/b && touch -d 2020-02-02 tree/b
mv tree/sub/c tree/sub/moved
rm tree/sub/d
echo n >tree/new
{ grep -v '^#' first && sha512sum tree/new tree/sub/moved; } | LC_ALL=C sort -k 2 >expected
for lines in 'tree/new: NEW
tree/sub/d: MISSING
tree/sub/moved: MOVED from tree/sub/c' 'tree/sub/c: MISSING
tree/sub/d: MISSING'; do
	update 1 "tree/a: CHANGED
tree/b: CORRUPT
$lines" --append-only tree
	want_same_bytes expected <(grep -v '^#' sums)
done
# A dry run does not say that lines are dropped which would stay.
rm tree/sub/moved
run treesum -n --append-only --update=sums tree
want_status 1
want grep -qx 'tree/sub/d: MISSING' "$out"
want_not grep -q dropped "$out" "$err"
# Nothing is lost that way, so nothing is refused.
rm -r tree && mkdir tree && for ((i = 0; i < 60; i++)); do echo $i >tree/$i; done
treesum --update=many tree 2>/dev/null
cp many first
rm tree/*
echo one >tree/one
run treesum --append-only --update=many tree
want_status 1
want_err 'treesum: 0 the same, 1 new, 60 missing'
want_text <(grep -vc '^#' many) 61

# --backup: the old manifest stays beside the new one, is replaced by the next, and is never listed.
fresh
first=$SCRATCH/first
prelude='cd tree'
update 0 '' --backup .
want_not test -e tree/sums~
for n in 1 2 3; do
	cp tree/sums "$first"
	echo $n >tree/a
	update 0 './a: CHANGED' --backup .
	want_same_bytes "$first" tree/sums~
done
run treesum --audit=sums .
want_status 0
want_out ''
# It is worth more than one that lists the same files with the same digests, and other times.
cp tree/sums "$first"
touch -d 2021-02-03 tree/b
update 0 '' --backup .
want_not cmp -s tree/sums "$first"
want_not cmp -s tree/sums~ "$first"
for change in 'rm tree/sub/d' 'echo n >tree/new' 'mv tree/new tree/moved'; do
	cp tree/sums "$first"
	eval "$change"
	run treesum --update=sums --backup .
	want_status 0
	want_same_bytes "$first" tree/sums~
done
cp tree/sums "$first"
rm tree/sums~ && mkdir tree/sums~
echo again >tree/a
run treesum --backup --update=sums .
want_status 2
want_err_line 'treesum: sums~: Is a directory'
want_same_bytes "$first" tree/sums
rmdir tree/sums~
# Where there are no hard links they change places.
run traced -e inject=linkat:error=EPERM -- treesum --backup --update=sums .
want_status 0
want_injected
want_same_bytes "$first" tree/sums~
want [ ! -e tree/.sums.treesum ]
run sha512sum -c --quiet --strict sums
want_status 0
prelude=''
rm -r tree && fresh

# --ignore-ctime: after chmod, ln, a restore, nothing is read.
echo young >tree/young
treesum --update=sums tree 2>/dev/null
settle
treesum --update=sums tree 2>/dev/null
chmod 600 tree/b tree/young
ln tree/b "$SCRATCH/link"
cp sums first
run traced -e trace=openat,openat2 -- treesum --ignore-ctime --update=sums tree
want_status 0
want [ ! "$(read_files)" ]
# What was not read keeps its line, so that it is read once when ctime counts again.
want_same_bytes first sums
settle
run traced -e trace=openat,openat2 -- treesum --update=sums tree
want_status 0
want_text <(read_files) 'b young'
want_not cmp -s sums first

# So damage that left mtime as it was is found later, and is never taken for what was read.
cp sums first
touch -r tree/a "$SCRATCH/times"
echo A >tree/a
touch -r "$SCRATCH/times" tree/a
settle
update 0 '' --ignore-ctime tree
update 0 '' --ignore-ctime --append-only tree
want_same_bytes first sums
# --reread finds it, too.
update 1 'tree/a: CORRUPT' --ignore-ctime --reread=0 tree
want_text <(line_of tree/a) "$(line_of tree/a first)"
update 1 'tree/a: CORRUPT' tree
want_text <(line_of tree/a) "$(line_of tree/a first)"
echo a >tree/a
touch -r "$SCRATCH/times" tree/a
