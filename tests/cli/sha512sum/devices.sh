# Operands and lists that name devices and FIFOs, more than are kept waiting for each other.
. "$TEST_TOP/tests/lib.sh"

echo a >a
for i in {1..1500}; do
	printf '%s\n' /dev/null a /dev/null
done >names
mapfile -t names <names
same "${names[@]}"
"$SHA512SUM" "${names[@]}" >list
same -c list
same -c --quiet list
prelude='exec <list' same -c
# Some of them are not what they were.
sed '2000s/^./x/; 3000s/^...../00000/; 4000s/^...../00000/' list >wrong
same -c -w wrong

# FIFOs that one writer fills one after the other are read in that order, from end to end.
names=()
for i in {1..1200}; do
	mkfifo "fifo$i"
	names+=("fifo$i")
done
for i in {1..1200}; do
	echo "$i" >"fifo$i"
done &
run treesum "${names[@]}"
wait
want_status 0
want_text "$out" "$(for i in {1..1200}; do echo "$i" | "$SHA512SUM" | sed "s/-$/fifo$i/"; done)"

# Results come while a list goes on: one without an end is read as long as someone wants them.
results() { yes "$(sha512sum /dev/null)" | treesum -c | head -n 3000 | uniq -c; }
run results
want_text "$out" '   3000 /dev/null: OK'
