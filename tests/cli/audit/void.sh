# An audit that has looked at nothing that is listed has not found that all is well.
. "$TEST_TOP/tests/lib.sh"

mkdir tree empty
echo a >tree/a
treesum -o sums tree
void() { # MANIFEST ARGUMENT...
	run treesum --audit="$1" "${@:2}"
	want_status 2
	want_err_line "treesum: $1: lists nothing that was looked at: was it made elsewhere? (-C)"
}
void sums empty
void sums "$PWD/tree"
void sums --exclude='*' tree
: >names
void sums --files0-from=names
: >nothing
void nothing tree
run treesum --audit=nothing empty
want_status 0
want_err 'treesum: 0 the same'

# One file is enough; and a tree may have been empty from the start.
for path in tree/a tree; do
	run treesum --audit=sums $path empty
	want_status 0
done
run treesum --update=sealed empty
want_status 0
run treesum --audit=sealed empty
want_status 0
want_err 'treesum: 0 the same'
