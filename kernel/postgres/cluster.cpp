#include "kernel/postgres/cluster.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <openssl/sha.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "kernel/base/assert.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/scram_secret.hpp"
#include "kernel/postgres/server_process.hpp"

namespace emporion::postgres {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view administrator_name = "emporion_admin";
constexpr std::string_view port = "5432";             // only names the socket file
constexpr std::size_t socket_folder_length_max = 90;  // sun_path holds 107 bytes, "/.s.PGSQL.5432" takes 14
const fs::path programs = "/usr/lib/postgresql/15/bin";

/// The line of a program's output that says why it gave up: the first one that names an error, else the last one.
std::string_view telling_line(std::string_view output) {
  std::string_view last;
  for (std::size_t from = 0; from < output.size();) {
    const std::size_t end = std::min(output.find('\n', from), output.size());
    const std::string_view line = trimmed(output.substr(from, end - from));
    if (line.find("FATAL:") != std::string_view::npos || line.find("error:") != std::string_view::npos) return line;
    if (!line.empty()) last = line;
    from = end + 1;
  }
  return last;
}

std::unexpected<Error> failed(std::string detail) {
  if (detail.find("No space left on device") == std::string::npos) return fail(ErrorKind::unavailable, "CLUSTER_FAILED", std::move(detail));
  return fail(ErrorKind::unavailable, "DISK_FULL", text("the disk is full; free some space and start again (", detail, ")"));
}
std::unexpected<Error> not_writable(const fs::path& path, int error) {
  if (error == ENOSPC) return fail(ErrorKind::unavailable, "DISK_FULL", text("no space left to make ", path.string()));
  return fail(ErrorKind::permission_denied, "HOME_NOT_WRITABLE", text(path.string(), ": ", std::strerror(error), "; choose another folder with --home"));
}

class FolderLock {
 public:
  static Result<FolderLock> take(const fs::path& folder) {
    const fs::path path = folder / "cluster.lock";
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return not_writable(path, errno);
    while (flock(file, LOCK_EX) != 0 && errno == EINTR) {
    }
    return FolderLock(file);
  }
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

std::string random_text() {
  SystemRandom random;
  std::array<std::uint8_t, 24> bytes{};
  random.fill(bytes);
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out.push_back("0123456789abcdef"[byte >> 4]);
    out.push_back("0123456789abcdef"[byte & 15]);
  }
  return out;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Whole or not at all, and never readable by others.
Result<> write_secret(const fs::path& path, const std::string& value) {
  const fs::path draft = path.string() + ".new";
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return not_writable(draft, errno);
  const bool written = write(file, value.data(), value.size()) == static_cast<ssize_t>(value.size()) && fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written || rename(draft.c_str(), path.c_str()) != 0) return not_writable(path, written ? errno : error);
  return {};
}

/// A folder for the server's user alone.
Result<> make_private_folder(const fs::path& path, const OsUser& user) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return not_writable(path, errno);
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return not_writable(path, ENOTDIR);
  if (found.st_uid == user.uid && (found.st_mode & 0777) == 0700) return {};
  if (found.st_uid != geteuid() && found.st_uid != user.uid) return not_writable(path, EPERM);  // somebody else's, in /tmp
  if (chmod(path.c_str(), 0700) != 0 || chown(path.c_str(), user.uid, user.gid) != 0) return not_writable(path, errno);
  return {};
}

bool is_reachable(const fs::path& path, const OsUser& user) { return !user.is_other || run_to_end({"/usr/bin/test", "-x", path.string()}, user).status == 0; }

/// In the folder itself if the path fits into a socket address, is plain enough for the server's settings and the server may go there; else in a folder for
/// temporary files, named after the folder.
fs::path socket_folder_for(const fs::path& folder, bool reachable) {
  const fs::path near = folder / "run";
  const bool plain = std::ranges::all_of(near.string(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-'; });
  if (reachable && plain && near.string().size() <= socket_folder_length_max) return near;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  const std::string name = folder.string();
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());
  std::string hash;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.push_back("0123456789abcdef"[digest[i] >> 4]);
    hash.push_back("0123456789abcdef"[digest[i] & 15]);
  }
  const char* runtime = geteuid() == 0 ? nullptr : std::getenv("XDG_RUNTIME_DIR");
  fs::path parent = runtime != nullptr && *runtime == '/' && std::strlen(runtime) < 60 ? runtime : "/tmp";
  return parent / ("emporion-" + hash);
}

