# A folder of a million files, five million in all: memory grows with the list of files only, by what is stated here.
# slow
. "$TEST_TOP/tests/lib.sh"

files=${FILES:-5000000}
# A file takes a kilobyte there, and the parent of a run a quarter of that.
available=$(sed -n 's/^MemAvailable:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/meminfo)
[ "$available" -gt $((files * 2)) ] || skip "not $((files * 2 / 1000000)) GB of memory for $files files"
unshare -m true 2>/dev/null || skip 'needs root, to mount a file system without a limit of inodes'

# The most memory that a process had, in bytes; 0 where it has ended.
peak() { # PID
	local size
	size=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status")
	echo $((${size:-0} * 1024))
}

# Run it, and stop reading when the manifest begins: the map is complete then, and all its processes are there.
measure() { # OPTION... : sets lines, bytes, parent, others
	local pid process
	mkfifo pipe
	treesum "$@" tree >pipe 2>"$err" &
	pid=$!
	exec 3<pipe
	IFS= read -r -n 1 -u 3
	parent=$(peak $pid) others=0
	read -r -a children <"/proc/$pid/task/$pid/children" || true # no newline ends it
	for process in "${children[@]}"; do
		[ "$(peak "$process")" -le $others ] || others=$(peak "$process")
	done
	read -r lines bytes < <(wc -lc <&3)
	exec 3<&-
	status=0
	wait $pid || status=$?
	rm pipe
	want [ "$parent" -gt 0 ]
	want_status 0
	want_err ''
}

main() {
	mkdir disk
	mount -t tmpfs -o nr_inodes=0,size=90% none disk
	cd disk
	mkdir -p tree/{long,other}
	# More than the pipe holds.
	seq -f 'tree/other/%.0f' 1000 | xargs touch
	measure
	local before=$parent others_before=$others lines_before=$lines
	seq -f 'tree/long/%.0f' $((files / 5)) | xargs -P "$(nproc)" -n 5000 touch
	for i in $(seq $((files / 5 * 4 / 1000 - 1))); do
		mkdir tree/other/folder$i
		printf "tree/other/folder$i/%s\n" {1..1000}
	done | xargs -P "$(nproc)" -n 5000 touch

	measure
	want [ "$lines" -eq "$files" ]
	# What a line has beside the path: the digest and two spaces, of which one character was read before.
	local path=$((bytes / lines - 131)) each=$(((parent - before) / (lines - lines_before)))
	echo "$lines files: $((parent / 1000000)) MB in the parent, $each bytes a file with $path bytes of path;" \
		"$((others / 1000000)) MB in the workers"
	# The parent keeps the last component only.
	want [ $each -le 160 ]
	# Workers keep nothing of what they have listed.
	want [ $((others - others_before)) -le $((files / 5 * 100)) ]

	measure --unsorted
	echo "--unsorted: $((parent / 1000000)) MB in the parent"
	want [ "$parent" -le $((before + 16000000)) ]
}
export -f main
[ "${APART:-}" ] || exec env APART=1 unshare -m bash "$test_script"
main
