# A root is moved, exchanged or unmounted while workers are forked later: its files are told of, nothing else is read.
. "$TEST_TOP/tests/lib.sh"
need_strace

renew() {
	rm -rf tree moved
	mkdir -p tree/sub
	for name in a sub/victim z; do
		echo $name >tree/$name
	done
}
mkdir -p outside/sub
echo secret | tee outside/a outside/z >outside/sub/victim
for options in '' --unsorted '--audit=list' '--update=list'; do
	for kind in gone link directory; do
		# Names may come before their listing has ended: killed then, it is broken off as well, which is another
		# case.
		for _ in {1..20}; do
			renew
			oracle_manifest tree | tee "$SCRATCH/expected" >list
			cp list before
			# The worker that has the root open is killed, when all is listed; the next one comes by its name.
			stop_at openat,openat2:error=EINTR victim -- treesum -j1 $options tree
			mv tree moved
			case $kind in
			link) ln -s outside tree ;;
			directory) cp -r outside tree ;;
			gone) ;;
			esac
			go_on_as_another
			grep -q '^treesum: tree/sub: ' "$err" || break
		done
		want_injected
		want grep -q '^treesum: tree/sub/victim: ' "$err"
		case $options in
		--*=list)
			want_status "$([[ $options = --audit* ]] && echo 2 || echo 1)"
			want grep -qx 'tree/sub/victim: UNREADABLE' "$out"
			want_not grep -qE 'MISSING|NEW|CHANGED|CORRUPT' "$out"
			want_same_bytes before <(grep -v '^#' list)
			;;
		*)
			want_status 1
			# What was read before has its digest.
			want_text <(grep -vxFf "$SCRATCH/expected" "$out") ''
			;;
		esac
		want_none_left
	done
done

# The same where something else is mounted on it, or it is not mounted any more.
need_mounts
renew
oracle_manifest tree >"$SCRATCH/expected"
cat >"$SCRATCH/mounted" <<'END'
	. "$TEST_TOP/tests/lib.sh"
	mkdir on
	mount -t tmpfs none on
	cp -r tree/* on
	stop_at openat,openat2:error=EINTR victim -- treesum -j1 on
	if [ "$1" = covered ]; then
		mount --bind outside on
	else
		umount -l on
	fi
	go_on_as_another
	want_status 1
	want_text <(sed 's,  on/,  tree/,' "$out" | grep -vxFf "$SCRATCH/expected") ''
	want grep -q '^treesum: on/sub/victim: ' "$err"
	want_none_left
	rmdir on || true
END
for kind in covered gone; do
	want $apart bash "$SCRATCH/mounted" $kind
	rm -rf on
done
