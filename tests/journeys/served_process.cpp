#include "tests/journeys/served_process.hpp"

#include <fcntl.h>
#include <poll.h>
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
  words.insert(words.begin(), binary());
  return run_program(words, folder, environment, limit_s);
}

Ended run_program(const std::vector<std::string>& words, const std::filesystem::path& folder, const std::vector<std::string>& environment, unsigned limit_s) {
  const std::string out = (folder / "command.out").string();
  const std::string errors = (folder / "command.err").string();
  std::filesystem::remove(errors);
  const int output = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const pid_t pid = spawn(words, environment, output, errors, limit_s);
  close(output);
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out), text_of(errors)};
}

ServedProcess::~ServedProcess() {
  kill();
  if (output_ >= 0) close(output_);
}

void ServedProcess::start(std::vector<std::string> words, const std::vector<std::string>& environment, const std::filesystem::path& log) {
  EMP_ASSERT(!is_running());
  int channel[2];
  EMP_ASSERT(pipe2(channel, O_CLOEXEC) == 0);
  words.insert(words.begin(), binary());
  pid_ = spawn(words, environment, channel[1], log.string());
  close(channel[1]);
  if (output_ >= 0) close(output_);
  output_ = channel[0];
  log_ = log;
}

std::string ServedProcess::wait_until_ready() {
  std::string output;
  for (int waited = 0; waited < ready_within_s && output.find('\n') == std::string::npos; ++waited) {
    pollfd ready{output_, POLLIN, 0};
    if (poll(&ready, 1, 1000) <= 0) continue;
    char buffer[256];
    const ssize_t got = read(output_, buffer, sizeof buffer);
    if (got <= 0) break;
    output.append(buffer, static_cast<std::size_t>(got));
  }
  const bool is_ready = output.starts_with("ready ");
  if (!is_ready) std::fprintf(stderr, "%s", text_of(log_).c_str());
  EMP_ASSERT(is_ready);
  return output.substr(6, output.find('\n') - 6);
}

bool ServedProcess::is_running() {
  if (pid_ <= 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

int ServedProcess::stop(int signal) {
  if (!is_running()) return -1;
  tell(signal);
  return wait_for_exit();
}

void ServedProcess::tell(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

int ServedProcess::wait_for_exit() {
  if (pid_ <= 0) return -1;
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

void ServedProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool ServedProcess::wait_for_end(int limit_s) {
  for (int i = 0; i < limit_s * 20 && is_running(); ++i) usleep(50'000);  // tidy-allow(test_sleeps): another process ends in its own time.
  return !is_running();
}

}  // namespace emporion::journeys
