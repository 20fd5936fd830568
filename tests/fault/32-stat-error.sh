# What an entry is cannot be told (lstat fails with EIO or ESTALE): that entry alone is reported.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p tree/sub
echo bad >tree/sub/bad
echo a >tree/sub/a
echo z >tree/z
oracle_manifest tree | grep -v sub/bad >"$SCRATCH/expected"
for error in 'EIO Input/output error' 'ESTALE Stale file handle'; do
	for options in '' --unsorted -L; do
		[ "$options" = --unsorted ] && TREESUM_STAT=never || TREESUM_STAT=always
		export TREESUM_STAT
		run traced -P bad -P tree/sub/bad -e inject=newfstatat,fstatat64,statx,lstat,stat:error=${error%% *} -- treesum $options tree
		want_injected
		want_status 1
		sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/expected" "$out"
		want_err "treesum: tree/sub/bad: ${error#* }"
	done
done

# Where only the listing could not look at it, it is opened all the same.
export TREESUM_STAT=always
run traced -P bad -e inject=newfstatat,fstatat64,statx,lstat,stat:error=EIO -- treesum tree
want_injected
want_manifest <(oracle_manifest tree)
