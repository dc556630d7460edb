#include "modules/logistics/shipping/app/rating.hpp"

#include <charconv>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/idempotency.hpp"

namespace emporion::shipping {
namespace {

v1::ServiceLevel to_contract(ServiceLevel level) { return static_cast<v1::ServiceLevel>(static_cast<int>(level) + 1); }

std::optional<RatePlace> place_of(const std::optional<v1::Place>& place) {
  return place ? std::optional(RatePlace{place->country, place->region_code}) : std::nullopt;
}

v1::RateOption option_of(const Offer& offer) {
  const Method& method = *offer.method;
  return {.method_id = method.id.to_string(),
          .code = method.code,
          .name = method.name,
          .carrier = method.carrier,
          .service_level = to_contract(method.service_level),
          .amount = offer.amount,
          .min_days = std::min(method.days_min, offer.days_max),
          .max_days = offer.days_max,
          .cod_allowed = method.cod_allowed,
          .estimated = false};
}

v1::ShippingMethod to_contract(const StoredMethod& stored) { return {.id = stored.id.to_string(), .method = stored.method, .version = stored.version}; }

Error method_not_found(std::string_view id) { return Error(ErrorKind::not_found, "METHOD_NOT_FOUND", text("no shipping method ", id)); }

Result<Uuid> method_id(std::string_view id) {
  const auto parsed = Uuid::parse(id);
  if (!parsed) return fail(method_not_found(id));
  return *parsed;
}

Task<Result<std::vector<Result<bool>>>> remember(RateStore& store, std::vector<StoredQuote> quotes) {
  const std::size_t count = quotes.size();
  EMP_CO_TRY(co_await store.store_quotes(std::move(quotes)));
  co_return std::vector<Result<bool>>(count, true);
}

std::string caller_of(const CallContext& context) {
  return context.principal.realm == Realm::staff ? text("staff:", context.principal.id) : text("service:", context.principal.service);
}

}  // namespace

Method method_of(const StoredMethod& stored) {
  const v1::MethodInput& m = stored.method;
  return {.id = stored.id,
          .code = m.code,
          .name = m.name,
          .type = static_cast<MethodType>(static_cast<int>(m.type) - 1),
          .service_level = static_cast<ServiceLevel>(static_cast<int>(m.service_level) - 1),
          .carrier = m.carrier,
          .fees = m.fees,
          .free_from = m.free_from,
          .rate_table_id = m.rate_table_id,
          .countries = m.countries,
          .weight_g_max = m.max_weight_g,
          .cod_allowed = m.cod_allowed.value_or(false),
          .days_min = m.min_days,
          .days_max = m.max_days,
          .display_order = m.display_order.value_or(0),
          .is_enabled = m.enabled.value_or(true)};
}

RateTable table_of(const v1::RateTable& table) {
  RateTable out{table.id, {}};
  for (const auto& row : table.rows) {
    out.steps.push_back({row.origin_country, row.origin_region, row.destination_country, row.destination_region, row.up_to_g, row.amount, row.transit_hours});
  }
  return out;
}

Rating::Rating(RateStore& store, postgres::Database& database, Runtime& runtime, const Clock& clock, Random& random, microseconds quote_life)
    : store_(store),
      database_(database),
      clock_(clock),
      random_(random),
      quote_life_(quote_life),
      quotes_(runtime, {.name = "shipping.quote"}, [this](std::vector<StoredQuote> batch) { return remember(store_, std::move(batch)); }) {}

Task<Result<>> Rating::load() {
  EMP_CO_ASSIGN(auto loaded, co_await store_.load());
  book_ = std::make_shared<const RateBook>(std::move(loaded));
  checked_at_ = clock_.now();
  co_return Result<>();
}

Task<Result<std::shared_ptr<const RateBook>>> Rating::book() {
  if (book_ == nullptr) EMP_CO_TRY(co_await load());
  if (clock_.now() - checked_at_ >= seconds(1)) {
    checked_at_ = clock_.now();
    EMP_CO_ASSIGN(const auto revision, co_await store_.revision());
    if (revision != book_->revision) EMP_CO_TRY(co_await load());
  }
  co_return book_;
}

Task<Result<v1::RateQuote>> Rating::get_rates(v1::GetRatesRequest request) {
  EMP_CO_ASSIGN(const auto book, co_await this->book());
  EMP_CO_ASSIGN(const Currency currency, Currency::parse(request.currency));
  if (request.goods_value.currency() != currency) co_return fail(ErrorKind::invalid_argument, "CURRENCY_MISMATCH", "goods_value is in another currency");
  Inquiry inquiry{.destination = {request.destination.country, request.destination.region_code}, .currency = currency, .goods_value = request.goods_value};
  inquiry.is_cod = request.cod.value_or(false);
  inquiry.sort = request.sort ? static_cast<RateSort>(static_cast<int>(*request.sort) - 1) : RateSort::cheapest;

  const UtcTime now = clock_.now();
  v1::RateQuote quote{.quote_id = Uuid::v7(now, random_), .currency = request.currency, .groups = {}, .expires_at = now + quote_life_};
  for (const auto& parcel : request.parcels) {
    EMP_CO_ASSIGN(
        const auto found,
        offers(book->methods, book->tables,
               {.group_key = parcel.group_key, .origin = place_of(parcel.origin), .weight_g = parcel.weight_g, .volume_mm3 = parcel.volume_mm3.value_or(0)},
               inquiry));
    v1::RateGroup group{.group_key = parcel.group_key, .warehouse_id = parcel.warehouse_id, .options = {}};
    for (const Offer& offer : found) group.options.push_back(option_of(offer));
    quote.groups.push_back(std::move(group));
  }
  EMP_CO_TRY(co_await quotes_.submit({quote.quote_id, to_json(quote), quote.expires_at}));
  co_return quote;
}

Task<Result<v1::RateQuote>> Rating::get_quote(Uuid id) {
  EMP_CO_ASSIGN(const auto stored, co_await store_.find_quote(id));
  if (!stored) co_return fail(ErrorKind::not_found, "QUOTE_NOT_FOUND", text("no shipping quote ", id));
  if (stored->expires_at <= clock_.now()) co_return fail(ErrorKind::gone, "QUOTE_EXPIRED", "ask for rates again");
  co_return parse_json<v1::RateQuote>(stored->body);
}

Task<Result<v1::ListMethodsResponse>> Rating::list_methods(v1::ListMethodsRequest request) {
  std::int32_t offset = 0;
  if (request.page_token) {
    const auto [end, error] = std::from_chars(request.page_token->data(), request.page_token->data() + request.page_token->size(), offset);
    if (error != std::errc() || end != request.page_token->data() + request.page_token->size() || offset < 0)
      co_return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN");
  }
  const std::int32_t size = request.page_size.value_or(20);
  EMP_CO_ASSIGN(auto methods, co_await store_.list_methods(request.enabled, offset, size + 1));
  v1::ListMethodsResponse out;
  if (methods.size() > static_cast<std::size_t>(size)) {
    methods.resize(static_cast<std::size_t>(size));
    out.next_page_token = text(offset + size);
  }
  for (const auto& method : methods) out.methods.push_back(to_contract(method));
  co_return out;
}

Task<Result<v1::ShippingMethod>> Rating::get_method(std::string id) {
  EMP_CO_ASSIGN(const Uuid uuid, method_id(id));
  EMP_CO_ASSIGN(const auto stored, co_await store_.find_method(uuid));
  if (!stored) co_return fail(method_not_found(id));
  co_return to_contract(*stored);
}

Task<Result<v1::ShippingMethod>> Rating::create_method(CallContext context, v1::CreateMethodRequest request) {
  const StoredMethod stored{Uuid::v7(clock_.now(), random_), std::move(request.method), 1};
  EMP_CO_TRY(check(method_of(stored)));
  const postgres::IdempotencyScope scope{caller_of(context), "shipping.create_method", context.idempotency_key, to_json(stored.method)};
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto answered, co_await postgres::claim_key(work, scope));
  if (answered) co_return parse_json<v1::ShippingMethod>(answered->body);
  EMP_CO_TRY(co_await store_.insert_method(work, stored));
  v1::ShippingMethod answer = to_contract(stored);
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {201, to_json(answer)}));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_TRY(co_await load());
  co_return answer;
}

