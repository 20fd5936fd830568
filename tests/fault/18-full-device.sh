# Standard output on a full device, for manifests, results, --help and --version: an error, status 1.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
sha512sum tree/a >list
for i in {1..2000}; do
	echo $i >tree/$i
done
prelude='exec >/dev/full'
for options in --help --version tree '--unsorted tree' '-z tree' tree/a '-c list' '-o /dev/stdout tree'; do
	run treesum $options
	want_status 1
	case $options in
	-o*) want_err 'treesum: /dev/stdout: No space left on device' ;;
	*) want_err 'treesum: write error: No space left on device' ;;
	esac
	want_none_left
done

# What compares has 1 for differences, so 2 for this.
grep -v tree/a list >other || true
echo other >tree/a
for options in '--diff list other' '--audit=list tree/a' '--update=list tree/a'; do
	run treesum $options
	want_status 2
	want_err_line 'treesum: write error: No space left on device'
done

# Nothing to write, nothing failed.
mkdir empty
run treesum empty
want_status 0
want_err ''
run treesum -c --status list
want_status 0
run treesum -o sums tree/a
want_status 0
want_err ''
