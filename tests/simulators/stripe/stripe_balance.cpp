#include "tests/simulators/stripe/stripe_balance.hpp"

#include <algorithm>
#include <cstdlib>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::simulators {

void StripeBalance::note(const std::string& category, const std::string& source, std::int64_t amount, const std::string& currency, std::int64_t now_unix) {
  rows_.push_back({text("txn_sim_", ++serial_), category, source, amount, category == "charge" ? amount / 100 : 0, currency, now_unix});
}

Answer StripeBalance::list(const Fields& query) const {
  const auto number = [&](std::string_view name, std::int64_t otherwise) {
    const std::string value = field(query, name);
    return value.empty() ? otherwise : std::strtoll(value.c_str(), nullptr, 10);
  };
  const std::int64_t limit = number("limit", 10);
  if (limit < 1 || limit > 100) return error_answer(400, "invalid_request_error", "parameter_invalid_integer", "limit lies in 1 to 100");
  const std::string after = field(query, "starting_after");
  bool begun = after.empty();
  bool more = false;
  std::int64_t count = 0;
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("object").string("list").key("data").begin_array();
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    if (!begun) {
      begun = row->id == after;
      continue;
    }
    if (row->created < number("created[gte]", 0) || row->created >= number("created[lt]", INT64_MAX)) continue;
    if (count == limit) {
      more = true;
      break;
    }
    ++count;
    writer.begin_object().key("id").string(row->id).key("object").string("balance_transaction").key("amount").integer(row->amount).key("fee").integer(row->fee);
    writer.key("currency")
        .string(row->currency)
        .key("source")
        .string(row->source)
        .key("reporting_category")
        .string(row->category)
        .key("created")
        .integer(row->created)
        .end_object();
  }
  writer.end_array().key("has_more").boolean(more).end_object();
  if (!begun) return error_answer(400, "invalid_request_error", "resource_missing", "No such balance transaction");
  return {200, std::move(out)};
}

BalanceTransaction* StripeBalance::of(const std::string& source) {
  const auto found = std::ranges::find_if(rows_, [&](const BalanceTransaction& row) { return row.source == source; });
  return found == rows_.end() ? nullptr : &*found;
}

void StripeBalance::forget(const std::string& source) {
  std::erase_if(rows_, [&](const BalanceTransaction& row) { return row.source == source; });
}

}  // namespace emporion::simulators
