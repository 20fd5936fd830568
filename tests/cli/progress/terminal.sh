# The line of --progress on a terminal: it comes, follows the window, keeps out of the way, and goes.
. "$TEST_TOP/tests/lib.sh"

command -v tmux >"$SCRATCH/which" || skip 'tmux is not here'
export LC_ALL=C.UTF-8
unset TMUX
terminals=0
term() { tmux -S "$SCRATCH/tmux$terminals" -f /dev/null -u "$@"; }
end_terminal() { [ $terminals -eq 0 ] || term kill-server; }
trap 'end_terminal; finish' EXIT

# Run a shell script in a new terminal. When it ends it leaves $SCRATCH/status; the screen stays.
in_terminal() { # COLUMNS SCRIPT
	end_terminal
	terminals=$((terminals + 1))
	rm -f "$SCRATCH/status"
	# One of its own: the last one may still be read.
	cat >"$SCRATCH/script$terminals" <<-END
		cd '$PWD'
		$2
		echo \$? >'$SCRATCH/new'
		mv '$SCRATCH/new' '$SCRATCH/status'
		exec cat
	END
	term new-session -d -x "$1" -y 50 "exec bash $SCRATCH/script$terminals"
}

# All that is to be seen, and what has been scrolled out; rows that belong together as one line.
screen() {
	local text
	text=$(term capture-pane -p -J -S - | sed 's/ *$//')
	[ ! "$text" ] || printf '%s\n' "$text"
}
shows() { screen | grep -qe "$1"; }
wait_for() { # PATTERN
	expectations=$((expectations + 1))
	wait_until shows "$1" || { screen; return 1; }
}
want_screen() { # TEXT
	want_text <(screen) "$1"
}
want_end() { # STATUS
	wait_until [ -e "$SCRATCH/status" ]
	want_text "$SCRATCH/status" "$1"
}

