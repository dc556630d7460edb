#include "modules/commerce/order/domain/progress.hpp"

#include <array>

namespace emporion::order {
namespace {

struct Forward {
  Status to;
  Actor actor;
};

// From each state the goods can lead to, best first.
constexpr std::array from_processing{Forward{Status::shipped, Actor::shipping}, Forward{Status::partially_shipped, Actor::shipping}};
constexpr std::array from_partially{Forward{Status::shipped, Actor::shipping}};
constexpr std::array from_shipped{Forward{Status::delivered, Actor::shipping}, Forward{Status::delivery_failed, Actor::shipping}};
constexpr std::array from_confirmed{Forward{Status::processing, Actor::fulfillment}};

std::span<const Forward> forwards(Status from, const Facts& facts) {
  switch (from) {
    case Status::confirmed:
      if (facts.units_dispatched > 0) return from_confirmed;
      return {};
    case Status::processing: return from_processing;
    case Status::partially_shipped: return from_partially;
    case Status::shipped: return from_shipped;
    default: return {};
  }
}

const Transition* step(Status from, const Facts& facts) {
  for (const Forward& forward : forwards(from, facts)) {
    if (const auto edge = judge(from, forward.to, forward.actor, facts)) return *edge;
  }
  return nullptr;
}

}  // namespace

std::vector<const Transition*> goods_path(Status from, const Facts& facts) {
  std::vector<const Transition*> path;
  while (const Transition* edge = step(from, facts)) {
    path.push_back(edge);
    from = edge->to;
  }
  return path;
}

}  // namespace emporion::order
