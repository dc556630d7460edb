#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion {

/// A batch in which a key may come several times, cut so that a set-based statement sees each key once. Equal commands are copies and take the first one's
/// answer; a different command under a key that is already in a round goes into a later one, and so is judged after it.
struct Rounds {
  std::vector<std::vector<std::size_t>> rounds;
  std::vector<std::pair<std::size_t, std::size_t>> copies;  ///< (copy, original)
};

/// `keys_of` answers a range of Uuids; commands that are equal share all of them.
template <typename Command, typename KeysOf, typename AreEqual>
Rounds rounds_of(const std::vector<Command>& commands, KeysOf keys_of, AreEqual are_equal) {
  Rounds out;
  std::unordered_map<Uuid, std::vector<std::pair<std::size_t, std::size_t>>> seen;  // (command, round) by key.
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto keys = keys_of(commands[i]);
    std::size_t round = 0;
    bool is_copy = false;
    for (const auto& key : keys) {
      for (const auto& [other, its_round] : seen[key]) {
        round = std::max(round, its_round + 1);
        if (is_copy || !are_equal(commands[other], commands[i])) continue;
        out.copies.emplace_back(i, other);
        is_copy = true;
      }
    }
    if (is_copy) continue;
    if (round >= out.rounds.size()) out.rounds.resize(round + 1);
    out.rounds[round].push_back(i);
    for (const auto& key : keys) seen[key].emplace_back(i, round);
  }
  return out;
}

}  // namespace emporion
