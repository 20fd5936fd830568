# Files in /proc and /sys, whose sizes are fiction: as sha512sum reads them.
. "$TEST_TOP/tests/lib.sh"

for file in /proc/version /proc/filesystems /proc/sys/kernel/ostype /proc/sys/kernel/version /proc/devices \
	/sys/kernel/notes /sys/kernel/uevent_helper /sys/devices/system/cpu/possible /sys/kernel/mm/transparent_hugepage/enabled; do
	[ ! -r $file ] || same $file
done
for tree in /proc/sys/user /sys/devices/system/cpu/cpu0/topology; do
	[ -d $tree ] || continue
	oracle_manifest $tree >"$SCRATCH/expected"
	want [ -s "$SCRATCH/expected" ]
	run treesum $tree
	want_manifest "$SCRATCH/expected"
	run treesum -c --quiet "$SCRATCH/expected"
	want_status 0
done
