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

# A child that waits for nothing from its parent: all that ends it is that it looks who that is, by then.
stop_at prctl:error=EINTR -- env CK_RUN_CASE=parent "$BUILD/tests/check_spawn"
is_orphan() {
	[ "$(cat "/proc/$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$stopped/status")/comm")" != check_spawn ]
}
wait_until is_orphan
go_on
want_injected
want_status 0
want grep -q '^100%: Checks: 1,' "$out"
