#!/usr/bin/env bash
# A sweep in DVC's queue: each experiment in a workspace of its own, two at a time, all results in
# one MLflow. Change keys and values to yours. About ten minutes where the rest is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
dvc exp run --queue --allow-missing -S 'ibg.scale=0.5,2.0'
dvc exp run --queue --allow-missing -S 'ratio.scale=3.0'
dvc queue start -j 2
while status=$(dvc queue status) && grep -qE ' (Queued|Running)' <<<"$status"; do sleep 5; done
echo "$status"
PYTHONPATH=src python -m scripts.experiments
! grep -q ' Failed' <<<"$status"
