# --files0-from: operands from a list, each ended by a NUL.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree
echo a >tree/a
echo f >f
echo n >$'new\nline'
echo - >./--tag
printf 'f\0tree\0new\nline\0--tag\0f\0' >names
{
	sha512sum f
	oracle_manifest tree
	sha512sum $'new\nline' -- --tag f
} >"$SCRATCH/expected"

run treesum --files0-from=names
want_manifest "$SCRATCH/expected"
prelude='exec <names'
run treesum --files0-from=-
want_manifest "$SCRATCH/expected"
run treesum --files0-from -
want_manifest "$SCRATCH/expected"
prelude=''

# The last NUL may be missing.
printf 'f\0tree' >names
{ sha512sum f && oracle_manifest tree; } >"$SCRATCH/expected"
run treesum --files0-from=names
want_manifest "$SCRATCH/expected"

# An empty list is not standard input.
: >names
prelude='exec <f'
run treesum --files0-from=names
want_status 0
want_out ''
prelude=''

# What is wrong is told, the rest is done.
printf 'nope\0f\0\0tree/a\0' >names
run treesum --files0-from=names
want_status 1
want_same_bytes <(sha512sum f tree/a) "$out"
want_err_line 'treesum: nope: No such file or directory'
want [ "$(wc -l <"$err")" -eq 2 ]

run treesum --files0-from=missing
want_status 1
want_out ''
want_err_line 'treesum: missing: No such file or directory'
run treesum --files0-from=tree
want_status 1
want_out ''

printf 'f\0' >names
run treesum --files0-from=names f
want_status 1
want_out ''
want_err_line "Try 'treesum --help' for more information."

# One that has no end to wait for: nothing is listed.
run treesum --files0-from=/dev/null
want_status 0
want_out ''
want_err ''

# A list cannot name itself as data, and a name that no file can have is passed over.
printf 'f\0-\0tree/a\0' >names
prelude='exec <names' run treesum --files0-from=-
want_status 1
want_same_bytes <(sha512sum f tree/a) "$out"
want_err 'treesum: -: name 2: standard input holds the names themselves'
{ printf 'f\0' && head -c 17000000 /dev/zero | tr '\0' x && printf '\0tree/a\0'; } >names
run treesum --files0-from=names
want_status 1
want_same_bytes <(sha512sum f tree/a) "$out"
want_err 'treesum: names: name 2: too long'

# A long one.
for _ in {1..3000}; do
	printf '%s\0' f "./tree/../f"
done >names
xargs -0 sha512sum <names >"$SCRATCH/expected"
run treesum --files0-from=names
want_manifest "$SCRATCH/expected"
