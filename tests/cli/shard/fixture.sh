# Which shard a file belongs to is fixed: the first eight bytes of the SHA-512 of its name, mod N, plus one. The
# fixture says so, sha512sum and a shell come to the same, and so does treesum.
. "$TEST_TOP/tests/lib.sh"

# The name without "./" and doubled slashes, as far as the fixture has such.
plain_name() { # NAME
	sed -z 's|/\./|/|g; s|//*|/|g; s|^\./||' < <(printf '%s\0' "$1") | tr -d '\0'
}
shard_of() { # NAME N
	local hash rest=0 i
	hash=$(plain_name "$1" | "$SHA512SUM" | tr -d '\\' | cut -c 1-16)
	for ((i = 0; i < 16; i++)); do
		rest=$(((rest * 16 + 16#${hash:i:1}) % $2))
	done
	echo $((rest + 1))
}

lines=0
digest=$(printf '%0128d' 0)
while read -r count index escaped; do
	lines=$((lines + 1))
	name=$(printf '%b.' "$escaped")
	name=${name%.}
	want [ "$(shard_of "$name" "$count")" -eq "$index" ]
	# As a line of a manifest that -c takes or leaves to others: none of the files is there.
	escapes=$(sed -z 's/\\/\\\\/g; s/\n/\\n/g; s/\r/\\r/g' < <(printf '%s\0' "$name") | tr -d '\0')
	[ "$escapes" = "$name" ] && mark='' || mark=\\
	printf '%s%s  %s\n' "$mark" "$digest" "$escapes" >list
	run treesum -c --ignore-missing --shard="$index/$count" list
	want_status 1
	other=$((index % count + 1))
	run treesum -c --ignore-missing --shard="$other/$count" list
	want_status 0
done < <(grep -v '^#' "$TEST_TOP/fixtures/shards.txt")
want [ $lines -eq 68 ]
