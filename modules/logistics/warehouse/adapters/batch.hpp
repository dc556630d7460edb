#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion::warehouse {

/// A batch in which an id may come several times, cut so that a set-based statement sees each id once. Equal commands are copies and take the first one's answer;
/// a different command under an id that is already in a round goes into the next one, and so is judged after it.
struct Rounds {
  std::vector<std::vector<std::size_t>> rounds;
  std::vector<std::pair<std::size_t, std::size_t>> copies;  ///< (copy, original)
};

template <typename Command, typename IdOf, typename AreEqual>
Rounds rounds_of(const std::vector<Command>& commands, IdOf id_of, AreEqual are_equal) {
  Rounds out;
  std::unordered_map<Uuid, std::vector<std::size_t>> seen;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto& earlier = seen[id_of(commands[i])];
    bool is_copy = false;
    for (const std::size_t other : earlier) {
      if (!are_equal(commands[other], commands[i])) continue;
      out.copies.emplace_back(i, other);
      is_copy = true;
      break;
    }
    if (is_copy) continue;
    if (earlier.size() == out.rounds.size()) out.rounds.emplace_back();
    out.rounds[earlier.size()].push_back(i);
    earlier.push_back(i);
  }
  return out;
}

}  // namespace emporion::warehouse
