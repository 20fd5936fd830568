# A directory of many names is altered while it is listed, or its lister dies in the middle: no name twice,
# none lost that was there throughout.
. "$TEST_TOP/tests/lib.sh"
need_strace

# Names that stay, and such as are removed or renamed; others come.
fill() {
	rm -rf tree
	mkdir tree
	seq 1 4000 | sed 's,^,tree/stays-,' | xargs touch
	seq 1 1000 | sed 's,^,tree/goes-,' | xargs touch
	seq 1 1000 | sed 's,^,tree/moves-,' | xargs touch
}
alter() {
	seq 1 1000 | sed 's,^,tree/goes-,' | xargs rm
	seq 1 1000 | sed 's,^,tree/new-,' | xargs touch
	# Faster than a thousand times mv.
	(cd tree && perl -e 'rename $_, "moved-" . substr $_, 6 for glob "moves-*"')
}
command -v perl >/dev/null || skip 'perl is not installed'
empty=$("$SHA512SUM" </dev/null | cut -d ' ' -f 1)
fill
oracle_manifest tree | grep stays- >"$SCRATCH/stays"
for end in go_on go_on_as_another; do
	for call in 2 6; do
		for options in -j1 '-j1 --unsorted' '-j3'; do
			fill
			stop_when=$call stop_at getdents64 "$PWD/tree" -- treesum $options tree
			alter
			$end
			sort -k 2 "$out" >"$SCRATCH/sorted"
			[[ $options = *unsorted* ]] || want_same_bytes "$out" <(LC_ALL=C sort -k 2 "$out")
			want_same_bytes "$SCRATCH/stays" <(grep ' tree/stays-' "$SCRATCH/sorted")
			want_text <(uniq -d "$SCRATCH/sorted") ''
			want_not grep -vE "^$empty  tree/(stays|goes|new|moves|moved)-[0-9]+\$" "$out"
			# Of what was found and has gone it is told, once.
			want_not grep -vE '^treesum: tree/(goes|moves)-[0-9]+: No such file or directory$' "$err"
			want_text <(sort "$err" | uniq -d) ''
			want_none_left
		done
	done
done

# Few names, but long: each reading of them makes a part that is sent on.
printf -v long '%0200d' 0
fill_long() {
	rm -rf tree
	mkdir tree
	seq 1 600 | sed "s,^,tree/stays$long-," | xargs touch
}

# In its place is another directory when it is listed anew: that is not taken for the same.
for options in -j1 '-j1 --unsorted'; do
	fill_long
	mkdir -p up
	mv tree up/tree
	stop_when=3 stop_at getdents64 "$PWD/up/tree" -- treesum $options up
	mv up/tree was
	mkdir up/tree
	touch up/tree/other
	go_on_as_another
	want_status 1
	want_not grep -q other "$out"
	want_err_line 'treesum: up/tree: Stale file handle'
	want_not grep -vE '^treesum: up/tree(/[a-z0]*-[0-9]*)?: (Stale file handle|No such file or directory)$' "$err"
	rm -rf up was
done

# Or a file, a pipe, a link, or nothing. With -L no sandbox keeps it from being opened.
echo file >file
for options in -j1 '-j1 -L --unsorted' '-j1 -L --audit=list'; do
	for root in tree up; do
		for kind in file fifo link gone; do
			fill_long
			mkdir -p up
			[ $root = tree ] || mv tree up/tree
			[ $root = tree ] && path=tree || path=up/tree
			printf '%s  %s\n' "$empty" $path/stays$long-1 >list
			stop_when=3 stop_at getdents64 "$PWD/$path" -- treesum $options $root
			mv $path was
			case $kind in
			file) cp file $path ;;
			fifo) mkfifo $path ;;
			link) ln -s nowhere $path ;;
			gone) ;;
			esac
			go_on_as_another
			[[ $options = *audit* ]] && want_status 2 || want_status 1
			# It is told; and nothing is listed in its place.
			want grep -q "^treesum: $path: " "$err"
			want_not grep -E "  $path\$|^$path: NEW" "$out"
			want_not grep -q MISSING "$out"
			want_none_left
			rm -rf up was tree
		done
	done
done
