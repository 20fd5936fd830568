# The reader of the output goes away, with SIGPIPE ignored: the failed write is an error.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..2000}; do
	echo $i >tree/$i
done
oracle_manifest tree >list
for options in tree '-j1 tree' '--unsorted tree' '-c list' --help; do
	mkfifo pipe
	env --ignore-signal=PIPE treesum $options >pipe 2>"$err" &
	pid=$!
	exec 3<pipe # it has a reader until it is opened
	exec 3<&-
	status=0
	wait $pid || status=$?
	want_status 1
	want_err 'treesum: write error: Broken pipe'
	want_none_left
	rm pipe
done
