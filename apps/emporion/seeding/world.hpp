#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::app::seeding {

enum class RowsOf : std::uint8_t { promotions, skus, orders };
std::string_view name_of(RowsOf rows_of);

/// How much of what is seeded, and what it is derived from. The same terms always make the same rows.
struct Terms {
  std::int64_t skus = 0;
  std::int64_t orders = 0;      ///< Every fourth has a discount of a promotion, if there are any.
  std::int64_t promotions = 0;  ///< Active, each with a code: ten percent off.
  int lines = 3;                ///< Of an order; each another SKU.
  int seed = 1;
  Currency currency = Currency::of("VND");

  std::int64_t amount(RowsOf rows_of) const;
  /// Errors: SEED_TERMS_INVALID.
  Result<> check() const;
  /// What the rows of this kind were derived from, apart from how many there are: `amount` may grow, this may not change.
  std::string origin(RowsOf rows_of) const;
};

/// Where seeded goods lie, in the country of the currency.
struct Place {
  std::string_view country, region_code, city, line1, postal_code, timezone;
  std::int32_t lat, lng;
};
const Place& place_of(const Terms& terms);
Uuid category_id(const Terms& terms);
Uuid warehouse_id(const Terms& terms);
Uuid method_id();

/// SQL that gives a session the functions and the empty temporary tables of SeedPart.
std::string session_sql(const Terms& terms);
/// SQL that fills the temporary tables with the things `from` to `to`, counted from 1, within a transaction.
std::string batch_sql(const Terms& terms, RowsOf rows_of, std::int64_t from, std::int64_t to);

}  // namespace emporion::app::seeding
