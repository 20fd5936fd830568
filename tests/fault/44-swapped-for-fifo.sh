# A file becomes a FIFO, a socket's place, or a link after the walk saw it: reported, no hang, not followed.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
echo z >tree/z
echo secret >outside
sha512sum tree/a tree/z >"$SCRATCH/expected"
for options in '' --unsorted -L; do
	for kind in fifo link folder gone; do
		# With -L a link may lead anywhere.
		[ "$options $kind" != '-L link' ] || continue
		rm -rf tree/victim
		echo victim >tree/victim
		stop_at openat,openat2:error=EINTR victim -- treesum $options tree
		rm tree/victim
		case $kind in
		fifo) mkfifo tree/victim ;;
		link) ln -s ../outside tree/victim ;;
		folder) mkdir tree/victim ;;
		gone) ;;
		esac
		go_on
		want_injected
		want_status 1
		sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/expected" "$out"
		want grep -q '^treesum: tree/victim: ' "$err"
		want [ "$(wc -l <"$err")" -eq 1 ]
		want_none_left
	done
done

# So it is behind a link that is followed, which openat2 has refused to do.
ln -s ../outside tree/link
stop_at openat:error=EINTR link -- treesum -L tree
rm outside
mkfifo outside
go_on
want_injected
want_status 1
want_same_bytes "$SCRATCH/expected" "$out"
want_err 'treesum: tree/link: is no longer a regular file'
want_none_left
