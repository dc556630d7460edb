#pragma once

#include <map>
#include <tuple>

#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// The parameters of redemption_reserve_batch: each promotion, coupon and counter once, uses as indices into them.
struct ReserveArrays {
  std::vector<Uuid> ids, checkouts, bodies, traces;
  std::vector<std::optional<std::string>> keys;
  std::vector<std::string> currencies, hashes;
  std::vector<std::int64_t> set_revisions;
  std::vector<Uuid> promotions, coupons;
  std::vector<Uuid> counter_promotions, counter_coupons;
  std::vector<std::string> counter_keys;
  std::vector<std::int32_t> use_from, use_owner, use_promotion, use_revision, use_coupon, use_counter, use_coupon_counter;
  std::vector<std::int64_t> use_coupon_version, use_discount, use_units;

  void add(const Reserve& command) {
    ids.push_back(command.id);
    checkouts.push_back(command.checkout);
    bodies.push_back(command.body);
    traces.push_back(command.trace);
    keys.push_back(command.customer_key);
    currencies.emplace_back(command.currency.code());
    hashes.push_back(command.evaluation_hash);
    set_revisions.push_back(command.set_revision);
    use_from.push_back(static_cast<std::int32_t>(use_owner.size() + 1));
    for (const auto& use : command.uses) {
      use_owner.push_back(static_cast<std::int32_t>(ids.size()));
      use_promotion.push_back(place(promotions, promotion_places_, use.promotion));
      use_revision.push_back(use.revision);
      use_coupon.push_back(use.coupon ? place(coupons, coupon_places_, *use.coupon) : 0);
      use_coupon_version.push_back(use.coupon_version);
      use_counter.push_back(command.customer_key ? counter(use.promotion, Uuid(), *command.customer_key) : 0);
      use_coupon_counter.push_back(command.customer_key && use.coupon ? counter(use.promotion, *use.coupon, *command.customer_key) : 0);
      use_discount.push_back(use.discount);
      use_units.push_back(use.units);
    }
  }
  void finish() { use_from.push_back(static_cast<std::int32_t>(use_owner.size() + 1)); }

 private:
  static std::int32_t place(std::vector<Uuid>& list, std::map<Uuid, std::int32_t>& places, const Uuid& id) {
    const auto [found, is_new] = places.try_emplace(id, static_cast<std::int32_t>(list.size() + 1));
    if (is_new) list.push_back(id);
    return found->second;
  }
  std::int32_t counter(const Uuid& promotion, const Uuid& coupon, const std::string& key) {
    const auto [found, is_new] = counter_places_.try_emplace(std::tuple(promotion, coupon, key), static_cast<std::int32_t>(counter_keys.size() + 1));
    if (is_new) {
      counter_promotions.push_back(promotion);
      counter_coupons.push_back(coupon);
      counter_keys.push_back(key);
    }
    return found->second;
  }

  std::map<Uuid, std::int32_t> promotion_places_, coupon_places_;
  std::map<std::tuple<Uuid, Uuid, std::string>, std::int32_t> counter_places_;
};

}  // namespace emporion::promotion
