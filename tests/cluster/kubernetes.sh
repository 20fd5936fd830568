# The manifest that README has for Kubernetes: it is an indexed job, and what its containers run gives the parts of
# one manifest.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
python3 -c 'import yaml' 2>/dev/null || skip 'no yaml for python3 here: make deps-cluster'

# Prints how many there are, and what each of them runs, ended by NULs.
readme yaml >job.yaml
cat >job.py <<'END'
import yaml

job = yaml.safe_load(open("job.yaml"))
spec = job["spec"]
pod = spec["template"]["spec"]
[container] = pod["containers"]
assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
assert job["metadata"]["name"] and container["name"] and container["image"]
assert 1 < spec["parallelism"] <= spec["completions"]
# A limit for each index is for pods that are not restarted.
assert spec["backoffLimitPerIndex"] > 0 and pod["restartPolicy"] == "Never"
[volume] = pod["volumes"]
assert volume["persistentVolumeClaim"]["claimName"]
assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/shared"}]
print(spec["completions"], *container["command"], *container["args"], sep="\0", end="\0")
END
run python3 job.py
want_status 0
mapfile -d '' -t job < <(here <"$out")
count=${job[0]}

shared_tree "$PWD/shared/archive"
for ((index = 0; index < count; index++)); do
	JOB_COMPLETION_INDEX=$index run "${job[@]:1}"
	want_status 0
	want_err ''
done
want_merged "$PWD/shared/SUMS" "$count"
