# A tree that does not stand still while an update walks it: no line goes whose file may have been missed.
. "$TEST_TOP/tests/lib.sh"
need_strace

listed() { sed -n 's/^[0-9a-f]\{128\}  //p' sums | paste -sd ' '; }
line_of() { grep "  $1\$" "${2:-sums}"; }

# A file that is renamed during the walk, from a directory that is not listed yet into one that is, is found in
# neither: its line is kept, and so is that of any other missing file. The next run drops what is gone.
moving() { # SHELL-COMMAND: what is done after tree was listed and before tree/sub is
	rm -rf tree sums
	mkdir -p tree/sub
	for name in f g; do
		echo $name >tree/sub/$name
	done
	touch -d 2020-02-02 tree/sub/*
	run treesum --update=sums tree
	cp sums first
	stop_at openat,openat2:error=EINTR sub -- treesum -j1 --update=sums tree "${@:2}"
	eval "$1"
	go_on
}
changed='directories changed during the walk (--accept=missing)'
for deed in 'mv tree/sub/f tree/f' 'mkdir tree/in && mv tree/sub/f tree/in/' 'rm tree/sub/f'; do
	moving "$deed"
	want_status 1
	want_out 'tree/sub/f: MISSING'
	want_err "treesum: 1 line is kept of missing files, as $changed
treesum: 1 the same, 1 missing"
	want_text <(line_of tree/sub/f) "$(line_of tree/sub/f first)"
	run treesum --update=sums tree
	want_status 0
	want_text <(line_of sub/f) ''
done
moving 'rm tree/sub/[fg]; echo n >tree/n' --status
want_status 1
want_err ''
want_text <(listed) 'tree/sub/f tree/sub/g'
moving 'rm tree/sub/f' --accept=missing
want_status 0
want_text <(listed) 'tree/sub/g'
moving 'rm tree/sub/f' --append-only
want_status 1
want_err 'treesum: 1 the same, 1 missing'
# Where nothing is missing nobody looks; what was found is listed.
moving 'echo n >tree/sub/n'
want_status 0
want_text <(listed) 'tree/sub/f tree/sub/g tree/sub/n'
