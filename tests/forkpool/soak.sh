# Workers are killed at random moments for a minute: every result comes, and is right.
# slow
. "$TEST_TOP/tests/lib.sh"

run "$BUILD/tests/soak" "${SOAK_SECONDS:-60}"
want_status 0
want_err ''
want grep -Eq '^[0-9]+ rounds, [1-9][0-9]* kills$' "$out"
