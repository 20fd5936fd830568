# A path of 6,000 bytes, longer than any that open(2) takes: hashed.
. "$TEST_TOP/tests/lib.sh"

# Two halves, as one cannot name the whole to create it.
name=$(printf '%0199d' 0)
half=$name
for _ in {1..14}; do
	half=$half/$name
done
mkdir -p "tree/$half" "below/$half"
echo deep >"below/$half/file"
mv below "tree/$half/below"
path=tree/$half/below/$half/file
want [ ${#path} -gt 6000 ]
for options in '' -j1 --unsorted; do
	run treesum $options tree
	want_manifest <(printf '%s  %s\n' "$(echo deep | sha512sum | cut -c 1-128)" "$path")
done
