#include "apps/emporion/host.hpp"

#include "kernel/observe/log.hpp"

namespace emporion::app {

Host::Host(Runtime& runtime, const Placement& placement, const Databases& databases, std::vector<ModuleDefinition> definitions)
    : runtime_(runtime), placement_(placement), databases_(databases) {
  for (auto& definition : definitions) {
    auto unit = std::make_unique<Unit>();
    unit->definition = std::move(definition);
    units_.push_back(std::move(unit));
  }
}

Host::~Host() = default;

Task<Result<>> Host::start() {
  for (auto& unit : units_) {
    const std::string name(unit->definition.name);
    unit->database = std::make_unique<postgres::Database>(runtime_, postgres::DatabaseOptions{.dsn = databases_.dsn_of(name), .module = name});
    unit->jobs = std::make_unique<Jobs>(runtime_, *unit->database, clock_, random_);
    unit->module = unit->definition.create(ModuleContext{name, runtime_, *unit->database, calls_, clock_, random_, placement_.settings, *unit->jobs});
  }
  EMP_CO_TRY(placement_.settings.check());
  for (auto& unit : units_) unit->module->bind(calls_);
  for (auto& unit : units_) EMP_CO_TRY(unit->module->routes(router_));

  std::vector<std::shared_ptr<messaging::EventFeed>> feeds;
  for (auto& unit : units_) feeds.push_back(messaging::local_feed(*unit->database));
  for (auto& unit : units_) {
    messaging::Subscriptions subscriptions;
    unit->module->subscribe(subscriptions);
    if (!subscriptions.handlers().empty()) unit->consumer = std::make_unique<messaging::Consumer>(runtime_, *unit->database, std::move(subscriptions), feeds);
  }
  started_ = true;
  for (auto& unit : units_) {
    const auto module_started = co_await unit->module->start();
    if (!module_started) co_return fail(module_started.error());
  }
  for (auto& unit : units_) {
    if (unit->consumer) unit->consumer->start();
    unit->jobs->start();
  }
  co_return Result<>();
}

Task<void> Host::stop() {
  if (!started_) co_return;
  for (auto& unit : units_) co_await unit->jobs->stop();
  for (auto& unit : units_) {
    if (unit->consumer) co_await unit->consumer->stop();
  }
  for (auto& unit : units_) co_await unit->module->stop();
  for (auto& unit : units_) co_await unit->database->close();
}

CallContext Host::context(std::string_view module, microseconds budget) {
  return CallContext(clock_.now() + budget, Uuid::v7(clock_.now(), random_), Principal::of_service(module));
}

}  // namespace emporion::app
