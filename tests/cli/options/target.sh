# What a file that is replaced keeps: owner, mode, list, attributes; and whose it may be.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
chmod 777 . tree

# One that its user could not write to is an error, as with >; for root it is none.
as=("${unprivileged[@]}")
chmod 1777 .
prelude='umask 077'
run "${as[@]}" sh -c 'echo old >mine && chmod 400 mine && chmod 500 mine'
for mode in -o --update; do
	[ $mode = -o ] && arguments='-o mine tree' || arguments='--update=mine --accept=new tree'
	# shellcheck disable=SC2086
	run "${as[@]}" treesum $arguments
	[ $mode = -o ] && want_status 1 || want_status 2
	want_out ''
	want_err 'treesum: mine: Permission denied'
	want_text mine old
	want_not test -e .mine.treesum
done
prelude=''
echo old >guarded && chmod 400 guarded
if [ "$(id -u)" -eq 0 ]; then
	run treesum -o guarded tree
	want_status 0
	want_text <(stat -c %a guarded) 400
fi

# A folder in which nothing can be made: that is what is said, for the file itself may be writable.
mkdir closed && echo old >closed/sums && chmod 666 closed/sums && chmod 555 closed
run "${as[@]}" treesum -o closed/sums tree
want_status 1
want_err 'treesum: closed/sums: cannot create .sums.treesum beside it: Permission denied'
run "${as[@]}" treesum --accept=new --update=closed/sums tree
want_status 2
want_err 'treesum: closed/sums: cannot create .sums.treesum beside it: Permission denied'
run "${as[@]}" treesum -o closed/new tree
want_status 1
want_err 'treesum: closed/new: cannot create .new.treesum beside it: Permission denied'
want_text closed/sums old

# What cannot be kept is said, and then nobody else gets it: a file of another user and group.
if [ "$(id -u)" -eq 0 ]; then
	chmod 777 .
	echo old >theirs && chown 4321:4321 theirs && chmod 666 theirs
	run "${as[@]}" treesum -o theirs tree
	want_status 0
	want_err 'treesum: theirs: not kept of the old file: owner, group'
	want_text <(stat -c '%u %a' theirs) '65534 666'
	echo old >theirs && chown 4321:4321 theirs && chmod 662 theirs
	run "${as[@]}" treesum -o theirs tree
	want_text <(stat -c '%u %a' theirs) '65534 622'
fi

# Standard error and standard output in the tree are not listed, nor what killed runs have left there.
echo left >tree/.a.treesum
echo left >tree/.sums.treesum
echo else >tree/.b.treesum
oracle_manifest tree | grep -v ' tree/\.a\.' >"$SCRATCH/expected"
prelude='exec 2>tree/err.log'
run treesum tree
want_status 0
want_same_bytes "$SCRATCH/expected" "$out"
prelude='exec 2>tree/err.log >tree/out.log'
run treesum -o tree/sums tree
want_status 0
want_same_bytes <(grep -v ' tree/\.sums' "$SCRATCH/expected") tree/sums
echo left >tree/.sums.treesum
for mode in --update --audit; do
	run treesum $mode=tree/sums tree
	want_status 0
done
prelude=''
run treesum --summary tree
want grep -q '1 own output' "$err"
rm tree/*.log tree/.*.treesum tree/sums
oracle_manifest tree >"$SCRATCH/expected"

# Where under -C a manifest was looked for.
mkdir else
for arguments in '--audit=nope tree' '--audit=nope -C else .' '-C else -c nope' '-C else --diff nope nope'; do
	# shellcheck disable=SC2086
	run treesum $arguments
	want_failure
	want_err_line 'treesum: nope: No such file or directory'
	case $arguments in
	--audit*else*) want_err_line "treesum: 'nope' was looked for in '$PWD'" ;;
	*else*) want_err_line "treesum: 'nope' was looked for in '$PWD/else'" ;;
	*) want_not grep -q 'looked for' "$err" ;;
	esac
done

for tool in setfacl getfacl setfattr getfattr; do
	command -v $tool >/dev/null || skip "$tool is not installed"
done
setfacl -m u:4321:r tree/a 2>/dev/null && setfattr -n user.x -v y tree/a 2>/dev/null || {
	echo 'NOT TESTED: no access control lists, or no attributes, on this file system'
	exit 0
}
setfacl -b tree/a

# A list: the group itself may do nothing, though the mode shows the mask.
state() { getfacl -cpn "$1" && getfattr -d -m - "$1" | sed '/^# file/d'; }
echo old >sums
chmod 640 sums
setfacl -m u:4321:r,g::-,m:r sums
setfattr -n user.note -v 'kept by hand' sums
setfattr -n user.empty sums
want [ "$(stat -c %a sums)" = 640 ]
state sums >"$SCRATCH/state"
run treesum -o sums tree
want_status 0
want_err ''
want_same_bytes "$SCRATCH/expected" sums
want_same_bytes "$SCRATCH/state" <(state sums)
run treesum --accept=new --update=sums tree
want_status 0
want_same_bytes "$SCRATCH/state" <(state sums)
# A folder whose default opens each new file opens none that is replaced.
mkdir open && setfacl -d -m u:1234:rw,g::rw,o::rw open
for mode in 600 604; do
	echo old >open/sums && setfacl -b open/sums && chmod $mode open/sums
	state open/sums >"$SCRATCH/state"
	run treesum -o open/sums tree
	want_status 0
	want_same_bytes "$SCRATCH/state" <(state open/sums)
done

# At no moment may anyone do more with what takes the file's place than with the file.
need_strace
[ "$(id -u)" -eq 0 ] || exit 0
may() { setpriv --reuid="$1" --regid="$2" --clear-groups test "$3" "$4"; }
cp -p sums open/sums
setfacl --set-file=<(getfacl -cp sums) open/sums
chown 65534:4000 open/sums
# The old file: 4321 by name and its owner may read it, its group and others may not.
deed='for who in 1234:1234 5555:4000 5555:5555; do
	! may ${who%:*} ${who#*:} -r open/.sums.treesum || echo "$who may read"
	! may ${who%:*} ${who#*:} -w open/.sums.treesum || echo "$who may write"
done >>"$SCRATCH/wide"'
: >"$SCRATCH/wide"
at_each_stop fchown,fchmod,fsetxattr,fremovexattr,fsync "$PWD/open/.sums.treesum" "$deed" -- treesum -o open/sums tree
want_status 0
want [ $stops -ge 5 ]
want_text "$SCRATCH/wide" ''
want may 4321 4321 -r open/sums
want_not may 5555 4000 -r open/sums
