# A month of nights, each too short for all: rot is found within the round, every file is read in its turn,
# nothing is lost.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
. "$TEST_TOP/tests/rot.sh"
! has_asan || skip 'AddressSanitizer replaces the same functions'
need_disk ext4
command -v debugfs >/dev/null || skip 'debugfs is not installed'
disk_mount ext4 50M disk "${rot_options[@]}"

# Of what takes a night is one file, and others of half of that.
day=86400 tree=disk/tree
mkdir -p $tree/days
for n in {1..50}; do
	echo "contents of $n" >$tree/small-$n
done
truncate -s 1500M $tree/long
for n in 1 2 3; do
	truncate -s $((400 + n))M $tree/large-$n
done
settle

# A round is ten days, and what the nights need to read all.
round=10 slack=10
night() { # DAY
	run env LD_PRELOAD="$BUILD/fault/shim.so" SHIM_TIME=$((day * $1)) \
		treesum -j1 --update=disk/sums --for=1 --reread=${round}d $tree
}
found=''
for ((today = 1; today <= 30; today++)); do
	# Each day brings a file, and an edit.
	echo "of day $today" >$tree/days/$today
	echo "again on day $today" >>$tree/small-$((today + 10))
	if [ $today -eq 5 ]; then
		# Not before it was listed.
		want grep -q "  $tree/small-1\$" disk/sums
		good=$(grep "  $tree/small-1\$" disk/sums)
		rot disk tree/small-1
	fi
	night $today
	if grep -qx "$tree/small-1: CORRUPT" "$out"; then
		found=${found:-$today}
		want_status 1
	else
		want_status 0
		# Once found it is told until it is resolved.
		want [ ! "$found" ]
	fi
	want_not grep -qE ': (MISSING|UNREADABLE)' "$out"
	want_not grep -v "small-1:" <(grep CORRUPT "$out")
done
echo "found on day ${found:-none}"
want [ "${found:-99}" -ge 5 ]
want [ "${found:-99}" -le $((5 + round + slack)) ]
want_text <(grep "  $tree/small-1\$" disk/sums) "$good"

# It is resolved, and a last night ends the month.
rot disk tree/small-1 c
night 31
want_status 0
want sha512sum -c --quiet --strict disk/sums
want_same_bytes <(find $tree -type f | LC_ALL=C sort) <(grep -v '^#' disk/sums | sed 's/^.*  //')
# Every one was read within the round.
want_text <(awk -v limit=$(($(date +%s) + day * (31 - round - slack))) '/^#= / && $5 < limit { print }' disk/sums) ''
disk_unmount disk
