#include "apps/emporion/bridging.hpp"

#include <algorithm>

#include "contracts/topics.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {

Bridging::Bridging(Runtime& runtime, const Placement& placement, const Databases& databases, const std::vector<ModuleDefinition>& modules)
    : runtime_(runtime),
      broker_{.url = placement.settings.string("bridge.amqp.url", ""),
              .exchange = placement.settings.string("bridge.amqp.exchange", "emporion"),
              .queue = placement.settings.string("bridge.amqp.queue", "emporion.events"),
              .topics = placement.settings.strings("bridge.topics"),
              .authority_file = placement.settings.string("bridge.amqp.ca_file", "")} {
  if (broker_.url.empty()) return;
  for (const auto& module : modules) {
    const bool is_told_of = std::ranges::any_of(broker_.topics, [&](const std::string& topic) { return topic.starts_with(text(module.name, ".")); });
    if (!is_told_of) continue;
    stores_.push_back(std::make_unique<postgres::Database>(
        runtime, postgres::DatabaseOptions{
                     .dsn = databases.dsn_of(module.name), .module = std::string(module.name), .connections_shared = 1, .connections_exclusive = 1}));
  }
}

Bridging::~Bridging() = default;

Result<> Bridging::check() const {
  const auto wrong = [](std::string_view what) { return fail(ErrorKind::invalid_argument, "CONFIG_INVALID", std::string(what)); };
  if (broker_.url.empty()) return {};
  if (const auto url = amqp::check_url(broker_.url); !url) return wrong(text("bridge.amqp.url: ", url.error().detail()));
  if (broker_.topics.empty()) return wrong("bridge.topics: there is a broker, but nothing to bring to it");
  for (const auto& topic : broker_.topics) {
    if (std::ranges::count(contracts::topics(), topic, &contracts::Topic::name) == 0) return wrong(text("bridge.topics: nobody publishes ", topic));
  }
  return {};
}

Result<> Bridging::start() {
  EMP_TRY(check());
  for (auto& store : stores_) {
    bridges_.push_back(std::make_unique<bridge::Bridge>(runtime_, *store, messaging::local_feed(*store), broker_));
    bridges_.back()->start();
  }
  return {};
}

Task<void> Bridging::close() {
  for (auto& one : bridges_) co_await one->stop();
  for (auto& store : stores_) co_await store->close();
  bridges_.clear();
  stores_.clear();
}

}  // namespace emporion::app
