# In a check a file of which only ctime moves is read once where it has the listed digest, and twice where not.
. "$TEST_TOP/tests/lib.sh"
need_strace

size=300000
mkdir tree
head -c $size /dev/urandom >tree/victim
sha512sum tree/victim >right
sha256sum tree/victim >right256
echo other | sha512sum | sed 's,-$,tree/victim,' >wrong
move() { # HOW: what is done at each stop
	case $1 in
	link) ln -f tree/victim another ;;
	mode) chmod $((600 + stops % 2 * 40)) tree/victim ;;
	mtime) [ $stops -ne 1 ] || touch -d 2001-01-01 tree/victim ;;
	esac
}
# Check a list, and see how many bytes of the file were read.
check() { # HOW READINGS RESULT ARGUMENT...
	local how=$1 readings=$2 result=$3 before
	shift 3
	rm -f another
	before=$(stat -c %z tree/victim)
	at_each_stop read,preadv2 "$PWD/tree/victim" "move $how" -- treesum -c "$@"
	want [ $stops -ge 3 ]
	want [ "$before" != "$(stat -c %z tree/victim)" ]
	want_out "tree/victim: $result"
	want [ "$(bytes_read)" -eq $((readings * size)) ]
}
for how in link mode; do
	check $how 1 OK right
	want_status 0
	want_err ''
	check $how 1 OK -a sha256 right256
	want_status 0
	check $how 2 FAILED wrong
	want_status 1
	want_err 'treesum: WARNING: 1 computed checksum did NOT match'
done

# As one of several names, all of which are listed.
ln tree/victim tree/name
sed p right | sed '2s,victim,name,' >both
check mode 1 $'OK\ntree/name: OK' both
rm tree/name

# With another mtime it may be another file.
check mtime 2 OK right
want_status 0
