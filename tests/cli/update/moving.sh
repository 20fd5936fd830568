# A tree that does not stand still while an update walks it: no line goes whose file may have been renamed.
. "$TEST_TOP/tests/lib.sh"
need_strace

listed() { sed -n 's/^[0-9a-f]\{128\}  //p' sums | paste -sd ' '; }
line_of() { grep "  $1\$" "${2:-sums}"; }

# A file that is renamed during the walk, from a directory that is not listed yet into one that is, is found in
# neither: its line is kept until the next run. That of a file that is gone is not.
moving() { # SHELL-COMMAND: what is done after tree was listed, when tree/sub was opened and not listed yet
	rm -rf tree sums
	mkdir -p tree/sub
	echo f >tree/sub/f
	echo gg >tree/sub/g
	# It looks like f, and was found.
	echo e >tree/e
	touch -d 2020-02-02 tree/sub/f tree/e
	touch -d 2021-02-02 tree/sub/g
	run treesum $made tree
	cp sums first
	# shellcheck disable=SC2034 # at_each_stop does it.
	change=$1
	at_each_stop openat,openat2 sub '[ $stops -gt 1 ] || eval "$change"' -- treesum -j1 --update=sums tree "${@:2}"
}
made=--update=sums
kept='treesum: 1 line is kept of files that may have been renamed during the walk (--accept=missing,changed)'
for deed in 'mv tree/sub/f tree/f' 'mkdir -p tree/in/in && mv tree/sub/f tree/in/in/'; do
	moving "$deed"
	want_status 1
	want_out 'tree/sub/f: MISSING'
	want_err "$kept
treesum: 2 the same, 1 missing"
	want_text <(line_of tree/sub/f) "$(line_of tree/sub/f first)"
	run treesum --update=sums tree
	want_status 0
	want_err 'treesum: 2 the same, 1 moved'
done
# Another file has its name by then.
moving 'mv tree/sub/f tree/ && echo other >tree/sub/f'
want_status 1
want_out 'tree/sub/f: CHANGED'
want_err "$kept
treesum: 2 the same, 1 changed"
want_text <(line_of tree/sub/f) "$(line_of tree/sub/f first)"
moving 'mv tree/sub/f tree/ && mv tree/sub/g tree/sub/f'
want_status 1
want_out 'tree/sub/f: CHANGED
tree/sub/g: MISSING'
want_text <(listed) 'tree/e tree/sub/f tree/sub/g'
run treesum --update=sums tree
want_status 0
want_text <(listed) 'tree/e tree/f tree/sub/f'
want_text <(line_of tree/f | cut -c -128) "$(line_of tree/sub/f first | cut -c -128)"
# What is elsewhere, excluded, or another one, is not that file.
for deed in 'rm tree/sub/f' 'mv tree/sub/f .' 'rm tree/sub/f; echo n >tree/n' 'mkdir tree/out; mv tree/sub/f tree/out'; do
	moving "$deed" --exclude=out/
	want_status 0
	want_out 'tree/sub/f: MISSING'
	want_err 'treesum: 2 the same, 1 missing'
	want_text <(listed) 'tree/e tree/sub/g'
done
# A link to a directory may lead anywhere.
moving 'mv tree/sub/f . && ln -s .. tree/up' -L
want_status 1
want_text <(listed) 'tree/e tree/sub/f tree/sub/g'
moving 'mv tree/sub/f tree/' --status
want_status 1
want_err ''
want_text <(listed) 'tree/e tree/sub/f tree/sub/g'
moving 'mv tree/sub/f tree/' --accept=missing
want_status 0
want_text <(listed) 'tree/e tree/sub/g'
moving 'mv tree/sub/f tree/' --append-only
want_status 1
want_err 'treesum: 2 the same, 1 missing'
# Where nothing is missing nobody looks; what was found is listed.
moving 'echo n >tree/sub/n'
want_status 0
want_text <(listed) 'tree/e tree/sub/f tree/sub/g tree/sub/n'
# Without annotations, any file may be the one.
made='-o sums'
moving 'rm tree/sub/f; echo n >tree/n'
want_status 1
want_err "$kept
treesum: 2 the same, 1 missing"
moving 'rm tree/sub/f'
want_status 0
want_text <(listed) 'tree/e tree/sub/g'
