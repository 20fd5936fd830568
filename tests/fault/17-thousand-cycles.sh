# A thousand pools are opened and terminated: no descriptor, process or memory is left of them.
. "$TEST_TOP/tests/lib.sh"

unit_test check_forkpool_life cycles
