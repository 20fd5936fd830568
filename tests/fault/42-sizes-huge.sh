# Sizes around 4 GiB and 5 GiB: as `head -c SIZE /dev/zero | openssl dgst -sha512` had it; and as numbers.
# slow
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s $((4 * 1024 * 1024 * 1024 - 1)) tree/almost-4-GiB
truncate -s $((4 * 1024 * 1024 * 1024 + 1)) tree/over-4-GiB
truncate -s $((5 * 1024 * 1024 * 1024)) tree/sparse-5-GiB
golden treesum tree
run treesum --json tree
want_status 0
want grep -q '"path":"tree/almost-4-GiB",.*"size":4294967295,' "$out"
want grep -q '"path":"tree/over-4-GiB",.*"size":4294967297,' "$out"
want grep -q '"type":"summary","files":3,"bytes":13958643712,' "$out"
