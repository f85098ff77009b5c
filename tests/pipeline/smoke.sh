#!/usr/bin/env bash
# The whole pipeline with tiny budgets in a temporary clone: it runs, then there is nothing to do,
# newcomers' entries reach the leaderboard alone, and the profiles for GPUs run.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$here/.venv/bin:$PATH" PYTHONPATH=src
quiet() { "$@" >"$work/log" 2>&1 || { tail -n 60 "$work/log"; exit 1; }; }
git clone -q "$here" "$work/clone"
cd "$work/clone"
git config user.name smoke
git config user.email smoke@localhost
python tests/helpers/tiny.py
quiet python -m scripts.repro
cat metrics/leaderboard.md
dvc repro | tee "$work/again" | tail -n 1
grep -q "up to date" "$work/again"

python tests/helpers/newcomer.py
for name in template mine theirs; do python stages/entry.py "$name"; done
quiet dvc repro
for name in template mine theirs; do grep "^| *[0-9]* *| $name " metrics/leaderboard.md; done
ran=$(grep -oP "^Running stage '\K[^']+" "$work/log" | sort | tr '\n' ' ')
wanted="claims evaluate@mine evaluate@template evaluate@theirs fingerprint leaderboard mlflow report"
wanted="$wanted sample@mine sample@template sample@theirs summary train@mine training_report validate "
[ "$ran" = "$wanted" ] || { echo "ran $ran instead of $wanted"; exit 1; }
git add -A && git commit -qm "Newcomers' entries"

shared="$here/../shared/data" # the full MNIST and real images, where they lie beside the project
images="$shared/cifar10-jpeg.zip"
[ -f "$images" ] || exit 0
real=(-S data.cifar10.source=folder -S models.cifar10-evaluator.net=convnet
    -S "+data.cifar10.folder={path:$images,limit:60,test:100,validation:40}")
tiny=(unet.classic=[16,32] unet.attention=false unet.steps=4 unet.batch=4)
# shellcheck disable=SC2046
quiet dvc exp run $(cat profiles/cifar10.txt) "${real[@]}" \
    -S runs.cifar10-ddpm.n=128 -S runs.cifar10-dddm.n=128 \
    $(printf -- '-S models.cifar10-ddpm.%s ' "${tiny[@]}") \
    $(printf -- '-S models.cifar10-dddm.%s ' "${tiny[@]}")
grep cifar10 metrics/leaderboard.md
git checkout -q .
# shellcheck disable=SC2046
quiet dvc exp run $(cat profiles/full.txt) "${real[@]}" \
    -S mnist.origin=folder -S "mnist.folder=$shared/mnist" -S convnet.steps=40 \
    -S dit.steps=2 -S dit.batch=4 -S models.cifar10-dit.dit.steps=2 -S models.cifar10-dit.dit.batch=4 \
    -S unet.classic=[16,32] -S unet.steps=2 -S unet.batch=4 -S runs.cifar10-dit.n=128 \
    evaluate@digits-ddim evaluate@digits-dit evaluate@cifar10-dit
grep '"fid"' metrics/runs/digits-ddim.json metrics/runs/digits-dit.json metrics/runs/cifar10-dit.json
