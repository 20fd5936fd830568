# --for ends the reading in good order: what was reached is kept, what was not is counted, nothing is lost. A file
# for which one night is too short is read in several.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/rot.sh"
need_strace

# One worker reads a second's worth of a file of 3 GB, or less.
mkdir -p tree/sub
size=$((3 << 30))
truncate -s $size tree/huge
for name in a b sub/c gone; do
	echo "contents of $name" >tree/$name
done
digest=$(sha512sum <tree/huge)
oracle() { find tree -type f ! -name huge -print0 | xargs -0 sha512sum | cat - <(echo "${digest%-}tree/huge") | LC_ALL=C sort -k 2; }
settle

# Run for one night. Adds what was read of the large file to $bytes, and sets $most to the most of a night.
bytes=0 most=0
night() { # ARGUMENT...
	local read
	run traced -P huge -P tree/huge -e trace=read,readv,pread64,preadv,preadv2 -- treesum --for=1 "$@" tree
	read=$(awk '/ = [0-9]+$/ { sum += $NF } END { printf "%d\n", sum }' "$SCRATCH/trace")
	bytes=$((bytes + read))
	[ "$read" -le $most ] || most=$read
}
# No more is read than the file, what had to be read again, and what a night can do.
want_read_once() {
	expectations=$((expectations + 1))
	[ $bytes -ge $size ] || fail "only $bytes bytes were read"
	[ $bytes -le $((size + size * 15 / 100 + most)) ] || fail "$bytes bytes were read in all"
	bytes=0 most=0
}

# With -o the target stays as it was until all is there.
echo old >sums
night -o sums
want_status 1
want_out ''
want_text sums old
want test -s .sums.treesum-journal
want_not test -e .sums.treesum
want grep -qx 'treesum: time ran out: [1-5] of 5 files ([0-9.]* GB) not reached' "$err"
want grep -qx 'treesum: [0-4] files\? ([0-9.]* [kMG]\?B) \(is\|are\) kept in .sums.treesum-journal: --resume goes on' "$err"
want_text <(wc -l <"$err") 2
for ((nights = 1; nights < 40 && status != 0; nights++)); do
	night --resume -o sums
	[ $status -eq 0 ] || want_text sums old
done
want_status 0
want_err ''
want_same_bytes <(oracle) sums
want [ $nights -gt 1 ]
want_text <(ls -A) $'sums\ntree'
want_read_once

# An update writes down what it has reached, each night. The old line of an altered file stays until it was read;
# that of one which is gone, until all was.
rm sums
truncate -s 1000 tree/huge
treesum --update=sums tree 2>/dev/null
old=$(grep '  tree/huge$' sums)
echo new >tree/new
truncate -s $size tree/huge
echo edited >tree/a
rm tree/gone
settle
complete() { ! grep -q 'time ran out' "$err"; }
for ((nights = 0; nights < 40; nights++)); do
	night --update=sums
	complete && break
	want_status 0
	want_err_line 'treesum: 1 line is kept of missing files, as time ran out (--accept=missing)'
	want grep -qx 'treesum: time ran out: [1-5] of 5 files ([0-9.]* GB) not reached' "$err"
	want_text <(grep -c '  tree/gone$' sums) 1
	want_text <(grep '  tree/huge$' sums) "$old"
	want sha512sum -c --quiet --strict <(grep -E '  tree/(b|sub/c)$' sums)
done
want_status 0
want [ $nights -gt 0 ]
want_same_bytes <(oracle) <(grep -v '^#' sums)
want [ ! -e .sums.treesum-journal ]
want_read_once

# And of one that is read again: others are told to be due meanwhile, its own time is that of the old reading.
set_read sums tree/huge 7200
old=$(read_of sums tree/huge)
for ((nights = 0; nights < 40; nights++)); do
	night --update=sums --reread=1h
	want_same_bytes <(oracle) <(grep -v '^#' sums)
	[ "$(read_of sums tree/huge)" -eq "$old" ] || break
done
want [ $nights -gt 0 ]
want [ "$(read_of sums tree/huge)" -gt $((old + 7000)) ]
want [ ! -e .sums.treesum-journal ]
want_read_once
