# One bit of a file has flipped: FAILED, whatever its size and wherever the bit is.
. "$TEST_TOP/tests/lib.sh"

flip() { # FILE OFFSET: the lowest bit of a byte
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
for size in 1 64 127 128 129 4096 65536 65537 1000003; do
	head -c $size /dev/urandom >file$size
	cp file$size other$size
done
sha512sum file* other* >list
run treesum -c --quiet list
want_status 0
for size in 1 64 127 128 129 4096 65536 65537 1000003; do
	for offset in 0 $((size / 2)) $((size - 1)); do
		flip file$size $offset
		run treesum -c --quiet list
		want_status 1
		want_out "file$size: FAILED"
		want_err 'treesum: WARNING: 1 computed checksum did NOT match'
		flip file$size $offset
	done
done
run treesum -c --quiet list
want_status 0
want_out ''

# The other way round: any one digit of the digest is wrong.
echo a >a
digest=$(sha512sum a | cut -c 1-128)
for ((i = 0; i < 128; i++)); do
	wrong=$(printf %x $((0x${digest:i:1} ^ 1)))
	echo "${digest:0:i}$wrong${digest:i+1}  a"
done >list
run treesum -c list
want_status 1
want [ "$(grep -cx 'a: FAILED' "$out")" -eq 128 ]
