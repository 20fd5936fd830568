# GNU parallel runs the shards of a tree: here, and by ssh on other machines.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
parallel --version 2>/dev/null | grep -q GNU || skip 'no GNU parallel here: make deps-cluster'
need_cluster

shared_tree tree
mkdir here there
run parallel treesum --shard={}/4 -o here/sums tree ::: 1 2 3 4
want_status 0
want_merged here/sums 4
run parallel -j1 -S node1,node2,node3,node4 --workdir . 'hostname >there/host-{}; treesum --shard={}/4 -o there/sums tree' ::: 1 2 3 4
want_status 0
want_text <(cat there/host-* | grep -vx 'node[1-4]') ''
want_merged there/sums 4