/// Sized for a small machine that also runs the application. Written at each start, so a newer binary's settings take effect.
/// lz4: the texts of an order are long enough to be compressed at each of its steps, and pglz takes several times as long.
std::string settings(const fs::path& socket_folder, Durability durability) {
  std::string out = text(
      "# Written by emporion at each start. Settings of your own belong into postgresql.conf, below the include.\n"
      "listen_addresses = ''\nport = ",
      port, "\nunix_socket_directories = '", socket_folder.string(),
      "'\nunix_socket_permissions = 0700\npassword_encryption = 'scram-sha-256'\n"
      "max_connections = 300\nshared_buffers = 256MB\nwork_mem = 8MB\nmaintenance_work_mem = 128MB\neffective_cache_size = 1GB\n"
      "wal_buffers = 16MB\nmin_wal_size = 512MB\nmax_wal_size = 4GB\ncheckpoint_timeout = 15min\ncheckpoint_completion_target = 0.9\nwal_level = "
      "logical\nmax_wal_senders = 16\nmax_replication_slots = 16\nmax_slot_wal_keep_size = 16GB\n"
      "default_toast_compression = lz4\nrandom_page_cost = 1.1\neffective_io_concurrency = 100\njit = off\nmax_parallel_workers_per_gather = "
      "0\nmax_worker_processes = 12\n"
      "autovacuum_naptime = 20s\nautovacuum_vacuum_cost_limit = 1000\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n"
      "log_destination = 'stderr'\nlogging_collector = off\nlog_min_messages = warning\nlog_min_error_statement = panic\nlog_line_prefix = '%m [%p] %d '\n");
  if (durability == Durability::none_for_tests)
    out += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\nmax_wal_size = 16GB\nshared_buffers = 128MB\n";
  return out;
}

Result<> write_settings(const fs::path& data, const fs::path& socket_folder, Durability durability) {
  const fs::path path = data / "emporion.conf";
  std::ofstream file(path, std::ios::trunc);
  file << settings(socket_folder, durability);
  file.close();
  if (!file) return not_writable(path, errno == 0 ? EIO : errno);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read);
  return {};
}

Result<fs::path> place_of_data(const fs::path& folder, bool reachable) {
  if (reachable) return folder / "data.new";
  std::error_code error;
  fs::create_directories("/var/lib/emporion", error);
  if (error) return not_writable("/var/lib/emporion", error.value());
  return fs::path("/var/lib/emporion") / ("cluster-" + random_text().substr(0, 16));
}

/// Makes the data folder whole, then puts it in its place, so a crash leaves nothing half made there.
Result<> initialise(const fs::path& folder, const fs::path& socket_folder, bool reachable, const OsUser& user, Durability durability) {
  EMP_ASSIGN(const fs::path draft, place_of_data(folder, reachable));
  std::error_code error;
  fs::remove_all(draft, error);
  EMP_TRY(make_private_folder(draft, user));

  const std::string password = random_text();
  EMP_TRY(write_secret(folder / "administrator.password", password));
  const fs::path handed_over = socket_folder / "initdb.password";
  EMP_TRY(write_secret(handed_over, password));
  if (user.is_other && chown(handed_over.c_str(), user.uid, user.gid) != 0) return not_writable(handed_over, errno);
  std::vector<std::string> command{programs / "initdb",
                                   "-D",
                                   draft,
                                   "-U",
                                   std::string(administrator_name),
                                   "--pwfile=" + handed_over.string(),
                                   "--auth=scram-sha-256",
                                   "--encoding=UTF8",
                                   "--locale=C.UTF-8",
                                   "--data-checksums",
                                   "--no-instructions"};
  if (durability == Durability::none_for_tests) command.emplace_back("--no-sync");
  const Ended ended = run_to_end(command, user);
  fs::remove(handed_over, error);
  if (ended.status != 0) {
    fs::remove_all(draft, error);
    return failed(text("initdb: ", telling_line(ended.output)));
  }
  std::ofstream(draft / "postgresql.conf", std::ios::app) << "\ninclude_if_exists = 'emporion.conf'\n";
  const fs::path data = folder / "data";
  if (reachable ? rename(draft.c_str(), data.c_str()) != 0 : symlink(draft.c_str(), data.c_str()) != 0) return not_writable(data, errno);
  return {};
}

std::string last_lines(const fs::path& log, std::uintmax_t from) {
  std::ifstream file(log);
  file.seekg(static_cast<std::streamoff>(from));
  std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (all.size() > 1500) all.erase(0, all.size() - 1500);
  return std::string(trimmed(all));
}

bool answers(const fs::path& socket_folder) {
  return PQping(text(dsn_part("host", socket_folder.string()), " port=", port, " dbname=postgres connect_timeout=5").c_str()) == PQPING_OK;
}

using Deadline = std::chrono::steady_clock::time_point;
Deadline in(std::chrono::seconds span) { return std::chrono::steady_clock::now() + span; }
bool passed(Deadline deadline) { return std::chrono::steady_clock::now() > deadline; }
void pause() { std::this_thread::sleep_for(milliseconds(10)); }

