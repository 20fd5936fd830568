# Ten thousand folders in each other, with a stack of 256 KiB and few descriptors: hashed.
. "$TEST_TOP/tests/lib.sh"

# From the bottom up, a thousand at a time.
thousand=$(printf '/d%.0s' {1..1000})
mkdir tree
echo deep >tree/file
for _ in {1..10}; do
	mkdir -p "above$thousand"
	rmdir "above$thousand"
	mv tree "above$thousand"
	mv above tree
done
digest=$(echo deep | sha512sum | cut -c 1-128)
deep=$thousand$thousand$thousand$thousand$thousand
prelude='ulimit -n 40'
has_asan || prelude="$prelude; ulimit -s 256"
for options in '' --unsorted; do
	run treesum $options tree
	want_manifest <(printf '%s  tree%s%s/file\n' "$digest" "$deep" "$deep")
done
