# Sizes at which implementations of SHA-512 have erred: as openssl has it, or had it.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for size in {0..260} 511 512 513 1023 1024 1025 4095 4096 4097 32767 32768 65535 65536 65537 131071 131072 131073 262143 262145 \
	1048575 1048576 1048577; do
	head -c $size /dev/urandom >tree/$size
done
find tree -type f -print0 | sort -z | xargs -0 openssl dgst -sha512 -r | sed 's/ \*/  /' >"$SCRATCH/expected"
run treesum tree
want_manifest "$SCRATCH/expected"

# The large ones beside them, in one process.
truncate -s $((512 * 1024 * 1024 - 1)) tree/almost-512-MiB
truncate -s $((512 * 1024 * 1024 + 1)) tree/over-512-MiB
cat >>"$SCRATCH/expected" <<'END'
ca38ed29e4b841a2d666805615ccf741e11e9a7dae3c06ae5d5a055bfe1deec4f03adab6e3f86b5c843e008001570a782f9a1b8cf730bb2a370e371452d71abd  tree/almost-512-MiB
8165468866efe161e7d5394bcb5a72bb5dd30e8584ce00a5f87a89c861464ae5ee9bfbbe542d3a80f86f83f2ebeaf2757beffc96e4c0431395bd94284f3c766e  tree/over-512-MiB
END
run treesum -j1 tree
want_manifest "$SCRATCH/expected"
