#include "tests/journeys/shop_process.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/config/settings.hpp"

namespace emporion::journeys {
namespace {

constexpr int start_within_s = 120;

/// Who works in the demo, as `emporion up --demo shop` has it, unless the test's own settings say.
std::vector<std::string> with_the_demos_staff(std::vector<std::string> environment, const std::filesystem::path& placement, std::uint16_t port) {
  const auto settings = config::Settings::load(placement.string());
  EMP_ASSERT(settings.has_value());
  if (!settings->has("fulfillment.autopilot")) environment.emplace_back("EMPORION_FULFILLMENT__AUTOPILOT=true");
  if (port == 0) return environment;
  if (!settings->has("shipping.demo_carrier.enabled")) environment.emplace_back("EMPORION_SHIPPING__DEMO_CARRIER__ENABLED=true");
  environment.push_back(text("EMPORION_SHIPPING__DEMO_CARRIER__WEBHOOK_URL=http://127.0.0.1:", port, "/api/v1/webhooks/demo"));
  return environment;
}

}  // namespace

ShopProcess::ShopProcess(std::string settings, std::string placement) : placement_(std::move(placement)) {
  const char* const chosen = std::getenv("EMP_JOURNEY_PLACEMENT");
  if (placement_.empty()) placement_ = chosen == nullptr ? "one" : chosen;
  std::string pattern = (std::filesystem::temp_directory_path() / "emporion-journey-XXXXXX").string();
  EMP_ASSERT(mkdtemp(pattern.data()) != nullptr);
  home_ = pattern;
  std::filesystem::permissions(home_, std::filesystem::perms::owner_all | std::filesystem::perms::group_exec | std::filesystem::perms::others_exec);
  // One machine plays every buyer, so the limits per address and per minute are lifted.
  std::ofstream file(home_ / "placement.yaml");
  file << "gateway:\n  rate:\n";
  for (const char* plan : {"guest", "user", "login", "checkout_confirm", "webhook"}) file << "    " << plan << ": {per_minute: 100000000, burst: 1000000}\n";
  file << settings;
}

ShopProcess::~ShopProcess() {
  if (parts_) parts_->kill_all();
  if (process_.is_running()) process_.stop();
  // A crash leaves PostgreSQL behind; starting and stopping once more takes it along.
  const std::string pid_file = (home_ / "postgres" / "data" / "postmaster.pid").string();
  std::error_code error;
  if (std::filesystem::exists(pid_file, error)) {
    std::ifstream file(pid_file);
    pid_t server = 0;
    if (file >> server && server > 1) ::kill(server, SIGINT);
    for (int i = 0; i < 300 && std::filesystem::exists(pid_file, error); ++i)
      usleep(100'000);  // tidy-allow(test_sleeps): another process ends in its own time.
  }
  std::filesystem::remove_all(home_, error);
}

void ShopProcess::launch(const std::vector<std::string>& environment, std::uint16_t port) {
  process_.start({"up", "--home", home_.string(), "--port", std::to_string(port), "--placement", (home_ / "placement.yaml").string(), "--demo", "shop"},
                 environment, home_ / "emporion.log");
}

int ShopProcess::interrupt_start() {
  launch({}, 0);
  for (int i = 0; i < start_within_s * 200 && !has_postgres() && is_running(); ++i)
    usleep(5'000);  // tidy-allow(test_sleeps): another process starts in its own time.
  return stop(SIGINT);
}

void ShopProcess::seed() {
  launch({}, 0);
  (void)process_.wait_until_ready();
  const bool ended_well = process_.stop() == 0;
  EMP_ASSERT(ended_well);
}

void ShopProcess::start(const std::vector<std::string>& environment, std::uint16_t port) {
  if (placement_ == "one") {
    launch(environment, port);
    url_ = process_.wait_until_ready();
    return;
  }
  if (!parts_) {
    seed();
    parts_ = std::make_unique<Parts>(home_, placement_, port);
  }
  parts_->start_all(with_the_demos_staff(environment, home_ / "placement.yaml", port));
  url_ = parts_->url();
}

std::vector<std::string> ShopProcess::metrics_urls() const {
  if (!parts_) return {url_};
  std::vector<std::string> out;
  for (const auto& name : parts_->names()) out.push_back(parts_->metrics_url(name));
  return out;
}

bool ShopProcess::is_running() { return parts_ ? parts_->all_run() : process_.is_running(); }

int ShopProcess::stop(int signal) {
  if (!parts_) return process_.stop(signal);
  int first_failure = 0;
  for (const auto& [name, code] : parts_->stop_all(signal)) {
    if (code != 0) std::fprintf(stderr, "%s ended with %d: %s\n", name.c_str(), code, parts_->log_of(name).c_str());
    if (first_failure == 0) first_failure = code;
  }
  return first_failure;
}

void ShopProcess::kill() { parts_ ? parts_->kill_all() : process_.kill(); }

bool ShopProcess::wait_for_end(int limit_s) {
  if (!parts_) return process_.wait_for_end(limit_s);
  for (int i = 0; i < limit_s * 50 && parts_->all_run(); ++i) usleep(20'000);  // tidy-allow(test_sleeps): another process ends in its own time.
  return !parts_->all_run();
}

int ShopProcess::command(std::vector<std::string> words, const std::vector<std::string>& environment, const std::string& settings) {
  const std::filesystem::path placement = home_ / "command.yaml";
  std::filesystem::copy_file(home_ / "placement.yaml", placement, std::filesystem::copy_options::overwrite_existing);
  std::ofstream(placement, std::ios::app) << settings;
  words.insert(words.end(), {"--home", home_.string(), "--placement", placement.string()});
  Ended ended = run_emporion(std::move(words), home_, environment);
  printed_ = std::move(ended.printed);
  complained_ = std::move(ended.complained);
  return ended.code;
}

int ShopProcess::audit(const std::string& settings, const std::vector<std::string>& options) {
  std::vector<std::string> words{"audit"};
  words.insert(words.end(), options.begin(), options.end());
  const int exit_code = command(std::move(words), {}, settings);
  audit_report_ = printed_;
  return exit_code;
}

}  // namespace emporion::journeys
