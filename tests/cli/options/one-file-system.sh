# -x: what is mounted in a tree is not entered.
. "$TEST_TOP/tests/lib.sh"
need_mounts

mkdir -p tree/{a,mounted,z}
echo a >tree/a/a
echo hidden >tree/mounted/hidden
echo z >tree/z/z
ln -s mounted/sub tree/link
oracle_manifest tree/a tree/z >"$SCRATCH/expected"

in_mount() {
	mount -t tmpfs none tree/mounted
	mkdir tree/mounted/sub
	echo m >tree/mounted/sub/m
	for option in -x --one-file-system -xj1 '-x --unsorted' -xL -xP; do
		treesum $option tree | sort -k 2 >>"$SCRATCH/x"
	done
	for option in '' -P; do
		treesum $option tree >>"$SCRATCH/all"
	done
	treesum -L tree >"$SCRATCH/followed"
	# A file system that is named is one to stay on.
	treesum -x tree/mounted tree/a >"$SCRATCH/named"
	treesum -x tree/link >"$SCRATCH/link"
	sha512sum tree/a/a tree/mounted/sub/m tree/z/z >"$SCRATCH/all.expected"
	sha512sum tree/a/a tree/link/m tree/mounted/sub/m tree/z/z >"$SCRATCH/followed.expected"
	sha512sum tree/mounted/sub/m tree/a/a >"$SCRATCH/named.expected"
	sha512sum tree/link/m >"$SCRATCH/link.expected"
}
export -f in_mount
export SCRATCH
run $apart bash -ec in_mount
want_status 0
want_err ''
for _ in {1..6}; do cat "$SCRATCH/expected"; done >"$SCRATCH/x.expected"
cat "$SCRATCH/all.expected" "$SCRATCH/all.expected" >"$SCRATCH/all.twice"
want_same_bytes "$SCRATCH/x.expected" "$SCRATCH/x"
want_same_bytes "$SCRATCH/all.twice" "$SCRATCH/all"
want_same_bytes "$SCRATCH/followed.expected" "$SCRATCH/followed"
want_same_bytes "$SCRATCH/named.expected" "$SCRATCH/named"
want_same_bytes "$SCRATCH/link.expected" "$SCRATCH/link"
