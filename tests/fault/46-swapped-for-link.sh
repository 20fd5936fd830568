# A directory becomes a link, or another directory, while it is walked or before its files are opened:
# nothing that was not listed is hashed.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p outside/victim
echo secret | tee outside/inside outside/extra outside/victim/inside >outside/victim/extra
renew() {
	rm -rf tree "$SCRATCH/moved"
	mkdir -p tree/{a,up/victim,z}
	echo a >tree/a/x
	echo inside >tree/up/victim/inside
	echo z >tree/z/x
}
renew
oracle_manifest tree/a tree/z >"$SCRATCH/others"
oracle_manifest tree >"$SCRATCH/all"
# What comes in the place of tree/up/victim, or of the directory above it.
swap() { # KIND
	case $1 in
	above*) mv tree/up "$SCRATCH/moved" ;;
	*) mv tree/up/victim "$SCRATCH/moved" ;;
	esac
	case $1 in
	link) ln -s ../../outside/victim tree/up/victim ;;
	directory) cp -r outside/victim tree/up ;;
	above-link) ln -s ../outside tree/up ;;
	above-directory) cp -r outside tree/up ;;
	esac
}
# What is read where it was moved to is what was listed; the sandbox does not let it go even there.
has_sandbox && sandbox=1 || sandbox=''
want_listed() { # NAME
	[ "$sandbox" ] || { want_manifest "$SCRATCH/all" && return; }
	want_status 1
	want_same_bytes "$SCRATCH/others" "$out"
	want_err "treesum: $1: Permission denied"
}
for options in '' --unsorted; do
	for kind in link directory above-link above-directory; do
		# Where it would be opened, to be listed. By who has the one above it open, that is where it was moved to.
		renew
		stop_at openat,openat2:error=EINTR victim -- treesum -j1 $options tree
		swap $kind
		go_on
		want_injected
		sort -k 2 -o "$out" "$out"
		case $kind in
		link)
			want_status 1
			want_same_bytes "$SCRATCH/others" "$out"
			want_err 'treesum: tree/up/victim: Too many levels of symbolic links'
			;;
		directory) # as if it had been there from the start
			want_manifest <(oracle_manifest tree)
			;;
		*)
			want_listed tree/up/victim
			;;
		esac

		# The same, by another one, that comes by the path.
		renew
		stop_at openat,openat2:error=EINTR victim -- treesum -j1 $options tree
		swap $kind
		go_on_as_another
		want_injected
		sort -k 2 -o "$out" "$out"
		case $kind in
		directory)
			want_manifest <(oracle_manifest tree)
			;;
		*)
			want_status 1
			want_same_bytes "$SCRATCH/others" "$out"
			want grep -q '^treesum: tree/up/victim: ' "$err"
			;;
		esac

		# Where a file in it would be opened: by who has listed it.
		renew
		stop_at openat,openat2:error=EINTR inside -- treesum -j1 $options tree
		swap $kind
		go_on
		want_injected
		sort -k 2 -o "$out" "$out"
		want_listed tree/up/victim/inside

		# And by another one.
		renew
		stop_at openat,openat2:error=EINTR inside -- treesum -j1 $options tree
		swap $kind
		go_on_as_another
		want_injected
		want_status 1
		sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/others" "$out"
		# Its listing may not have been at its end, and is done anew; that finds out, too.
		[[ $kind = *link ]] && reason='Too many levels of symbolic links' || reason='Stale file handle'
		want_err_line "treesum: tree/up/victim/inside: $reason"
		want_not grep -vE "^treesum: tree/up/victim(/inside)?: " "$err"
	done
done
