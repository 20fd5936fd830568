# A manifest that is altered after it was verified, before it is read again: told at its end.
. "$TEST_TOP/tests/lib.sh"
need_strace

echo a >a
echo b >b
{
	echo '#= 2 1700000000.000000000 -'
	sha512sum a
	echo '#= 2 1700000000.000000000 -'
	sha512sum b
} >body
{ cat body; oracle_seal body; } >sums
sed 's/ b$/ a/' sums >edited

# It asks where it stands, and goes back there before each reading.
stop_when=3 stop_at lseek sums -- treesum -c sums
cp edited sums
go_on
want_status 1
want_out 'a: OK
a: FAILED'
want_err 'treesum: sums: was edited after it was sealed
treesum: WARNING: 1 computed checksum did NOT match'
