# --exclude, --include and --exclude-from on random trees with random patterns: what rsync takes is taken.
. "$TEST_TOP/tests/lib.sh"
command -v rsync >/dev/null || skip 'rsync is not installed'

# The same numbers everywhere, from a seed. Sets $number.
seed=0 number=0
below() { # LIMIT
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	number=$(((seed >> 12) % $1))
}

# Sets $name: few different bytes, so that patterns match often.
bytes=(a b a b a b c . - '[' ']' '*' '?' '\' '!' '^' :)
random_name() {
	local length
	below 3
	length=$((number + 1)) name=''
	while [ ${#name} -lt $length ]; do
		below ${#bytes[@]}
		name+=${bytes[number]}
	done
	[[ $name != . && $name != .. ]] || name=a
}

# Make a tree of empty files, and keep the paths below it in $paths.
random_tree() { # TREE
	local folders=('') path
	paths=()
	mkdir "$1"
	for _ in {1..40}; do
		below ${#folders[@]}
		path=${folders[number]}
		random_name
		path+=$name
		[ ! -e "$1/$path" ] || continue
		paths+=("$path")
		below 5
		if [ "$number" -lt 3 ]; then
			: >"$1/$path"
		else
			mkdir "$1/$path"
			folders+=("$path/" "$path/" "$path/")
		fi
	done
}

# What may stand in a pattern in the place of a byte.
tokens=('?' '*' '**' '***' '[ab]' '[!b]' '[^a]' '[a-c]' '[]a]' '[!]]' '[[:alpha:]]' '[[:punct:]x]' '[a' '[\]]' '[--/]' '[[:x:]]'
	'[a-' '[[:alpha:]-b]' '[[:b]' '\a' '\' '/' '//' '[a/]' '\/' '' a .)

# Sets $pattern: some of a path, altered; some of another behind it, at times; anchored or not.
random_pattern() {
	local path byte
	pattern=''
	below ${#paths[@]}
	path=${paths[number]}
	below 3
	case $number in
	0) path=${path##*/} ;;
	1) path=/$path ;;
	esac
	while [ "$path" ]; do
		byte=${path:0:1} path=${path:1}
		below 24
		if [ "$number" -lt 4 ]; then
			below ${#tokens[@]}
			pattern+=${tokens[number]}
		elif [ "$number" -eq 4 ]; then
			pattern+='*' path=${path#*[.a]}
		else
			case $byte in
			[*?[\\]) [ "$number" -lt 8 ] || pattern+=\\ ;;
			esac
			pattern+=$byte
		fi
	done
	below 12
	case $number in
	0 | 1) pattern+=/ ;;
	2) pattern+='/***' ;;
	3) pattern+='/**' ;;
	4) pattern="**$pattern" ;;
	5) pattern="- $pattern" ;;
	6) pattern="+ $pattern" ;;
	esac
	# Without a pattern behind it, a prefix is an error of rsync.
	[[ $pattern != ?' ' ]] || pattern=!
}

# Sets $options: some of the random patterns in options, some in a list.
random_options() { # LIST
	local lines=() count
	options=()
	below 4
	for ((count = number + 2; count >= 0; count--)); do
		random_pattern
		below 6
		case $number in
		0) options+=("--include=$pattern") ;;
		1) lines+=("$pattern") ;;
		*) options+=("--exclude=$pattern") ;;
		esac
	done
	printf '%s\n' '# comment' '; comment' '' "${lines[@]}" $'b?\r+ a' >"$1"
	below 3
	case $number in
	0) options=("--exclude-from=$1" "${options[@]}") ;;
	1) options+=("--exclude-from=$1") ;;
	esac
}

# A case is a name for a tree. What is taken of all cases is gathered, rsync's while others run.
mkdir empty
cases=${CASES:-200} all=0 asked=()
for ((case = 0; case < cases; case++)); do
	seed=$((case * 7919 + 1))
	if ((case % 10 == 0)); then
		tree=tree-$case
		random_tree $tree
		files=$(find $tree -type f | wc -l)
	fi
	all=$((all + files))
	ln -s $tree $case
	random_options list-$case
	printf -v question '%q ' "${options[@]}"
	asked+=("$question")
	rsync -rn --out-format="$case/%n" "${options[@]}" $tree/ empty/ >>"$SCRATCH/rsync.out" 2>>"$SCRATCH/rsync.err" &
	treesum -z "${options[@]}" $case >>"$SCRATCH/treesum.out" 2>>"$SCRATCH/treesum.err" || fail "status $?"
	((case % 10 != 9)) || wait
done
wait

grep -v '/$' "$SCRATCH/rsync.out" | sort >"$SCRATCH/expected"
tr '\0' '\n' <"$SCRATCH/treesum.out" | cut -c 131- | sort >"$SCRATCH/taken"
want_text "$SCRATCH/rsync.err" ''
want_text "$SCRATCH/treesum.err" ''
want_same_bytes "$SCRATCH/expected" "$SCRATCH/taken"
for case in $(comm -3 "$SCRATCH/expected" "$SCRATCH/taken" | tr -d '\t' | sed 's,/.*,,' | uniq); do
	echo "$case: ${asked[case]}"
done

# Neither all nor nothing was taken.
taken=$(wc -l <"$SCRATCH/taken")
want [ "$taken" -gt $((all / 4)) ]
want [ "$taken" -lt $((all * 3 / 4)) ]
