# A name is of another type when it is opened than when it was listed: told in each mode, never followed, no hang.
. "$TEST_TOP/tests/lib.sh"
need_strace

echo secret >outside
mkdir there
echo secret >there/inside
become() { # KIND: what tree/victim is now
	rm -rf tree/victim
	case $1 in
	file) echo victim >tree/victim ;;
	folder) mkdir tree/victim && echo inside >tree/victim/inside ;;
	fifo) mkfifo tree/victim ;;
	link) ln -s ../outside tree/victim ;;
	folder-link) ln -s ../there tree/victim ;;
	gone) ;;
	esac
}
mkdir tree
echo a >tree/a
echo z >tree/z
sha512sum tree/a tree/z >"$SCRATCH/others"

for change in file:{folder,fifo,link,gone} folder:{file,fifo,link,folder-link,gone}; do
	was=${change%:*} is=${change#*:}
	become $was
	oracle_manifest tree >list
	echo "$(echo old | "$SHA512SUM" | cut -d ' ' -f 1)  tree/victim/inside" >>list
	[ $was = folder ] || sed -i '$d' list
	sort -u -k 2 list >sorted
	# How a file is examined before it is opened differs: by the listing, by who opens it, or not at all.
	for TREESUM_STAT in always never; do
		export TREESUM_STAT
		for options in '' --unsorted '-o sums' --audit=sums --update=sums; do
			become $was
			cp sorted sums
			stop_at openat,openat2:error=EINTR victim -- treesum -j1 $options tree
			become $is
			go_on
			want_injected
			want [ "$(grep -c '^treesum: tree/victim: ' "$err")" -eq 1 ]
			case $options in
			--*=sums)
				# What is there is not what was listed, so that nothing is known of it.
				[ $was$options = file--update=sums ] && want_status 1 || want_status 2
				want_not grep -qE 'MISSING|NEW' "$out"
				want grep -q '^tree/victim\(/inside\)\?: UNREADABLE$' "$out"
				# The lines stay.
				want_same_bytes <(cut -c 1-200 sorted) <(grep -v '^#' sums)
				;;
			*)
				want_status 1
				[ "$options" != '-o sums' ] || mv sums "$out"
				sort -k 2 -o "$out" "$out"
				want_same_bytes "$SCRATCH/others" "$out"
				want [ "$(wc -l <"$err")" -eq 1 ]
				;;
			esac
			want_none_left
		done
	done
done
unset TREESUM_STAT

# In a check there is no listing: a name is what it is when it is opened.
become file
oracle_manifest tree >list
for is in folder gone; do
	become file
	stop_at openat:error=EINTR tree/victim -- treesum -j1 -c list
	become $is
	go_on
	want_injected
	want_status 1
	want grep -qx 'tree/victim: FAILED open or read' "$out"
done
