# Files that may not be read, by a user without privileges.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo secret >secret
mkdir closed
echo b >closed/b
sha512sum a secret closed/b >list
chmod 000 secret closed
as=("${unprivileged[@]}")
same secret a closed/b
same --tag -z secret closed/b
same -c list
same -c --quiet list
same -c --status list
same -c --ignore-missing --strict list
same -c secret
same -c secret list
same -c closed/b
