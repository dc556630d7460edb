#include "tests/contracts/two_bindings.hpp"

#include <filesystem>
#include <fstream>

#include "apps/emporion/demo/seed.hpp"
#include "apps/emporion/modules.hpp"
#include "contracts/remotes.hpp"
#include "contracts/topics.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::contracts {
namespace {

template <typename T>
void expect(const Result<T>& result) {
  if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  EMP_ASSERT(result.has_value());
}

Task<bool> then_true(Task<void> task) {
  co_await std::move(task);
  co_return true;
}

app::Placement demo_in(const std::filesystem::path& home) {
  std::filesystem::permissions(home, std::filesystem::perms(0755));
  // Whoever gets there first decides how durable the databases are.
  expect(postgres::PrivateCluster::start(home / "postgres", {}, postgres::Durability::none_for_tests));
  const std::string file = (home / "placement.yaml").string();
  std::ofstream(file) << "demo: true\n";
  auto placement = app::Placement::load(file, nullptr);
  expect(placement);
  placement->use_home(home.string());
  return std::move(*placement);
}

}  // namespace

TwoBindings::TwoBindings() : placement_(demo_in(folder_.path())) {
  const auto modules = app::all_modules();
  auto opened = app::Databases::open(placement_, modules, app::Purpose::tool, {});
  expect(opened);
  databases_.emplace(std::move(*opened));
  expect(databases_->migrate(modules, {}));
  host_ = std::make_unique<app::Host>(runtime, placement_, *databases_, app::all_modules());
  expect(run(host_->start()));
  expect(run(app::demo::seed_shop(*host_)));
  for (const auto& module : contracts::modules()) serve(module.name, host_->calls(), services_);
  server_ = std::make_unique<remote::Server>(runtime, services_, remote::ServerOptions{.address = "127.0.0.1:0", .credentials = std::nullopt});
  expect(server_->listen());
  server_->set_ready(true);
  for (const auto& module : contracts::modules()) {
    clients_.push_back(remote::connect(
        runtime, {.module = std::string(module.name), .addresses = {text("127.0.0.1:", server_->port())}, .credentials = std::nullopt, .counted_as = {}}));
    bind_remote(module.name, clients_.back(), wire_);
  }
}

TwoBindings::~TwoBindings() {
  for (auto& client : clients_) run(then_true(client->close()));
  run(then_true(server_->close(seconds(2))));
  run(then_true(host_->stop()));
  host_.reset();
  (void)databases_->close();
}

}  // namespace emporion::contracts
