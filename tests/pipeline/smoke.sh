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
quiet python -m scripts.repro --all
cat metrics/leaderboard.md
dvc repro | tee "$work/again" | tail -n 1
grep -q "up to date" "$work/again"

quiet python -m scripts.audit --few 4 # no score was edited
sed -i -E 's/"(fid|fid_low|fid_high)": [-0-9.]+/"\1": 0.01/' metrics/runs/digits-ddim.json
quiet dvc commit -f evaluate@digits-ddim
quiet dvc repro
! python -m scripts.audit digits-ddim >"$work/log" || { echo "an edited score passed"; exit 1; }
grep -q "^digits-ddim: fid 0.01, again " "$work/log"
quiet dvc repro -f -s evaluate@digits-ddim

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
# the chunk of the other runs, whose samples do not run again
real=(-S sampling.chunk=500 -S data.cifar10.source=folder -S models.cifar10-evaluator.net=convnet
    -S "+data.cifar10.folder={path:$images,limit:60,test:100,validation:40}")
tiny=()
for model in dit dit-dddm; do
    for number in width=32 depth=1 heads=2 patch=8 steps=2 batch=4; do
        tiny+=(-S "models.cifar10-$model.dit.$number")
    done
done
for model in unet unet-dddm edm; do
    for number in 'classic=[16,32]' layers=1 attention=false steps=2 batch=4; do
        tiny+=(-S "models.cifar10-$model.unet.$number")
    done
done
for run in dit dit-dddm unet unet-dddm edm unet-50000 edm-50000; do
    tiny+=(-S "runs.cifar10-$run.n=128")
done
# shellcheck disable=SC2046
quiet dvc exp run $(grep -Ev '(dit|dddm)-50000' profiles/cifar10.txt) "${real[@]}" "${tiny[@]}"
grep cifar10 metrics/leaderboard.md
grep '"fid_train"' metrics/runs/cifar10-*-50000.json
git checkout -q .
# shellcheck disable=SC2046
quiet dvc exp run $(cat profiles/full.txt) \
    -S mnist.origin=folder -S "mnist.folder=$shared/mnist" -S convnet.steps=40 \
    -S dit.steps=2 -S dit.batch=4 -S unet.classic=[16,32] -S unet.steps=2 -S unet.batch=4 \
    evaluate@digits-ddim evaluate@digits-dit
grep '"fid"' metrics/runs/digits-ddim.json metrics/runs/digits-dit.json
