#include "kernel/postgres/server_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace emporion::postgres {
namespace {

namespace fs = std::filesystem;

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, const OsUser& user, int output) {
  setsid();
  if (chdir("/") != 0) _exit(127);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) _exit(127);
  close_range(3, ~0U, 0);
  if (user.is_other && (setgroups(1, &user.gid) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) _exit(127);
  umask(0077);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) signal(number, SIG_DFL);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

/// Ended, and waiting for its parent to take its status. Source: proc(5), /proc/pid/stat: the state follows the name's last ')'.
bool is_zombie(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end != std::string::npos && name_end + 2 < line.size() && line[name_end + 2] == 'Z';
}

bool works_in(const std::string& process, const fs::path& data) {
  std::error_code ignored;
  return fs::read_symlink("/proc/" + process + "/cwd", ignored) == data;
}

}  // namespace

Result<OsUser> OsUser::for_server() {
  if (geteuid() != 0) return OsUser{geteuid(), getegid(), false};
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (getpwnam_r("postgres", &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) {
    return fail(ErrorKind::unavailable, "POSTGRES_NOT_INSTALLED", "there is no OS user postgres; install it with: apt-get install postgresql-15");
  }
  return OsUser{entry.pw_uid, entry.pw_gid, true};
}

pid_t spawn(const std::vector<std::string>& arguments, const OsUser& user, int output) {
  std::vector<char*> raw;
  for (const auto& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  // Another user has another home: a server that connects to another one would look for certificates in ours, and may not.
  std::vector<char*> environment;
  for (char* const* each = environ; *each != nullptr; ++each) {
    if (!user.is_other || !std::string_view(*each).starts_with("HOME=")) environment.push_back(*each);
  }
  environment.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) become(raw.data(), environment.data(), user, output);
  return child;
}

Ended run_to_end(const std::vector<std::string>& arguments, const OsUser& user) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {127, "no pipe"};
  const pid_t child = spawn(arguments, user, ends[1]);
  close(ends[1]);
  Ended ended{127, {}};
  if (child > 0) {
    char buffer[4096];
    for (;;) {
      const ssize_t count = read(ends[0], buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      ended.output.append(buffer, static_cast<std::size_t>(count));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  close(ends[0]);
  return ended;
}

pid_t running_server(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  std::string line;
  if (!std::getline(file, line)) return 0;
  pid_t process = 0;
  std::from_chars(line.data(), line.data() + line.size(), process);
  return process > 1 && works_in(line, data) ? process : 0;
}

bool is_in_use(const fs::path& data) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }) && works_in(name, data)) return true;
  }
  return false;
}

bool has_ended(pid_t process) {
  if (waitpid(process, nullptr, WNOHANG) == process) return true;
  return (kill(process, 0) != 0 && errno == ESRCH) || is_zombie(process);
}

}  // namespace emporion::postgres
