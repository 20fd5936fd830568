# All processes are stopped for longer than --timeout, and go on (Ctrl-Z, fg): nobody is killed for his silence.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
truncate -s 1T tree/endless
status=0
setsid env --default-signal=INT treesum --timeout=1 -j1 tree >"$out" 2>"$err" &
pid=$!
hasher=$(hasher_of tree/endless)
processor_time() { (read -r -a stat <"/proc/$hasher/stat" && echo $((stat[13] + stat[14]))); }
has_worked() { [ "$(processor_time)" -gt $((before + 50)) ]; }
# Twice, as the time-outs might add up. Half a second of work later it would be dead.
for _ in 1 2; do
	want kill -STOP -- -$pid
	sleep 3
	before=$(processor_time)
	want kill -CONT -- -$pid
	want wait_until has_worked
done
want kill -INT $pid
wait $pid || status=$?
want_status 130
want_err ''
want_none_left

# The walk.
rm tree/endless
for i in {1..20}; do
	mkdir tree/$i
	echo $i >tree/$i/file
done
stop_at getdents64 "$PWD/tree/13" -- treesum --timeout=1 tree
parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$stopped/status")
want kill -STOP "$parent"
sleep 3
want kill -CONT "$parent"
go_on
want_manifest <(oracle_manifest tree)
