# --reread reads again what was not read for long, the oldest first, and finds rot.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
. "$TEST_TOP/tests/rot.sh"
need_disk ext4
need_strace
command -v debugfs >/dev/null || skip 'debugfs is not installed'
disk_mount ext4 50M disk "${rot_options[@]}"
cd disk
mkdir tree
for name in a b c d e; do
	echo "contents of $name" >tree/$name
done
settle
update() { # STATUS LINES NAMES OPTION...: NAMES sorted
	local expected=$1 lines=$2 names=$3
	shift 3
	run traced -e trace=openat,openat2 -- treesum -j1 --update=sums "$@" tree
	want_status "$expected"
	want_out "$lines"
	want_text <(files_read | grep .) "$names"
}
line_of() { grep -B 1 "  tree/$1\$" "${2:-sums}"; }
reads() { awk '/^#= / { print NF }' "$1" | sort -u; }

# An update says when it has read; what is printed does not.
before=$(date +%s)
update 0 '' 'a b c d e'
after=$(date +%s)
want_text <(reads sums) 5
for name in a b c d e; do
	want [ "$(read_of sums tree/$name)" -ge $((before - 1)) ]
	want [ "$(read_of sums tree/$name)" -le "$after" ]
done
treesum --annotate tree >printed
want_text <(reads printed) 4
rm printed

# What is not read keeps its time.
set_read sums tree/a 7200 tree/b 1800
old=$(read_of sums tree/a)
update 0 '' ''
echo new >tree/f
update 0 'tree/f: NEW' f
want_text <(read_of sums tree/a) "$old"

# With an age: what was read longer ago, what was not read or will be.
set_read sums tree/a 7200 tree/b 1800 tree/c unknown tree/d -7200 tree/e 9000
settle
cp sums before
update 0 '' 'a c d e f' --reread=1h
update 0 '' '' --reread=1h
update 0 '' b --reread=20m
# 0 is everything, each time.
for _ in 1 2; do
	update 0 '' 'a b c d e f' --reread=0
	set_read sums tree/a 5 tree/b 5 tree/c 5 tree/d 5 tree/e 5 tree/f 5
done
# In a dry run nothing is read or written.
cp sums before
run treesum --update=sums --reread=0 -n tree
want_status 0
want_same_bytes before sums

# What the summary says, in words and in JSON.
set_read sums tree/a 7200 tree/b 3600 tree/c 10 tree/d 10 tree/e 10 tree/f 10
run treesum --update=sums --summary --reread=30m tree
want grep -q '^treesum: 6 files (4 as they were), 28 bytes in .*; 2 of 6 files due, 2 of them read, oldest reading 2 hours ago$' "$err"
set_read sums tree/a 7200 tree/b 3600
oldest=$(read_of sums tree/a)
run treesum --update=sums --json --reread=30m tree
want_jq 'select(.type == "summary") | [.due, .due_read, .oldest_read, .reused, .status]' "[2,2,$oldest,4,0]"
run treesum --update=sums --summary --reread=30m tree
want grep -q '; 0 of 6 files due$' "$err"

# Rot: with the same times nothing else finds it.
cd ..
rot disk tree/b
cd disk
want_not grep -q contents tree/b
set_read sums tree/a 10 tree/b 7200
cp sums before
update 0 '' ''
run treesum --update=sums --json --reread=30m tree
want_status 1
want_jq 'select(.type == "summary") | [.due, .due_read, .results.corrupt, .status]' '[1,1,1,1]'
# From then on it is read and told by each update, whatever is due, and its line stays, until it is resolved.
want_text <(line_of b | tail -n 1) "$(line_of b before | tail -n 1)"
want_text <(read_of sums tree/b) -
cp sums suspect
for options in '' --reread=30m --reread=100d --ignore-ctime --append-only; do
	update 1 'tree/b: CORRUPT' b $options
	want_same_bytes suspect sums
done
run treesum --update=sums --dry-run tree
want_out 'tree/b: to be read'
cd ..
rot disk tree/b c
cd disk
update 0 '' b
update 0 '' ''
want_text <(line_of b | tail -n 1) "$(line_of b before | tail -n 1)"
want [ "$(read_of sums tree/b)" -ge "$after" ]

# A run that has found it and was killed before it could say so: the next one reads the file again, without
# --reread, as it may have been repaired meanwhile, and says so.
cd ..
rot disk tree/b
cd disk
set_read sums tree/b 7200
cp sums before
stop_at fsync "$PWD/.sums.treesum" -- treesum -j1 --update=sums --reread=0 tree
go_on KILL
want_same_bytes before sums
want test -s .sums.treesum-journal
update 1 'tree/b: CORRUPT' b
want_text <(line_of b | tail -n 1) "$(line_of b before | tail -n 1)"
# Accepted, it is what the file holds.
update 0 'tree/b: CORRUPT' b --reread=30m --accept=corrupt
want sha512sum -c --quiet sums

# The same, and the file is repaired before the next run: then there is nothing to accept, and no damaged digest
# is taken from the journal.
cd ..
rot disk tree/a
cd disk
set_read sums tree/a 7200
cp sums before
stop_at fsync "$PWD/.sums.treesum" -- treesum -j1 --update=sums --reread=0 tree
go_on KILL
want grep -q "$(sha512sum <tree/a | cut -d ' ' -f 1)" <(od -An -v -tx1 .sums.treesum-journal | tr -d ' \n')
cd ..
rot disk tree/a c
cd disk
update 0 '' a --accept=corrupt
want_text <(line_of a | tail -n 1) "$(line_of a before | tail -n 1)"
want sha512sum -c --quiet sums

# The same, and the journal is damaged: what it held counts as not read, as the message says, and rot is found by
# the next rereading.
cd ..
rot disk tree/a
cd disk
set_read sums tree/a 7200
stop_at fsync "$PWD/.sums.treesum" -- treesum -j1 --update=sums --reread=1h tree
go_on KILL
size=$(stat -c %s .sums.treesum-journal)
printf '~~' | dd of=.sums.treesum-journal bs=1 seek=42 conv=notrunc status=none
update 0 '' ''
want_err_line "treesum: sums: its journal is incomplete or damaged: its last $((size - 42)) bytes are not used"
update 1 'tree/a: CORRUPT' a --reread=1h
cd ..
disk_unmount disk
