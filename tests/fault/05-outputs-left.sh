# Workers keep neither the lock of the output nor the end of a pipe, however long they live.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
echo a >tree/a
mkfifo fifo pipe
printf '%0128d  tree/endless\n' 0 >list
exec 3<>pipe 4<>fifo

# Each run is met when it has its children, and one of them reads. Who has the output open?
start() { # FILE-THAT-IS-READ OUTPUT COMMAND...
	local read=$1 output=$2
	shift 2
	"$@" >pipe 2>"$err" 3>&- 4>&- &
	pid=$!
	hasher_of "$read" >"$SCRATCH/hasher"
	want_text <(holders "$output") $pid
}
end() {
	want kill -TERM $pid
	wait $pid || true
	want_none_left
}
start tree/endless pipe treesum -j1 tree
want [ "$(our_processes | wc -l)" -eq 2 ]
end
start tree/endless pipe treesum -c list
end
start tree/endless .sums.treesum treesum -j1 --update=sums tree
want_text <(holders pipe) $pid
end
# A stream may be whatever the program has open.
start fifo .sums.treesum treesum -o sums fifo
end

# That includes what is standard output, which is read as it is, and not taken for something else.
echo in >in
for operand in /dev/stdout /dev/fd/1; do
	printf '%s  %s\n' "$("$SHA512SUM" <in | cut -d ' ' -f 1)" $operand >"$SCRATCH/expected"
	prelude='exec 1<in'
	run treesum -o sums $operand
	prelude=''
	want_status 0
	want_same_bytes "$SCRATCH/expected" sums
done
