# A tree's manifest: the very bytes of find | sort | sha512sum, however the tree is called and whatever -j.
. "$TEST_TOP/tests/lib.sh"

# Names whose order by bytes is not that of a walk, directory by directory.
mkdir -p tree/{a,a-b,a.d/b,ab,b/c/d/e,empty,é,' '}
for file in a/x a/y a-b/x a.d/b/x a.txt ab/x a0 a- b/c/d/e/f b/c.txt b/c-d b/c/d.x b/c/d-e b/c/d0 B é/é ' /x' zz Z .hidden \
	.h/x a/.x; do
	mkdir -p "tree/$(dirname "$file")"
	echo "$file" >"tree/$file"
done
mkdir -p tree/.dot/..dots
echo dots >tree/.dot/..dots/...

for root in tree tree/ tree// ./tree ./tree/ ../here/tree "$PWD/tree" . ./ tree/.. tree/b/.. tree/b/; do
	oracle_manifest "$root" >"$SCRATCH/expected"
	for options in '' -j1 -j2 -j8 '-j 3' --jobs=4; do
		run treesum $options "$root"
		want_manifest "$SCRATCH/expected"
	done
done

prelude='cd tree'
(cd tree && oracle_manifest .) >"$SCRATCH/expected"
run treesum .
want_manifest "$SCRATCH/expected"
prelude=''

for format in -b -t --tag -z '-z --tag' '-b -z'; do
	find tree -type f -print0 | sort -z | xargs -0 sha512sum $format >"$SCRATCH/expected"
	run treesum $format tree
	want_manifest "$SCRATCH/expected"
done

# Each accepts the other's.
for tree in tree .; do
	run treesum $tree
	cp "$out" "$SCRATCH/manifest"
	run sha512sum -c --quiet "$SCRATCH/manifest"
	want_status 0
	want_out ''
	oracle_manifest $tree >"$SCRATCH/manifest"
	run treesum -c --quiet "$SCRATCH/manifest"
	want_status 0
	want_out ''
	want_err ''
done
