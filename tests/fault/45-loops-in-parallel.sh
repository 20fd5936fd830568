# With -L, links to parents, to siblings and to each other, in lists that different workers read: it ends, each loop
# is told once, and all numbers of workers give the same.
. "$TEST_TOP/tests/lib.sh"

for i in {1..12}; do
	mkdir -p tree/$i/a/b
	echo $i >tree/$i/a/b/file
	ln -s ../../.. tree/$i/a/b/root
	ln -s .. tree/$i/a/b/parent
	ln -s . tree/$i/a/self
	ln -s b tree/$i/a/sibling
	# Two that lead to each other: each is entered from the other one, once.
	mkdir -p tree/$i/{left,right}
	ln -s ../right tree/$i/left/over
	ln -s ../left tree/$i/right/over
	echo left >tree/$i/left/file
	echo right >tree/$i/right/file
done
# What is to be found, by find: it knows loops, too.
find -L tree -type f -print0 2>"$SCRATCH/found.err" | sort -z | xargs -0 "$SHA512SUM" >"$SCRATCH/expected"
loops=$(grep -c 'File system loop' "$SCRATCH/found.err")
want [ "$loops" -gt 50 ]
for TREESUM_STAT in always never; do
	export TREESUM_STAT
	for options in -j1 -j2 -j4 -j16 '-j4 --unsorted'; do
		run treesum -L $options tree
		want_status 1
		[[ $options != *unsorted* ]] || sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/expected" "$out"
		want_text <(sort "$err" | uniq -d) ''
		want_not grep -v ': Too many levels of symbolic links$' "$err"
		want_text <(wc -l <"$err") "$loops"
		[ -e "$SCRATCH/err.1" ] || cp "$err" "$SCRATCH/err.1"
		[[ $options = *unsorted* ]] || want_same_bytes "$SCRATCH/err.1" "$err"
	done
done
