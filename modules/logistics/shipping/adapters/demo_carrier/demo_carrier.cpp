#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier.hpp"

#include <utility>

#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"
#include "modules/logistics/shipping/app/tracking.hpp"

namespace emporion::shipping {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement add_parcel{
    "demo_carrier.add",
    "INSERT INTO demo_carrier_parcel (tracking_number, reference, cod_minor, currency) VALUES ('DEMO' || nextval('demo_carrier_number'), $1, $2, $3)"
    " RETURNING tracking_number, created_at",
    Effect::writes};
constexpr Statement find_parcel{
    "demo_carrier.find", "SELECT tracking_number, created_at FROM demo_carrier_parcel WHERE reference = $1 ORDER BY created_at, tracking_number LIMIT 1"};
constexpr Statement take_over{"demo_carrier.hand_over",
                              "UPDATE demo_carrier_parcel SET next_at = now() + $2::int8 * interval '1 microsecond' WHERE tracking_number = $1 AND stage = 0 "
                              "AND next_at IS NULL AND plan = 'delivered'",
                              Effect::writes};
// Before pick-up it ends here; on its way it turns round; what has arrived stays there.
constexpr Statement turn_round{"demo_carrier.cancel",
                               "UPDATE demo_carrier_parcel SET plan = CASE stage WHEN 0 THEN 'cancelled' ELSE 'returned' END, stage = 0,"
                               " next_at = CASE stage WHEN 0 THEN NULL ELSE now() + $2::int8 * interval '1 microsecond' END"
                               " WHERE tracking_number = $1 AND plan = 'delivered' AND stage < 4",
                               Effect::writes};
// A step that is not taken in is due again a second later.
constexpr Statement claim_due{"demo_carrier.claim",
                              "UPDATE demo_carrier_parcel SET next_at = now() + interval '1 second' WHERE tracking_number IN"
                              " (SELECT tracking_number FROM demo_carrier_parcel WHERE next_at <= now() ORDER BY next_at LIMIT 128 FOR UPDATE SKIP LOCKED)"
                              " RETURNING tracking_number, plan, stage, cod_minor, currency",
                              Effect::writes};
constexpr Statement advance{
    "demo_carrier.advance",
    "UPDATE demo_carrier_parcel p SET stage = n.stage + 1, next_at = CASE WHEN n.is_last THEN NULL ELSE now() + $4::int8 * interval '1 microsecond' END"
    " FROM unnest($1::text[], $2::int4[], $3::bool[]) AS n(tracking_number, stage, is_last)"
    " WHERE p.tracking_number = n.tracking_number AND p.stage = n.stage AND p.next_at IS NOT NULL",
    Effect::writes};

constexpr const char* way_there[] = {"picked_up", "in_transit", "out_for_delivery", "delivered"};
constexpr const char* way_back[] = {"returning", "returned"};

http::Response answer(int status, std::string body) { return {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}}; }

std::string parcel_json(const std::string& number, const std::string& reference, UtcTime at) {
  std::string out;
  json::Writer(out).begin_object().key("tracking_number").string(number).key("reference").string(reference).key("at").string(at.to_string()).end_object();
  return out;
}

}  // namespace

struct DemoCarrier::Step {
  std::string number;
  std::string plan;
  std::int32_t stage = 0;
  std::optional<std::int64_t> cod_minor;
  std::string currency;

  bool is_last() const { return stage == (plan == "returned" ? 1 : 3); }
  const char* status() const { return plan == "returned" ? way_back[stage] : way_there[stage]; }
};

DemoCarrier::DemoCarrier(Runtime& runtime, postgres::Database& database, const Clock& clock, DemoCarrierOptions options)
    : runtime_(runtime), database_(database), clock_(clock), options_(std::move(options)), server_(runtime, *this), client_(runtime, 32) {}

DemoCarrier::~DemoCarrier() = default;

Result<> DemoCarrier::start() {
  EMP_TRY(server_.listen("127.0.0.1", 0));
  observe::info("demo carrier listens", {{"url", url()}, {"webhook_url", options_.webhook_url}});
  scope_.spawn(keep_moving());
  return {};
}

Task<void> DemoCarrier::stop() {
  is_stopping_ = true;
  co_await scope_.join();
  co_await server_.close(seconds(1));
}

std::string DemoCarrier::url() const { return text("http://127.0.0.1:", server_.port()); }

Task<void> DemoCarrier::keep_moving() {
  while (!is_stopping_) {
    const auto moved = co_await move_due();
    if (!moved) observe::warning("demo carrier: parcels do not move", {{"error", moved.error().to_string()}});
    if (!moved || *moved == 0) co_await runtime_.sleep_for(milliseconds(100));
  }
}

