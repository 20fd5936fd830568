# Thousands of files of many sizes: the same manifest for every -j, sorted or not, and checked.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
RANDOM=512
for ((i = 0; i < 2000; i++)); do
	folder=tree/$((RANDOM % 7))/$((RANDOM % 11))-$((RANDOM % 3))
	[ -d $folder ] || mkdir -p $folder
	printf "%$((RANDOM % 4096))s" $i >$folder/$RANDOM-$i
done
head -c 5000000 /dev/zero >tree/large
oracle_manifest tree >"$SCRATCH/expected"
sort "$SCRATCH/expected" >"$SCRATCH/expected.sorted"

for options in '' -j1 -j2 -j8 -j16; do
	run treesum $options tree
	want_manifest "$SCRATCH/expected"
	run treesum --unsorted $options tree
	sort -o "$out" "$out"
	want_manifest "$SCRATCH/expected.sorted"
done

sed 's/^[0-9a-f]*  //; s/$/: OK/' "$SCRATCH/expected" >"$SCRATCH/ok"
for options in '' -j1 -j8; do
	run treesum -c $options "$SCRATCH/expected"
	want_status 0
	want_same_bytes "$SCRATCH/ok" "$out"
done

# The same files as operands.
run treesum tree/*/*/*
printf '%s\n' tree/*/*/* | xargs sha512sum >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
