#include "tests/journeys/moving_shop.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/config/settings.hpp"
#include "kernel/postgres/dsn.hpp"
#include "tests/journeys/free_ports.hpp"

namespace emporion::journeys {
namespace {

std::vector<std::string> every_module() {
  const auto settings = config::Settings::load(EMP_DEPLOY "/placement/one.yaml");
  EMP_ASSERT(settings.has_value());
  return settings->strings("processes.all.modules");
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

postgres::PrivateCluster cluster_in(const std::filesystem::path& folder) {
  auto started = postgres::PrivateCluster::start(folder, {}, postgres::Durability::none_for_tests);
  EMP_ASSERT(started.has_value());
  return std::move(*started);
}

std::string first_value(const std::string& dsn, const std::string& sql) {
  auto at = postgres::BlockingConnection::open(dsn);
  EMP_ASSERT(at.has_value());
  const auto rows = at->run(sql);
  EMP_ASSERT(rows.has_value());
  return rows->empty() ? "" : rows->front().front().value_or("null");
}

/// Starts a server again with these lines at the end of its configuration.
void start_with(postgres::PrivateCluster& cluster, const std::filesystem::path& folder, const std::string& lines) {
  const bool stopped = cluster.stop().has_value();
  EMP_ASSERT(stopped);
  std::ofstream(folder / "data" / "postgresql.conf", std::ios::app) << lines;
  cluster = cluster_in(folder);
}

/// Makes a server a host: it takes connections at `address`, over TLS with a certificate of its own and with passwords.
void put_on_network(postgres::PrivateCluster& cluster, const std::filesystem::path& folder, const std::string& address) {
  namespace fs = std::filesystem;
  const fs::path data = folder / "data";
  const auto made = run_program({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                                 "/CN=" + address, "-addext", "subjectAltName=IP:" + address, "-keyout", data / "server.key", "-out", data / "server.crt"},
                                folder.parent_path());
  EMP_ASSERT(made.code == 0);
  struct stat owner{};
  EMP_ASSERT(stat(data.c_str(), &owner) == 0 && chown((data / "server.key").c_str(), owner.st_uid, owner.st_gid) == 0);
  fs::permissions(data / "server.key", fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(data / "pg_hba.conf", std::ios::trunc) << "local all all scram-sha-256\nhostssl all all 127.0.0.0/8 scram-sha-256\n";
  start_with(cluster, folder, text("listen_addresses = '", address, "'\nssl = on\n"));
}

/// An address of this machine that nobody else has: everything below 127.0.0.0/8 is.
std::string host_address(int number) { return text("127.", 64 + getpid() / 250 % 128, '.', 1 + getpid() % 250, '.', number); }

}  // namespace

MovingShop::MovingShop(std::string module, bool moves_database, MovingTarget target) : module_(std::move(module)), moves_database_(moves_database) {
  home_ = cluster_in(shop_.home() / "postgres");
  if (!target.wal_level_at_home.empty()) start_with(*home_, shop_.home() / "postgres", text("wal_level = ", target.wal_level_at_home, '\n'));
  if (target.disk_mib > 0) {
    std::filesystem::create_directory(shop_.home() / "target");
    const std::string size = text("size=", target.disk_mib, "m,mode=0755");
    has_disk_of_its_own_ = mount("none", (shop_.home() / "target").c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  if (moves_database_) {
    target_ = cluster_in(shop_.home() / "target");
    auto dsn = target_->ensure_database(module_);
    EMP_ASSERT(dsn.has_value());
    target_dsn_ = *dsn;
  }
  if (target.on_host) make_hosts();
  shop_.start();
  write_placement();
  // The one that has everything now vouches for all of it, so that the module may come back.
  const auto folder = (shop_.home() / "pki").string();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"pki", "init", "--placement", (shop_.home() / "next.yaml").string()},
                                                {"pki", "issue", "all", "--folder", folder, "--modules", joined(every_module())}}) {
    const auto issued = run_emporion(words, shop_.home());
    EMP_ASSERT(issued.code == 0);
  }
}

MovingShop::~MovingShop() {
  (void)other_.stop();
  (void)rest_.stop();
  if (shop_.is_running()) (void)shop_.stop();
  if (target_) (void)target_->stop();
  if (has_disk_of_its_own_) (void)umount2((shop_.home() / "target").c_str(), MNT_DETACH);
}

void MovingShop::make_hosts() {
  home_address_ = host_address(1);
  target_address_ = host_address(2);
  put_on_network(*home_, shop_.home() / "postgres", home_address_);
  put_on_network(*target_, shop_.home() / "target", target_address_);
  const auto authorities = shop_.home() / "authorities.pem";
  std::ofstream(authorities) << text_of(shop_.home() / "postgres" / "data" / "server.crt") << text_of(shop_.home() / "target" / "data" / "server.crt");
  target_dsn_ = over_tls(target_address_, target_dsn_);
}

std::string MovingShop::over_tls(const std::string& address, const std::string& dsn) const {
  const auto target = postgres::target_of_dsn(dsn);
  EMP_ASSERT(target.has_value());
  return text("host=", address, " dbname=", target->database, " user=", target->user, " password=", postgres::password_of_dsn(dsn),
              " sslmode=verify-full sslrootcert=", (shop_.home() / "authorities.pem").string());
}

bool MovingShop::could_serve_elsewhere() const {
  auto at = postgres::BlockingConnection::open(target_dsn_);
  if (!at) return false;
  const auto waits = at->run("SELECT waits FROM module_place");
  return waits && !waits->empty() && waits->front().front() == "f";
}

std::string MovingShop::plain_target_dsn() const { return target_dsn_ + " sslmode=disable"; }

void MovingShop::resize_target(int mib) {
  const std::string size = text("size=", mib, "m");
  const bool resized = mount("none", (shop_.home() / "target").c_str(), "tmpfs", MS_REMOUNT, size.c_str()) == 0;
  EMP_ASSERT(resized);
}

void MovingShop::write_placement() {
  const auto ports = free_ports(2);
  auto others = every_module();
  std::erase(others, module_);
  const std::string public_address = shop_.url().substr(shop_.url().rfind('/') + 1);
  std::ofstream out(shop_.home() / "next.yaml");
  out << text_of(shop_.home() / "placement.yaml") << "home: " << shop_.home().string() << "\nprocesses:\n  all:\n    listen: 127.0.0.1:" << ports[0]
      << "\n    http: " << public_address << "\n    modules: [" << joined(others) << "]\n  moved:\n    listen: 127.0.0.1:" << ports[1] << "\n    modules: ["
      << module_ << "]\n";
  if (moves_database_) out << "databases:\n  " << module_ << ": \"" << target_dsn_ << "\"\n";
}

void MovingShop::start_other() {
  if (other_.is_running()) return;
  other_.start({"serve", "--placement", (shop_.home() / "next.yaml").string(), "--process", "moved"}, {}, shop_.home() / "moved.log");
}

void MovingShop::start_other_when_awaited() {
  const auto is_awaited = [this] {
    auto at = postgres::BlockingConnection::open(target_->superuser_dsn("emporion_" + module_));
    if (!at) return false;
    const auto waits = at->run("SELECT waits FROM module_place");
    return waits && !waits->empty() && waits->front().front() == "t";
  };
  if (other_.is_running()) return;
  for (int i = 0; i < 1'200 && !is_awaited(); ++i)
    std::this_thread::sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): another process says when it may be started.
  start_other();
  (void)other_.wait_until_ready();
}

void MovingShop::start_rest() {
  rest_.start({"serve", "--placement", (shop_.home() / "next.yaml").string(), "--process", "all"}, {}, shop_.home() / "rest.log");
  (void)rest_.wait_until_ready();
}

std::vector<std::string> MovingShop::words_of(const std::string& command, const std::vector<std::string>& words) const {
  std::vector<std::string> out = {command, module_, "--placement", (shop_.home() / "next.yaml").string()};
  if (moves_database_ && target_address_.empty()) {
    out.insert(out.end(), {"--superuser", target_->superuser_dsn("postgres")});
  } else if (moves_database_) {
    const auto& from = command == "extract" ? home_ : target_;
    out.insert(out.end(), {"--superuser", over_tls(target_address_, target_->superuser_dsn("postgres")), "--via",
                           over_tls(command == "extract" ? home_address_ : target_address_, from->superuser_dsn("postgres"))});
  }
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

Ended MovingShop::move(const std::string& command, const std::vector<std::string>& words) {
  return run_emporion(words_of(command, words), shop_.home(), {}, 170);
}

std::vector<Ended> MovingShop::move_twice_at_once(const std::string& command, const std::vector<std::string>& words) {
  std::vector<Ended> out(2);
  std::vector<std::thread> both;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto folder = shop_.home() / text("at_once_", i);
    std::filesystem::create_directory(folder);
    both.emplace_back([&, i, folder] { out[i] = run_emporion(words_of(command, words), folder, {}, 170); });
  }
  for (auto& each : both) each.join();
  return out;
}

std::string MovingShop::move_and_kill(const std::string& command, const std::string& at_line) {
  const auto printed = shop_.home() / "killed.out";
  std::filesystem::remove(printed);
  std::ofstream(printed).close();
  const char* const other = std::getenv("EMP_EMPORION");
  // The shell sees the line and kills; its own words are what the command would have been given.
  std::vector<std::string> shell = {"/bin/sh",
                                    "-c",
                                    R"(out=$1; line=$2; shift 2; "$@" >"$out" & pid=$!
while kill -0 $pid 2>/dev/null; do if grep -q "^$line" "$out"; then kill -9 $pid; fi; sleep 0.005; done; wait $pid 2>/dev/null; true)",
                                    "sh",
                                    printed.string(),
                                    at_line,
                                    other ? other : EMP_BINARY};
  const auto words = words_of(command, {});
  shell.insert(shell.end(), words.begin(), words.end());
  (void)run_program(shell, shop_.home(), {}, 170);
  return text_of(printed);
}

int MovingShop::audit(bool is_out) {
  const std::vector<std::string> words = {"audit", "--placement", (shop_.home() / (is_out ? "next.yaml" : "placement.yaml")).string(), "--home",
                                          shop_.home().string()};
  auto ended = run_emporion(words, shop_.home());
  report_ = ended.printed + ended.complained;
  return ended.code;
}

std::string MovingShop::value_at_home(const std::string& module, const std::string& sql) {
  return first_value(home_->superuser_dsn("emporion_" + module), sql);
}
std::string MovingShop::value_elsewhere(const std::string& sql) { return first_value(target_->superuser_dsn("emporion_" + module_), sql); }

std::string MovingShop::value_at_target(const std::string& sql) { return first_value(target_->superuser_dsn("postgres"), sql); }
std::string MovingShop::value_at_home_server(const std::string& sql) { return first_value(home_->superuser_dsn("postgres"), sql); }

std::string MovingShop::logs() const {
  return text_of(shop_.home() / "emporion.log") + text_of(shop_.home() / "moved.log") + text_of(shop_.home() / "rest.log");
}

Task<Reply> Crowding::timed(Task<Reply> call, const char* what) {
  const auto began = std::chrono::steady_clock::now();
  auto reply = co_await std::move(call);
  ++requests_;
  longest_ = std::max(longest_, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began));
  if (reply.status == 0 || reply.status == 429 || reply.status >= 500) failed_.push_back(text(what, ": ", reply.status, ' ', reply.reason, ' ', reply.body));
  co_return reply;
}

Task<int> Crowding::one(Crowding& crowd, Runtime& runtime, int number) {
  for (int purchase = 0; !crowd.stopped_; ++purchase) {
    Buyer buyer(crowd.client_, crowd.url_);
    const char* const sku = purchase % 2 == 0 ? "TEA-JASMINE-100" : "TEA-LOTUS-50";
    const auto prepared = co_await crowd.timed(buyer.prepare(sku, 1, text("mover-", number, "-", purchase)), "prepare");
    if (prepared.status == 200) {
      const auto confirmed = co_await crowd.timed(buyer.confirm(text("buy-", number, "-", purchase)), "confirm");
      if (confirmed.status == 200 || confirmed.status == 201) ++crowd.orders_;
    }
    co_await runtime.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): a buyer looks around between two purchases.
  }
  co_return 0;
}

Task<int> Crowding::buy(Runtime& runtime) {
  std::vector<Task<int>> all;
  for (int number = 0; number < count_; ++number) all.push_back(one(*this, runtime, number));
  (void)co_await when_all(std::move(all));
  co_return orders_;
}

}  // namespace emporion::journeys
