# -a: other algorithms, beside the tools that have them, and openssl.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
: >tree/empty
head -c 1000000 /dev/zero >tree/zeros
echo b >$'tree/new\nline'

beside() { # TOOL ALGORITHM
	local format tool=$1 algorithm=$2
	for format in '' -b -z --tag; do
		find tree -type f -print0 | sort -z | xargs -0 "$tool" $format >"$SCRATCH/expected"
		run treesum -a "$algorithm" $format tree
		want_manifest "$SCRATCH/expected"
	done
	"$tool" tree/a tree/empty >good
	"$tool" --tag tree/a tree/zeros >tagged
	sed '1s/^./x/; 2s/  .*/  nope/' good >trouble
	ln -sf "$(command -v "$tool")" "$SCRATCH/treesum"
	for list in good tagged trouble; do
		PATH=$SCRATCH:$PATH run treesum -c -w $list
		cp "$out" "$SCRATCH/expected"
		cp "$err" "$SCRATCH/expected.err"
		local expected=$status
		run treesum --algorithm="$algorithm" -c -w $list
		want_status "$expected"
		want_same_bytes "$SCRATCH/expected" "$out"
		want_same_bytes "$SCRATCH/expected.err" "$err"
	done
}
beside sha512sum sha512
beside sha384sum sha384
beside sha256sum sha256
beside sha224sum sha224
beside sha256sum SHA256

for algorithm in sha512 sha384 sha256 sha512-256 sha3-256 sha3-512 blake2b512; do
	find tree -type f -print0 | sort -z | xargs -0 openssl dgst "-$algorithm" -r 2>/dev/null |
		grep -av 'line$' | sed 's/ \*/  /' >"$SCRATCH/expected"
	rm -f $'tree/new\nline'
	run treesum -a $algorithm tree
	want_manifest "$SCRATCH/expected"
done
b2sum tree/* >"$SCRATCH/expected"
run treesum -a blake2b512 tree
want_manifest "$SCRATCH/expected"

# Digests of another length are not this algorithm's.
sha256sum tree/a >list
run treesum -c list
want_status 1
want_err "treesum: list: no properly formatted checksum lines found
treesum: list: the digests are as long as SHA-256's; use -a sha256"
sha512sum tree/a >list
run treesum -a sha256 -c list
want_status 1
want_err "treesum: list: no properly formatted checksum lines found
treesum: list: the digests are as long as SHA-512's; use -a sha512"

run treesum -a nope tree
want_status 1
want_out ''
want_err_line "Try 'treesum --help' for more information."

# Lanes are for SHA-512 alone.
run treesum --engine=lanes -a sha256 tree
want_status 1
want_out ''
want_err 'treesum: --engine=lanes: this processor or algorithm has no lanes'

# A libcrypto that is set up to have less, as by a FIPS policy, says so; SHA-512 needs no provider.
cat >openssl.cnf <<'END'
openssl_conf = init
[init]
providers = providers
[providers]
null = null
[null]
activate = 1
END
run env OPENSSL_CONF=openssl.cnf treesum -a blake2b512 tree
want_status 1
want_out ''
want_err 'treesum: libcrypto has no blake2b512 here'
run env OPENSSL_CONF=openssl.cnf treesum --engine=libcrypto tree
want_manifest <(oracle_manifest tree)
