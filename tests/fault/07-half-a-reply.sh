# A hashing process is killed when it has sent a part of a reply: that part is dropped, the task is done again.
. "$TEST_TOP/tests/lib.sh"

# A digest fits into one frame, which comes whole or not at all; replies of other uses of the pool do not.
unit_test check_forkpool_faults 'half a reply'
