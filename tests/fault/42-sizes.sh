# Sizes at which implementations of SHA-512 have erred: as openssl has it.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for size in {0..260} 511 512 513 1023 1024 1025 4095 4096 4097 32767 32768 65535 65536 65537 131071 131072 131073 262143 262145 \
	1048575 1048576 1048577; do
	head -c $size /dev/urandom >tree/$size
done
truncate -s $((512 * 1024 * 1024 - 1)) tree/almost-512-MiB
truncate -s $((512 * 1024 * 1024 + 1)) tree/over-512-MiB
find tree -type f -print0 | sort -z | xargs -0 openssl dgst -sha512 -r | sed 's/ \*/  /' >"$SCRATCH/expected"
for options in '' -j1; do
	run treesum $options tree
	want_manifest "$SCRATCH/expected"
done
