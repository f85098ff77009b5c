#!/usr/bin/env bash
# Read every object of DVC's cache and remove those whose content is not what their name says: DVC
# itself trusts an object once it is in the cache. What is missing then comes by `dvc pull` or
# `dvc repro`.
set -euo pipefail
cd "$(dirname "$0")/.."
damaged=0
while IFS= read -r -d '' file; do
    name=$(basename "$(dirname "$file")")$(basename "$file" .dir)
    [ "$(md5sum <"$file" | cut -c1-32)" = "$name" ] && continue
    echo "damaged, removed: $file"
    rm -f "$file"
    damaged=1
done < <(find "$(dvc cache dir)/files/md5" -type f -not -name '*.tmp' -print0)
exit $damaged
