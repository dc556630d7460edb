#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "contracts/logistics/shipping/v1/shipping_api_binding.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/request_parser.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/logistics/shipping/adapters/postgres/rate_store.hpp"
#include "modules/logistics/shipping/adapters/postgres/shipment_store.hpp"
#include "modules/logistics/shipping/app/shipping_service.hpp"

namespace emporion::shipping {
namespace {

const std::string secret = "fuzzing_secret_0123456789";

/// Checks what a database would refuse, and keeps the last webhook.
class ForgetfulStore final : public PostgresShipmentStore {
 public:
  using PostgresShipmentStore::PostgresShipmentStore;
  Task<Result<>> store_receipts(std::vector<Receipt> receipts) override {
    for (Receipt& receipt : receipts) {
      for (const std::string& text : {receipt.dedupe_key, receipt.tracking_number, receipt.body, receipt.signature})
        EMP_ASSERT(is_valid_utf8(text) && text.find('\0') == std::string::npos);
      EMP_ASSERT(!receipt.dedupe_key.empty() && receipt.dedupe_key.size() <= 512);  // An index entry has room for 2,700 bytes.
      last = std::move(receipt);
    }
    co_return Result<>();
  }
  std::optional<Receipt> last;
};

/// Body and signature through parser, route, service and intake; then as the job reads what was taken in.
class FuzzedCarrier {
 public:
  FuzzedCarrier() {
    jobs_.add(Tracking::job_name, hours(1), [](CallContext) -> Task<Result<>> { co_return Result<>(); });
    EMP_ASSERT(v1::add_routes(router_, binding_).has_value());
  }

  /// The first byte says whether the carrier's secret signs; the rest of the first line is the signature otherwise.
  void send(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t line = std::min(bytes.find('\n'), bytes.size());
    const std::string_view body = line == bytes.size() ? std::string_view() : bytes.substr(line + 1);
    const bool is_signed_well = bytes.front() & 1;
    const std::string signature = is_signed_well ? signature_of(body, secret, clock_.now()) : std::string(bytes.substr(1, line - 1));
    http::RequestParser parser({}, [](const http::Request&) { return std::size_t{1} << 18; });
    const std::string wire = text("POST /api/v1/webhooks/demo HTTP/1.1\r\nHost: shop\r\ncontent-type: application/json\r\nx-signature: ", signature,
                                  "\r\ncontent-length: ", body.size(), "\r\n\r\n", body);
    if (parser.put(wire).state != http::RequestParser::State::done) return;
    const auto request = parser.take();
    const auto matched = router_.match(request.method, request.path);
    if (!matched) return;
    CallContext context(clock_.now() + seconds(10), Uuid::from_name("fuzz"), Principal::guest());
    const auto response = run_until_done(runtime_, const_cast<http::Route*>(matched->route)->handle(std::move(context), request, matched->parameters));
    if (response.status >= 500) std::fprintf(stderr, "%d %s\n", response.status, response.body.c_str());
    EMP_ASSERT(response.status < 500);
    EMP_ASSERT(is_signed_well || response.status >= 400);
    EMP_ASSERT((response.status < 300) == store_.last.has_value());
    if (const auto receipt = std::exchange(store_.last, std::nullopt)) read(*receipt);
  }

 private:
  static void read(const Receipt& receipt) {
    const auto event = parse_json<v1::DemoCarrierEvent>(receipt.body);
    EMP_ASSERT(event && event->event_id == receipt.dedupe_key && event->tracking_number == receipt.tracking_number);
    for (const auto& said : {std::optional(event->status), event->place, event->reason})
      EMP_ASSERT(!said || (is_valid_utf8(*said) && said->find('\0') == std::string::npos));
    if (const auto status = status_from(event->status)) {
      Progress progress;
      (void)apply(progress, {*status, event->at});
    }
  }

  Runtime runtime_;
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  postgres::Database database_{runtime_, postgres::DatabaseOptions{.dsn = "host=/nonexistent", .module = "shipping"}};  // Never asked.
  Jobs jobs_{runtime_, database_, clock_, random_};
  ForgetfulStore store_{database_};
  PostgresRateStore rates_{database_};
  Rating rating_{rates_, database_, runtime_, clock_, random_, minutes(30)};
  Shipments shipments_{store_, database_, clock_, random_, "demo"};
  Tracking tracking_{store_, database_, runtime_, jobs_, clock_, {secret}};
  ShippingService service_{rating_, shipments_, tracking_};
  v1::LocalShippingApi binding_{service_, clock_};
  http::Router router_;
};

}  // namespace
}  // namespace emporion::shipping

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const carrier = new emporion::shipping::FuzzedCarrier();  // As long as the process: its runtime never runs dry.
  carrier->send({reinterpret_cast<const char*>(data), size});
  return 0;
}
