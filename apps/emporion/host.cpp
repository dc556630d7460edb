#include "apps/emporion/host.hpp"

#include <algorithm>

#include "apps/emporion/credentials.hpp"
#include "apps/emporion/placement_check.hpp"
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
  make_seats(std::move(definitions));
  if (placement_.has_other_processes()) {
    EMP_ASSERT(credentials.has_value());
    neighbours_ = std::make_unique<Neighbours>(runtime, placement, *credentials);
  }
}

Host::~Host() = default;

void Host::make_seats(std::vector<ModuleDefinition> definitions) {
  const ContractLinks links;
  const Process* const chosen = placement_.own_process();  // None is chosen for tools, which have all modules.
  for (auto& definition : definitions) {
    const std::string name(definition.name);
    // Events are read elsewhere in the name of a module here that hears them; where none does, nobody reads them.
    std::string reader = name;
    for (const auto& module : links.modules) {
      const bool is_other_here = module.name != name && (chosen == nullptr || chosen->has(module.name));
      if (is_other_here && std::ranges::any_of(module.consumes, [&](std::string_view topic) { return links.producer_of(topic) == name; })) reader = module.name;
    }
    seats_.push_back(std::make_unique<Seat>(
        std::move(definition), SeatContext{.unit = {runtime_, databases_.dsn_of(name), calls_, clock_, random_, placement_.settings},
                                           .process = placement_.process,
                                           .replica = placement_.replica,
                                           .reader = std::move(reader),
                                           .credentials = [this] { return credentials(); },
                                           .feeds = [this] { return feeds_; },
                                           .open_to_others = [this](const std::vector<std::string>& addresses) -> Result<> {
                                             if (server_) return {};
                                             const auto own = static_cast<std::size_t>(placement_.replica - 1);
                                             const auto address = parse_address(own < addresses.size() ? addresses[own] : "");
                                             if (!address)
                                               return fail(ErrorKind::invalid_argument, "ADDRESS_INVALID", "no address for other processes is known");
                                             return open_to_others(*address);
                                           }}));
  }
}

Task<Result<>> Host::start() {
  create();
  EMP_CO_TRY(placement_.settings.check(neighbours_ ? neighbours_->settings_elsewhere() : std::vector<std::string>()));
  bind();
  if (calls_.has<http::Application>()) EMP_CO_TRY(add_routes());
  if (!placement_.is_demo()) EMP_CO_TRY(co_await expect_durable());
  if (neighbours_) EMP_CO_TRY(co_await neighbours_->wait_for_needed([this] { return interrupted_; }));
  started_ = true;
  for (auto& seat : seats_) EMP_CO_TRY(co_await seat->look());
  for (auto& seat : seats_) EMP_CO_TRY(co_await seat->start());
  if (neighbours_)
    EMP_CO_TRY(open_to_others(
        placement_.own_process()->listen[static_cast<std::size_t>(placement_.replica - 1)]));  // Not before: a module that has not started answers nobody.
  for (auto& seat : seats_) seat->work();
  if (server_) server_->set_ready(true);
  if (neighbours_) co_await neighbours_->look_around([this] { return interrupted_; });
  co_return Result<>();
}

void Host::create() {
  if (neighbours_) feeds_ = neighbours_->feeds();
  for (const auto& seat : seats_) feeds_.push_back(neighbours_ ? neighbours_->feed_of_all_replicas(seat->feed()) : seat->feed());
  for (auto& seat : seats_) seat->create();
}

void Host::bind() {
  for (auto& seat : seats_) {
    seat->bind(calls_);
    // The public entrance is no contract, and stays where the public comes in.
    const auto& offered = seat->unit().offered();
    if (offered->has<http::Application>()) calls_.bind(std::shared_ptr<http::Application>(offered, &offered->get<http::Application>()));
  }
  if (neighbours_) neighbours_->bind(calls_);
}

Task<Result<>> Host::expect_durable() {
  for (auto& seat : seats_) EMP_CO_TRY(co_await postgres::expect_durable(seat->unit().database()));
  co_return Result<>();
}

/// The public comes in through the gateway, so its process has the routes of all modules.
Result<> Host::add_routes() {
  for (auto& seat : seats_) {
    if (seat->definition().name == "gateway") {
      EMP_TRY(seat->unit().module().routes(router_));
    } else {
      EMP_TRY(contracts::add_routes(seat->definition().name, calls_, router_));
    }
  }
  return neighbours_ ? neighbours_->add_routes(calls_, router_) : Result<>();
}

Result<remote::Credentials> Host::credentials() {
  if (!credentials_) {
    EMP_ASSIGN(credentials_, credentials_of(placement_));
  }
  return *credentials_;
}

Result<> Host::open_to_others(Address address) {
  EMP_ASSIGN(auto own, credentials());
  std::vector<std::shared_ptr<messaging::EventFeed>> own_feeds;
  for (auto& seat : seats_) {
    seat->serve(calls_, services_);
    own_feeds.push_back(seat->feed_for_others());
  }
  feed_server_ = std::make_unique<remote::FeedServer>(runtime_, std::move(own_feeds));
  feed_server_->serve(services_);
  if (placement_.bind) address.host = *placement_.bind;
  server_ = std::make_unique<remote::Server>(
      runtime_, services_, remote::ServerOptions{.address = address.to_string(), .credentials = std::move(own), .descriptors = contracts::descriptors()});
  EMP_TRY(server_->listen());
  if (!neighbours_) server_->set_ready(true);  // It was at work before.
  return {};
}

Task<void> Host::stop() {
  for (auto& seat : seats_) co_await seat->stop_watching();
  if (server_) {
    server_->set_ready(false);
    co_await feed_server_->close();
    co_await server_->close(drain_time);
  }
  if (started_) {
    for (auto& seat : seats_) co_await seat->rest();
    for (auto& seat : seats_) co_await seat->end();
  }
  if (neighbours_) co_await neighbours_->close();
  for (auto& seat : seats_) co_await seat->close();
}

CallContext Host::context(std::string_view module, microseconds budget) {
  return CallContext(clock_.now() + budget, Uuid::v7(clock_.now(), random_), Principal::of_service(module));
}

}  // namespace emporion::app