/// Backends that outlive a killed server still use its shared memory; only when none is left are its marks out of date and in the way of a new one.
Result<> clear_marks(const fs::path& data, const fs::path& socket_folder) {
  for (const Deadline deadline = in(seconds(30)); is_in_use(data); pause()) {
    if (passed(deadline)) return failed(text("processes of a server that died still use ", data.string()));
  }
  std::error_code ignored;
  fs::remove(data / "postmaster.pid", ignored);
  fs::remove(socket_folder / text(".s.PGSQL.", port), ignored);
  fs::remove(socket_folder / text(".s.PGSQL.", port, ".lock"), ignored);
  return {};
}

/// Recovery after a crash may take its time: we wait while the server lives.
Result<> launch(const fs::path& data, const fs::path& socket_folder, const OsUser& user) {
  EMP_TRY(clear_marks(data, socket_folder));
  const fs::path log = data / "server.log";
  std::error_code ignored;
  const std::uintmax_t log_size = fs::exists(log, ignored) ? fs::file_size(log, ignored) : 0;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) return not_writable(log, errno);
  const pid_t server = spawn({programs / "postgres", "-D", data}, user, output);
  close(output);
  if (server < 0) return failed(text("no new process: ", std::strerror(errno)));
  for (;; pause()) {
    if (answers(socket_folder)) return {};
    if (has_ended(server)) return failed(text("the server did not start: ", last_lines(log, log_size)));
  }
}

/// False: there is no server, or it ended while we waited for it (it was being stopped, or killed).
Result<bool> has_server_that_answers(const fs::path& data, const fs::path& socket_folder) {
  for (const Deadline deadline = in(seconds(60)); running_server(data) == 0 || !answers(socket_folder); pause()) {
    if (running_server(data) == 0) return false;
    if (passed(deadline))
      return failed(text("process ", running_server(data), " has the cluster but does not answer at ", socket_folder.string(), "; stop it with SIGINT"));
  }
  return true;
}

Result<fs::path> usable_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return not_writable(folder, error.value());
  const fs::path out = fs::canonical(folder, error);
  if (error) return not_writable(folder, error.value());
  return out;
}

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() < 50 && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

PrivateCluster::PrivateCluster(fs::path folder, fs::path socket_folder, bool was_running)
    : folder_(std::move(folder)), socket_folder_(std::move(socket_folder)), was_running_(was_running) {}

Result<PrivateCluster> PrivateCluster::start(const fs::path& wanted, const Progress& progress, Durability durability) {
  const auto tell = [&](std::string_view line) {
    if (progress) progress(line);
  };
  if (!fs::exists(programs / "postgres") || !fs::exists(programs / "initdb")) {
    return fail(ErrorKind::unavailable, "POSTGRES_NOT_INSTALLED",
                text("no PostgreSQL 15 in ", programs.string(), "; install it with: apt-get install postgresql-15"));
  }
  EMP_ASSIGN(const OsUser user, OsUser::for_server());
  EMP_ASSIGN(const fs::path folder, usable_folder(wanted));
  EMP_ASSIGN(const FolderLock lock, FolderLock::take(folder));
  const bool reachable = is_reachable(folder, user);
  const fs::path socket_folder = socket_folder_for(folder, reachable);
  EMP_TRY(make_private_folder(socket_folder, user));

  std::error_code error;
  if (!fs::exists(folder / "data" / "PG_VERSION", error)) {
    tell(reachable ? "making the database cluster"
                   : "making the database cluster under /var/lib/emporion (the OS user postgres may not enter the home folder)");
    fs::remove(folder / "data", error);  // a link whose target is gone
    EMP_TRY(initialise(folder, socket_folder, reachable, user, durability));
  }
  const fs::path data = fs::canonical(folder / "data", error);
  if (error) return not_writable(folder / "data", error.value());
  if (read_text(data / "PG_VERSION") != "15") return failed(text(data.string(), " was made by PostgreSQL ", read_text(data / "PG_VERSION"), ", not 15"));

  EMP_ASSIGN(const bool was_running, has_server_that_answers(data, socket_folder));
  if (!was_running) {
    tell("starting PostgreSQL");
    EMP_TRY(write_settings(data, socket_folder, durability));
    EMP_TRY(launch(data, socket_folder, user));
  }
  return PrivateCluster(folder, socket_folder, was_running);
}

Result<BlockingConnection*> PrivateCluster::administrator() {
  if (!administrator_) {
    EMP_ASSIGN(auto opened, BlockingConnection::open(superuser_dsn("postgres")));
    administrator_ = std::make_shared<BlockingConnection>(std::move(opened));
  }
  return administrator_.get();
}

