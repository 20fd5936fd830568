# -C: PATHs and the names in manifests are relative to it; -o and lists of names to where one started.
. "$TEST_TOP/tests/lib.sh"

mkdir -p far/tree
echo a >far/tree/a
echo b >far/b
(cd far && oracle_manifest .) >"$SCRATCH/dot"
(cd far && oracle_manifest tree && sha512sum b) >"$SCRATCH/expected"

for option in '-C far' -Cfar --directory=far '--directory far' "-C $PWD/far"; do
	run treesum $option tree b
	want_manifest "$SCRATCH/expected"
	run treesum . $option
	want_manifest "$SCRATCH/dot"
done

run treesum -C far -o sums tree b
want_status 0
want_out ''
want_same_bytes "$SCRATCH/expected" sums

printf 'tree\0b\0' >names
run treesum -C far --files0-from=names
want_manifest "$SCRATCH/expected"

run treesum -C far -c "$PWD/sums"
want_status 0
want_out 'tree/a: OK
b: OK'
# A manifest is a PATH, too.
run treesum -C far -c ../sums
want_status 0
run treesum -C far -c sums
want_status 1
want_err "treesum: sums: No such file or directory
treesum: 'sums' was looked for in '$PWD/far'"
prelude='exec <sums'
run treesum -C far -c
want_status 0
prelude=''

run treesum -C nope tree
want_status 1
want_out ''
want_err 'treesum: nope: No such file or directory'
run treesum -C names tree
want_status 1
want_err 'treesum: names: Not a directory'
