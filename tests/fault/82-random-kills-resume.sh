# Runs are killed at random times and resumed, KILLS (30) of them, and files are altered in between: each manifest is right.
# slow
. "$TEST_TOP/tests/lib.sh"

# SEED and KILLS=500 for more; ALTER=N: one time in N a file is altered, 0: never, to see what is read again.
RANDOM=${SEED:-1} kills_due=${KILLS:-30} alter=${ALTER:-4}

# Many small files, and one whose states are kept: mostly a hole, which is read like any other data.
size=$((320 << 20))
mkdir -p tree/d
head -c 1000000 /dev/urandom >tree/huge
truncate -s $size tree/huge
files=(tree/huge)
for i in {1..400}; do
	printf '%*d' $((i * 37)) $i >tree/d/$i
	files+=("tree/d/$i")
done

# The digest of each file as it is now.
declare -A digests=()
note_digests() { # FILE...
	local digest file
	while read -r digest file; do
		digests[$file]=$digest
	done < <("$SHA512SUM" "$@")
}
mapfile -t sorted < <(printf '%s\n' "${files[@]}" | sort)
expect() { # FILE: the manifest that is due
	for file in "${sorted[@]}"; do
		echo "${digests[$file]}  $file"
	done >"$1"
}

# How many of a process's bytes were read so far, and of its children, into `bytes`.
bytes_of() { # PID
	local child name count
	bytes=0
	for child in "$1" $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		while read -r name count; do
			[ "$name" != rchar: ] || bytes=$((bytes + count))
		done 2>/dev/null <"/proc/$child/io" || true
	done
}

# Alter a file in one of the ways that there are.
alter() { # FILE
	local file=$1 place=0 length
	length=$(stat -c %s "$file")
	[ "$length" -gt 0 ] && place=$(((RANDOM << 15 | RANDOM) % length))
	touch -r "$file" "$SCRATCH/time"
	way=$((RANDOM % 8))
	case $way in
	0) echo more >>"$file" ;;
	1 | 2) printf x | dd of="$file" bs=1 seek=$place conv=notrunc status=none ;;
	3)
		truncate -s $place "$file"
		# It stays long enough for a run to be killed in it.
		[ "$file" != tree/huge ] || truncate -s $size "$file"
		;;
	4)
		cp "$file" "$SCRATCH/copy"
		printf y | dd of="$SCRATCH/copy" bs=1 seek=$place conv=notrunc status=none
		touch -r "$file" "$SCRATCH/copy"
		mv "$SCRATCH/copy" "$file"
		;;
	5 | 6)
		printf z | dd of="$file" bs=1 seek=$place conv=notrunc status=none
		touch -r "$SCRATCH/time" "$file"
		;;
	7) chmod u=rw,go= "$file" ;;
	esac
	ways[$way]=1
	altered=$((altered + 1))
	note_digests "$file"
}

# The state of a process, as /proc has it; nothing where it has ended.
state_of() { # PID
	local line=''
	read -r line 2>/dev/null <"/proc/$1/stat" || return 0
	line=${line##*) }
	[ "${line%% *}" = Z ] || echo "${line%% *}"
}
is_stopped_or_ended() { # PID
	local state
	state=$(state_of "$1")
	[ ! "$state" ] || [ "$state" = T ]
}

# Start a run, and kill it after some time, unless it ends before. While it is stopped the target is held
# against what it may be, and files may be altered that it has read, or is reading.
start() {
	local time=$((RANDOM % (longest + longest / 4)))
	bytes=0
	"${command[@]}" >"$out" 2>"$err" </dev/null &
	pid=$!
	sleep "$(printf '%d.%03d' $((time / 1000)) $((time % 1000)))"
	if kill -STOP $pid 2>/dev/null && wait_until is_stopped_or_ended $pid && [ "$(state_of $pid)" ]; then
		bytes_of $pid
		kept_right
		alter_perhaps
		kill -KILL $pid
	fi
	status=0
	wait $pid 2>/dev/null || status=$?
}

lines() { grep -v '^#' "$1" || true; }

# The target is as it was, or as it has to be now.
kept_right() {
	expectations=$((expectations + 1))
	! cmp -s "$SCRATCH/old" sums || return 0
	expect "$SCRATCH/now"
	cmp -s "$SCRATCH/now" <(lines sums) || fail 'the target is neither the old one nor the new one'
	cp sums "$SCRATCH/old"
}

alter_perhaps() {
	[ "$alter" -gt 0 ] && [ $((RANDOM % alter)) -eq 0 ] || return 0
	if [ $((RANDOM % 3)) -eq 0 ]; then
		alter tree/huge
	else
		alter "tree/d/$((RANDOM % 400 + 1))"
	fi
	# Often what was altered is old enough to be journaled, and often not.
	[ $((RANDOM % 2)) -eq 0 ] || sleep 2.1
}

declare -A ways=()
kills=0 rounds=0 altered=0 resumed=0 total=0 whole=0
note_digests "${files[@]}"
sleep 2.1
begun=$(date +%s%N)
treesum -o sums tree
longest=$((($(date +%s%N) - begun) / 1000000))
while [ $kills -lt "$kills_due" ]; do
	rounds=$((rounds + 1))
	command=(treesum --resume --summary -o sums tree)
	[ $((rounds % 3)) -ne 0 ] || command=(treesum --summary --accept=corrupt --update=sums tree)
	cp sums "$SCRATCH/old"
	alter_perhaps
	while start; [ $status -ne 0 ]; do
		kills=$((kills + 1)) total=$((total + bytes))
		if [ $status -ne 137 ]; then
			# It ended before it could be killed, and should not have failed.
			fail "status $status"
			show "$err"
			break
		fi
	done
	expect "$SCRATCH/now"
	want_same_bytes "$SCRATCH/now" <(lines sums)
	want [ ! -e .sums.treesum-journal ]
	want [ ! -e .sums.treesum ]
	! grep -q '; resumed: ' "$err" || resumed=$((resumed + 1))
	count=$(sed -n 's/.* \([0-9]*\) bytes .*/\1/p' "$err")
	total=$((total + count)) whole=$((whole + $(stat -c %s tree/huge)))
	# An update that had nothing to read tells nothing of what is read again.
	[ $failures -eq 0 ] || break
	rm -f sums
	echo old >sums
	[ $((rounds % 3)) -ne 2 ] || "$SHA512SUM" "${files[@]}" >sums
done
echo "$rounds rounds, $kills kills, $altered alterations in ${#ways[@]} ways, $resumed resumed;" \
	"read $((100 * total / whole)) % of the files' bytes"
want [ $resumed -gt 0 ]
want_none_left
