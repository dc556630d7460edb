#!/usr/bin/env bash
# Builds the program as it was at an earlier commit and prints where it is: tools/earlier.sh [COMMIT]
# Without one: the last commit whose migrations this tree has as they were, and at least one more, so that the step from there to here migrates. Its sources lie in
# build/earlier/COMMIT, one at a time, and share the compiler's cache: what has not changed since is not compiled again.
set -euo pipefail
cd "$(dirname "$0")/.."
commit=${1:-}
migrations=('modules/*/*/migrations/*.sql' 'kernel/postgres/migrations/*.sql')
if [ -z "$commit" ]; then
  # A migration that was written again before it landed is another one: no database goes from the first to the second.
  for newer in $(git rev-list HEAD -- "${migrations[@]}"); do
    commit=$newer^
    [ -n "$(git diff --name-only --no-renames --diff-filter=a "$commit" HEAD -- "${migrations[@]}")" ] || break
  done
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
