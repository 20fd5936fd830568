# A file and a folder that may not be read, for a user without privileges: reported, all others are hashed.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/{closed,listed,open}
for file in closed/x listed/x open/x a z; do
	echo $file >tree/$file
done
echo secret >tree/secret
oracle_manifest tree/{a,open,z} >"$SCRATCH/expected"
oracle_manifest tree >list
chmod 000 tree/secret tree/closed
chmod 444 tree/listed # its names can be read, but not what they stand for

for options in '' -j1 -j8 --unsorted; do
	run "${unprivileged[@]}" treesum $options tree
	want_status 1
	sort -o "$out" -k 2 "$out"
	want_same_bytes "$SCRATCH/expected" "$out"
	sort -o "$err" "$err"
	want_err 'treesum: tree/closed: Permission denied
treesum: tree/listed/x: Permission denied
treesum: tree/secret: Permission denied'
done
as=("${unprivileged[@]}")
same -c list
same tree/closed/x tree/a tree/secret
as=()
run "${unprivileged[@]}" treesum tree/closed tree/a tree/closed/x
want_status 1
want_out "$(sha512sum tree/a)"
sort -o "$err" "$err"
want_err 'treesum: tree/closed/x: Permission denied
treesum: tree/closed: Permission denied'

# What was written is complete but for those: it takes the place of the old one.
mkdir there
chmod 777 there
run "${unprivileged[@]}" treesum -o there/sums tree
want_status 1
want_same_bytes "$SCRATCH/expected" there/sums
