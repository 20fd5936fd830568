# Three thousand folders in each other, with a stack of 256 KiB and few descriptors: hashed.
. "$TEST_TOP/tests/lib.sh"

thousands=${thousands:-3}
# From the bottom up, a thousand at a time.
thousand=$(printf '/d%.0s' {1..1000})
deep=''
mkdir tree
echo deep >tree/file
for ((i = 0; i < thousands; i++)); do
	mkdir -p "above$thousand"
	rmdir "above$thousand"
	mv tree "above$thousand"
	mv above tree
	deep+=$thousand
done
digest=$(echo deep | sha512sum | cut -c 1-128)
prelude='ulimit -n 40'
has_asan || prelude="$prelude; ulimit -s 256"
for options in '' --unsorted; do
	run treesum $options tree
	want_manifest <(printf '%s  tree%s/file\n' "$digest" "$deep")
done
