#!/usr/bin/env bash
# The whole pipeline with tiny budgets in a temporary clone: it runs, and then there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$here/.venv/bin:$PATH"
git clone -q "$here" "$work/clone"
cd "$work/clone"
git config user.name smoke
git config user.email smoke@localhost
python tests/tiny.py
dvc repro >"$work/log" 2>&1 || { tail -n 60 "$work/log"; exit 1; }
cat metrics/leaderboard.md
dvc repro | tee "$work/again" | tail -n 1
grep -q "up to date" "$work/again"
images="$here/../shared/data/cifar10-jpeg.zip" # real images, where they lie beside the project
if [ -f "$images" ]; then
    tiny=(unet.classic=[16,32] unet.attention=false unet.steps=4 unet.batch=4)
    # shellcheck disable=SC2046
    dvc exp run $(cat profiles/cifar10.txt) -S data.cifar10.source=folder \
        -S "+data.cifar10.folder={path:$images,limit:60,test:100,validation:40}" \
        -S models.cifar10-judge.net=convnet -S runs.cifar10-ddpm.n=128 -S runs.cifar10-dddm.n=128 \
        $(printf -- '-S models.cifar10-ddpm.%s ' "${tiny[@]}") \
        $(printf -- '-S models.cifar10-dddm.%s ' "${tiny[@]}") >"$work/log" 2>&1 ||
        { tail -n 60 "$work/log"; exit 1; }
    grep cifar10 metrics/leaderboard.md
fi
