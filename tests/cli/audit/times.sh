# What the times say of contents that differ from their digest: rot, or an edit.
. "$TEST_TOP/tests/lib.sh"

mkdir tree copy
# Both modes say the same, and an update has put it into the manifest or not. Whether ctime differs is known
# on a slow machine only, unless it is waited for.
without_ctime() {
	[[ $1 == *ctime* ]] || sed -i 's/ (ctime differs)$//' "$out"
	want_out "$1"
}
said() { # STATUS-OF-UPDATE LINES
	run treesum --audit=sums tree
	want_status 1
	without_ctime "$2"
	cp sums updated
	run treesum --update=updated tree
	want_status "$1"
	without_ctime "$2"
	[ "$1" -eq 0 ] || want_same_bytes <(grep -v '^#' sums) <(grep -v '^#' updated)
}
annotate() { treesum --annotate -o sums tree; }

# Cut off or grown, with the same mtime: it is corrupt, whatever the size.
for size in 4 40000; do
	head -c 30000 /dev/zero >tree/f
	touch -d 2020-02-02T02:02:02.123456789 tree/f
	annotate
	truncate -s $size tree/f
	touch -d 2020-02-02T02:02:02.123456789 tree/f
	said 1 'tree/f: CORRUPT'
done

# A copy on a file system whose times are coarser, one bit of it damaged; and held against it the original.
for mtime in .1234567 .123456 .123 .12 '' even; do
	for second in 02 03; do
		[ "$mtime" = even ] && cut=2020-02-02T02:02:02 || cut=2020-02-02T02:02:$second$mtime
		[ "$second$mtime" != 03.1234567 ] || settle
		for pair in "2020-02-02T02:02:$second.123456789 $cut" "$cut 2020-02-02T02:02:$second.123456789"; do
			echo good >tree/f
			touch -d "${pair% *}" tree/f
			annotate
			echo gold >tree/f
			touch -d "${pair#* }" tree/f
			said 1 'tree/f: CORRUPT'
		done
	done
done
touch -d 2020-02-02T02:02:05 tree/f
said 0 'tree/f: CHANGED'

# Edited within the clock's tick after it was read: no mtime could have told. That is an edit, each time.
read_at_once() {
	echo one >tree/f
	annotate
	grep -q ' --$' sums
}
wait_until read_at_once
touch -r tree/f stamp
echo two >tree/f
touch -r stamp tree/f
said 0 'tree/f: CHANGED'
# Rot in a fresh copy with its old times, annotated at once, is not.
echo good >tree/f
touch -d 2020-02-02 tree/f
annotate
echo gold >tree/f
touch -d 2020-02-02 tree/f
said 1 'tree/f: CORRUPT'

# mtime 0 or 1, as OSTree and Nix set it, contents exchanged: an edit, unless ctime says that there was none.
for mtime in 0 1; do
	echo one >tree/f
	touch -d @$mtime tree/f
	[ $mtime = 1 ] || settle
	annotate
	echo two >tree/f
	touch -d @$mtime tree/f
	said 0 'tree/f: CHANGED'
done
echo two >tree/f
touch -d @1 tree/f
settle
annotate
# Rot is no write: ctime stays. To see it without any, the line gets another digest.
sed "/^[^#]/s/^.*  /$(echo one | sha512sum | cut -d ' ' -f 1)  /; /^#end/d" sums >body
treesum_seal=$(oracle_seal body)
{ cat body && echo "$treesum_seal"; } >sums
run treesum --audit=sums tree
want_status 1
want_out 'tree/f: CORRUPT'

# Restored, or written with its time set back: the ctime is another one, which is said.
echo good >tree/f
touch -d 2020-02-02T02:02:02.123456789 tree/f
settle
annotate
want_not grep -q ' -$' sums
echo gold >tree/f
touch -d 2020-02-02T02:02:02.123456789 tree/f
said 1 'tree/f: CORRUPT (ctime differs)'
# Not where mtime is coarser: it is a copy.
touch -d 2020-02-02T02:02:02.123 tree/f
said 1 'tree/f: CORRUPT'

# An mtime that is to come is not that of a write just now: the file is read once.
need_strace
echo f >tree/f
touch -d 2035-01-01 tree/f
rm sums
run treesum --update=sums tree
settle
run treesum --update=sums tree
want_status 0
run traced -e trace=openat,openat2 -- treesum --update=sums tree
want_status 0
want_err 'treesum: 1 the same'
want_not grep -q '"f", .*O_NOCTTY' "$SCRATCH/trace"

# When it was last read, and what later versions add, stays with contents that are the same.
sed '/^#= /s/ [0-9]*$/ 1700000000 x=y/; /^#end/d' sums >body
seal=$(oracle_seal body)
{ cat body && echo "$seal"; } >sums
echo mm >tree/m
run treesum --update=sums tree
want_status 0
want grep -qx '#= 2 [0-9.]* [0-9.]* 1700000000 x=y' sums
touch tree/f
echo n >tree/n
run treesum --update=sums tree
want_status 0
want_not grep -q 1700000000 sums
want_text <(sed -n '/^#= /s/^[^ ]* 2 [0-9.]* [0-9.-]* [0-9]*//p' sums) " x=y
"
echo other >tree/f
run treesum --update=sums tree
want_status 0
want_not grep -q 'x=y' sums
