#include "apps/emporion/host.hpp"

#include <algorithm>
#include <iterator>

#include "contracts/descriptors.hpp"
#include "contracts/remotes.hpp"
#include "kernel/http/server.hpp"
#include "kernel/postgres/durability.hpp"

namespace emporion::app {
namespace {

constexpr seconds drain_time{10};

}  // namespace

Host::Host(Runtime& runtime, const Placement& placement, const Databases& databases, std::vector<ModuleDefinition> definitions,
           const std::optional<remote::Credentials>& credentials)
    : runtime_(runtime), placement_(placement), databases_(databases), credentials_(credentials) {
  for (auto& definition : definitions) {
    auto unit = std::make_unique<Unit>();
    unit->definition = std::move(definition);
    units_.push_back(std::move(unit));
  }
  if (placement_.has_other_processes()) {
    EMP_ASSERT(credentials.has_value());
    neighbours_ = std::make_unique<Neighbours>(runtime, placement, *credentials);
  }
}

Host::~Host() = default;

Task<Result<>> Host::start() {
  create();
  EMP_CO_TRY(placement_.settings.check(neighbours_ ? neighbours_->settings_elsewhere() : std::vector<std::string>()));
  for (auto& unit : units_) unit->module->bind(calls_);
  if (neighbours_) neighbours_->bind(calls_);
  if (calls_.has<http::Application>()) EMP_CO_TRY(add_routes());
  subscribe();
  if (!placement_.is_demo()) EMP_CO_TRY(co_await expect_durable());
  if (neighbours_) EMP_CO_TRY(co_await neighbours_->wait_for_needed([this] { return interrupted_; }));
  started_ = true;
  for (auto& unit : units_) EMP_CO_TRY(co_await unit->module->start());
  if (neighbours_) EMP_CO_TRY(open_to_others());  // Not before: a module that has not started answers nobody.
  for (auto& unit : units_) {
    if (unit->consumer) unit->consumer->start();
    unit->jobs->start();
  }
  if (server_) server_->set_ready(true);
  if (neighbours_) co_await neighbours_->look_around([this] { return interrupted_; });
  co_return Result<>();
}

void Host::create() {
  for (auto& unit : units_) {
    const std::string name(unit->definition.name);
    unit->database = std::make_unique<postgres::Database>(runtime_, postgres::DatabaseOptions{.dsn = databases_.dsn_of(name), .module = name});
    unit->jobs = std::make_unique<Jobs>(runtime_, *unit->database, clock_, random_);
    unit->module = unit->definition.create(ModuleContext{name, runtime_, *unit->database, calls_, clock_, random_, placement_.settings, *unit->jobs});
  }
}

Task<Result<>> Host::expect_durable() {
  for (auto& unit : units_) EMP_CO_TRY(co_await postgres::expect_durable(*unit->database));
  co_return Result<>();
}

/// The public comes in through the gateway, so its process has the routes of all modules.
Result<> Host::add_routes() {
  for (auto& unit : units_) EMP_TRY(unit->module->routes(router_));
  return neighbours_ ? neighbours_->add_routes(calls_, router_) : Result<>();
}

std::vector<std::shared_ptr<messaging::EventFeed>> Host::own_feeds() const {
  std::vector<std::shared_ptr<messaging::EventFeed>> out;
  for (const auto& unit : units_) out.push_back(messaging::local_feed(*unit->database));
  return out;
}

void Host::subscribe() {
  auto feeds = neighbours_ ? neighbours_->feeds() : std::vector<std::shared_ptr<messaging::EventFeed>>();
  std::ranges::copy(own_feeds(), std::back_inserter(feeds));
  for (auto& unit : units_) {
    messaging::Subscriptions subscriptions;
    unit->module->subscribe(subscriptions);
    if (subscriptions.handlers().empty()) continue;
    unit->consumer = std::make_unique<messaging::Consumer>(runtime_, *unit->database, std::move(subscriptions), feeds);
  }
}

Result<> Host::open_to_others() {
  for (auto& unit : units_) contracts::serve(unit->definition.name, calls_, services_);
  feed_server_ = std::make_unique<remote::FeedServer>(runtime_, own_feeds());
  feed_server_->serve(services_);
  Address address = placement_.own_process()->listen[static_cast<std::size_t>(placement_.replica - 1)];
  if (placement_.bind) address.host = *placement_.bind;
  server_ = std::make_unique<remote::Server>(
      runtime_, services_, remote::ServerOptions{.address = address.to_string(), .credentials = credentials_, .descriptors = contracts::descriptors()});
  return server_->listen();
}

Task<void> Host::stop() {
  if (server_) {
    server_->set_ready(false);
    co_await feed_server_->close();
    co_await server_->close(drain_time);
  }
  if (started_) {
    for (auto& unit : units_) co_await unit->jobs->stop();
    for (auto& unit : units_) {
      if (unit->consumer) co_await unit->consumer->stop();
    }
    for (auto& unit : units_) co_await unit->module->stop();
  }
  if (neighbours_) co_await neighbours_->close();
  if (started_) {
    for (auto& unit : units_) co_await unit->database->close();
  }
}

CallContext Host::context(std::string_view module, microseconds budget) {
  return CallContext(clock_.now() + budget, Uuid::v7(clock_.now(), random_), Principal::of_service(module));
}

}  // namespace emporion::app
