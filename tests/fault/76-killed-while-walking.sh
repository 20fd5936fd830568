# Any process is killed, or crashes, at any call while it walks: the same manifest, and status 0.
. "$TEST_TOP/tests/lib.sh"
need_strace
ulimit -c 0

# Directories that are listed in one piece, and one that takes several.
printf -v long '%0200d' 0
mkdir -p tree/long
for i in {1..400}; do
	echo $i >tree/long/$long$i
done
for i in {1..20}; do
	mkdir -p tree/$i/below
	echo $i | tee tree/$i/file >tree/$i/below/file
done
oracle_manifest tree >"$SCRATCH/expected"
cp "$SCRATCH/expected" list

# Run a command. One worker is stopped when it makes a call for the n-th time, and then ended by a signal. Others
# are stopped, too, as strace counts for each process, and go on.
end_one() { # SIGNAL CALLS N COMMAND...
	local signal=$1 calls=$2 n=$3 main='' pid
	shift 3
	: >"$SCRATCH/trace"
	traced -e trace="$calls" -e inject="$calls:signal=STOP:when=$n" -- "$@" </dev/null >"$out" 2>"$err" &
	traced=$!
	ended='' stops=0
	while wait_until has_stopped_again_or_ended && kill -0 $traced 2>/dev/null; do
		stops=$((stops + 1))
		pid=$(stopped_process)
		[ "$main" ] || main=$(child_of $traced)
		if [ ! "$ended" ] && [ "$pid" != "$main" ]; then
			ended=$pid
			kill -$signal "$pid"
		fi
		kill -CONT "$pid" 2>/dev/null || true
	done
	status=0
	wait $traced || status=$?
}

want_the_same() { # OPTIONS
	local how=$1
	want [ "$ended" ]
	want_status 0
	want grep -q "^$ended .*killed by SIG$signal" "$SCRATCH/trace"
	case $how in
	--audit*)
		want_out ''
		want_err 'treesum: 440 the same'
		;;
	*)
		want_err ''
		[[ $how != *-o* ]] || mv sums "$out"
		sort -k 2 "$out" >"$SCRATCH/sorted"
		want_same_bytes <(sort -k 2 "$SCRATCH/expected") "$SCRATCH/sorted"
		[[ $how = *--unsorted* ]] || want_same_bytes "$SCRATCH/expected" "$out"
		;;
	esac
	want_none_left
}

signal=SEGV
for call in getdents64 openat newfstatat,fstat,fstatat64 recvfrom sendto; do
	for n in 1 6; do
		[ $signal = SEGV ] && signal=KILL || signal=SEGV
		for options in '-j1' '-j2 --unsorted' '-j2 -o sums' '--audit=list'; do
			[ "$options" = -j1 ] && TREESUM_STAT=never || TREESUM_STAT=always
			export TREESUM_STAT
			end_one $signal $call $n treesum $options tree
			want_the_same "$options"
		done
	done
done
# Openings of directories by their path, which those make who have not listed them.
unset TREESUM_STAT
mkdir -p tree/1/{a..z}
oracle_manifest tree >"$SCRATCH/expected"
for n in 1 2; do
	options=-j4 signal=KILL
	end_one $signal openat2,openat $((n * 20)) treesum $options tree
	want_the_same "$options"
done
