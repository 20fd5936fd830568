# A file is replaced by rename between the walk and its opening: the digest is that of the new one.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
for options in '' -j1 --unsorted; do
	echo before >tree/victim
	stop_at openat,openat2:error=EINTR victim tree/victim -- treesum $options tree
	echo 'another one, and longer' >new
	mv new tree/victim
	go_on
	want_injected
	sort -k 2 -o "$out" "$out"
	want_manifest <(oracle_manifest tree)
done

# While it is read: it changes by losing its name, and is opened once more by that.
head -c 300000 /dev/zero >tree/victim
stop_at read tree/victim -- treesum tree
echo new >new
mv new tree/victim
go_on
want_manifest <(oracle_manifest tree)

# All digests are of the new one, in the middle of whose reading it was.
head -c 300000 /dev/zero >tree/victim
stop_at read tree/victim -- treesum -a sha512,md5,sha256 tree/victim
echo new >new
mv new tree/victim
go_on
want_manifest <(for tool in sha512sum md5sum sha256sum; do $tool --tag tree/victim; done)

# Between a list and its check.
echo before >tree/victim
oracle_manifest tree >list
stop_at openat,openat2:error=EINTR tree/victim -- treesum -c list
echo after >new
mv new tree/victim
go_on
want_status 1
want_out 'tree/a: OK
tree/victim: FAILED'
