# A file grows while it is read: read again, once; its end is not run after for ever.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
sha512sum tree/a | sed 's,tree/a,tree/victim,' >list
for size in 100 300000; do
	# Once: what counts is the second reading.
	head -c $size /dev/zero >tree/victim
	stop_at preadv2 tree/victim -- treesum tree
	echo more >>tree/victim
	go_on
	want_manifest <(oracle_manifest tree)

	# At each reading: neither is believed, and none goes on when more has come than the file had.
	for options in tree '-j1 tree' '--unsorted tree' '-c list'; do
		head -c $size /dev/zero >tree/victim
		at_each_stop preadv2,read tree/victim 'head -c 200000 /dev/zero >>tree/victim' -- treesum $options
		want_status 1
		# As many reads as there are buffers in what was there at the two openings, and one each.
		want [ "$stops" -le 10 ]
		case $options in
		-c*)
			want_out 'tree/victim: FAILED open or read'
			want_err 'treesum: tree/victim: changed while it was read
treesum: WARNING: 1 listed file could not be read'
			;;
		*)
			want_same_bytes "$SCRATCH/expected" "$out"
			want_err 'treesum: tree/victim: changed while it was read'
			;;
		esac
		want_none_left
	done
done
