#pragma once

#include <functional>
#include <utility>

#include "contracts/product/catalog/v1/catalog_events.hpp"
#include "kernel/messaging/feed.hpp"

namespace emporion::pricing {

/// Keeps what Catalog says of SKUs: product and tax class. A copy applies only if it is newer than what is known.
class SkuFactsFeed {
 public:
  /// `changed` is called when facts were written; their commit follows.
  explicit SkuFactsFeed(std::function<void()> changed = [] {}) : changed_(std::move(changed)) {}
  void subscribe(messaging::Subscriptions& subscriptions);

 private:
  Task<Result<>> on_created(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductCreated event);
  Task<Result<>> on_updated(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductUpdated event);
  Task<Result<>> on_deleted(postgres::UnitOfWork& work, messaging::Envelope envelope, catalog::v1::ProductDeleted event);

  std::function<void()> changed_;
};

}  // namespace emporion::pricing