fs::path PrivateCluster::moved_mark(std::string_view module) const { return folder_ / "roles" / text(module, ".moved"); }

Result<std::string> PrivateCluster::ensure_database(std::string_view module) {
  std::error_code error;
  if (fs::exists(moved_mark(module), error)) return fail(ErrorKind::conflict, "MODULE_MOVED", read_text(moved_mark(module)));
  return make_again(module);
}

Result<> PrivateCluster::drop_database(std::string_view module, std::string_view where_now) {
  EMP_ASSERT(is_identifier(module));
  const std::string name = text("emporion_", module);
  EMP_ASSIGN(const FolderLock lock, FolderLock::take(folder_));
  std::error_code error;
  const bool was_marked = fs::exists(moved_mark(module), error);
  EMP_TRY(write_secret(moved_mark(module), std::string(where_now)));  // First: from here on nobody makes an empty one instead.
  EMP_ASSIGN(auto* const server, administrator());
  if (const auto dropped = server->run(text("DROP DATABASE IF EXISTS ", name)); !dropped) {
    if (!was_marked) fs::remove(moved_mark(module), error);
    return fail(ErrorKind::conflict, "DATABASE_IN_USE", dropped.error().detail());
  }
  if (const auto dropped = server->run(text("DROP ROLE IF EXISTS ", name)); !dropped) return failed(dropped.error().detail());
  fs::remove(folder_ / "roles" / text(module, ".password"), error);
  return {};
}

Result<> PrivateCluster::readmit(std::string_view module) {
  std::error_code error;
  fs::remove(moved_mark(module), error);
  if (error) return not_writable(moved_mark(module), error.value());
  return {};
}

Result<std::string> PrivateCluster::make_again(std::string_view module) {
  EMP_ASSERT(is_identifier(module));
  const std::string name = text("emporion_", module);
  EMP_ASSIGN(const FolderLock lock, FolderLock::take(folder_));
  if (mkdir((folder_ / "roles").c_str(), 0700) != 0 && errno != EEXIST) return not_writable(folder_ / "roles", errno);
  const fs::path secret = folder_ / "roles" / text(module, ".password");
  const bool known = fs::exists(secret);
  const std::string password = known ? read_text(secret) : random_text();

  EMP_ASSIGN(auto* const server, administrator());
  const auto run = [&](const std::string& sql) -> Result<BlockingConnection::TextRows> {
    auto rows = server->run(sql);
    if (!rows) return failed(rows.error().detail());
    return rows;
  };
  EMP_ASSIGN(const auto found,
             run(text("SELECT (SELECT count(*) FROM pg_roles WHERE rolname = '", name, "'), (SELECT count(*) FROM pg_database WHERE datname = '", name, "')")));
  const bool has_role = *found[0][0] == "1";
  const bool has_database = *found[0][1] == "1";
  if (!has_role || !known) {
    EMP_TRY(run(text(has_role ? "ALTER" : "CREATE", " ROLE ", name, " LOGIN PASSWORD '", scram_secret(password), "'")));
  }
  if (!has_database) EMP_TRY(run(text("CREATE DATABASE ", name, " OWNER ", name)));
  if (!has_database || !known) {
    // Wall 2: nobody but its owner may even connect.
    EMP_TRY(run(text("REVOKE CONNECT, TEMPORARY ON DATABASE ", name, ", postgres, template1 FROM PUBLIC")));
    EMP_TRY(write_secret(secret, password));  // Last: a crash before repeats all of it.
  }
  return text(dsn_part("host", socket_folder_.string()), " port=", port, " ", dsn_part("dbname", name), " ", dsn_part("user", name), " ",
              dsn_part("password", password));
}

std::string PrivateCluster::superuser_dsn(std::string_view name) const {
  return text(dsn_part("host", socket_folder_.string()), " port=", port, " ", dsn_part("dbname", name), " ", dsn_part("user", administrator_name), " ",
              dsn_part("password", read_text(folder_ / "administrator.password")));
}

Result<> PrivateCluster::stop() {
  EMP_ASSIGN(const FolderLock lock, FolderLock::take(folder_));
  administrator_.reset();
  std::error_code error;
  const fs::path data = fs::canonical(folder_ / "data", error);
  const pid_t server = running_server(data);
  if (server == 0) return {};
  if (kill(server, SIGINT) != 0) return failed(text("process ", server, ": ", std::strerror(errno)));
  for (const Deadline deadline = in(seconds(120)); !has_ended(server); pause()) {
    if (passed(deadline)) return failed(text("process ", server, " does not end"));
  }
  if (socket_folder_.parent_path() != folder_) fs::remove(socket_folder_, error);  // Empty now, and not in the home: left behind it would be litter.
  return {};
}

}  // namespace emporion::postgres
