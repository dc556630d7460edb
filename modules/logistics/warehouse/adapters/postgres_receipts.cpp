#include "modules/logistics/warehouse/adapters/answers.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"

namespace emporion::warehouse {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_receipt{"warehouse.create_receipt",
                                   "SELECT receipt_json(receipt_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13))::text", Effect::writes};
constexpr Statement select_receipt{"warehouse.select_receipt", "SELECT receipt_json($1)::text"};
constexpr Statement select_receipts{
    "warehouse.select_receipts",
    "SELECT receipt_json(r.id)::text, r.id::text FROM receipt r WHERE ($1::uuid IS NULL OR r.warehouse_id = $1) AND ($2::text IS NULL OR r.status = $2) "
    "AND ($3::uuid IS NULL OR (r.created_at, r.id) < (SELECT t.created_at, t.id FROM receipt t WHERE t.id = $3)) ORDER BY r.created_at DESC, r.id DESC LIMIT "
    "$4"};
constexpr Statement inspect_line{"warehouse.inspect_receipt_line", "SELECT receipt_inspect($1, $2, $3, $4)::text", Effect::writes};
constexpr Statement put_away_receipt{"warehouse.put_away_receipt", "SELECT receipt_put_away($1, $2, $3)", Effect::writes};

Error not_found() { return Error(ErrorKind::not_found, "RECEIPT_NOT_FOUND"); }

class PostgresReceiptStore final : public ReceiptStore {
 public:
  explicit PostgresReceiptStore(postgres::Database& database) : database_(database) {}

  Task<Result<v1::Receipt>> create(Uuid id, v1::CreateReceiptRequest request, std::string actor, Uuid trace) override {
    std::vector<std::string> skus;
    std::vector<std::int32_t> expected;
    std::vector<std::optional<std::int64_t>> costs;
    std::vector<std::optional<std::int32_t>> order_lines;
    for (const auto& line : request.lines) {
      skus.push_back(line.sku);
      expected.push_back(line.expected);
      costs.push_back(line.unit_cost ? std::optional(line.unit_cost->amount()) : std::nullopt);
      order_lines.push_back(line.order_line_no);
    }
    const auto rows =
        co_await database_.query(create_receipt, id, request.warehouse_id, std::string(v1::to_string(request.kind)), request.reference, request.order_id,
                                 request.shipment_id, skus, expected, costs, order_lines, request.put_away.value_or(false), actor, trace);
    co_return answer_of<v1::Receipt>(rows, not_found());
  }

  Task<Result<v1::Receipt>> get(Uuid id) override {
    const auto rows = co_await database_.query(select_receipt, id);
    co_return answer_of<v1::Receipt>(rows, not_found());
  }

  Task<Result<v1::ListReceiptsResponse>> list(v1::ListReceiptsRequest request) override {
    const auto size = request.page_size.value_or(page_size_default);
    EMP_CO_ASSIGN(const auto after, token_id(request.page_token));
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_receipts, request.warehouse_id, name_of(request.status), after, size + 1));
    EMP_CO_ASSIGN(auto page, page_of<v1::Receipt>(rows, size));
    co_return v1::ListReceiptsResponse{std::move(page.first), std::move(page.second)};
  }

  Task<Result<v1::Receipt>> inspect(v1::InspectReceiptLineRequest request) override {
    const auto rows = co_await database_.query(inspect_line, request.id, request.line_no, request.received, request.rejected);
    co_return answer_of<v1::Receipt>(rows, not_found());
  }

  Task<Result<v1::Receipt>> put_away(Uuid id, std::string actor, Uuid trace) override {
    const auto done = co_await database_.query(put_away_receipt, id, actor, trace);
    if (!done) co_return fail(done.error());
    co_return co_await get(id);  // The statement's own snapshot is from before the change.
  }

 private:
  postgres::Database& database_;
};

}  // namespace

std::unique_ptr<ReceiptStore> postgres_receipt_store(postgres::Database& database) { return std::make_unique<PostgresReceiptStore>(database); }

}  // namespace emporion::warehouse
