# Few descriptors, or none left for processes: all is hashed, or it is said why not.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/a/b/c/d/e/f
for i in {1..9}; do
	echo $i | tee tree/$i.c tree/a/b/c/$i >tree/a/b/c/d/e/f/$i
done
oracle_manifest tree >"$SCRATCH/expected"

for limit in 32 64; do
	prelude="ulimit -n $limit"
	run treesum tree
	want_manifest "$SCRATCH/expected"
done

# Neither do files fail that are opened before the disk has their data.
need_strace
for i in {1..300}; do
	echo $i >tree/file$i
done
oracle_manifest tree >"$SCRATCH/expected"
prelude='ulimit -n 24'
run traced -e inject=preadv2:error=EAGAIN -- treesum -j1 tree
want_manifest "$SCRATCH/expected"

# Too few for a single hasher.
prelude='ulimit -n 10'
run treesum tree
want_status 1
want_out ''
want_err 'treesum: cannot hash: Too many open files'
