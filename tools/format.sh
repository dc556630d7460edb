#!/usr/bin/env bash
# Formats all C++ files in place; --check only names those that are not formatted, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
how=(-i)
[ "${1:-}" = --check ] && how=(--dry-run -Werror)
find kernel modules apps contracts tests bench tools \( -name '*.cpp' -o -name '*.hpp' \) -not -path '*/fixtures/*' -print0 |
  xargs -0 -n 100 -P "$(nproc)" clang-format-19 "${how[@]}"
