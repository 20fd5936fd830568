# shellcheck shell=bash disable=SC2154 # lib.sh comes before
# Sweeps: a run for each place at which something can fail, all judged alike. To be read after lib.sh.
#
# A run is right when it prints what is due, with status 0. It refuses when its status is not 0; then
# it says why, prints no line that is not due, and names what is missing, or says that all is. The
# target of -o is what was there before, or the new one as it would have been printed; no temporary is
# left. Nothing crashes and nothing hangs.

# The trees of all sweeps; no name needs quotes, a file takes several reads, and a folder several calls.
sweep_prepare() {
	mkdir -p tree/b/d tree/none
	echo a >tree/a
	echo c >tree/b/c
	echo e >tree/b/d/e
	ln tree/a tree/b/same
	: >tree/b/empty
	head -c 300000 /dev/zero >tree/large
	echo f >file
	echo old >"$SCRATCH/old"
	printf 'tree\0file\0' >names
	printf '+ b\n/b/d/\nb*\n' >patterns
	oracle_manifest tree >"$SCRATCH/tree"
	"$SHA512SUM" file >"$SCRATCH/file"
	cp "$SCRATCH/tree" list
	cp list twin
	treesum --annotate -o sealed tree
	grep -v large list >"$SCRATCH/part"
	grep -v -e b/d/ -e b/empty list >"$SCRATCH/selected"
	cat list "$SCRATCH/file" >"$SCRATCH/both"
	(cd tree && oracle_manifest .) >"$SCRATCH/inside"
	sed 's/^[0-9a-f]*  //; s/$/: OK/' list >"$SCRATCH/checked"
	"$SHA512SUM" --tag tree/a tree/b/c >"$SCRATCH/tagged"
	openssl dgst -sha3-512 -r tree/a tree/b/c | tr '*' ' ' >"$SCRATCH/sha3"
	"$SHA512SUM" <file >"$SCRATCH/stream"
}

# A mode's command line; the file of what it has to print, and what it may print of a file that it could
# not read; the file that it writes, and what was in that before; what makes the output comparable; what
# names operands and what is below them.
sweep_mode() { # MODE
	target='' old=$SCRATCH/old order=cat unread='^$' below='^(tree|file|-)(/|$)'
	due=$SCRATCH/tree
	case $1 in
	tree) command=(-j1 tree) ;;
	uncached) command=(-j1 --uncached tree) ;;
	several) command=(-j2 tree file) due=$SCRATCH/both ;;
	unsorted) command=(-j1 --unsorted tree) order=sort ;;
	output) command=(-j1 -o sums tree) target=sums ;;
	check) command=(-j1 -c list) due=$SCRATCH/checked unread=': FAILED open or read$' ;;
	sealed) command=(-j1 -c sealed) due=$SCRATCH/checked unread=': FAILED open or read$' ;;
	json) command=(-j1 --json tree) order=of_json ;;
	audit) command=(-j1 --audit=list tree) due=/dev/null unread=': UNREADABLE$' ;;
	update) command=(-j1 --update=sums tree) target=sums old=$SCRATCH/part order=uncommented ;;
	diff) command=(--diff list twin) due=/dev/null ;;
	list) command=(-j1 --files0-from=names) due=$SCRATCH/both ;;
	selected) command=(-j1 -xL --exclude=empty --exclude-from=patterns tree) due=$SCRATCH/selected ;;
	directory) command=(-j1 -C tree .) due=$SCRATCH/inside below='^[.](/|$)' ;;
	tagged) command=(-j1 --tag -z tree/a tree/b/c) order=separate due=$SCRATCH/tagged ;;
	sha3) command=(-j1 -a sha3-512 tree/a tree/b/c) due=$SCRATCH/sha3 ;;
	stream) command=(-) due=$SCRATCH/stream ;;
	esac
	[ $order != sort ] || { sort "$due" >"$SCRATCH/sorted" && due=$SCRATCH/sorted; }
}