Task<bool> DemoCarrier::report(Step step) {
  v1::DemoCarrierEvent event{.event_id = text(step.number, "-", step.plan, "-", step.stage),
                             .tracking_number = step.number,
                             .status = step.status(),
                             .at = clock_.now(),
                             .place = std::nullopt,
                             .reason = std::nullopt,
                             .cod_collected = std::nullopt};
  if (event.status == "delivered" && step.cod_minor) event.cod_collected = Money(*step.cod_minor, Currency::of(step.currency));
  const std::string body = to_json(event);
  bool is_taken = false;
  for (int times = faults_.sends_twice ? 2 : 1; times > 0; --times) {
    http::ClientRequest request{.method = http::Method::post, .url = options_.webhook_url, .headers = {}, .body = body, .timeout = seconds(5)};
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"X-Signature", signature_of(body, faults_.signs_wrong ? "not the secret" : options_.secret, clock_.now())});
    const auto answered = co_await client_.send(std::move(request));
    is_taken = answered && answered->status / 100 == 2;
  }
  co_return is_taken;
}

Task<Result<int>> DemoCarrier::move_due() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_due));
  std::vector<Step> steps;
  for (const auto row : rows) {
    steps.push_back(
        {row.get<std::string>(0), row.get<std::string>(1), row.get<std::int32_t>(2), row.get<std::optional<std::int64_t>>(3), row.get<std::string>(4)});
  }
  std::vector<Task<bool>> reports;
  reports.reserve(steps.size());
  for (const Step& step : steps) reports.push_back(report(step));
  const auto taken = co_await when_all(std::move(reports));
  std::vector<std::string> numbers;
  std::vector<std::int32_t> stages;
  std::vector<bool> last;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!taken[i]) continue;
    numbers.push_back(steps[i].number);
    stages.push_back(steps[i].stage);
    last.push_back(steps[i].is_last());
  }
  const int moved = static_cast<int>(numbers.size());
  if (moved > 0) EMP_CO_TRY(co_await database_.query(advance, numbers, stages, last, static_cast<std::int64_t>(options_.step.count())));
  co_return moved;
}

Task<http::Response> DemoCarrier::handle(http::Request request) {
  constexpr std::string_view base = "/v1/parcels";
  Result<http::Response> response = answer(404, "{}");
  const std::string_view path = request.path;
  if (path == base && request.method == http::Method::post) {
    response = co_await accept(std::move(request));
  } else if (path == base && request.method == http::Method::get) {
    response = co_await find(std::move(request));
  } else if (path.starts_with(base) && request.method == http::Method::post) {
    const std::string rest(path.substr(base.size()));
    const std::size_t verb = rest.rfind('/');
    const std::string number = verb > 0 && verb != std::string::npos ? rest.substr(1, verb - 1) : std::string();
    if (rest.ends_with("/hand-over")) response = co_await hand_over(number);
    if (rest.ends_with("/cancel")) response = co_await cancel(number);
  }
  if (!response) co_return refuse(response.error());
  co_return std::move(*response);
}

http::Response DemoCarrier::refuse(const Error& error) {
  std::string body;
  json::Writer(body).begin_object().key("error").string(error.reason()).end_object();
  return answer(error.kind() == ErrorKind::invalid_argument ? 400 : 503, std::move(body));
}

Task<Result<http::Response>> DemoCarrier::accept(http::Request request) {
  EMP_CO_ASSIGN(const auto document, json::Document::parse(request.body));
  const auto reference = document.root().member("reference");
  const auto currency = document.root().member("currency");
  if (!reference || !reference->string() || !currency || !currency->string()) co_return fail(ErrorKind::invalid_argument, "INVALID_PARCEL");
  std::optional<std::int64_t> cod;
  if (const auto asked = document.root().member("cod"); asked && asked->member("amount")) cod = asked->member("amount")->integer();
  const std::string name(*reference->string());
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(add_parcel, name, cod, *currency->string()));
  if (faults_.accept_without_answer > 0) {
    --faults_.accept_without_answer;
    co_await runtime_.sleep_for(faults_.too_late);
  }
  co_return answer(201, parcel_json(rows[0].get<std::string>(0), name, rows[0].get<UtcTime>(1)));
}

Task<Result<http::Response>> DemoCarrier::find(http::Request request) {
  const auto reference = request.query_value("reference");
  if (!reference) co_return fail(ErrorKind::invalid_argument, "REFERENCE_MISSING");
  const std::string name(*reference);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_parcel, name));
  if (rows.empty()) co_return answer(404, "{}");
  co_return answer(200, parcel_json(rows[0].get<std::string>(0), name, rows[0].get<UtcTime>(1)));
}

Task<Result<http::Response>> DemoCarrier::hand_over(std::string number) {
  EMP_CO_TRY(co_await database_.query(take_over, number, static_cast<std::int64_t>(options_.step.count())));
  co_return answer(204, "");
}

Task<Result<http::Response>> DemoCarrier::cancel(std::string number) {
  EMP_CO_TRY(co_await database_.query(turn_round, number, static_cast<std::int64_t>(options_.step.count())));
  co_return answer(204, "");
}

}  // namespace emporion::shipping
