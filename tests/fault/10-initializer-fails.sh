# A process cannot get ready, and neither can any in its place: one error, and no endless forking.
. "$TEST_TOP/tests/lib.sh"

unit_test check_forkpool_faults initializer
