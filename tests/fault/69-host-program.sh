# A host program that ignores SIGCHLD, or whose worker leaves a child that holds its socket: nothing hangs.
. "$TEST_TOP/tests/lib.sh"

unit_test check_forkpool_faults host
