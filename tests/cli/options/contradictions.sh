# Options that contradict each other: a reason, the usual hint, and nothing is done.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
sha512sum tree/a >sums
cp sums twin
treesum --shard=1/1 tree >"$SCRATCH/part"
mv "$SCRATCH/part" part
ls -A >"$SCRATCH/before"

# What goes with which mode, and what does not: the status is 2 where 1 tells of differences.
modes=('' -c --audit=sums --update=sums --diff --merge)
names=(printing --check --audit --update --diff --merge)
table='-b,-t,--tag,-z		+----- gnu
--unsorted			+-----
-w,--strict,--ignore-missing	-+---- gnu
--status,--quiet		-+++++ gnu
-x,-L,-P,--files0-from=twin	+-++--
-o=new				+++-++
--annotate			+--+--
--accept=missing		--++--
--ignore-ctime,--append-only,--backup,-n,--reread=0	---+--
--resume,--for=9		+--+--
--report=new			--+-+-
-v				--+++-
--prefix-map=a=b		-++-+-
--no-seal			-++++-
--shard=1/1			++----
-a=sha512,--exclude=none,--include=none,--exclude-from=/dev/null	+++++-'
# As a message names it: by its long name.
long() {
	case $1 in
	-b) echo --binary ;; -t) echo --text ;; -z) echo --zero ;; -w) echo --warn ;; -x) echo --one-file-system ;;
	-L) echo --dereference ;; -o*) echo --output ;; -a*) echo --algorithm ;; -n) echo --dry-run ;; -v) echo --verbose ;; *) echo "${1%%=*}" ;;
	esac
}
rows=0
while read -r options goes gnu; do
	with=()
	for i in 0 1 2 3 4 5; do
		[ "${goes:i:1}" = - ] || with+=("${names[i]}")
	done
	list=${with[0]}
	for ((i = 1; i < ${#with[@]}; i++)); do
		[ $((i + 1)) -eq ${#with[@]} ] && list="$list and ${with[i]}" || list="$list, ${with[i]}"
	done
	for i in 0 1 2 3 4 5; do
		[[ $i =~ [234] ]] && expected=2 || expected=1
		for option in ${options//,/ }; do
			rows=$((rows + 1))
			operands=(tree)
			[ $i -ne 1 ] || operands=(sums)
			[ $i -ne 4 ] || operands=(sums twin)
			[ $i -ne 5 ] || operands=(part)
			[[ $option != --files0* ]] || operands=()
			# Printing needs -o for these.
			[[ $i -ne 0 || $option != @(--resume|--for=9) ]] || operands+=(-onew)
			given=${option/-[oa]=/${option:0:2}}
			if [ "${goes:i:1}" = - ] && [ "$gnu" ] && [ $i -lt 2 ]; then
				# In the words of sha512sum, which tests/cli/sha512sum holds it against.
				run treesum ${modes[i]} "$given" "${operands[@]}"
				want_status 1
				want_not grep -q 'goes only with' "$err"
			elif [ "${goes:i:1}" = - ]; then
				refused_usage $expected "$(long "$option") goes only with $list" ${modes[i]} "$given" "${operands[@]}"
			else
				run treesum ${modes[i]} "$given" "${operands[@]}"
				want_not grep -q 'goes only with' "$err"
				cp twin sums
				rm -f new sums~
			fi
		done
	done
done < <(sed 's/	\+/ /g' <<<"$table")
want [ $rows -eq $((6 * 33)) ]
# All others go with every mode.
for option in -C. -j2 --timeout=9 --engine=auto --debug --json --summary --progress=never -asha512 \
	--exclude=none --include=none --exclude-from=/dev/null; do
	for mode in "${modes[@]:0:5}"; do
		operands=(tree)
		[ "$mode" != -c ] || operands=(sums)
		[ "$mode" != --diff ] || operands=(sums twin)
		run treesum $mode $option "${operands[@]}"
		want_status 0
	done
done
for option in -C. -j2 --timeout=9 --engine=auto --debug --json --summary --progress=never; do
	run treesum --merge $option part
	want_status 0
done
cp twin sums

# What else contradicts what.
for word in new changed corrupt missing,new changed:a; do
	refused_usage 2 'with --audit, only --accept=missing has a meaning' --audit=sums --accept=$word tree
done
for word in missing changed corrupt new,missing:a; do
	refused_usage 2 'with --append-only, only --accept=new has a meaning' --update=sums --append-only --accept=$word tree
done
refused_usage 2 '--diff needs two PATHs: two manifests, or two directories' --diff sums
refused_usage 2 '--diff needs two PATHs: two manifests, or two directories' --diff sums twin twin
refused_usage 2 'standard input can be only one of the two manifests' --diff - -
for mode in --audit=sums --update=sums; do
	refused_usage 2 'which PATHs are to be compared with the manifest?' "$mode"
done
refused_usage 2 '--update needs a MANIFEST that can be replaced' --update=- tree
for mode in "${modes[@]:2}"; do
	refused_usage 2 'only one of --check, --audit, --update, --diff and --merge can be given, and once' \
		"$mode" --audit=twin tree
done
refused_usage 2 'only one of --check, --audit, --update, --diff and --merge can be given, and once' -c --diff sums twin
refused_usage 1 'only one of --check, --audit, --update, --diff and --merge can be given, and once' --merge -c sums
refused_usage 1 '--merge needs PATHs: the parts of a run' --merge

# In the other modes.
refused_usage 1 'standard input can be only one of the PATHs, the MANIFEST and the patterns' \
	--files0-from=- --exclude-from=-
for operands in '' - 'tree tree' --files0-from=twin; do
	refused_usage 1 '--shard needs one PATH when printing, and not standard input' --shard=1/2 $operands
done
for option in --json -z; do
	refused_usage 1 '--shard implies --annotate, which does not go with --json or --zero' --shard=1/2 $option tree
done
refused_usage 1 '--shard does not go with --unsorted: --merge needs sorted parts' --shard=1/2 --unsorted tree
refused_usage 1 '--annotate does not support --zero: lines have to end in newlines' --annotate -z tree
