#!/usr/bin/env bash
# A sweep in DVC's queue: each experiment in a workspace of its own, two at a time, all curves in
# one MLflow. Change keys and values to yours; a target says how far the pipeline runs.
set -euo pipefail
cd "$(dirname "$0")/.."
dvc exp run --queue -S 'ibg.scale=0.5,1.0,2.0' evaluate@rare-ibg
dvc exp run --queue -S 'ratio.scale=2.0,4.0,14.0' evaluate@digits-ratio-disc
dvc queue start -j 2
while dvc queue status | grep -qE ' (Queued|Running)'; do sleep 5; done
dvc queue status
dvc exp show --no-pager --only-changed --drop '.*' --keep \
    'ibg\.scale|ratio\.scale|rare-ibg\.json:(hit|junk)$|digits-ratio-disc\.json:(agreement|fid)$'
