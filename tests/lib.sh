# shellcheck shell=bash
# Helpers for test scripts, which start with `. "$TEST_TOP/tests/lib.sh"`. tests/run starts each script
# in an empty folder of its own; $SCRATCH is another one, for what must not lie in the first.
#
# A failed expectation is told and remembered, and the test goes on; a command that fails where nothing
# is expected of it ends the test (set -e).
set -eu

: "${TEST_DIR:?start tests with tests/run}"
SCRATCH=$TEST_DIR/scratch
# What `run` leaves: status, standard output and standard error of the command.
status=0 out=$SCRATCH/out err=$SCRATCH/err
# The shell that runs the test, and its script.
test_script=$0
failures=0 expectations=0

fail() { # MESSAGE
	failures=$((failures + 1))
	printf '%s:%s: %s\n' "${test_script##*/}" "${BASH_LINENO[-2]}" "$1"
}

# End the test as skipped.
skip() { # REASON
	printf '%s\n' "$1"
	trap - EXIT
	exit 77
}

# Some shell commands to be run in the process that becomes the program, before it does: redirections,
# limits, environment. Set it in front of a call: prelude='exec >/dev/full' same a
prelude=''

# Run a command and keep what it leaves. Standard input is empty.
run() { # COMMAND...
	status=0
	(
		exec </dev/null >"$out" 2>"$err"
		eval "$prelude"
		if declare -F "$1" >/dev/null; then
			"$@"
		else
			exec "$@"
		fi
	) || status=$?
}

show() { # FILE: a few lines of it, control bytes made visible
	head -n 20 "$1" | cat -v | sed 's/^/    /'
}

# In three things treesum differs on purpose. It says what a list looks like that it cannot read, or not
# quite. It always gives the reason of a failed write or read, which sha512sum
# may have lost when it tells. And a closed standard input is one error: sha512sum tells it once more when
# it closes what never was open.
comparable() { # FILE
	sed 's/^treesum: write error: No space left on device$/treesum: write error/
		/^treesum: standard input: Bad file descriptor$/d
		s/^\(treesum: .*: read error\): .*/\1/
		/^treesum: .*: \(it\|the\|some\) [a-z]/d' "$1"
}

# The results of coreutils before 9.4, which escape names with a newline only, as later ones write them: two
# names are never one line.
escaped_results() { # FILE
	LC_ALL=C sed -E '/^\\.*\\n/b
		/[\\\r]/!b
		s/\\/&&/g
		s/\r/\\r/g
		s/^/\\/' "$1"
}

# Two files hold the same bytes; most often none, which takes no process to see.
alike() { # FILE FILE
	[ ! -s "$1" ] && [ ! -s "$2" ] || cmp -s "$1" "$2"
}

# A command that `same` runs the program by, such as "${unprivileged[@]}".
as=()

# Run sha512sum and treesum alike, both under the name treesum, and expect the same standard output,
# standard error and status.
same() { # ARGUMENT...
	local expected=0 differs=''
	expectations=$((expectations + 1))
	out=$SCRATCH/oracle.out err=$SCRATCH/oracle.err PATH=$ORACLE:$PATH run "${as[@]}" treesum "$@"
	expected=$status
	run "${as[@]}" treesum "$@"
	[ "$status" -eq "$expected" ] || differs="status $status, not $expected"
	alike "$SCRATCH/oracle.out" "$out" || cmp -s <(escaped_results "$SCRATCH/oracle.out") "$out" ||
		differs="$differs, standard output"
	alike "$SCRATCH/oracle.err" "$err" ||
		cmp -s <(comparable "$SCRATCH/oracle.err") <(comparable "$err") ||
		differs="$differs, standard error"
	[ "$differs" ] || return 0
	fail "treesum${*:+$(printf ' %q' "$@")}${prelude:+ ($prelude)}: ${differs#, }"
	for stream in out err; do
		diff -a -U 1 --label "sha512sum, $stream" --label "treesum, $stream" \
			"$SCRATCH/oracle.$stream" "$SCRATCH/$stream" | cat -v || true
	done
}

