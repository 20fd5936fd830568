# An ESC in a name: escaped on a terminal, in manifests, results and messages; exact in a pipe.
. "$TEST_TOP/tests/lib.sh"

name=$'tree/\033[2Jx'
mkdir tree
echo a >"$name"
printf '%s  %s\n' "$(sha512sum <"$name" | cut -c 1-128)" "$name" >list
(cat list && sed 's/\[2J/[3J/' list) >both
echo b >tree/b
treesum tree/b >sums
on_terminal() { # COMMAND
	script -qec "$1" /dev/null </dev/null >"$out" 2>"$err"
}
[ "$(script -qec 'test -t 1 && echo yes' /dev/null </dev/null)" = $'yes\r' ] || skip 'no terminal can be had'
for command in 'treesum tree' 'treesum --unsorted tree' 'treesum --tag tree' 'treesum -c both' 'treesum -c -w list list' 'treesum --audit=both tree' 'treesum --diff list sums'; do
	on_terminal "$command" || true
	want grep -q '033\[[23]Jx' "$out"
	want_not grep -q $'\033' "$out"
done
run treesum tree
want_same_bytes list <(grep -v tree/b "$out")
run treesum -c list
want_out "$name: OK"
