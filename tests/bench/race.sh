# shellcheck shell=bash disable=SC2154
# Helpers to measure commands, and to hold what was measured against what is asked. The scripts that use them
# run in build/bench/; they set $treesum, and $results to the file of the results: race, command, medians of
# the seconds of the clock and of the processor time.
#
# In a race the commands run in turn, once each, and that for several rounds, by hyperfine. Beside $results
# there is RACE.ROUND.json. BENCH_QUICK=1: three rounds instead of eleven.

jobs=$(nproc)
rounds=11
[ "${BENCH_QUICK:-0}" = 0 ] || rounds=3

source_tree() {
	[ -e linux-source-6.1 ] && echo linux-source-6.1 || echo generated-source
}

# The commands of the next race, in hyperfine's words.
commands=()
enter() { # NAME COMMAND
	commands+=(-n "$1" "$2")
}
enter_rival() { # PROGRAM NAME COMMAND
	if command -v "$1" >/dev/null; then
		enter "$2" "$3"
	else
		echo "$2 is left out: there is no $1" >&2
	fi
}
enter_xargs() { # DIRECTORY FILES-AT-A-TIME PROGRAM [ARGUMENT]...
	enter_rival "$3" "xargs -n$2 $3" "find $1 -type f -print0 | xargs -0 -P$jobs -n$2 ${*:3}"
}

# Of each command the median round.
medians() { # RACE
	cat "$1".*.json | awk -v race="$1" -F '"' '
		function median(list, values, count, i, j, swap) {
			count = split(list, values, " ")
			for (i = 2; i <= count; i++)
				for (j = i; j > 1 && values[j] + 0 < values[j - 1] + 0; j--) {
					swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
				}
			return (values[int((count + 1) / 2)] + values[int(count / 2) + 1]) / 2
		}
		{ gsub(/[:, ]/, "", $3) }
		$2 == "command" { name = $4; if (!(name in wall)) names[++n] = name }
		$2 == "median" { wall[name] = wall[name] " " $3 }
		$2 == "user" { user = $3 }
		$2 == "system" { cpu[name] = cpu[name] " " user + $3 }
		END {
			for (i = 1; i <= n; i++)
				printf "%s\t%s\t%.6f\t%.6f\n", race, names[i], median(wall[names[i]]), median(cpu[names[i]])
		}' >>"$results"
}

# Before a race: the digests are those of sha512sum, or it is none.
compare_digests() { # DIRECTORY
	"$treesum" "$1" | LC_ALL=C sort >digests.treesum
	find "$1" -type f -print0 | xargs -0 sha512sum | LC_ALL=C sort | cmp - digests.treesum
}

# Run what was entered.
race() { # NAME [RUNS-A-ROUND [HYPERFINE-OPTION]...]
	local name=$1 runs=${2:-1} round
	echo "$name: $rounds rounds of $((${#commands[@]} / 3)) commands" >&2
	rm -f "$name".*.json
	for ((round = 1; round <= rounds; round++)); do
		hyperfine --runs "$runs" "${@:3}" --export-json "$name.$round.json" "${commands[@]}" >log 2>&1 ||
			{ cat log >&2 && exit 1; }
	done
	commands=()
	medians "$name"
}

measured() { # RACE NAME COLUMN: 3 are seconds of the clock or KiB, 4 seconds of processor time
	awk -F '\t' -v race="$1" -v name="$2" -v column="$3" \
		'$1 == race && $2 == name { print $column }' "$results"
}

calculate() { # EXPRESSION: nothing where it is not complete
	[[ "$1" == *'()'* ]] || awk "BEGIN { printf \"%.2f\", $1 }"
}

# The seconds of A as a multiple of those of B.
ratio() { # RACE A B
	calculate "($(measured "$1" "$2" 3)) / ($(measured "$1" "$3" 3))"
}

# Print a row of a table: a figure, what is asked of it, and whether that is reached; nothing where there is no
# figure.
aim() { # WHAT FIGURE >=|<= ASKED [NOTE]
	[ "$2" ] || return 0
	printf '| %s | %s | %s %s | %s |%s\n' "$1" "$2" "$3" "$4" \
		"$(awk "BEGIN { print ($2 $3 $4 ? \"reached\" : \"missed\") }")" "${5:+ $5 |}"
}
