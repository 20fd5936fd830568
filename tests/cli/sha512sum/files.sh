# What an operand may be: links, devices, unreadable files, missing folders, long names.
. "$TEST_TOP/tests/lib.sh"

echo a >a
ln -s a link
ln -s nowhere dangling
ln -s loop loop
ln -s . self
mkdir folder
echo b >folder/b
ln -s folder to-folder
same link
same dangling
same loop
same self/self/a
same to-folder/b
same a/b
same a/
same nope/b
same ''
same '' a
same /dev/null
same "$(printf 'x%.0s' {1..256})"
# Longer paths sha512sum does not read at all: see fault 48.
same "$(printf 'x/%.0s' {1..2047})"
same /proc/self/mem

prelude='exec <a'
same /dev/stdin
same /dev/fd/0
same - /dev/null

digest=$(sha512sum a | cut -c 1-128)
printf "$digest  %s\n" folder link dangling '' >list
same -c list
same -c --ignore-missing list
printf "$digest  %s\n" folder/nope a/b loop >list
same -c list
same -c --ignore-missing list
same -c --ignore-missing --status list
