# Options that contradict each other: a reason, the usual hint, and nothing is done.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
sha512sum tree/a >sums
cp sums twin
ls -A >"$SCRATCH/before"

refused() { # STATUS MESSAGE ARGUMENT...
	local expected=$1 message=$2
	shift 2
	run treesum "$@"
	want_status "$expected"
	want_out ''
	want_err "treesum: $message
Try 'treesum --help' for more information."
	want_text sums "$(cat twin)"
	want_text <(ls -A) "$(cat "$SCRATCH/before")"
}

# What compares has 1 for differences, so 2 for these.
comparing=(--audit=sums --update=sums --diff)
for mode in "${comparing[@]}"; do
	for option in -z --unsorted; do
		refused 2 'the --zero and --unsorted options are meaningful only when printing checksums' \
			"$mode" $option tree
	done
	for option in --ignore-missing --strict -w; do
		refused 2 'the --ignore-missing, --strict and --warn options are meaningful only with --check' \
			"$mode" $option tree
	done
done
for mode in --audit=sums --diff; do
	for option in --tag -b -t; do
		refused 2 'the --tag, --binary and --text options are meaningless when comparing' "$mode" $option tree
	done
	refused 2 'the --accept-corrupt option is meaningful only with --update' "$mode" --accept-corrupt tree
	refused 2 'the --annotate option is meaningless when comparing' "$mode" --annotate tree
done
refused 2 'the --accept-missing option is meaningful only with --audit and --update' \
	--diff --accept-missing sums twin
refused 2 'the --verbose option is meaningful only with --audit and --diff' --update=sums -v tree
for option in -x -L -P --exclude=a --include=a --exclude-from=twin; do
	refused 2 '--diff compares all that the manifests list' --diff $option sums twin
done
refused 2 '--diff needs two PATHs, both manifests' --diff sums
refused 2 '--diff needs two PATHs, both manifests' --diff sums twin twin
refused 2 '--diff needs two PATHs, both manifests' --diff --files0-from=sums
refused 2 'standard input can be only one of the two manifests' --diff - -
for mode in --audit=sums --update=sums; do
	refused 2 'which PATHs are to be compared with the manifest?' "$mode"
done
refused 2 '--update needs a MANIFEST that can be replaced' --update=- tree
for mode in "${comparing[@]}"; do
	refused 2 'only one of --check, --audit, --update and --diff can be given, and once' \
		"$mode" --audit=twin tree
done
refused 2 'only one of --check, --audit, --update and --diff can be given, and once' -c --diff sums twin

# In the other modes.
refused 1 'the --unsorted option is meaningless when verifying checksums' -c --unsorted sums
refused 1 'standard input can be only one of the PATHs, the MANIFEST and the patterns' \
	--files0-from=- --exclude-from=-
for mode in '' -c; do
	refused 1 'the --verbose option is meaningful only with --audit and --diff' $mode -v sums
	refused 1 'the --accept-missing option is meaningful only with --audit and --update' \
		$mode --accept-missing sums
	refused 1 'the --accept-corrupt option is meaningful only with --update' $mode --accept-corrupt sums
done
