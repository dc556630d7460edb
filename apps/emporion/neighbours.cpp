#include "apps/emporion/neighbours.hpp"

#include <algorithm>

#include "apps/emporion/placement_check.hpp"
#include "contracts/remotes.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::app {
namespace {

constexpr seconds attempt{1};  ///< How long a signal may have to wait.
constexpr seconds say_every{5};
constexpr seconds look_around_max{5};
constexpr milliseconds pause{100};

std::vector<std::string> addresses_of(const Process& process) {
  std::vector<std::string> out;
  for (const auto& address : process.listen) out.push_back(address.to_string());
  return out;
}

}  // namespace

Neighbours::Neighbours(Runtime& runtime, const Placement& placement, const remote::Credentials& credentials)
    : runtime_(runtime), own_(*placement.own_process()), replica_(placement.replica), credentials_(credentials) {
  for (const auto& process : placement.described.processes) {
    if (&process == &own_) continue;
    for (const auto& module : process.modules) {
      auto client = remote::follow(runtime, {.module = module, .addresses = addresses_of(process), .credentials = credentials});
      by_module_.emplace(module, Neighbour{&process, std::move(client)});
    }
  }
  has_gateway_ = own_.has("gateway");
  const ContractLinks links;
  for (const auto& module : links.modules) {
    if (!own_.has(module.name)) continue;
    for (const std::string_view topic : module.consumes) hearers_.emplace(links.producer_of(topic), module.name);
    for (const std::string_view other : module.needs_at_start) needed_.emplace(other);
    for (const std::string_view other : module.calls) called_.emplace(other);
  }
}

void Neighbours::bind(Calls& calls) const {
  for (const auto& [module, neighbour] : by_module_) contracts::bind_remote(module, neighbour.client, calls);
}

Result<> Neighbours::add_routes(const Calls& calls, http::Router& router) const {
  for (const auto& [module, neighbour] : by_module_) EMP_TRY(contracts::add_routes(module, calls, router));
  return {};
}

std::vector<std::shared_ptr<messaging::EventFeed>> Neighbours::feeds() {
  for (const auto& [producer, hearer] : hearers_) {
    const auto found = by_module_.find(producer);
    if (found == by_module_.end()) continue;
    feeds_.push_back(
        remote::remote_feed(runtime_, found->second.client, {.producer = producer, .reader = hearer, .watched = ways_to_each(*found->second.process)}));
  }
  return {feeds_.begin(), feeds_.end()};
}

std::shared_ptr<messaging::EventFeed> Neighbours::feed_of_all_replicas(std::shared_ptr<messaging::EventFeed> here) {
  const auto hearer = hearers_.find(here->producer());
  if (hearer == hearers_.end()) return here;
  auto others = ways_to_each(own_);
  if (others.empty()) return here;
  feeds_.push_back(remote::replicated_feed(runtime_, std::move(here), {.producer = hearer->first, .reader = hearer->second, .watched = std::move(others)}));
  return feeds_.back();
}

std::vector<std::shared_ptr<remote::Channel>> Neighbours::ways_to_each(const Process& process) {
  std::vector<std::shared_ptr<remote::Channel>> out;
  if (process.listen.size() < 2) return out;
  for (std::size_t i = 0; i < process.listen.size(); ++i) {
    const int replica = static_cast<int>(i) + 1;
    if (&process == &own_ && replica == replica_) continue;
    auto& way = replicas_[text(process.name, '-', replica)];
    if (!way) {
      way = remote::connect(runtime_, {.module = process.modules.front(),
                                       .addresses = {process.listen[i].to_string()},
                                       .credentials = credentials_,
                                       .counted_as = text(process.name, '-', replica)});
    }
    out.push_back(way);
  }
  return out;
}

Task<Result<>> Neighbours::wait_for_needed(std::function<bool()> is_ending) {
  for (const auto& [module, neighbour] : by_module_) {
    if (needed_.contains(module)) EMP_CO_TRY(co_await wait_for(module, neighbour, is_ending));
  }
  co_return Result<>();
}

Task<Result<>> Neighbours::wait_for(std::string module, Neighbour neighbour, std::function<bool()> is_ending) {
  const SystemClock clock;
  UtcTime say_at = clock.now();
  for (;;) {
    const auto serving = co_await neighbour.client->wait_until_serving(clock.now() + attempt);
    if (serving || serving.error().kind() != ErrorKind::unavailable) co_return serving;  // What does not pass by waiting is told at once.
    if (is_ending()) co_return fail(ErrorKind::unavailable, "START_INTERRUPTED", text("told to end while waiting for ", module));
    if (clock.now() >= say_at) {
      say_at = clock.now() + say_every;
      const auto addresses = addresses_of(*neighbour.process);
      observe::info("waiting for a module that is needed before the start",
                    {{"module", module}, {"process", neighbour.process->name}, {"addresses", listed(addresses)}, {"heard", serving.error().to_string()}});
    }
    co_await runtime_.sleep_for(pause);
  }
}

Task<void> Neighbours::look_around(std::function<bool()> is_ending) {
  const SystemClock clock;
  const UtcTime end = clock.now() + look_around_max;
  std::vector<std::string> missing;
  for (const auto& [module, neighbour] : by_module_) {
    if (!called_.contains(module) && !has_gateway_) continue;  // The gateway brings the public to all of them.
    bool serves = false;
    while (!serves && !is_ending() && clock.now() < end) {
      serves = (co_await neighbour.client->wait_until_serving(std::min(end, clock.now() + attempt))).has_value();
    }
    if (!serves) missing.push_back(module);
  }
  if (!missing.empty()) observe::info("modules that are called do not serve yet", {{"modules", listed(missing)}});
}

Task<void> Neighbours::close() {
  for (auto& [module, neighbour] : by_module_) co_await neighbour.client->close();
  for (auto& [name, replica] : replicas_) co_await replica->close();
  Scope closing;  // Each waits for the end of its pause: all do at once.
  for (auto& feed : feeds_) closing.spawn(feed->close());
  co_await closing.join();
}

std::vector<std::string> Neighbours::settings_elsewhere() const {
  std::vector<std::string> out = {"identity", "mail"};  // Of several modules: each process reads a part.
  for (const auto& [module, neighbour] : by_module_) out.push_back(module);
  return out;
}

}  // namespace emporion::app