separate() { tr '\0' '\n'; }
of_json() { jq -r 'select(.type == "file") | "\(.sha512)  \(.path)"' 2>/dev/null || true; }
uncommented() { grep -v '^#' || true; }

sweep_mute='' sweep_runs=0 sweep_faults=0 sweep_right=0 sweep_refused=0

# What is wrong with a run that refused, if anything is. A line of standard error that names no operand,
# nor anything below one, is about the whole run.
read -r -d '' sweep_judge <<'AWK' || true
function path_of(line) {
	if (line ~ /: OK$/)
		return substr(line, 1, length(line) - length(": OK"))
	if (match(line, /\(.*\)/))
		return substr(line, RSTART + 1, RLENGTH - 2)
	return substr(line, index(line, "  ") + 2)
}
FILENAME == due { right[$0] = path_of($0); next }
FILENAME == got && $0 in right { done[right[$0]] = 1; next }
FILENAME == got {
	if ($0 !~ unread)
		print "printed, and not due: " $0
	next
}
{
	message = $0
	sub(/^treesum: /, "", message)
	path = message
	if (sub(/: .*/, "", path) && path ~ below)
		named[path] = 1
	else
		all = 1
}
END {
	for (line in right) {
		path = right[line]
		if (all || path in done)
			continue
		while (!(path in named) && sub(/\/[^\/]*$/, "", path))
			;
		if (!(path in named))
			print "missing, and not named: " right[line]
	}
}
AWK

# Judge the run that has just ended. Its output is in $out, its messages in $err, its status in $status.
sweep_verdict() { # MODE; prints what is wrong
	local got=$out
	if [ "$target" ]; then
		# The differences that an update tells of.
		! grep -Evqx 'tree/large: NEW|.*: UNREADABLE' "$out" || echo 'something on standard output'
		[ ! -e ".$target.treesum" ] || { echo 'a temporary is left' && rm -f ".$target.treesum"; }
		got=$target
		! cmp -s "$old" $target || got=/dev/null
	fi
	if [ "$order" != cat ]; then
		$order <"$got" >"$SCRATCH/ordered"
		got=$SCRATCH/ordered
	fi
	if [ "$status" -eq 0 ]; then
		cmp -s "$due" "$got" || echo 'status 0, but the output is not right'
	elif [ "$status" -eq 124 ]; then
		echo 'a hang'
	elif [ "$status" -ge 126 ] && [ "$status" -ne 127 ]; then
		echo "a crash: status $status"
	elif [ "$status" -eq 1 ] && [[ $1 = audit || $1 = diff ]]; then
		echo 'a difference is told where there is none'
	elif [ ! -s "$err" ] && [ ! "$sweep_mute" ]; then
		echo "refused without a word, status $status"
	else
		awk -v due="$due" -v got="$got" -v unread="$unread" -v below="$below" -v all="$sweep_mute" "$sweep_judge" \
			"$due" "$got" "$err"
	fi
}

# Judge a run, count it, and tell what is wrong with it.
sweep_count() { # MODE WHAT
	local wrong
	expectations=$((expectations + 1))
	sweep_runs=$((sweep_runs + 1))
	wrong=$(sweep_verdict "$1")
	if [ "$wrong" ]; then
		fail "treesum ${command[*]}, $2: $wrong"
		show "$err"
	elif [ "$status" -eq 0 ]; then
		sweep_right=$((sweep_right + 1))
	else
		sweep_refused=$((sweep_refused + 1))
	fi
}

sweep_total() {
	echo "$sweep_runs runs, $sweep_faults with a fault: $sweep_right right, $sweep_refused refused"
	want [ "$sweep_faults" -gt 0 ]
	want_none_left
}

