# A hostile BagIt bag: all that is opened is its own, and no FIFO, no link, no address
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"
need_strace

mkdir outside
echo secret >outside/secret
secret=$PWD/outside/secret
digest=$(md5sum outside/secret | cut -c -32)
make_bag bag 1.0 md5
ln -s ../../outside bag/data/folder
ln -s ../../outside/secret bag/data/link
ln -s ../outside/secret bag/tags.txt
ln -s ../outside/secret bag/manifest-sha1.txt
mkfifo bag/data/fifo bag/fifo
# Each of these names would lead to a file whose digest is right.
for name in ../outside/secret "$secret" data/../../outside/secret data/folder/secret data/link data/fifo; do
	echo "$digest  $name" >>bag/manifest-md5.txt
done
for name in ../outside/secret "$secret" tags.txt fifo; do
	echo "$digest  $name" >>bag/tagmanifest-md5.txt
done
printf '%s - %s\n' "file://$secret" data/secret "http://127.0.0.1:9/" ../outside/secret >bag/fetch.txt

run traced -e trace=open,openat,openat2,socket,connect -- treesum --bag bag
want_status 1
want_text <(tail -n 1 "$out") 'bag: invalid'
want [ "$(grep -c 'the name leads out of the bag' "$err")" -eq 3 ]
# What is the bag's own was opened, and nothing else.
want grep -q '"a"\|data/a"' "$SCRATCH/trace"
want_not grep 'secret\|outside\|folder\|link\|fifo\|tags\|sha1' "$SCRATCH/trace"
want_not grep 'socket(\|connect(' "$SCRATCH/trace"

# The same of a bag in which a directory becomes a link while it is walked.
make_bag bag 1.0 md5
cp -r bag/data/sub elsewhere
replace() {
	[ $stops -eq 1 ] || return 0
	mv bag/data/sub bag/old
	ln -s ../../elsewhere bag/data/sub
}
at_each_stop '?fstatat64,?newfstatat' bag-info.txt replace -- treesum --bag bag
want [ $stops -ge 1 ]
want_status 1
want_text <(tail -n 1 "$out") 'bag: invalid'
want grep -qx 'bag/data/sub/b: UNREADABLE (below a symbolic link)' "$out"
