# Files and directories are renamed, and their names taken by others, while an update walks them: no digest is lost with
# status 0. ROUNDS and SEED may be given.
. "$TEST_TOP/tests/lib.sh"

run python3 "$TEST_TOP/tests/model/renames.py" "$TREESUM" "${ROUNDS:-30}" "${SEED:-1}"
want_status 0
