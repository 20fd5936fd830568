# Random edits, updates, audits and kills against a model that knows every line: tests/model/model.py. Other
# steps: MODEL_SEED=N; more of them: MODEL_STEPS=N.
. "$TEST_TOP/tests/lib.sh"
need_python

# In memory, if nothing else was asked for: an update waits for the disk.
folder=$(mktemp -d "${MODEL_FOLDER:-/dev/shm}/treesum-model.XXXXXX" 2>/dev/null) || folder=$(mktemp -d "$SCRATCH/model.XXXXXX")
trap 'chmod -R u+rwX "$folder" && rm -rf "$folder"; finish' EXIT
chmod 755 "$folder" && mkdir "$folder/here"
run python3 -B "$TEST_TOP/tests/model/model.py" --steps "${MODEL_STEPS:-10000}" --seconds 240 --seed "${MODEL_SEED:-1}" \
	"$TREESUM" "$folder/here"
show "$out"
want_status 0
want_err ''