# In two more things versions of sha512sum differ, so that it is no oracle everywhere. Newer ones (9.11) put
# names in shell quotes in the results of -c, and escape a CR in a name; treesum does the latter only.
oracle_quotes() {
	local result
	: >"$SCRATCH/a b"
	result=$(cd "$SCRATCH" && "$SHA512SUM" 'a b' | "$SHA512SUM" -c)
	[ "$result" != 'a b: OK' ]
}
oracle_escapes_cr() {
	: >"$SCRATCH/"$'\r'
	[ "$("$SHA512SUM" "$SCRATCH/"$'\r' | head -c 1)" = \\ ]
}

# Run a command and append it, its output and its status to the transcript, which is held against the
# .out file beside the script when the test ends.
golden() { # COMMAND...
	local stream
	expectations=$((expectations + 1))
	run "$@"
	{
		printf '$'
		printf ' %q' "$@"
		echo
		for stream in out err; do
			cat -v "$SCRATCH/$stream" | sed "s/^/$stream: /"
			[ ! -s "$SCRATCH/$stream" ] || [ "$(tail -c 1 "$SCRATCH/$stream" | od -An -c)" = '  \n' ] ||
				echo '(no newline)'
		done
		echo "status: $status"
	} >>"$SCRATCH/transcript"
}

want_status() { # STATUS
	expectations=$((expectations + 1))
	[ "$status" -eq "$1" ] && return
	fail "status $status, not $1; standard error:"
	show "$err"
}

want_failure() {
	expectations=$((expectations + 1))
	[ "$status" -ne 0 ] || fail 'status 0, where a failure was due'
}

# Expect a file to hold exactly a text and a newline, or to be empty where the text is ''.
want_text() { # FILE TEXT
	local difference
	expectations=$((expectations + 1))
	# The file may be a pipe, to be read once.
	difference=$(printf '%s' "$2${2:+$'\n'}" | diff -a -U 1 --label expected --label "${1##*/}" - "$1" | cat -v)
	[ "$difference" ] || return 0
	fail "${1##*/}: not as expected:"$'\n'"$difference"
}

want_out() { want_text "$out" "$1"; }
want_err() { want_text "$err" "$1"; }

# Expect a line of standard error (whole line).
want_err_line() { # TEXT
	expectations=$((expectations + 1))
	grep -qaxF -e "$1" "$err" && return
	fail "no line '$1' in standard error, but:"
	show "$err"
}

# Expect a command to succeed.
want() { # COMMAND...
	expectations=$((expectations + 1))
	"$@" || fail "failed: $*"
}

# Expect a command to fail.
want_not() { # COMMAND...
	expectations=$((expectations + 1))
	! "$@" || fail "did not fail: $*"
}

want_same_bytes() { # EXPECTED ACTUAL
	local difference
	expectations=$((expectations + 1))
	difference=$(diff -a -U 1 "$1" "$2" 2>&1 | head -n 30 | cat -v)
	[ "$difference" ] || return 0
	fail "${2##*/} differs from ${1##*/}:"$'\n'"$difference"
}

# What treesum has to print for trees, by find, sort and sha512sum.
oracle_manifest() { # TREE...
	local tree
	for tree; do
		find "$tree" -type f -print0 | sort -z | xargs -0r "$SHA512SUM"
	done
}

# The seal of a manifest of entries, annotations and comments.
oracle_seal() { # MANIFEST
	local size bytes=0
	while read -r _ size _; do
		bytes=$((bytes + size))
	done < <(grep -a '^#= ' "$1")
	printf '#end files=%s bytes=%s sha512=%s\n' "$(grep -ac '^[^#]' "$1")" $bytes \
		"$("$SHA512SUM" <"$1" | cut -d ' ' -f 1)"
}

# Expect a usage error, and that nothing is done: sums still is as its twin, and the folder holds what
# $SCRATCH/before lists.
refused_usage() { # STATUS MESSAGE ARGUMENT...
	local expected=$1 message=$2
	shift 2
	run treesum "$@"
	want_status "$expected"
	want_out ''
	want_err "treesum: $message
Try 'treesum --help' for more information."
	want_same_bytes twin sums
	want_text <(ls -A) "$(cat "$SCRATCH/before")"
}

