# Ten thousand folders in each other, with a stack of 256 KiB and few descriptors: hashed.
# slow
thousands=10
. "$TEST_TOP/tests/fault/49-deep-tree.sh"
