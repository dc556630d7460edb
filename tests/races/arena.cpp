#include "tests/races/arena.hpp"

#include <cstdlib>
#include <fstream>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::races {

namespace fs = std::filesystem;
using simulators::StripeSimulator;
using simulators::StripeSimulatorOptions;
using simulators::VnpaySimulator;
using simulators::VnpaySimulatorOptions;

namespace {

/// The placement of a process beside the first: its databases are the first one's, over the same socket and as the same roles, and so is the key of its
/// secrets.
std::string settings_beside(const journeys::ShopProcess& first) {
  const fs::path cluster = first.home() / "postgres";
  std::string out = text("identity:\n  master_key_file: ", (first.home() / "identity.key").string(), "\ndatabases:\n");
  for (const auto& entry : fs::directory_iterator(cluster / "roles")) {
    const std::string module = entry.path().stem().string();
    out += text("  ", module, ": \"host=", (cluster / "run").string(), " port=5432 dbname=emporion_", module, " user=emporion_", module,
                " password=", journeys::text_of(entry.path()), "\"\n");
  }
  return out;
}

}  // namespace

Arena::Arena(const std::string& settings, int processes) {
  cards = std::make_unique<CardProvider>(StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(2'000)});
  bank = std::make_unique<BankProvider>(VnpaySimulatorOptions{});
  const StripeSimulatorOptions card_keys;
  const VnpaySimulatorOptions bank_keys;
  const std::string all =
      text("payment:\n  public_base_url: http://127.0.0.1:9\n  stripe:\n    enabled: true\n    base_url: ", cards->url(),
           "\n    secret_key: ", card_keys.secret_key, "\n    webhook_secret: ", card_keys.webhook_secret,
           "\n  vnpay:\n    enabled: true\n    test_mode: true\n    tmn_code: ", bank_keys.tmn_code, "\n    hash_secret: ", bank_keys.hash_secret,
           "\n    pay_url: ", bank->url(), "/paymentv2/vpcpay.html\n    api_url: ", bank->url(), "/merchant_webapi/api/transaction\n", settings);
  for (int i = 0; i < processes; ++i) {
    shops.push_back(std::make_unique<journeys::ShopProcess>(i == 0 ? all : all + settings_beside(*shops.front())));
    faults.push_back(std::make_unique<journeys::FaultFile>(shops.back()->home() / "fault"));
    shops.back()->start({faults.back()->environment()});
    if (i == 0) journeys::Staff::hire(*shops.front());
  }
  staff.move_to(url(0));
  staff_elsewhere.move_to(url(1));
  cards->on_its_thread([hook = url(1) + "/api/v1/webhooks/stripe"](StripeSimulator& simulator) {
    simulator.set_webhook_url(hook);
    return true;
  });
  bank->on_its_thread([hook = url(0) + "/api/v1/webhooks/vnpay"](VnpaySimulator& simulator) {
    simulator.set_ipn_url(hook);
    simulator.deliver(simulators::Delivery::never);  // The race brings the message itself.
    return true;
  });
}

Arena::~Arena() {
  calm();
  while (!shops.empty()) {  // The first one has the databases.
    shops.back()->stop();
    shops.pop_back();
  }
}

std::unique_ptr<Buyer> Arena::other_tab(const Buyer& of, std::size_t process) {
  auto out = std::make_unique<Buyer>(of);
  out->move_to(url(process));
  return out;
}

void Arena::delay(const Delays& delays, std::uint64_t seed) {
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i]->arm(text("delay:", delays.points, ':', seed * 2 + i, '/', delays.point_ms_max));
}

void Arena::calm() {
  for (auto& fault : faults) fault->disarm();
}

namespace {

Task<Reply> start_late(Runtime& runtime, Move move, microseconds late) {
  co_await runtime.sleep_for(late);  // tidy-allow(test_sleeps): the moment is the race; the seed repeats it.
  co_return co_await move();
}

}  // namespace

Task<std::vector<Reply>> Arena::release(std::vector<Move> moves, Delays delays, std::uint64_t seed) {
  delay(delays, seed);
  std::vector<Task<Reply>> all;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    all.push_back(start_late(runtime, std::move(moves[i]), microseconds(drawn(seed, i, static_cast<std::uint64_t>(delays.start_ms_max) * 1'000))));
  }
  auto replies = co_await when_all(std::move(all));
  calm();
  co_return replies;
}

void Arena::break_guard(const std::string& where_and_what) {
  const auto colon = where_and_what.find(':');
  const std::string module = where_and_what.substr(0, colon);
  const fs::path cluster = shops.front()->home() / "postgres";
  const std::string dsn = text("host=", (cluster / "run").string(), " port=5432 dbname=emporion_", module, " user=emporion_", module,
                               " password=", journeys::text_of(cluster / "roles" / (module + ".password")));
  auto connection = postgres::BlockingConnection::open(dsn);
  EMP_ASSERT(connection.has_value());
  const auto done = connection->run(journeys::text_of(where_and_what.substr(colon + 1)));
  if (!done) std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
  EMP_ASSERT(done.has_value());
}

simulators::Intent Arena::intent(const std::string& id) {
  return cards->on_its_thread([&](StripeSimulator& simulator) {
    const auto* const found = simulator.ledger().find(id);
    return found ? *found : simulators::Intent{};
  });
}

bool Arena::decide_at_bank(const std::string& intent, bool approved) {
  return cards->on_its_thread([&](StripeSimulator& simulator) { return simulator.settle(intent, approved); });
}

std::uint64_t drawn(std::uint64_t seed, std::uint64_t number, std::uint64_t most) {
  // SplitMix64, whose outputs for neighbouring seeds have nothing in common.
  std::uint64_t value = (seed + 1) * 0x9E3779B97F4A7C15U + number * 0xD1B54A32D192ED03U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return (value ^ (value >> 31)) % (most + 1);
}

std::string in_short(const Reply& reply) { return reply.reason.empty() ? text(reply.status) : text(reply.status, ' ', reply.reason); }

std::string in_short(const std::vector<Reply>& replies) {
  std::string out;
  for (const auto& reply : replies) out += text(out.empty() ? "" : ", ", in_short(reply));
  return out;
}

}  // namespace emporion::races
