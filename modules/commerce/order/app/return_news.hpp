#pragma once

#include <vector>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// What Order takes from the events of a return (platform.md §1.5): which one, of which order, and of a completed one the units that were accepted.
struct ReturnNews {
  struct Line {
    std::int32_t order_line = 0;
    std::int32_t qty = 0;
  };
  Uuid return_id = {};
  Uuid order_id = {};
  std::vector<Line> lines = {};
};

/// `return.return.*` and what they do to an order: the facet return_state, the lines' counters, and O17 when everything delivered has come back. News that come
/// twice, late or before those they follow are noted in the history and count once.
///
/// The Returns module does not exist yet, and a subscription without a publisher is no contract. With its events file the wiring is a line each in
/// EventHandlers::subscribe, `subscriptions.on<returns::v1::ReturnRequested>(&returns_, &ReturnHandlers::on_requested)`, once the handlers take that struct in
/// place of ReturnNews.
class ReturnHandlers {
 public:
  explicit ReturnHandlers(OrderStore& store) : store_(store) {}

  Task<Result<>> on_requested(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news);
  Task<Result<>> on_completed(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news);
  /// Rejected, cancelled or expired: it came to nothing.
  Task<Result<>> on_ended(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news);

 private:
  Task<Result<>> take(postgres::UnitOfWork& work, messaging::Envelope envelope, ReturnNews news, std::string status);
  OrderStore& store_;
};

}  // namespace emporion::order
