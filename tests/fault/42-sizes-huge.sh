# Sizes around 4 GiB and 5 GiB: as `head -c SIZE /dev/zero | openssl dgst -sha512` had it.
# slow
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s $((4 * 1024 * 1024 * 1024 - 1)) tree/almost-4-GiB
truncate -s $((4 * 1024 * 1024 * 1024 + 1)) tree/over-4-GiB
truncate -s $((5 * 1024 * 1024 * 1024)) tree/sparse-5-GiB
golden treesum tree
