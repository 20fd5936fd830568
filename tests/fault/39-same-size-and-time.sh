# The content of a file changes while it is read, its size and mtime stay: the ctime tells.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
sha512sum tree/a | sed 's,tree/a,tree/victim,' >list
# As many bytes, of which the last differ: what was read until then is a mixture.
swap() {
	local content
	content=$(head -c 299999 tree/victim | tr ab ba && echo)
	printf '%s\n' "$content" >tree/victim
	touch -d '2001-02-03 04:05:06.789' tree/victim
}
fill() {
	printf '%299999s\n' '' | tr ' ' a >tree/victim
	touch -d '2001-02-03 04:05:06.789' tree/victim
}
for options in tree -j1\ tree; do
	fill
	stop_at read tree/victim -- treesum $options
	swap
	go_on
	want_manifest <(oracle_manifest tree)

	fill
	before=$(stat -c '%s %y' tree/victim)
	at_each_stop read tree/victim swap -- treesum $options
	want [ "$before" = "$(stat -c '%s %y' tree/victim)" ]
	want_status 1
	want_same_bytes <(sha512sum tree/a) "$out"
	want_err 'treesum: tree/victim: changed while it was read'
	want_none_left
done
