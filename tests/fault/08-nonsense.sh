# A process sends frames of wrong lengths, or other nonsense: it alone is ended, its tasks are done again.
. "$TEST_TOP/tests/lib.sh"

unit_test check_forkpool_faults nonsense
# Parts of a listing that the pool has no fault to find with, but the walk has.
unit_test check_walk_parts malformed
unit_test check_scan deaths
