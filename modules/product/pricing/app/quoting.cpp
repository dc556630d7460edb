#include "modules/product/pricing/app/quoting.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/pricing/app/tax_contract.hpp"

namespace emporion::pricing {
namespace {

// Guests and customers have the group of their token, which none carries yet; a request of theirs may not name one (PRC-9).
Result<> check_callers_group(const CallContext& context, const std::optional<std::string>& group) {
  if (group && context.principal.realm != Realm::service && context.principal.realm != Realm::staff) {
    return fail(ErrorKind::rule_violated, "GROUP_NOT_ALLOWED", "the group comes from the token");
  }
  return check_group(group);
}

const Price& row_of(const SkuPrices& prices, const Uuid& price_id) {
  const auto found = std::ranges::find(prices.candidates, price_id, &Price::id);
  EMP_ASSERT(found != prices.candidates.end());
  return *found;
}

}  // namespace

Task<Result<v1::ResolvedPrice>> Quoting::get_price(CallContext context, v1::GetPriceRequest request) {
  static_cast<void>(context);
  const UtcTime at = clock_.now();
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  if (request.sku) request.sku = ascii_upper(*request.sku);
  PriceBookQuestion page_question{.currency = currency, .at = at};
  if (request.warehouse_id) page_question.warehouses.push_back(*request.warehouse_id);
  EMP_CO_ASSIGN(auto prices, co_await book_.read_product(request.product_id, request.sku, std::move(page_question)));
  const bool of_another = request.sku && prices.facts && prices.facts->product_id != request.product_id;
  if (of_another) prices.candidates.clear();
  EMP_CO_ASSIGN(const auto tables, co_await book_.tables());
  const PriceQuestion question{.sku = request.sku.value_or(""),
                               .product_id = request.product_id,
                               .warehouse_id = request.warehouse_id,
                               .customer_group = {},
                               .currency = currency,
                               .quantity = request.qty.value_or(1),
                               .at = at};
  EMP_CO_ASSIGN(const auto resolved, resolve(question, prices.candidates, tables->fx, policy_));
  auto out = to_contract(resolved, row_of(prices, resolved.price_id), request.sku, at);
  out.product_id = request.product_id;
  co_return out;
}

Task<Result<v1::GetBulkPricesResponse>> Quoting::get_bulk_prices(CallContext context, v1::GetBulkPricesRequest request) {
  EMP_CO_TRY(check_callers_group(context, request.customer_group));
  const UtcTime at = clock_.now();
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  PriceBookQuestion page_question{.customer_group = request.customer_group, .currency = currency, .at = at};
  std::set<std::string> skus;
  std::set<Uuid> warehouses;
  for (auto& item : request.items) {
    item.sku = ascii_upper(item.sku);
    if (skus.insert(item.sku).second) page_question.skus.push_back(item.sku);
    if (item.warehouse_id && warehouses.insert(*item.warehouse_id).second) page_question.warehouses.push_back(*item.warehouse_id);
  }
  EMP_CO_ASSIGN(const auto page, co_await book_.read(std::move(page_question)));
  v1::GetBulkPricesResponse out;
  for (const auto& item : request.items) {
    const SkuPrices& prices = *page.skus.at(item.sku);
    const bool deleted = prices.facts && prices.facts->is_deleted;
    const auto product_id = prices.facts ? std::optional(prices.facts->product_id) : std::nullopt;
    const PriceQuestion question{.sku = item.sku,
                                 .product_id = product_id,
                                 .warehouse_id = item.warehouse_id,
                                 .customer_group = request.customer_group,
                                 .currency = currency,
                                 .quantity = item.qty.value_or(1),
                                 .at = at};
    const auto resolved = deleted ? fail(ErrorKind::not_found, "PRICE_NOT_FOUND") : resolve(question, prices.candidates, page.tables->fx, policy_);
    if (resolved) {
      out.prices.push_back(to_contract(*resolved, row_of(prices, resolved->price_id), item.sku, at));
      out.prices.back().product_id = product_id;
    } else if (resolved.error().reason() == "PRICE_NOT_FOUND") {
      out.missing.push_back(item.sku);
    } else {
      co_return fail(resolved.error());
    }
  }
  co_return out;
}

Task<Result<v1::Calculation>> Quoting::calculate(CallContext context, v1::CalculateRequest request) {
  EMP_CO_TRY(check_callers_group(context, request.customer_group));
  const UtcTime at = clock_.now();
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  CalculationInput input{std::move(request.lines), currency, request.customer_group, request.destination, request.shipping, request.shipping_discount};
  for (auto& line : input.lines) line.sku = ascii_upper(line.sku);
  EMP_CO_ASSIGN(const auto page, co_await book_.read(question_of(input, at)));
  co_return pricing::calculate(input, page, policy_, at);
}

Task<Result<v1::TaxCalculation>> Quoting::calculate_tax(CallContext context, v1::CalculateTaxRequest request) {
  EMP_CO_TRY(check_callers_group(context, request.customer_group));
  const UtcTime at = clock_.now();
  std::optional<CountryTax> pinned;
  if (request.quote_id) {
    EMP_CO_ASSIGN(const auto stored, co_await quotes_.find(*request.quote_id));
    if (!stored) co_return fail(Error(ErrorKind::not_found, "QUOTE_NOT_FOUND").with("quote_id", request.quote_id->to_string()));
    if (stored->expires_at <= at)
      co_return fail(Error(ErrorKind::conflict, "QUOTE_EXPIRED", "the quote is older than 15 minutes").with("expires_at", stored->expires_at.to_string()));
    EMP_CO_ASSIGN(pinned, read_tax_pins(stored->tax_pins));
  }
  PriceBookQuestion question{.customer_group = request.customer_group, .currency = request.lines.front().amount.currency(), .at = at};
  std::set<std::string> skus;
  for (auto& line : request.lines) {
    line.sku = ascii_upper(line.sku);
    if (skus.insert(line.sku).second) question.skus.push_back(line.sku);
  }
  EMP_CO_ASSIGN(const auto page, co_await book_.read(std::move(question)));
  co_return tax_amounts(request, page, pinned ? *pinned : page.tables->country(ascii_upper(request.destination.country)), at);
}

Task<Result<v1::Quote>> Quoting::create_quote(CallContext context, v1::CreateQuoteRequest request) {
  EMP_CO_TRY(check_callers_group(context, request.customer_group));
  const UtcTime at = clock_.now();
  const Uuid request_hash = Uuid::from_name(to_json(request));
  const std::string caller = postgres::caller_of(context.principal);
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  std::vector<v1::PricedLine> previous;
  if (request.previous_id) {
    EMP_CO_ASSIGN(auto before, co_await load_quote(*request.previous_id));
    previous = std::move(before.lines);
  }
  request.destination.country = ascii_upper(request.destination.country);
  CalculationInput input{std::move(request.lines), currency, request.customer_group, request.destination, request.shipping, request.shipping_discount};
  for (auto& line : input.lines) line.sku = ascii_upper(line.sku);
  // What is in memory may be a moment old, and a quote binds: one that other prices have overtaken is made once more, of what stands since.
  for (const bool from_memory : {true, false}) {
    if (!from_memory) book_.look_again();
    EMP_CO_ASSIGN(const auto page, co_await book_.read(question_of(input, at)));
    auto calculated = pricing::calculate(input, page, policy_, at);
    if (!calculated && from_memory) continue;
    if (!calculated) {
      // A repeat is answered from the store even if the same request would be refused by now.
      EMP_CO_ASSIGN(const auto first, co_await quotes_.find_by_key(caller, context.idempotency_key));
      if (first && first->request_hash == request_hash) co_return parse_json<v1::Quote>(first->body);
      co_return fail(std::move(calculated).error());
    }
    v1::Quote quote{.id = Uuid::v7(at, random_),
                    .currency = calculated->currency,
                    .destination = request.destination,
                    .lines = std::move(calculated->lines),
                    .totals = calculated->totals,
                    .shipping_tax_rates = std::move(calculated->shipping_tax_rates),
                    .priced_at = at,
                    .expires_at = at + quote_life};
    if (request.previous_id) quote.changed_lines = changed_lines(previous, quote.lines);
    NewQuote stored{quote.id,
                    caller,
                    context.idempotency_key,
                    request_hash,
                    to_json(quote),
                    write_tax_pins(page.tables->country(request.destination.country), to_domain(request.destination)),
                    quote.expires_at,
                    from_memory ? std::optional(page.revision) : std::nullopt};
    EMP_CO_ASSIGN(const auto outcome, co_await quotes_.store(std::move(stored)));
    if (outcome.standing) co_return parse_json<v1::Quote>(*outcome.standing);
    if (!outcome.is_outdated) co_return quote;
  }
  EMP_ASSERT(false);  // Without a revision nothing is outdated.
}

Task<Result<v1::Quote>> Quoting::get_quote(CallContext context, v1::GetQuoteRequest request) {
  static_cast<void>(context);
  co_return co_await load_quote(request.id);
}

Task<Result<v1::Quote>> Quoting::load_quote(Uuid id) {
  EMP_CO_ASSIGN(const auto stored, co_await quotes_.find(id));
  if (!stored) co_return fail(Error(ErrorKind::not_found, "QUOTE_NOT_FOUND", text("no quote ", id)).with("quote_id", id.to_string()));
  co_return parse_json<v1::Quote>(stored->body);
}

}  // namespace emporion::pricing
