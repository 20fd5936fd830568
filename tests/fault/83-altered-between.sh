# Files are altered in every way between a killed run and the one that goes on: these are read, the others are not.
. "$TEST_TOP/tests/lib.sh"
need_strace
# Leaks cannot be looked for under ptrace.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

kinds=(append overwrite back truncate renamed kept-time mode link touched owner)

# A tree with a file for each kind, and some that stay as they are.
make_tree() {
	rm -rf tree sums .sums.treesum*
	mkdir -p tree/{d,e,same}
	for name in "${kinds[@]}" gone folder symlink fifo; do
		echo "contents of $name" >tree/$name
	done
	echo 1 >tree/same/1
	echo 2 >tree/same/2
	: >tree/same/empty
	# Two files of one size and time, in folders that change places: nothing but the inode tells them apart.
	touch tree/d/twin
	until [ "$(stat -c '%y %z' tree/d/twin 2>/dev/null)" = "$(stat -c '%y %z' tree/e/twin 2>/dev/null)" ]; do
		rm -f tree/d/twin tree/e/twin
		echo d >tree/d/twin
		echo e >tree/e/twin
	done
	oracle_manifest tree >"$SCRATCH/old"
	# What was just written is not journaled.
	sleep 2.1
}

alter() {
	echo more >>tree/append
	printf C | dd of=tree/overwrite conv=notrunc status=none
	cp -p tree/back "$SCRATCH/time"
	printf C | dd of=tree/back conv=notrunc status=none
	touch -r "$SCRATCH/time" tree/back
	truncate -s 5 tree/truncate
	echo "CONTENTS OF renamed" >"$SCRATCH/new"
	mv "$SCRATCH/new" tree/renamed
	echo "CONTENTS OF kept-time" >"$SCRATCH/new"
	touch -r tree/kept-time "$SCRATCH/new"
	mv "$SCRATCH/new" tree/kept-time
	chmod 600 tree/mode
	ln tree/link tree/link2
	touch tree/touched
	chgrp "$(id -G | tr ' ' '\n' | tail -n 1)" tree/owner
	rm tree/gone tree/folder tree/symlink tree/fifo
	mkdir tree/folder
	echo f >tree/folder/f
	ln -s same/1 tree/symlink
	mkfifo tree/fifo
	echo new >tree/new
	mv tree/d tree/x
	mv tree/e tree/d
	mv tree/x tree/e
}

# The run is ended when all is read, and the target is about to be made durable. (What SIGKILL takes of the last
# tenth of a second would differ from run to run.)
ended() { # ARGUMENT...
	status=0
	{
		strace -qq -o "$SCRATCH/trace" -e trace=fsync -e inject=fsync:signal=TERM \
			treesum "$@" >"$out" 2>"$err" || status=$?
	} 2>/dev/null
	want_status 143
	want grep -q " kept in .*treesum-journal" "$err"
}

lines() { grep -v '^#' "$1" || true; }

for mode in output unsorted update; do
	case $mode in
	output) first=(-j1 -o sums tree) again=(-j2 --resume -o sums tree) ;;
	unsorted) first=(-j1 --unsorted -o sums tree) again=(-j1 --resume --unsorted -o sums tree) ;;
	update) first=(-j1 --update=sums tree) again=(-j1 "--accept=missing,corrupt" --update=sums tree) ;;
	esac
	for altered in '' alter; do
		make_tree
		[ $mode != update ] || head -n 3 "$SCRATCH/old" >sums
		ended "${first[@]}"
		$altered
		oracle_manifest tree >"$SCRATCH/now"
		run treesum --summary "${again[@]}"
		[ $mode = update ] || want_status 0
		want_same_bytes "$SCRATCH/now" <(lines sums | sort -k 2)
		# All that is as it was, and no more.
		known=$(find tree -type f | wc -l)
		[ ! $altered ] || known=3
		want grep -q "; resumed: .* known ($known files, " "$err"
		want_text <(ls -A) 'sums
tree'
	done
done
want_none_left
