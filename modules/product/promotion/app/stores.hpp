#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/product/promotion/app/active_set.hpp"
#include "modules/product/promotion/domain/evaluate.hpp"

namespace emporion::promotion {

class PromotionBook {
 public:
  virtual ~PromotionBook() = default;
  /// At most 100 ms old, whoever writes.
  virtual Task<Result<std::shared_ptr<const ActiveSet>>> now() = 0;
  /// Looks at the database at the next call: this process changed something, or was told that its copy is stale.
  virtual void look_again() = 0;
  /// One promotion in any state, or nothing.
  virtual Task<Result<std::shared_ptr<const Promotion>>> find(Uuid id) = 0;
};

struct StoredCoupon {
  Uuid id;
  Uuid promotion;
  std::int64_t version = 1;
  bool is_disabled = false;
  std::optional<Uuid> customer;
  std::optional<std::int64_t> left;
  std::optional<std::int64_t> limit_per_customer;
  std::optional<UtcTime> starts_at, ends_at;
  Amounts min_order;
};
struct LimitsLeft {
  std::optional<std::int64_t> uses, units, budget;
};
struct FactsQuestion {
  std::vector<std::string> skus;   ///< Empty: no SKU's facts are needed.
  std::vector<std::string> codes;  ///< Canonical.
  std::optional<std::string> customer_key;
  std::vector<Uuid> limited;  ///< Promotions whose limits are to be read.
};
/// What an evaluation needs to know of the database beside the promotions themselves. Counters are advisory.
struct Facts {
  std::map<std::string, SkuFacts, std::less<>> skus;
  std::map<std::string, StoredCoupon, std::less<>> coupons;
  Buyer buyer;  ///< Segments, group, orders; not the key.
  std::map<Uuid, LimitsLeft> limits;
  std::map<std::pair<Uuid, Uuid>, std::int64_t> customer_uses;  ///< By promotion and coupon, nil for the promotion's own.
};
class FactStore {
 public:
  virtual ~FactStore() = default;
  virtual Task<Result<Facts>> read(FactsQuestion question) = 0;
};

/// One use of a promotion that is to be counted.
struct Use {
  Uuid promotion;
  std::int32_t revision = 1;
  std::optional<Uuid> coupon;
  std::int64_t coupon_version = 0;
  std::int64_t discount = 0;
  std::int64_t units = 0;
};
struct Reserve {
  Uuid id;
  Uuid checkout;
  Uuid body;  ///< Hash of the request.
  std::optional<std::string> customer_key;
  Currency currency;
  std::string evaluation_hash;
  std::int64_t set_revision = 0;
  std::vector<Use> uses;
  UtcTime at;
  Uuid trace;
};
struct ReserveAnswer {
  enum class Outcome : std::uint8_t { accepted, stored, differs, released, stale, limit, budget } outcome = Outcome::accepted;
  std::string promotion;  ///< Whose limit is used up, or whose terms changed.
  std::string limit;      ///< total, units, customer, coupon, coupon_customer, budget.
  UtcTime created_at;     ///< Of what was accepted.
};
struct Commit {
  Uuid checkout;
  Uuid order;
  Uuid trace;
  UtcTime at;
};
struct Release {
  Uuid checkout;
  Uuid new_id;  ///< Of the mark, if the checkout is not known.
  Uuid trace;
  UtcTime at;
};
struct ConfirmedOrder {
  Uuid order_id;
  std::string customer_key;
  Uuid trace;
};
struct StoredRedemption {
  Uuid body;
  v1::Redemption redemption;
};

class RedemptionStore {
 public:
  virtual ~RedemptionStore() = default;
  virtual Task<Result<std::vector<Result<ReserveAnswer>>>> reserve(std::vector<std::shared_ptr<const Reserve>> commands) = 0;
  virtual Task<Result<std::vector<Result<v1::Redemption>>>> commit(std::vector<Commit> commands) = 0;
  virtual Task<Result<std::vector<Result<v1::RedemptionStatus>>>> release(std::vector<Release> commands) = 0;
  virtual Task<Result<std::optional<StoredRedemption>>> find(Uuid checkout) = 0;
  /// Ends overdue ones. Answers how many.
  virtual Task<Result<std::int32_t>> expire(UtcTime now, std::int32_t count) = 0;
  /// Committed before `before` and still not settled by their order.
  virtual Task<Result<std::vector<std::pair<Uuid, Uuid>>>> orphans(UtcTime before, Uuid after, std::int32_t count) = 0;  ///< (checkout, order), by checkout.
  virtual Task<Result<>> settle(bool is_confirmed, Uuid order, Uuid checkout, UtcTime now, Uuid trace) = 0;
  virtual Task<Result<>> orders_confirmed(postgres::UnitOfWork& work, std::vector<ConfirmedOrder> orders, UtcTime now) = 0;
  virtual Task<Result<>> order_cancelled(postgres::UnitOfWork& work, Uuid order, Uuid checkout, UtcTime now, Uuid trace) = 0;
};

}  // namespace emporion::promotion
