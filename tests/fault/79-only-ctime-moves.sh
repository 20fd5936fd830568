# Only the ctime of a file moves while it is read (a link is made, its mode or an attribute set): it has its digest.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
head -c 300000 /dev/urandom >tree/victim
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
move() { # HOW: what is done at each stop
	case $1 in
	link) ln -f tree/victim another ;;
	mode) chmod $((600 + stops % 2 * 40)) tree/victim ;;
	attribute) setfattr -n user.stop -v $stops tree/victim ;;
	esac
}
hows='link mode'
! { command -v setfattr && setfattr -n user.stop -v 0 tree/victim; } >"$SCRATCH/setfattr" 2>&1 || hows+=' attribute'
for how in $hows; do
	for options in 'tree' '-j1 --unsorted tree' "--audit=$SCRATCH/expected tree" '--update=new tree'; do
		rm -f new another
		before=$(stat -c %z tree/victim)
		at_each_stop read,preadv2 "$PWD/tree/victim" "move $how" -- treesum $options
		# It was read, and once more.
		want [ $stops -ge 4 ]
		want [ "$(bytes_read)" -eq 600000 ]
		want [ "$before" != "$(stat -c %z tree/victim)" ]
		want_status 0
		want_not grep -q changed "$err"
		case $options in
		--audit*) want_err 'treesum: 2 the same' ;;
		--update*) want_same_bytes "$SCRATCH/expected" <(grep -v '^#' new) ;;
		*)
			sort -k 2 -o "$out" "$out"
			want_manifest "$SCRATCH/expected"
			;;
		esac
	done
done

# Other contents, and times set back: that is told.
swap() {
	[ $((stops % 2)) -eq 0 ] && content=b || content=c
	head -c 300000 /dev/zero | tr '\0' $content >tree/victim
	touch -d 2001-01-01 tree/victim
}
stops=0
swap
at_each_stop read "$PWD/tree/victim" swap -- treesum tree
want_status 1
want_err 'treesum: tree/victim: changed while it was read'
