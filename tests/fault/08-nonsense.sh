# A process sends frames of wrong lengths, or other nonsense: it alone is ended, its tasks are done again.
. "$TEST_TOP/tests/lib.sh"

# From workers, and from the walker.
unit_test check_forkpool_faults nonsense
unit_test check_walker nonsense