# Expect the last command to have succeeded in silence and to have printed a file's bytes.
want_manifest() { # FILE
	want_status 0
	want_err ''
	want_same_bytes "$1" "$out"
}

# Install what was built below $SCRATCH/root, under an unusual prefix; or uninstall it.
prefix=/opt/treesum root=$SCRATCH/root
make_goal() { # install|uninstall
	make -s -C "$TEST_TOP" PROFILE="$PROFILE" DESTDIR="$root" PREFIX=$prefix "$1" >"$SCRATCH/make" 2>&1 ||
		{ show "$SCRATCH/make" && return 1; }
}

# The options that the program takes, from its tables, one a line: --NAME, whether there is an argument (no,
# required, optional), and -LETTER where there is one; the same of each -LETTER.
taken_options() {
	local source=$TEST_TOP/src/options.c
	{
		sed -nE "s/^\t\{\"([^\"]+)\", (no|required|optional)_argument, NULL, ('(.)')?.*/--\1 \2 -\4/p" "$source" |
			sed 's/ -$//'
		sed -nE 's/^static const char short_options\[\] = "(.*)";/\1/p' "$source" | grep -oE '[[:alnum:]]:{0,2}' |
			sed -E 's/^(.)$/-\1 no/; s/^(.):$/-\1 required/; s/^(.)::$/-\1 optional/'
	} | sort
}

# Lines such as those: to one of an option with a name and a letter, add that of the letter.
with_letters() {
	awk '{ print } NF == 3 { print $3, $2 }' | sort
}

# Wait until a command succeeds: for what has no event to wait for. Fails after 30 seconds.
wait_until() { # COMMAND...
	local end=$((SECONDS + 30))
	until "$@"; do
		[ $SECONDS -lt $end ] || { fail "never came: $*"; return 1; }
		sleep 0.01
	done
}

# Wait until what was written up to now is more than two seconds old. Until then a run takes its stamp for
# one that it could be written under once more, within the clock's grain, and the next run reads it again.
settle() { wait_until is_past "$(date +%s)"; }

# Wait until the clock of the file system has gone on: what is done next is later than all that was done.
tick() {
	touch "$SCRATCH/before"
	until touch "$SCRATCH/after" && [ "$SCRATCH/after" -nt "$SCRATCH/before" ]; do
		:
	done
}

is_past() { [ "$(date +%s)" -gt $(($1 + 3)) ]; }

# The treesum processes of this test.
our_processes() {
	local process
	grep -lszxF "TEST_DIR=$TEST_DIR" /proc/[0-9]*/environ | while read -r process; do
		process=${process%/environ}
		[ "$(readlink "$process/exe")" != "$TREESUM" ] || echo "${process#/proc/}"
	done
}

# The child of a process.
child_of() { # PID
	grep -ls "^PPid:[[:space:]]$1\$" /proc/[0-9]*/status | grep -o '[0-9]*'
}

