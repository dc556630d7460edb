#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::shipping {

enum class MethodType : std::uint8_t { flat_rate, free, table_rate, carrier };
enum class ServiceLevel : std::uint8_t { standard, express, economy };
enum class RateSort : std::uint8_t { cheapest, fastest, balanced };

struct RatePlace {
  std::string country;
  std::optional<std::string> region;
};

/// One step: above the weight of the step before, up to `up_to_g`.
struct RateStep {
  std::optional<std::string> origin_country, origin_region, destination_country, destination_region;
  std::int64_t up_to_g = 0;
  Money amount;
  std::int32_t transit_hours = 0;
};
struct RateTable {
  Uuid id;
  std::vector<RateStep> steps;
};
/// Refuses two steps of one zone and currency that end at the same weight. Gaps cannot be: each step begins where the one before ends. Errors:
/// RATE_TABLE_INVALID.
Result<> check(const RateTable& table);

struct Method {
  Uuid id;
  std::string code;
  std::string name;
  MethodType type = MethodType::flat_rate;
  ServiceLevel service_level = ServiceLevel::standard;
  std::optional<std::string> carrier;
  std::vector<Money> fees;       ///< One per currency.
  std::vector<Money> free_from;  ///< One per currency.
  std::optional<Uuid> rate_table_id;
  std::vector<std::string> countries;  ///< Empty: everywhere.
  std::optional<std::int64_t> weight_g_max;
  bool cod_allowed = false;
  std::int32_t days_min = 0;
  std::int32_t days_max = 0;
  std::int32_t display_order = 0;
  bool is_enabled = true;
};
/// Errors: METHOD_INVALID.
Result<> check(const Method& method);

struct Parcel {
  std::string group_key;
  std::optional<RatePlace> origin;
  std::int64_t weight_g = 0;
  std::int64_t volume_mm3 = 0;
};
struct Inquiry {
  RatePlace destination;
  Currency currency;
  Money goods_value;
  bool is_cod = false;
  RateSort sort = RateSort::cheapest;
};
struct Offer {
  const Method* method = nullptr;
  Money amount;
  std::int32_t days_max = 0;
};

/// What it costs to send `parcel` by each method that can, in the order asked for. Errors: NOT_COVERED, OVER_LIMIT, NO_RATE.
Result<std::vector<Offer>> offers(const std::vector<Method>& methods, const std::vector<RateTable>& tables, const Parcel& parcel, const Inquiry& inquiry);

}  // namespace emporion::shipping
