# A hundred thousand results, and errors beside them, into one pipe: no line is mixed with another.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
seq 500 | sed 's,^,tree/,' | xargs touch
for i in {1..20}; do
	echo $i >tree/$i
done
oracle_manifest tree >one
# Behind a large file all others pile up. Every twentieth line has something to say on standard error, too.
truncate -s 100M large
sha512sum large >list
for _ in {1..200}; do
	cat one
done | sed "n; n; n; n; n; n; n; n; n; n; n; n; n; n; n; n; n; n; n; s,  tree/.*,  missing," >>list
sed 's/^[0-9a-f]*  //; s/$/: OK/; s/^missing: OK/missing: FAILED open or read/' list >"$SCRATCH/expected"
missing='treesum: missing: No such file or directory'

: >"$err"
into_one_pipe() { # COMMAND...
	set +e
	"$@" 2>&1 </dev/null | cat >"$out"
	status=${PIPESTATUS[0]}
	set -e
}
into_one_pipe treesum -c -j8 list
want_status 1
want_same_bytes "$SCRATCH/expected" <(grep -av '^treesum: ' "$out")
want [ "$(grep -acxF "$missing" "$out")" -eq 5000 ]
want [ "$(wc -l <"$out")" -eq $((1 + 100000 + 5000 + 1)) ]

# As they come.
rm tree/1
ln -s missing tree/1
into_one_pipe treesum --unsorted -j8 tree missing{1..50}
want_status 1
want_same_bytes <(grep -v 'tree/1$' one) <(grep -av '^treesum: ' "$out" | sort -k 2)
want [ "$(grep -acxE 'treesum: missing[0-9]+: No such file or directory' "$out")" -eq 50 ]
