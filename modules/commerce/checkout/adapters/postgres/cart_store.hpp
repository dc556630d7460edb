#pragma once

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/lanes/shared_write.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

class PostgresCartStore final : public CartStore {
 public:
  PostgresCartStore(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random)
      : database_(database),
        clock_(clock),
        random_(random),
        adding_(
            runtime, {.name = "checkout.cart_add"}, [this](std::vector<Addition> batch) { return add_together(std::move(batch)); },
            [this](Addition addition) { return add_alone(std::move(addition)); }) {}
  /// Waits for the additions that are under way.
  Task<void> close() { return adding_.close(); }

  Task<Result<std::optional<v1::Cart>>> find(Owner owner) override;
  Task<Result<BeforeAdd>> before_add(Owner owner, KeyedRequest keyed) override;
  Task<Result<CartChanged>> add(Owner owner, KeyedRequest keyed, std::vector<NewLine> lines, std::optional<Currency> currency,
                                std::optional<std::int64_t> if_match, CartLimits limits) override;
  Task<Result<std::optional<v1::Cart>>> change_line(Owner owner, LineChange change, std::optional<std::int64_t> if_match, Uuid trace,
                                                    CartLimits limits) override;
  Task<Result<std::optional<v1::Cart>>> change_coupon(Owner owner, CouponChange change, std::optional<std::int64_t> if_match) override;
  Task<Result<std::optional<v1::Cart>>> clear(Owner owner, std::optional<std::int64_t> if_match, Uuid trace) override;
  Task<Result<Refreshed>> refresh(Owner owner, std::vector<LineFacts> facts) override;
  Task<Result<Merged>> merge(Uuid customer, std::string guest_sha256, KeyedRequest keyed, CartLimits limits) override;
  Task<Result<>> share(std::string token_sha256, Uuid cart, std::string snapshot, UtcTime expires_at) override;
  Task<Result<Shared>> find_shared(std::string token_sha256) override;

 private:
  struct Addition {
    Uuid new_cart;
    Owner owner;
    KeyedRequest keyed;
    std::vector<NewLine> lines;
    std::optional<Currency> currency;
    std::optional<std::int64_t> if_match;
    CartLimits limits;
  };
  Task<Result<std::vector<std::optional<CartChanged>>>> add_together(std::vector<Addition> batch);
  Task<Result<CartChanged>> add_alone(Addition addition);

  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  SharedWrite<Addition, CartChanged> adding_;
};

}  // namespace emporion::checkout
