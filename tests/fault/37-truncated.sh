# A file is cut off while it is read: read again, once; where it shrinks again it has no digest.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
sha512sum tree/a | sed 's,tree/a,tree/victim,' >list
for size in 100 300000; do
	head -c $size /dev/zero >tree/victim
	stop_at preadv2 tree/victim -- treesum tree
	truncate -s -50 tree/victim
	go_on
	want_manifest <(oracle_manifest tree)

	for options in tree '-j1 tree' '--unsorted tree' '-c list' '--summary tree'; do
		head -c $size /dev/zero >tree/victim
		at_each_stop preadv2,read tree/victim 'truncate -s -20 tree/victim' -- treesum $options
		want [ "$stops" -ge 2 ]
		want_status 1
		case $options in
		-c*)
			want_out 'tree/victim: FAILED open or read'
			want_err 'treesum: tree/victim: changed while it was read
treesum: WARNING: 1 listed file could not be read'
			;;
		--summary*)
			want_same_bytes "$SCRATCH/expected" "$out"
			want_err_line 'treesum: WARNING: 1 path could not be read and is not listed: run again while nothing writes to them'
			want grep -q '; 1 error (1 changed while read)$' "$err"
			;;
		*)
			want_same_bytes "$SCRATCH/expected" "$out"
			want_err 'treesum: tree/victim: changed while it was read'
			;;
		esac
		want_none_left
	done
done
