# One process or sixteen: the same bytes, of trees and of lists.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/{a,b,c}
for i in {1..500}; do
	head -c $((i * 97 % 70001)) /dev/zero >tree/a/$i
	echo $i >tree/b/$i
done
truncate -s 20M tree/c/large tree/a/large
oracle_manifest tree >"$SCRATCH/expected"
sed 's/^./0/; n; n' "$SCRATCH/expected" >list
echo 'rubbish' >>list
echo "$(sha512sum tree/b/1 | cut -c 1-128)  nope" >>list
ln tree/b/1 tree/link
ln tree/a/large tree/b/large
oracle_manifest tree >"$SCRATCH/expected"
for jobs in 1 2 3 16 64; do
	for TREESUM_STAT in always never; do
		export TREESUM_STAT
		run treesum -j$jobs tree
		want_manifest "$SCRATCH/expected"
	done
	unset TREESUM_STAT
	run treesum -j$jobs tree
	want_manifest "$SCRATCH/expected"
	run treesum -c -w -j$jobs list
	want_status 1
	cp "$out" "$SCRATCH/out.$jobs"
	cp "$err" "$SCRATCH/err.$jobs"
	want_same_bytes "$SCRATCH/out.1" "$SCRATCH/out.$jobs"
	want_same_bytes "$SCRATCH/err.1" "$SCRATCH/err.$jobs"
done
same -c -w list
