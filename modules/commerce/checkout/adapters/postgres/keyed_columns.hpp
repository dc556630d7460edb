#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/postgres/owner_columns.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// The first request of each owner in a batch, by column; the batch has to outlive it. Later ones of the same owner are asked alone.
struct KeyedColumns {
  std::vector<std::string> callers, keys;
  std::vector<postgres::Bytes> digests;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::optional<postgres::Bytes>> guests;
  std::vector<Uuid> traces;

  /// The request's number in the columns, from 1; 0 if its owner has one there already. `place`: where it is in the batch.
  std::int32_t add(std::size_t place, const KeyedRequest& keyed, const Owner& owner) {
    if (!owners_.insert(keyed.caller).second) return 0;
    callers.push_back(keyed.caller);
    keys.push_back(keyed.key);
    digests.push_back({security::sha256(keyed.request)});
    customers.push_back(owner.customer);
    guests.push_back(guest_column(owner));
    traces.push_back(keyed.trace);
    places_.push_back(place);
    return static_cast<std::int32_t>(places_.size());
  }
  std::size_t place_of(std::int32_t number) const { return places_[static_cast<std::size_t>(number) - 1]; }

 private:
  std::vector<std::size_t> places_;
  std::unordered_set<std::string_view> owners_;
};

}  // namespace emporion::checkout
