# A path of 6,000 bytes, longer than any that open(2) takes: hashed, and checked.
. "$TEST_TOP/tests/lib.sh"

# Two halves, as one cannot name the whole to create it.
name=$(printf '%0199d' 0)
half=$name
for _ in {1..14}; do
	half=$half/$name
done
mkdir -p "tree/$half" "below/$half"
echo deep >"below/$half/file"
mkfifo "below/$half/fifo"
mv below "tree/$half/below"
folder=tree/$half/below/$half
path=$folder/file
want [ ${#path} -gt 6000 ]
digest=$(echo deep | sha512sum | cut -c 1-128)
for options in '' -j1 --unsorted -L; do
	run treesum $options tree
	want_manifest <(printf '%s  %s\n' "$digest" "$path")
done

# What was written can be verified.
run treesum -o sums tree
run treesum -c sums
want_status 0
want_out "$path: OK"
run treesum --update=sums tree
want_status 0
run treesum --audit=sums -v tree
want_out "$path: OK"
echo flipped >flipped
mv "tree/$half/below" below && cp flipped "below/$half/file" && mv below "tree/$half/below"
run treesum -c sums
want_status 1
want_out "$path: FAILED"

# So can any name that is long: an absolute one, with more slashes than names, through a link, one that
# becomes short where a link leads, and a pipe, or where something is missing or no file.
flipped=$("$SHA512SUM" <flipped | cut -d ' ' -f 1)
ln -s "$half/below" tree/short
ln -s . tree/here
slashes=$(printf '%05000d' 0 | tr 0 /)
here=$(printf 'here/%.0s' {1..30})
for long in "$PWD/$path" "tree$slashes$half/below/$half/file" "tree/short/$half$slashes/file" \
	"tree/$here${path#tree/}" "tree/${slashes}short/$half/file"; do
	want [ ${#long} -gt 4096 ]
	printf '%s  %s\n' "$flipped" "$long" >list
	run treesum -c list
	want_status 0
	want_out "$long: OK"
	run treesum --files0-from=<(printf '%s\0' "$long" flipped)
	want_status 0
	want_same_bytes <(cat list <(printf '%s  flipped\n' "$flipped")) "$out"
done
# As an operand it is opened in the sandbox; it may be a tree, too.
echo a >a
for long in "tree/$half/below/$half/file" "tree/$here${path#tree/}"; do
	# Alone: beside a name in this folder all below it can be read.
	run treesum "$long"
	want_manifest <(printf '%s  %s\n' "$flipped" "$long")
	printf '%s  %s\n' "$("$SHA512SUM" <a | cut -d ' ' -f 1)" a "$flipped" "$long" >list
	for mode in --update=new --audit=new; do
		run treesum $mode "$long" a
		want_status 0
	done
	want_same_bytes list <(grep -v '^#' new)
	rm new
done
while read -r reason end; do
	printf '%s  %s\n' "$flipped" "$folder/$end" >list
	run treesum -c list
	want_status 1
	want_out "$folder/$end: FAILED open or read"
	want grep -q ": ${reason//_/ }\$" "$err"
done <<END
No_such_file_or_directory missing
No_such_file_or_directory missing/file
Not_a_directory file/
Not_a_directory file/file
Is_a_directory
Is_a_directory $slashes
File_name_too_long $(printf '%05000d' 0)
END
(cd tree/short && cd "$half" && exec cat >fifo <"$TEST_DIR/here/flipped") &
printf '%s  %s\n' "$flipped" "$folder/fifo" >list
run treesum -c list
want_status 0
wait

# A walk may start that deep.
for options in '' --unsorted -L; do
	run treesum $options "$folder" flipped
	sort -r -k 2 -o "$out" "$out"
	want_manifest <(printf '%s  %s\n' "$flipped" "$path" "$flipped" flipped)
done
rm "tree/here"
run treesum -L tree/short
want_manifest <(printf '%s  %s\n' "$flipped" "tree/short/$half/file")

# A worker that comes to a file there by its path alone, as another one has listed the directory and is gone.
if strace -o /dev/null true 2>"$SCRATCH/strace"; then
	stop_at openat:error=EINTR file -- treesum -j1 tree
	go_on_as_another
	want_injected
	want_manifest <(printf '%s  %s\n' "$flipped" "$path")
fi
