# --uncached where the page cache cannot be bypassed: files are read all the same, with one error a file system.
. "$TEST_TOP/tests/lib.sh"

need_mounts
why='cannot bypass the page cache on this file system'
mkdir tree other lower upper
echo a >lower/a
echo b >lower/b
sha512sum lower/a >"$SCRATCH/oracle"

# Two of them; a command is run with both, as `apart treesum ...`.
apart() {
	# shellcheck disable=SC2016
	run $apart bash -ec '
		mount -t tmpfs none tree
		mount -t tmpfs none other
		mkdir tree/b && echo a >tree/a && echo b >tree/b/b && echo c >tree/c && : >tree/0
		echo d >other/d
		cp list other/list 2>/dev/null || true
		exec "$@"' - "$@"
}
apart bash -c 'sha512sum tree/0 tree/a tree/b/b tree/c other/d'
cp "$out" "$SCRATCH/expected"

# The first one in the order of the output, with any number of workers; nothing is read in an empty file.
for options in -j1 -j3; do
	apart treesum --uncached $options tree other
	want_status 1
	want_err "treesum: tree/a: $why (tmpfs)
treesum: other/d: $why (tmpfs)"
	want_same_bytes "$SCRATCH/expected" "$out"
done
apart treesum --uncached tree/0
want_status 0
want_err ''

cp "$SCRATCH/expected" list
apart treesum --uncached -c other/list
want_status 1
want_out 'tree/0: OK
tree/a: OK
tree/b/b: OK
tree/c: OK
other/d: OK'
want_err "treesum: tree/a: $why (tmpfs)
treesum: other/d: $why (tmpfs)"

# The status is that of a file that cannot be read, and nothing else is different.
grep -v other list >of_tree
rm list
apart treesum --uncached --audit=of_tree tree
want_status 2
want_out ''
want_err_line "treesum: tree/a: $why (tmpfs)"
apart treesum --uncached --update=sums tree
want_status 1
want_err_line "treesum: tree/a: $why (tmpfs)"
want_text <(grep -v '^#' sums) "$(cat of_tree)"

apart treesum --uncached --json tree other
want_status 1
want_jq 'select(.type == "error") | [.path, .errno, .message]' "[\"tree/a\",null,\"$why (tmpfs)\"]
[\"other/d\",null,\"$why (tmpfs)\"]"
want_jq 'select(.type == "summary") | [.files, .errors]' '[5,2]'
apart treesum --uncached --summary tree other
want grep -q '5 files, 8 bytes in .*; 2 errors$' "$err"

# Hard links are read once, and are one file.
apart bash -c 'ln tree/a tree/z && treesum --uncached tree | wc -l'
want_out 5
want_err "treesum: tree/a: $why (tmpfs)"

# Other types.
run treesum --uncached /proc/self/mounts
want_status 1
want_err "treesum: /proc/self/mounts: $why (proc)"
# shellcheck disable=SC2016
run $apart bash -c 'mkdir work && mount -t tmpfs none upper && mkdir upper/u upper/w &&
	mount -t overlay -o lowerdir=lower,upperdir=upper/u,workdir=upper/w none tree || exit 99
	exec treesum --uncached tree'
if [ $status -eq 99 ]; then
	echo 'NOT TESTED: no overlay can be mounted here'
else
	want_status 1
	want_err "treesum: tree/a: $why (overlay)"
	want_text <(head -n 1 "$out") "$(sed 's,lower,tree,' "$SCRATCH/oracle")"
fi

# Standard input: a file is, a pipe has no page cache, an empty file has nothing in it.
prelude='exec <lower/a' run treesum --uncached -
want_status 1
want_err 'treesum: -: cannot bypass the page cache on standard input'
want_out "$(sha512sum <lower/a)"
prelude='exec <lower/a' run bash -c 'cat | treesum --uncached'
want_status 0
want_err ''
want_out "$(sha512sum <lower/a)"
run treesum --uncached
want_status 0
want_err ''
