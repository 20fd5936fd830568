# Two signals in quick succession, the second while the first is being obeyed: no temporary stays behind.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
truncate -s 1T tree/endless
old=$(printf '%0128d  tree/endless' 0)
echo "$old" | tee sums >"$SCRATCH/list"

# Start the program; it is stopped where it has been told to end, before it does anything about it.
end_and_stop() { # SIGNAL OPTION...
	local signal=$1
	shift
	: >"$SCRATCH/trace"
	traced -e inject=rt_sigreturn:signal=STOP:when=1..2 -- env --default-signal treesum -j1 "$@" >"$out" 2>"$err" &
	traced=$!
	hasher=$(hasher_of "$PWD/tree/endless")
	main=$(child_of $traced)
	want [ -e .sums.treesum ]
	kill -STOP "$hasher" # so that it takes its time to end
	kill -"$signal" "$main"
	wait_until has_stopped 1
}

# Send it another signal while it is stopped, and let it go on until it has stopped again.
send_again() { # SIGNAL
	kill -"$1" "$main"
	kill -CONT "$main"
	wait_until has_stopped 2
}
has_stopped() { [ "$(grep -c "^$main .*stopped by SIGSTOP" "$SCRATCH/trace")" -eq "$1" ]; }

for options in "-o sums tree" "-c -o sums $SCRATCH/list" "--audit=$SCRATCH/list -o sums tree" '--update=sums tree'; do
	for signal in TERM INT; do
		for second in $signal HUP; do
			end_and_stop $signal $options
			send_again $second
			kill -CONT "$main"
			status=0
			wait $traced || status=$?
			want_status $((128 + $(kill -l $signal)))
			want_text sums "$old"
			want_text <(ls -A -I '.*.treesum-journal') $'sums\ntree'
			want_none_left
			# It has not waited for the hasher, nor asked it to end.
			want_not grep -q pidfd_send_signal "$SCRATCH/trace"
		done
	done

	# A third one of its kind ends it at once, come what may; the next run removes what is left.
	end_and_stop TERM $options
	send_again TERM
	kill -TERM "$main"
	kill -CONT "$main"
	status=0
	wait $traced || status=$?
	want_status 143
	want_text <(ls -A -I '.*.treesum-journal') $'.sums.treesum\nsums\ntree'
	run treesum -o sums /dev/null
	want_status 0
	want_text <(ls -A -I '.*.treesum-journal') $'sums\ntree'
	echo "$old" >sums
	want_none_left
done
