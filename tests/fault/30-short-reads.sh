# Every other read is interrupted (EINTR), and those between give one byte: right digests, by every engine.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim

mkdir tree
for size in 0 1 63 64 65 111 112 127 128 129 1000 3333; do
	head -c $size /dev/urandom >tree/$size
done
oracle_manifest tree >"$SCRATCH/expected"
cp "$SCRATCH/expected" list
short() { # COMMAND...
	: >"$SCRATCH/log"
	run env LD_PRELOAD="$BUILD/fault/shim.so" SHIM_LOG="$SCRATCH/log" SHIM_READ=1 "$@"
	want [ -s "$SCRATCH/log" ]
}

for options in --engine=libcrypto --engine=lanes --engine=auto -j1; do
	case $options in
	*lanes) treesum $options </dev/null >/dev/null 2>&1 || continue ;;
	esac
	short treesum $options tree
	want_manifest "$SCRATCH/expected"
done
short treesum -a sha256 tree/3333 tree/64
want_manifest <(sha256sum tree/3333 tree/64)
short treesum -c --quiet list
want_status 0
want_out ''
printf '%s\0' tree/* >names
short treesum --files0-from=names
want_manifest <("$SHA512SUM" tree/*)
# Streams; and a list of names from standard input.
for prelude in 'exec <tree/3333' 'exec < <(cat tree/3333)'; do
	short treesum
	want_manifest <("$SHA512SUM" <tree/3333)
done
prelude='exec < <(cat names)'
short treesum --files0-from=-
want_manifest <("$SHA512SUM" tree/*)
