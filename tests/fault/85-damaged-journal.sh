# A journal is damaged as media, file systems and power failures do it, DAMAGES (60) times: the run that goes on is right.
# slow
. "$TEST_TOP/tests/lib.sh"

# DAMAGES=300 and SEED for more.
RANDOM=${SEED:-1}

mkdir tree
for i in {1..300}; do
	echo $i >tree/$i
done
mkfifo fifo
journal=.sums.treesum-journal

# What was just written is not journaled.
settle() { sleep 2.1; }

# Read all, and end when that is in the journal.
end_when_read() { # ARGUMENT...
	treesum "$@" tree fifo </dev/null >"$out" 2>"$err" &
	exec 7>fifo
	kill $!
	status=0
	wait $! || status=$?
	exec 7>&-
	want_status 143
}

# A journal of several runs: of files as they were, as they are, and of another algorithm in between.
settle
end_when_read -o sums
cp $journal "$SCRATCH/earlier"
for i in {1..300..3}; do
	echo "now $i" >tree/$i
done
settle
end_when_read --resume -a sha3-512 -o sums
cp $journal "$SCRATCH/between"
end_when_read --resume -o sums
cp $journal "$SCRATCH/whole"
# And another one, of the same names and the same files.
rm $journal
end_when_read -o sums
cp $journal "$SCRATCH/other"
oracle_manifest tree >"$SCRATCH/expected"

size=$(stat -c %s "$SCRATCH/whole")
block=4096 blocks=$((size / 4096 + 1))
random() { echo $(((RANDOM << 15 | RANDOM) % $1)); }
# Put a block of a file at a block of the journal; what is behind its end is zeros.
put_block() { # FROM BLOCK TO-BLOCK
	dd if="$1" of=$journal bs=$block count=1 skip="$2" seek="$3" conv=notrunc,sync status=none
}
damage() { # KIND
	local at i
	at=$(random $blocks)
	case $1 in
	bit)
		at=$(random "$size")
		i=$(od -An -tu1 -j "$at" -N 1 $journal)
		printf "\\x$(printf %x $((i ^ 1 << RANDOM % 8)))" | dd of=$journal bs=1 seek="$at" conv=notrunc status=none
		;;
	cut) truncate -s "$(random "$size")" $journal ;;
	longer) truncate -s "+$(random 9000)" $journal ;;
	zeros) put_block /dev/zero 0 "$at" ;;
	swapped)
		i=$(random $blocks)
		put_block "$SCRATCH/whole" "$at" "$i"
		put_block "$SCRATCH/whole" "$i" "$at"
		;;
	other) put_block "$SCRATCH/other" "$at" "$at" ;;
	others) cat "$SCRATCH/other" >>$journal ;;
	earlier | between)
		# As if these blocks had not reached the medium: the older ones are there, or zeros.
		for ((i = at; i < blocks; i += 1 + RANDOM % 3)); do
			put_block "$SCRATCH/$1" "$i" "$i"
		done
		;;
	end) head -c $((at * block)) "$SCRATCH/whole" >$journal ;;
	esac
}

kinds=(bit cut longer zeros swapped other others earlier between end)
declare -A resumed=()
for ((n = 0; n < ${DAMAGES:-60}; n++)); do
	kind=${kinds[n % ${#kinds[@]}]}
	rm -f sums $journal
	(umask 077 && cp "$SCRATCH/whole" $journal)
	damage "$kind"
	chmod 600 $journal
	damaged=$(sha512sum <$journal)
	run treesum --summary --resume -o sums tree
	want_status 0
	want_same_bytes "$SCRATCH/expected" sums
	! grep -q '; resumed: ' "$err" || resumed[$kind]=$((${resumed[$kind]:-0} + 1))
	cut='its journal is incomplete or damaged: its last'
	case $kind in
	others) want_err_line "treesum: sums: $cut $(stat -c %s "$SCRATCH/other") bytes are not used" ;;
	cut | end | earlier | between) ;; # All records may be sound.
	*) [ "$(sha512sum <"$SCRATCH/whole")" = "$damaged" ] ||
		want grep -qE "$cut [1-9][0-9]* bytes are not used|is of another version of treesum|no journal" "$err" ;;
	esac
	# One whose first line is damaged is taken for that of another version, and left alone.
	[ ! -e $journal ] || want grep -q 'is of another version of treesum, and is not used' "$err"
done
for kind in "${kinds[@]}"; do
	echo "$kind: ${resumed[$kind]:-0} of $((n / ${#kinds[@]})) went on from it"
done
want [ ${#resumed[@]} -gt 3 ]
want_none_left
