# The parent is killed after a fork, before its child has asked to die with it: no process is left.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
truncate -s 1T tree/endless
# The child makes the call when it goes on, and finds that its parent is another one already.
stop_at prctl:error=EINTR -- treesum tree
want_injected
parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$stopped/status")
want kill -KILL "$parent"
died() { [ ! -e "/proc/$parent" ]; }
wait_until died
go_on
want_none_left

unit_test check_spawn parent
