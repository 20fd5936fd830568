# Workers are in a sandbox where the kernel has one, and do the same where it has none.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
echo b >tree/b
oracle_manifest tree >"$SCRATCH/expected"
cp "$SCRATCH/expected" list

# Expect what --debug says of it.
want_sandbox() { # TEXT ARGUMENT...
	local text=$1
	shift
	run treesum --debug "$@"
	want_status 0
	want_err_line "treesum: sandbox: $text"
}
reason=$(treesum --debug tree 2>&1 >"$SCRATCH/out" | sed -n 's/^treesum: sandbox: none: //p')
if [ "$reason" ]; then
	want_sandbox "none: $reason" tree
	want_same_bytes "$SCRATCH/expected" "$out"
	exit
fi
landlock=$(treesum --debug tree 2>&1 >"$SCRATCH/out" | grep -o 'Landlock [0-9]*')
want_sandbox "$landlock, reading only, below the PATHs" tree
want_same_bytes "$SCRATCH/expected" "$out"
want_sandbox "$landlock, reading only, below the PATHs" tree/a tree/b
want_sandbox "$landlock, reading only, below the PATHs" -C tree a .
want_sandbox "$landlock, reading only, below the PATHs" - tree
want_sandbox "$landlock, reading only, anywhere: the manifest says what" -c list
printf 'tree\0' >names
want_sandbox "$landlock, reading only, anywhere: --files0-from says what" --files0-from names
want_same_bytes "$SCRATCH/expected" "$out"
ln -s ../list tree/link
want_sandbox "$landlock, reading only, anywhere: links lead everywhere" -L tree
want_same_bytes <(sha512sum tree/*) "$out"
rm tree/link
want_sandbox "$landlock, reading only, below the PATHs" --audit=list tree
mkdir many
touch many/{1..65}
want_sandbox "$landlock, reading only, below the PATHs" many/{1..64}
want_sandbox "$landlock, reading only, anywhere: too many PATHs" many/{1..65}
oracle_manifest many >"$SCRATCH/many"
want_same_bytes "$SCRATCH/many" <(sort -k 2 "$out")

# Without privileges, too.
run "${unprivileged[@]}" treesum --debug tree
want_same_bytes "$SCRATCH/expected" "$out"
want_err_line "treesum: sandbox: $landlock, reading only, below the PATHs"
want_not grep 'no sandbox' "$err"

# Links that are named, which lead elsewhere.
mkdir -p elsewhere/below there
echo x >elsewhere/x
echo y >elsewhere/below/y
ln -s "$PWD/elsewhere/x" there/x
ln -s ../elsewhere/below there/below
same there/x there/below/y nope "$PWD/there/x" there/../there/x there/x/../x tree/a/ ./tree/a
run treesum there/below tree there/x
want_manifest <(sha512sum there/below/y tree/* there/x)

# What is in /proc of other processes.
none="none: other processes' part of /proc would be closed"
want_sandbox "$none" /proc/$$/environ
want_sandbox "$landlock, reading only, below the PATHs" -C /proc/$$/cwd tree
want_sandbox "$none" -C /proc/$$ environ
same /proc/$$/environ /proc/$$/exe /proc/$$/root"$PWD"/tree/a
oracle_manifest /proc/$$/cwd/tree >"$SCRATCH/proc"
run treesum /proc/$$/cwd/tree
want_manifest "$SCRATCH/proc"
run treesum --debug /processes
want_err_line "treesum: sandbox: $landlock, reading only, below the PATHs"

# Every algorithm: standard input is read outside.
for algorithm in $(treesum --help | sed -n '/^Algorithms:/,/^$/p' | tail -n +2); do
	treesum -a "$algorithm" <tree/a >"$SCRATCH/expected" 2>"$err" || continue
	run treesum -a "$algorithm" tree/a
	want_status 0
	want_text <(cut -d ' ' -f 1 "$out") "$(cut -d ' ' -f 1 "$SCRATCH/expected")"
done
oracle_manifest tree >"$SCRATCH/expected"

# The worker is in it, the program itself is not.
need_strace
run traced -e trace=execve,landlock_restrict_self -- treesum -j1 tree
want_manifest "$SCRATCH/expected"
main=$(sed -n 's/ execve(.*//p' "$SCRATCH/trace")
want [ "$(grep -c 'landlock_restrict_self(.* = 0$' "$SCRATCH/trace")" -eq 1 ]
want_not grep -q "^$main *landlock" "$SCRATCH/trace"

# A kernel without it, a container that forbids it: the same.
for fault in ENOSYS:'Function not implemented' EOPNOTSUPP:'Operation not supported' EPERM:'Operation not permitted'; do
	inject=inject=landlock_create_ruleset:error=${fault%:*}
	run traced -e $inject -- treesum tree
	want_injected
	want_manifest "$SCRATCH/expected"
	run traced -e $inject -- treesum --debug tree
	want_err_line "treesum: sandbox: none: no Landlock: ${fault#*:}"
done
# It fails only when it is entered: the same, and each process tells.
for fault in restrict_self:error=E2BIG:'Argument list too long' restrict_self:error=EPERM:'Operation not permitted' \
	add_rule:error=ENOMEM:'Cannot allocate memory'; do
	inject=inject=landlock_${fault%:*}
	run traced -e $inject -- treesum tree
	want_injected
	want_manifest "$SCRATCH/expected"
	run traced -e $inject -- treesum --debug -j1 tree
	want_err_line "treesum: sandbox: $landlock, reading only, below the PATHs"
	want [ "$(grep -c "^treesum: process [0-9]*: no sandbox: ${fault##*:}\$" "$err")" -eq 1 ]
done
