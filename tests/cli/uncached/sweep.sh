# --uncached: each allocation of a worker fails, and each call that it alone makes.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_strace
sweep_prepare
sweep_calls_of uncached <<'END'
fstatfs EIO
statx EIO ENOSYS
fcntl EINVAL
pread64 EIO EINTR EINVAL
ioctl EOPNOTSUPP
END
if ! has_asan; then
	sweep_allocations uncached children 1
fi
sweep_total
