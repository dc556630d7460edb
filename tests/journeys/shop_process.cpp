#include "tests/journeys/shop_process.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "kernel/base/assert.hpp"

namespace emporion::journeys {
namespace {

constexpr int start_within_s = 120;

}  // namespace

ShopProcess::ShopProcess(std::string settings) {
  std::string pattern = (std::filesystem::temp_directory_path() / "emporion-journey-XXXXXX").string();
  EMP_ASSERT(mkdtemp(pattern.data()) != nullptr);
  home_ = pattern;
  std::filesystem::permissions(home_, std::filesystem::perms::owner_all | std::filesystem::perms::group_exec | std::filesystem::perms::others_exec);
  // One machine plays every buyer, so the limits per address and per minute are lifted.
  std::ofstream placement(home_ / "placement.yaml");
  placement << "gateway:\n  rate:\n";
  for (const char* plan : {"guest", "user", "login", "checkout_confirm", "webhook"})
    placement << "    " << plan << ": {per_minute: 100000000, burst: 1000000}\n";
  placement << settings;
}

ShopProcess::~ShopProcess() {
  if (is_running()) stop();
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

void ShopProcess::start(const std::vector<std::string>& environment, std::uint16_t port) {
  launch(environment, port);
  url_ = process_.wait_until_ready();
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