Task<Result<v1::ShippingMethod>> Rating::update_method(v1::UpdateMethodRequest request) {
  EMP_CO_ASSIGN(const Uuid uuid, method_id(request.id));
  const StoredMethod wanted{uuid, std::move(request.method), request.version};
  EMP_CO_TRY(check(method_of(wanted)));
  EMP_CO_ASSIGN(const auto stored, co_await store_.update_method(wanted));
  EMP_CO_TRY(co_await load());
  co_return to_contract(stored);
}

Task<Result<>> Rating::delete_method(v1::DeleteMethodRequest request) {
  EMP_CO_ASSIGN(const Uuid uuid, method_id(request.id));
  EMP_CO_TRY(co_await store_.delete_method(uuid, request.version));
  co_return co_await load();
}

Task<Result<v1::RateTable>> Rating::put_table(v1::PutRateTableRequest request) {
  v1::RateTable table{.id = request.id, .name = std::move(request.name), .rows = std::move(request.rows), .version = 1};
  EMP_CO_TRY(check(table_of(table)));
  EMP_CO_ASSIGN(auto stored, co_await store_.put_table(std::move(table)));
  EMP_CO_TRY(co_await load());
  co_return stored;
}

Task<Result<v1::RateTable>> Rating::get_table(Uuid id) {
  EMP_CO_ASSIGN(auto table, co_await store_.find_table(id));
  if (!table) co_return fail(ErrorKind::not_found, "RATE_TABLE_NOT_FOUND", text("no rate table ", id));
  co_return std::move(*table);
}

}  // namespace emporion::shipping