mkdir tree
for i in {1..40}; do echo "$i" >"tree/$i"; done
mkfifo one two
"$SHA512SUM" tree/* >SUMS
digest=$(printf x | "$SHA512SUM" | cut -d ' ' -f 1)

# It is there while there is something to wait for, below what was printed before; it moves; and nothing
# is left of it. What is printed is the same as without it.
in_terminal 80 'echo before; treesum one tree two; echo after'
wait_for '^111 B .*40 files one$'
# Into both streams, which are read one after the other.
printf x >one
wait_for '^112 B .*41 files two$'
want [ "$(screen | wc -l)" -eq 2 ]
printf x >two
want_end 0
want_screen "before
$(printf '%s  one\n' "$digest"; oracle_manifest tree; printf '%s  two\n' "$digest")
after"

# Within one huge file it moves, too, with percent, bar and time left. Ctrl-C takes all of it away. (Some
# rows above it: when tmux wraps lines anew, it scrolls those at the top out, wherever the cursor is.)
truncate -s 1T endless
in_terminal 100 'trap : INT; seq 20; treesum endless'
wait_for '^ *0% \[-*\] 0.00/1.10 TB .* [kMG]B/s .* left 0/1 files endless$'
first=$(screen)
has_moved() { local now; now=$(screen); [ "$now" ] && [ "$now" != "$first" ]; }
wait_until has_moved
want shows '^ *[0-9]*% '
# A narrow window, the narrowest, and a wide one.
for columns in 60 5 120; do
	term resize-window -x $columns
	is_adapted() { [ "$(screen | wc -l)" -eq 21 ] && shows "^..\{1,$((columns - 2))\}\$"; }
	wait_until is_adapted || { screen; exit 1; }
done
wait_for ' left 0/1 files endless$'
term send-keys C-c
want_end 130
want_screen "$(seq 20)"

# In the narrowest window from the beginning.
in_terminal 5 'treesum one'
wait_for '^0 B$'
want [ "$(screen | wc -l)" -eq 1 ]
printf x >one
want_end 0

# On a terminal that is narrower than it says, as during a change of its width, it does not wrap either.
long=a-pipe-with-a-name-that-takes-much-room-on-the-line
mkfifo $long
in_terminal 60 "seq 9; stty cols 100; treesum $long"
wait_for '^0 B .* a-pipe-with'
want [ "$(screen | wc -l)" -eq 10 ]
printf x >$long
want_end 0
want_screen "$(seq 9)
$digest  $long"

# Results of a check on the same terminal, and a message between them (each shorter than the line, where
# something of it could be left), while the window changes.
{
	head -n 20 SUMS
	echo "$digest  one"
	tail -n 20 SUMS
	echo "$digest  $long"
	echo "$digest  missing"
	head -n 20 SUMS
} >list
results() {
	head -n 20 SUMS | sed 's/.*  \(.*\)/\1: OK/'
	echo 'one: OK'
	tail -n 20 SUMS | sed 's/.*  \(.*\)/\1: OK/'
	echo "$long: OK"
	echo 'treesum: missing: No such file or directory'
	echo 'missing: FAILED open or read'
	head -n 20 SUMS | sed 's/.*  \(.*\)/\1: OK/'
	echo 'treesum: WARNING: 1 listed file could not be read'
}
in_terminal 80 'treesum -c list'
wait_for '^[0-9]* B .* files one$'
want_text <(screen | head -n -1) "$(results | head -n 20)"
term resize-window -x 30
is_adapted() { [ "$(screen | tail -n 1 | wc -c)" -le 30 ]; }
wait_until is_adapted
printf x >one
wait_for '^tree/9: OK$'
wait_for '^[0-9]* B .*line$'
want_text <(screen | head -n -1) "$(results | head -n 41)"
term resize-window -x 80
wait_for " $long\$"
want_text <(screen | head -n -1) "$(results | head -n 41)"
printf x >$long
want_end 1
want_screen "$(results)"

# The treesum that runs there, as $treesum.
is_there() {
	treesum=$(child_of "$(term display-message -p '#{pane_pid}')")
	takes_usr1 "$treesum"
}

# SIGUSR1: a line above the one that is redrawn.
in_terminal 100 'treesum one'
wait_for '^0 B .*0 files one$'
wait_until is_there
want kill -USR1 "$treesum"
is_told() { [ "$(screen | wc -l)" -eq 2 ]; }
wait_until is_told
wait_for '^0 B .*0 files one$'
want shows '^treesum: 0 files, 0 bytes, [0-9.]* s, 0 B/s, one$'
printf x >one
want_end 0
want [ "$(screen | wc -l)" -eq 2 ]

# Ctrl-Z takes it away before the shell prints something, and it comes back with the run: when it waits, when
# it reads, and twice. What comes of the run is the same.
stops() { # COLUMNS COMMAND PATTERN-OF-THE-LINE
	local fg="read -r; fg >$TEST_DIR/scratch/fg"
	in_terminal "$1" "trap : INT; set -m; $2; echo stopped once; $fg; echo stopped twice; $fg"
	for times in once twice; do
		wait_for "$3"
		wait_until is_there
		term send-keys C-z
		wait_for "^stopped $times$"
		want grep -q '^State:.T' "/proc/$treesum/status"
		want_not shows "$3"
		term send-keys Enter
	done
	wait_for "$3"
}
stops 80 'treesum one' '^0 B .*0 files one$'
printf x >one
want_end 0
want_screen "stopped once

stopped twice

$digest  one"
stops 80 'treesum -j1 endless' '^ *0% .* endless$'
term send-keys C-c
want_end 130
# Where it is ignored it stays so.
in_terminal 80 "trap '' TSTP; treesum one"
wait_for '^0 B .*0 files one$'
term send-keys C-z
wait_for '^0 B .*0 files one$'
want_not grep -q '^State:.T' "/proc/$(child_of "$(term display-message -p '#{pane_pid}')")/status"
printf x >one
want_end 0

# In the background it writes nothing to the terminal, which would stop it; in the foreground it does.
in_terminal 80 'set -m; stty tostop; treesum one & read -r; fg >$TEST_DIR/scratch/fg'
wait_until is_there
has_waited() { [ "$(sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$treesum/status")" -gt 20 ]; }
wait_until has_waited
want_not grep -q '^State:.T' "/proc/$treesum/status"
want_screen ''
term send-keys Enter
wait_for '^0 B .*0 files one$'
printf x >one
want_end 0
want_screen "
$digest  one"

# None where nobody wants one, or where the terminal cannot erase. It says itself how long it has waited.
has_lasted() { is_there && kill -USR1 "$treesum" && shows '^treesum: .* \(0\.[6-9]\|[1-9]\.[0-9]\) s,'; }
for how in 'treesum --progress=never one' 'TERM=dumb treesum one' 'treesum -c --status list'; do
	in_terminal 80 "$how"
	term pipe-pane "cat >'$SCRATCH/raw$terminals'"
	wait_until is_there
	wait_until has_lasted
	printf x >one
	[ "${how##* }" = one ] || printf x >$long
	wait_until [ -e "$SCRATCH/status" ]
	want grep -q '^treesum: ' "$SCRATCH/raw$terminals"
	want_not grep -q $'\033' "$SCRATCH/raw$terminals"
done
