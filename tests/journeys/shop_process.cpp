#include "tests/journeys/shop_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "kernel/base/assert.hpp"

namespace emporion::journeys {
namespace {

/// EMP_EMPORION names another binary than the one that was built with the tests: one with a guard taken out, say.
std::string binary() {
  const char* const other = std::getenv("EMP_EMPORION");
  return other ? other : EMP_BINARY;
}

constexpr int ready_within_s = 120;
constexpr int end_within_s = 60;

pid_t spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int output, const std::string& log, unsigned limit_s = 0) {
  const pid_t pid = fork();
  EMP_ASSERT(pid >= 0);
  if (pid > 0) return pid;
  if (output >= 0) dup2(output, STDOUT_FILENO);
  if (const int errors = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600); errors >= 0) dup2(errors, STDERR_FILENO);
  for (const auto& setting : environment) putenv(strdup(setting.c_str()));
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  alarm(limit_s);  // Outlives the exec; 0 is none.
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

std::string text_of(const std::filesystem::path& file) {
  std::ifstream text(file);
  return {std::istreambuf_iterator<char>(text), {}};
}

Ended run_emporion(std::vector<std::string> words, const std::filesystem::path& folder, const std::vector<std::string>& environment, unsigned limit_s) {
  const std::string out = (folder / "command.out").string();
  const std::string errors = (folder / "command.err").string();
  std::filesystem::remove(errors);
  const int output = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  words.insert(words.begin(), binary());
  const pid_t pid = spawn(words, environment, output, errors, limit_s);
  close(output);
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out), text_of(errors)};
}

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

pid_t ShopProcess::launch(const std::vector<std::string>& environment, int output, std::uint16_t port) {
  return spawn({binary(), "up", "--home", home_.string(), "--port", std::to_string(port), "--placement", (home_ / "placement.yaml").string(), "--demo", "shop"},
               environment, output, (home_ / "emporion.log").string());
}

int ShopProcess::interrupt_start() {
  pid_ = launch({}, -1, 0);
  for (int i = 0; i < ready_within_s * 200 && !has_postgres() && is_running(); ++i)
    usleep(5'000);  // tidy-allow(test_sleeps): another process starts in its own time.
  return stop(SIGINT);
}

void ShopProcess::start(const std::vector<std::string>& environment, std::uint16_t port) {
  int channel[2];
  EMP_ASSERT(pipe2(channel, O_CLOEXEC) == 0);
  pid_ = launch(environment, channel[1], port);
  close(channel[1]);
  std::string output;
  for (int waited = 0; waited < ready_within_s && output.find('\n') == std::string::npos; ++waited) {
    pollfd ready{channel[0], POLLIN, 0};
    if (poll(&ready, 1, 1000) <= 0) continue;
    char buffer[256];
    const ssize_t got = read(channel[0], buffer, sizeof buffer);
    if (got <= 0) break;
    output.append(buffer, static_cast<std::size_t>(got));
  }
  close(channel[0]);
  if (!output.starts_with("ready http")) {
    std::ifstream lines(home_ / "emporion.log");
    std::string line;
    while (std::getline(lines, line)) std::fprintf(stderr, "%s\n", line.c_str());
  }
  EMP_ASSERT(output.starts_with("ready http"));
  url_ = output.substr(6, output.find('\n') - 6);
}

bool ShopProcess::is_running() {
  if (pid_ <= 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

int ShopProcess::stop(int signal) {
  if (!is_running()) return -1;
  ::kill(pid_, signal);
  for (int i = 0; i < end_within_s * 10; ++i) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    usleep(100'000);  // tidy-allow(test_sleeps): another process ends in its own time.
  }
  kill();
  return -2;
}

void ShopProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool ShopProcess::wait_for_end(int limit_s) {
  for (int i = 0; i < limit_s * 20 && is_running(); ++i) usleep(50'000);  // tidy-allow(test_sleeps): another process ends in its own time.
  return !is_running();
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
