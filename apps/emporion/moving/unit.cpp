#include "apps/emporion/moving/unit.hpp"

#include <utility>

namespace emporion::app {

Unit::Unit(const ModuleDefinition& definition, const UnitContext& context) : runtime_(context.runtime) {
  const std::string name(definition.name);
  database_ = std::make_unique<postgres::Database>(runtime_, postgres::DatabaseOptions{.dsn = context.dsn, .module = name});
  jobs_ = std::make_unique<Jobs>(runtime_, *database_, context.clock, context.random);
  upkeep_ = std::make_unique<Upkeep>(*database_, context.settings);
  upkeep_->schedule(*jobs_);
  module_ = definition.create(ModuleContext{name, runtime_, *database_, context.calls, context.clock, context.random, context.settings, *jobs_});
  module_->bind(*offered_);
}

void Unit::subscribe(const std::vector<std::shared_ptr<messaging::EventFeed>>& feeds) {
  messaging::Subscriptions subscriptions;
  module_->subscribe(subscriptions);
  if (subscriptions.handlers().empty()) return;
  consumer_ = std::make_unique<messaging::Consumer>(runtime_, *database_, std::move(subscriptions), feeds);
}

Task<Result<>> Unit::start() {
  started_ = true;
  return module_->start();
}

void Unit::work() {
  works_ = true;
  if (consumer_) consumer_->start();
  jobs_->start();
}

Task<void> Unit::rest() {
  if (!std::exchange(works_, false)) co_return;
  co_await jobs_->stop();
  if (consumer_) co_await consumer_->stop();
}

Task<void> Unit::end() {
  if (std::exchange(started_, false)) co_await module_->stop();
}

Task<void> Unit::close() { co_await database_->close(); }

}  // namespace emporion::app
