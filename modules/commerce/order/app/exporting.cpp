#include "modules/commerce/order/app/exporting.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/order/app/csv.hpp"
#include "modules/commerce/order/app/page_token.hpp"

namespace emporion::order {
namespace {

const Uuid last_id(std::array<std::uint8_t, 16>{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255});

std::unexpected<Error> not_this_export() {
  return fail(ErrorKind::invalid_argument, "INVALID_PAGE_TOKEN", "go on with the token, the filters and the account that the export began with");
}

/// What was asked for, as the record keeps it.
std::string filters_json(const v1::ExportOrdersRequest& request) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  if (request.status) writer.key("status").string(*request.status);
  if (request.customer_id) writer.key("customer_id").string(request.customer_id->to_string());
  if (request.sku) writer.key("sku").string(*request.sku);
  if (request.placed_from) writer.key("placed_from").string(request.placed_from->to_string());
  if (request.placed_to) writer.key("placed_to").string(request.placed_to->to_string());
  if (request.email) writer.key("email").string(ascii_lower(trimmed(*request.email)));
  writer.end_object();
  return out;
}

/// "export.micros_order": of which export, and after which order it goes on.
struct ExportToken {
  Uuid export_id;
  PageToken after;

  std::string to_string() const { return text(export_id, '.', after.to_string()); }
  static Result<ExportToken> parse(std::string_view token) {
    const auto dot = token.find('.');
    if (dot == std::string_view::npos) return not_this_export();
    const auto id = Uuid::parse(token.substr(0, dot));
    const auto after = PageToken::parse(token.substr(dot + 1));
    if (!id || !after) return not_this_export();
    return ExportToken{*id, *after};
  }
};

}  // namespace

Task<Result<v1::ExportOrdersResponse>> OrderRecords::export_orders(CallContext context, v1::ExportOrdersRequest request) {
  if (request.status && !parse_status(*request.status)) {
    co_return fail(Error(ErrorKind::invalid_argument, "OUT_OF_RANGE", "no such status").with("field", "status"));
  }
  ExportRecord record{.id = Uuid::v7(clock_.now(), random_),
                      .actor_id = context.principal.id,
                      .address = request.client_address,
                      .filters = filters_json(request),
                      .started_at = clock_.now()};
  OrderFilter filter{.status = request.status, .customer_id = request.customer_id, .sku = request.sku, .placed_from = request.placed_from};
  v1::ExportOrdersResponse out;
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, ExportToken::parse(*request.page_token));
    EMP_CO_ASSIGN(auto begun, co_await store_.find_export(token.export_id));
    // The record is what was asked for; what is asked for now must be the same.
    if (!begun || begun->actor_id != record.actor_id || begun->filters != record.filters) co_return not_this_export();
    record = std::move(*begun);
    filter.before_at = token.after.at;
    filter.before_id = token.after.id;
  } else {
    EMP_CO_TRY(co_await store_.begin_export(record));
    observe::info("orders are exported", {{"export_id", record.id.to_string()}, {"actor_id", record.actor_id.to_string()}});
    filter.before_at = record.started_at;
    filter.before_id = last_id;
    append_csv(out.csv, export_columns);
  }
  filter.placed_to = request.placed_to.value_or(record.started_at + seconds(1));  // before_at ends it at the export's begin.
  if (request.email) filter.email = ascii_lower(trimmed(*request.email));
  filter.count = page_rows_;
  EMP_CO_ASSIGN(const auto orders, co_await store_.export_page(record.id, filter));
  for (const ExportedOrder& order : orders) append_csv(out.csv, order.cells);
  if (static_cast<std::int32_t>(orders.size()) == page_rows_)
    out.next_page_token = ExportToken{record.id, {orders.back().placed_at, orders.back().id}}.to_string();
  out.media_type = "text/csv; charset=utf-8; header=present";
  out.disposition = text("attachment; filename=\"orders-", record.id, ".csv\"");
  co_return out;
}

Task<Result<v1::ListExportsResponse>> OrderRecords::list_exports(CallContext, v1::ListExportsRequest request) {
  std::optional<JobCursor> before;
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    before = JobCursor{token.at, token.id};
  }
  const std::int32_t count = request.page_size.value_or(20);
  v1::ListExportsResponse out;
  EMP_CO_ASSIGN(out.exports, co_await store_.list_exports(before, count));
  if (static_cast<std::int32_t>(out.exports.size()) == count) out.next_page_token = PageToken{out.exports.back().started_at, out.exports.back().id}.to_string();
  co_return out;
}

Task<Result<v1::IssueClaimTokenResponse>> OrderRecords::issue_claim_token(CallContext, v1::IssueClaimTokenRequest request) {
  EMP_CO_ASSIGN(const auto order, co_await store_.load(request.id));
  if (order.customer_id || order.contact.email == masked_email)
    co_return fail(ErrorKind::conflict, "ORDER_NOT_CLAIMABLE", "it has a customer, or its contact was erased");
  v1::IssueClaimTokenResponse out;
  out.expires_at = clock_.now() + claim_token_life;
  out.token = tokens_.issue(order.id, order.contact.email, out.expires_at);
  out.email = order.contact.email;
  co_return out;
}

}  // namespace emporion::order
