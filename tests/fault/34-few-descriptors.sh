# Few descriptors, or none left for processes: all is hashed, or it is said why not.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/a/b/c/d/e/f
for i in {1..9}; do
	echo $i | tee tree/$i.c tree/a/b/c/$i >tree/a/b/c/d/e/f/$i
done
oracle_manifest tree >"$SCRATCH/expected"

for limit in 32 64; do
	prelude="ulimit -n $limit"
	run treesum tree
	want_manifest "$SCRATCH/expected"
done

# So few that workers keep no directory open that they could open again; with more of them than fit, fewer run.
for limit in 16 18 20 24; do
	prelude="ulimit -n $limit"
	for options in -j1 -j2 -j8 '-j2 --unsorted' "-c --quiet $SCRATCH/expected" "--audit=$SCRATCH/expected"; do
		[[ $options = -c* ]] || options+=' tree'
		run treesum $options
		[ $status -eq 0 ] || [ $limit -lt 20 ] || want_status 0
		if [ $status -ne 0 ]; then
			want_status "$([[ $options = --audit* ]] && echo 2 || echo 1)"
			want grep -q 'Too many open files' "$err"
			continue
		fi
		case $options in
		-c*) want_out '' ;;
		--audit*) want_err 'treesum: 27 the same' ;;
		*)
			sort -k 2 -o "$out" "$out"
			want_manifest <(sort -k 2 "$SCRATCH/expected")
			;;
		esac
	done
done

# Neither do files fail that are opened before the disk has their data.
need_strace
for i in {1..300}; do
	echo $i >tree/file$i
done
oracle_manifest tree >"$SCRATCH/expected"
prelude='ulimit -n 24'
run traced -e inject=preadv2:error=EAGAIN -- treesum -j1 tree
want_manifest "$SCRATCH/expected"

# Too few for a single worker.
prelude='ulimit -n 10'
run treesum tree
want_status 1
want_out ''
want_err 'treesum: cannot hash: Too many open files'