# Run a mode once, with a library preloaded that makes things fail; fails where nothing did.
shim_run() { # MODE VARIABLE=VALUE...
	local mode=$1
	shift
	sweep_mode "$mode"
	[ ! "$target" ] || cp "$old" $target
	: >"$SCRATCH/log"
	status=0
	timeout 10 env LD_PRELOAD="$BUILD/fault/shim.so" SHIM_LOG="$SCRATCH/log" "$@" \
		treesum "${command[@]}" <file >"$out" 2>"$err" || status=$?
	sweep_count "$mode" "$*"
	[ -s "$SCRATCH/log" ] || return
	sweep_faults=$((sweep_faults + 1))
}

# Let each allocation of a process fail, every STEP-th of them, until a run has no more.
sweep_allocations() { # MODE PROCESS STEP [VARIABLE=VALUE]
	local n
	for ((n = 1; ; n += $3)); do
		shim_run "$1" SHIM_PROCESS="$2" SHIM_ALLOCATION=$n "${@:4}" || break
	done
}

# AddressSanitizer has allocation functions of its own, and wants to come first.
need_shim() { ! has_asan || skip 'AddressSanitizer replaces the same functions'; }

# Let each call of a process fail, the N-th one or all from the N-th on, until a run has no N-th. Each
# process counts its own.
sweep_calls() { # MODE CALL ERROR [+]
	# Not every machine has each of them.
	local n fast='' calls="?${2//,/,?}"
	# Only where it is possible: without it every call of a process stops it.
	strace -f --seccomp-bpf -o /dev/null true 2>/dev/null && fast=--seccomp-bpf
	sweep_mode "$1"
	# Where no message can be written the status has to do; and messages are all that comparisons write.
	[ "$2" != write ] || [ ! "${4:-}" ] && [[ ! $1 =~ audit|update|diff ]] || sweep_mute=1
	for ((n = 1; ; n++)); do
		: >"$SCRATCH/trace"
		[ ! "$target" ] || cp "$old" $target
		status=0
		ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout 10 \
			strace -f $fast -qq -o "$SCRATCH/trace" -e trace="$calls" -e inject="$calls:error=$3:when=$n${4:-}" \
			treesum "${command[@]}" <file >"$out" 2>"$err" || status=$?
		sweep_count "$1" "$2 number $n${4:-}: $3"
		grep -q INJECTED "$SCRATCH/trace" || break
		sweep_faults=$((sweep_faults + 1))
	done
	sweep_mute=''
}

# The same for lines of a call and its errors; those that go on for ever are no error of theirs.
sweep_calls_of() { # MODE... <LINES
	local call errors error mode
	while read -r call errors; do
		for error in $errors; do
			for mode; do
				sweep_calls "$mode" "$call" "$error"
				[ "$error" = EINTR ] || sweep_calls "$mode" "$call" "$error" +
			done
		done
	done
}

sweep_every_call() { # MODE...
	sweep_calls_of "$@" <<'END'
openat EMFILE EIO ENOMEM EINTR
openat2 EMFILE EIO ENOSYS EPERM EINTR EAGAIN
read EIO EINTR
preadv2 EIO EINTR EAGAIN EOPNOTSUPP EPERM
fstat EIO
newfstatat EIO ENOMEM
statx EIO
getdents64 EIO ENOMEM
write EIO ENOSPC EINTR
fsync EIO EINTR
rename,renameat,renameat2 EIO
close EIO
socketpair EMFILE
sendto ENOBUFS EPERM EMSGSIZE EINTR
recvfrom ENOMEM EINTR
clone,clone3,vfork EAGAIN
pidfd_open EMFILE ENOSYS
pidfd_send_signal EPERM
waitid ECHILD
poll,ppoll ENOMEM EINTR
epoll_create1 EMFILE
epoll_ctl ENOMEM
epoll_wait,epoll_pwait EINTR
pipe2 EMFILE
prctl EPERM
fcntl EMFILE
flock ENOLCK
timerfd_create EMFILE
fadvise64 EINVAL
readlink,readlinkat EIO
getrandom ENOSYS EINTR
fchmod EPERM
unlinkat EIO
chdir EACCES
sched_getaffinity EPERM
ioctl EIO
END
}