# Whether a process is treesum, and far enough for SIGUSR1 not to end it.
takes_usr1() { # PID
	[ "$(readlink "/proc/$1/exe")" = "$TREESUM" ] &&
		((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status") & 0x200))
}

none_left() { [ ! "$(our_processes)" ]; }

want_none_left() {
	expectations=$((expectations + 1))
	wait_until none_left || true
}

# The processes of this test that have a file open; fails where there is none.
holders() { # FILE
	local pid found=1
	for pid in $(our_processes); do
		[ ! "$(find "/proc/$pid/fd" -lname "$(realpath "$1")" 2>/dev/null)" ] || { echo "$pid"; found=0; }
	done
	return $found
}

is_held() { holders "$1" >/dev/null; }

# A process of treesum that hashes a file: not the given parent. Waits for one.
hasher_of() { # FILE
	wait_until is_held "$1" && holders "$1" | head -n 1
}

# Become a command under strace with the given options, its report in $SCRATCH/trace. Leaks cannot be
# looked for under ptrace. Mind that -P also takes a name as it stands in a call, relative to whatever.
traced() { # STRACE-OPTION... -- COMMAND...
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 exec strace -f -o "$SCRATCH/trace" \
		--quiet=attach,personality,path-resolution "${options[@]}" "$@"
}

# Start a command, and return when a process of it makes one of some system calls on one of some paths
# for the first time, or the $stop_when-th; there it is stopped, and so are others at theirs. CALLS may tell more, as strace's inject does: with :error=EINTR
# the process is stopped before the call has had any effect, and makes it again when it goes on.
stop_at() { # CALLS PATH... -- COMMAND...
	local options=(-e "inject=$1:signal=STOP:when=${stop_when:-1}")
	shift
	while [ "$1" != -- ]; do
		options+=(-P "$1")
		shift
	done
	shift
	: >"$SCRATCH/trace"
	traced "${options[@]}" -- "$@" </dev/null >"$out" 2>"$err" &
	traced=$!
	wait_until has_stopped_or_ended
	stopped=$(sed -n '/stopped by SIGSTOP/{s/ .*//p;q}' "$SCRATCH/trace")
	[ "$stopped" ] || fail "no process of $* got as far as ${options[1]}"
}

has_stopped_or_ended() { grep -q 'stopped by SIGSTOP' "$SCRATCH/trace" || ! kill -0 $traced 2>/dev/null; }

# Let it go on, or end it, where there is a stopped one, and wait for the command.
go_on() { # [SIGNAL]
	[ ! "$stopped" ] || kill -"${1:-CONT}" "$stopped"
	status=0
	wait $traced || status=$?
}

# Kill the stopped one instead, and wait for the command: another one does the same again. strace counts calls in
# each process, so that this one is stopped, too; then it goes on.
go_on_as_another() {
	local stops=1
	[ ! "$stopped" ] || kill -KILL "$stopped"
	while wait_until has_stopped_again_or_ended && kill -0 $traced 2>/dev/null; do
		stops=$((stops + 1))
		kill -CONT "$(stopped_process)" 2>/dev/null || true
	done
	status=0
	wait $traced || status=$?
}

# Run a command, stop the process after each of some system calls on a path, and do something at each stop.
# The command is ended where it is stopped more than 30 times. STOPS is how often it was.
at_each_stop() { # CALLS PATH SHELL-COMMAND -- COMMAND...
	local calls=$1 path=$2 deed=$3
	shift 4
	: >"$SCRATCH/trace"
	traced -e "inject=$calls:signal=STOP" -P "$path" -- "$@" </dev/null >"$out" 2>"$err" &
	traced=$!
	stops=0
	while wait_until has_stopped_again_or_ended && kill -0 $traced 2>/dev/null; do
		stops=$((stops + 1))
		[ $stops -le 30 ] || kill -KILL $traced
		eval "$deed"
		kill -CONT "$(stopped_process)" 2>/dev/null || true
	done
	status=0
	wait $traced || status=$?
}

# The bytes that were read at the calls that at_each_stop has traced.
bytes_read() {
	sed -nE 's/.* (read|preadv2)(\(| resumed>).* = ([0-9]+)( \(.*)?$/\3/p' "$SCRATCH/trace" |
		awk '{ bytes += $1 } END { print bytes + 0 }'
}

# The process of the stop that $stops counts to.
stopped_process() { sed -n 's/ .*stopped by SIGSTOP.*//p' "$SCRATCH/trace" | sed -n "${stops}p"; }

has_stopped_again_or_ended() {
	[ "$(grep -c 'stopped by SIGSTOP' "$SCRATCH/trace")" -gt $stops ] || ! kill -0 $traced 2>/dev/null
}

# The files whose contents were opened, by the last part of their names, sorted; of a report by `traced -e
# trace=openat,openat2`. Names that hold "sums" are left out.
files_read() {
	sed -n '/O_NOCTTY/{/O_DIRECTORY\|O_PATH\|O_RDWR\|O_WRONLY\|sums/!s/^[^"]*"\([^"]*\)".*/\1/p}' "$SCRATCH/trace" |
		sort | paste -sd ' '
}

need_strace() {
	strace -o /dev/null true 2>"$SCRATCH/strace" ||
		skip "strace cannot trace here: $(tail -n 1 "$SCRATCH/strace")"
}

# Set $apart to what a command is run by that mounts something. Where nothing can be mounted, as in many
# containers, the test ends here, and what it expected until then counts.
need_mounts() {
	unshare -m true 2>/dev/null && apart='unshare -m' || apart='unshare -rm'
	$apart mount -t tmpfs none "$SCRATCH" 2>/dev/null && return
	echo 'NOT TESTED: nothing can be mounted here'
	expectations=$((expectations + 1))
	exit 0
}

# Expect that strace really injected what the test is about.
want_injected() {
	expectations=$((expectations + 1))
	grep -q INJECTED "$SCRATCH/trace" || fail 'the fault was not injected: no such call was made'
}

need_python() {
	command -v python3 >/dev/null || skip 'python3 is not installed'
}

# Run a command with a terminal as some of its descriptors (1, 2 or 12), and keep what reaches that in
# $SCRATCH/terminal.
on_terminal() { # DESCRIPTORS COMMAND...
	run "$BUILD/tests/on_terminal" "$SCRATCH/terminal" "$@"
}

# Expect standard output, or another file, to be what --json may print, to its last line. Leaves a line
# for each object in $SCRATCH/objects: its type; its path in hexadecimal digits; its digest or status; of
# what was moved or copied the other path; of an error its errno. Needs Python.
want_json() { # [FILE]
	local reason
	expectations=$((expectations + 1))
	reason=$("$TEST_TOP/tests/cli/json/validate.py" "$TEST_TOP/fixtures/treesum.schema.json" "${1:-$out}" \
		2>&1 >"$SCRATCH/objects") && return
	fail "not JSON as it should be: $reason"
	show "${1:-$out}"
}

# What jq makes of standard output. -c prints a value a line.
want_jq() { # EXPRESSION TEXT
	want_text <(jq -c "$1" "$out") "$2"
}

# AddressSanitizer needs more address space than some tests grant.
has_asan() { grep -qa __asan_init "$TREESUM"; }

# Whether workers have a sandbox here.
has_sandbox() { treesum --debug /dev/null 2>&1 | grep -q ': sandbox: Landlock'; }

# Runs a command without privileges: to root no permission is denied.
unprivileged=()
# shellcheck disable=SC2034
[ "$(id -u)" -ne 0 ] || unprivileged=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# Make the user of ${unprivileged[@]} the owner of files. An update also writes a manifest when only times
# have settled, and reports an owner that it cannot keep.
hand_over() { [ "$(id -u)" -ne 0 ] || chown 65534:65534 "$@"; } # FILE...

# A run that fails keeps what it has read in a journal, and tells so, if files were two seconds old: on a busy
# machine those of a test may be. Leave that out of what was told.
ignore_journal() { # [FILE]
	sed -i '/^treesum: .*\bjournal\b/d' "${1:-$err}"
}

# Run one case of a unit test, where that is what a fault is tested by.
unit_test() { # PROGRAM CASE
	CK_RUN_CASE=$2 run "$BUILD/tests/$1"
	expectations=$((expectations + 1))
	[ $status -eq 0 ] && grep -q '^100%: Checks: [1-9]' "$out" && return
	fail "$1, $2: status $status"
	show "$out"
}

finish() {
	local result=$?
	trap - EXIT
	if [ -e "$SCRATCH/transcript" ]; then
		local golden_out=${test_script%.sh}.out
		if [ "$TEST_UPDATE" ]; then
			cp "$SCRATCH/transcript" "$golden_out"
		else
			want_same_bytes "$golden_out" "$SCRATCH/transcript"
		fi
	fi
	[ $result -eq 0 ] || { echo "${test_script##*/}: ended with status $result"; exit 1; }
	[ $expectations -gt 0 ] || { echo "${test_script##*/}: nothing was tested"; exit 1; }
	[ $failures -eq 0 ] || exit 1
}
trap finish EXIT
