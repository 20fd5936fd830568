# Root reads files and directories without a trace: their access times stay as they are.
. "$TEST_TOP/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip 'needs root'
mkdir -p tree/sub
echo a >tree/a
echo b >tree/sub/b
head -c 300000 /dev/zero >tree/large
echo probe >probe
# Older than the modification: so a mount with relatime sets them, too.
age() {
	find tree probe -exec touch -a -d '2001-02-03' {} +
	accessed >"$SCRATCH/before"
}
accessed() { find tree probe -exec stat -c '%X %n' {} + | sort; }
age
cat probe >"$SCRATCH/probe"
[ "$(stat -c %X probe)" -ne "$(date -d 2001-02-03 +%s)" ] || skip 'access times are not kept here'

oracle_manifest tree >"$SCRATCH/expected"
for options in tree '-j1 --unsorted tree' '-L tree' "-c --quiet $SCRATCH/expected" "--audit=$SCRATCH/expected tree" \
	'-a sha256 tree/a tree/large' '--update=new tree'; do
	for TREESUM_STAT in always never; do
		export TREESUM_STAT
		age
		run treesum $options
		want_status 0
		want_same_bytes "$SCRATCH/before" <(accessed)
	done
done

# Others may not ask for that: they read as anybody does.
chmod 755 . tree tree/sub
age
run "${unprivileged[@]}" treesum tree
want_manifest "$SCRATCH/expected"
want_not cmp -s "$SCRATCH/before" <(accessed)
chown -R 65534:65534 tree

# Root without that privilege, as in a container.
run setpriv --bounding-set=-fowner --inh-caps=-fowner treesum tree
want_manifest "$SCRATCH/expected"
