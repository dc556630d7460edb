#!/usr/bin/env bash
# Builds the program as it was at an earlier commit and prints where it is: tools/earlier.sh [COMMIT]
# Without one: the last commit before the newest migration, so that a step from there to this tree has a migration in it. Its sources lie in
# build/earlier/COMMIT, one at a time, and share the compiler's cache: what has not changed since is not compiled again.
set -euo pipefail
cd "$(dirname "$0")/.."
commit=${1:-}
if [ -z "$commit" ]; then
  newest=$(git log -1 --format=%H -- 'modules/*/*/migrations/*.sql' 'kernel/postgres/migrations/*.sql')
  commit=${newest:-none}^
fi
if ! commit=$(git rev-parse --quiet --verify "$commit^{commit}"); then
  echo "earlier: git has no commit before the newest migration here; a shallow clone lacks it: git fetch --unshallow, or name a commit" >&2
  exit 1
fi
folder=build/earlier/${commit:0:12}
if [ ! -d "$folder" ]; then
  rm -rf build/earlier
  mkdir -p "$folder.part"
  git archive "$commit" | tar -x -C "$folder.part"
  mv "$folder.part" "$folder"
fi
"$folder/tools/build.sh" dev emporion >&2
echo "$PWD/$folder/build/dev/apps/emporion/emporion"
