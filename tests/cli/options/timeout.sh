# --timeout: a hashing process that falls silent is replaced; the manifest is complete all the same.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 512M tree/large
echo a >tree/a
treesum --timeout=1 tree >"$out" 2>"$err" &
pid=$!
hasher=$(hasher_of tree/large)
want kill -STOP "$hasher"
wait $pid || status=$?
want_status 0
want_same_bytes <(oracle_manifest tree) "$out"
want_none_left
