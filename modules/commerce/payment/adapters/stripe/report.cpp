#include "modules/commerce/payment/adapters/stripe/report.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/stripe/wire.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::stripe {
namespace {

constexpr int page_size = 100;  // Stripe's largest.

std::optional<std::string> type_of(std::string_view category) {
  if (category == "charge") return "charge";
  if (category == "refund") return "refund";
  if (category == "dispute") return "dispute";
  return std::nullopt;  // Payouts, fees of Stripe's own and such: no payment of ours.
}

/// The id, or that of the expanded object.
std::optional<std::string> source_of(json::Value row) {
  if (auto id = string_at(row, "source")) return id;
  const auto object = object_at(row, "source");
  return object ? string_at(*object, "id") : std::nullopt;
}

/// What goes out of the balance is negative there.
std::optional<Money> magnitude_of(json::Value row) {
  const auto amount = integer_at(row, "amount");
  if (!amount) return std::nullopt;
  const auto money = Money::parse(*amount < 0 ? -*amount : *amount, ascii_upper(string_at(row, "currency").value_or("")));
  return money ? std::optional(*money) : std::nullopt;
}

}  // namespace

Result<ReportPage> read_balance_page(int status, std::string_view body) {
  ReportPage page;
  EMP_ASSIGN(
      page.next, read_list(status, body, [&page](std::string_view id, json::Value row) -> Result<> {
        const auto type = type_of(string_at(row, "reporting_category").value_or(""));
        if (!type) return {};
        const auto source = source_of(row);
        const auto created = integer_at(row, "created");
        const auto money = magnitude_of(row);
        if (!source || !created || !money) return fail(unreadable_answer(text("the balance transaction ", id, " without source, amount or time")));
        page.rows.push_back(ReportRow{*source, *type, *money, integer_at(row, "fee").value_or(0), "succeeded", UtcTime::from_micros(*created * 1'000'000)});
        return {};
      }));
  return page;
}

Task<Result<ReportPage>> StripeGateway::report_page(UtcTime from, UtcTime to, std::optional<std::string> cursor) {
  const auto unix_of = [](UtcTime time) { return time.micros_since_epoch() / 1'000'000; };
  std::string path = text("/v1/balance_transactions?limit=", page_size, "&created%5Bgte%5D=", unix_of(from), "&created%5Blt%5D=", unix_of(to));
  if (cursor) path += text("&starting_after=", *cursor);
  EMP_CO_ASSIGN(const auto response, co_await get(std::move(path)));
  co_return read_balance_page(response.status, response.body);
}

}  // namespace emporion::payment::stripe
