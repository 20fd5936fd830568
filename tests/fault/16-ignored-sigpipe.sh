# The reader of the output goes away, with SIGPIPE ignored: the failed write is an error.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..2000}; do
	echo $i >tree/$i
done
oracle_manifest tree >list
for options in tree '-j1 tree' '--unsorted tree' '-c list' --help; do
	mkfifo pipe
	exec 3<>pipe 4>pipe 3<&- # a pipe without a reader
	status=0
	env --ignore-signal=PIPE treesum $options >&4 4>&- 2>"$err" || status=$?
	exec 4>&-
	want_status 1
	want_err 'treesum: write error: Broken pipe'
	want_none_left
	rm pipe
done
