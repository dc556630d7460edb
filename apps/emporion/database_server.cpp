#include "apps/emporion/database_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "contracts/topics.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/dsn.hpp"
#include "kernel/postgres/scram_secret.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::app {
namespace {

using postgres::BlockingConnection;

constexpr std::string_view lock_number = "5137620412718243842";  // Any number, the same for all who prepare.
constexpr int version_min = 150'000;

/// A module on the server.
struct Tenant {
  std::string module;
  std::string dsn;
  postgres::DsnTarget target;
};

Result<std::vector<Tenant>> tenants_of(const Placement& placement, const std::vector<std::string>& modules) {
  std::vector<Tenant> out;
  std::set<std::string> servers;
  for (const auto& links : contracts::modules()) {
    const std::string module(links.name);
    if (!modules.empty() && std::ranges::count(modules, module) == 0) continue;
    const auto dsn = placement.dsn_of(module);
    if (!dsn) continue;
    EMP_ASSIGN(auto target, postgres::target_of_dsn(*dsn));
    if (target.user.empty())
      return fail(ErrorKind::invalid_argument, "DSN_WITHOUT_ROLE", text("databases.", module, " names no user; say which role owns the database: user=…"));
    servers.insert(text(target.host, ":", target.port));
    out.push_back({module, *dsn, std::move(target)});
  }
  if (out.empty())
    return fail(ErrorKind::invalid_argument, "NOTHING_TO_PREPARE",
                "the placement puts none of these modules on a server; name one with `postgres: host=…`, or with `databases.<module>`");
  if (servers.size() > 1) {
    const std::vector<std::string> names(servers.begin(), servers.end());
    return fail(ErrorKind::invalid_argument, "SERVERS_DIFFER", text("the placement has databases at ", listed(names), "; prepare each with --modules"));
  }
  return out;
}

/// `part` as it stands in a line of a password file.
std::string escaped(std::string_view part) {
  std::string out;
  for (const char c : part) {
    if (c == ':' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

/// A line of its own, readable by us only. For any host: the role is the same on a standby that takes over.
Result<> remember_password(const Tenant& tenant, const std::string& password) {
  const std::string& path = tenant.target.password_file;
  const auto refused = [&] {
    return fail(ErrorKind::permission_denied, "PASSWORD_FILE_NOT_WRITABLE", text(path, ": ", std::strerror(errno), "; choose another one with passfile="));
  };
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return refused();
  std::string line = text("*:*:", escaped(tenant.target.database), ":", escaped(tenant.target.user), ":", password, "\n");
  char last = '\n';
  if (const off_t size = lseek(file, 0, SEEK_END); size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n') line.insert(0, "\n");
  const bool written = write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(file) == 0;
  const int error = errno;
  close(file);
  errno = error;
  if (!written) return refused();
  return {};
}

/// One connection as the administrator.
class Server {
 public:
  static Result<Server> open(const std::string& administrator) {
    const bool is_uri = administrator.find("://") != std::string::npos;
    EMP_ASSIGN(const auto target, postgres::target_of_dsn(administrator));
    const bool has_database = is_uri || administrator.find("dbname") != std::string::npos;
    EMP_ASSIGN(auto connection, BlockingConnection::open(has_database ? administrator : "dbname=postgres " + administrator));
    Server out(std::move(connection));
    EMP_TRY(out.run("SET lock_timeout = '60s'; SET client_min_messages = warning"));
    EMP_ASSIGN(const std::string version, out.value("SHOW server_version_num"));
    if (std::atoi(version.c_str()) < version_min)
      return fail(ErrorKind::rule_violated, "SERVER_TOO_OLD", text("the server has version ", version, "; Emporion needs PostgreSQL 15 or newer"));
    EMP_ASSIGN(const std::string is_superuser, out.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
    out.is_superuser_ = is_superuser == "t";
    EMP_TRY(out.run(text("SELECT pg_advisory_lock(", lock_number, ")")));  // Ends with the connection.
    return out;
  }

  Result<std::string> prepare(const Tenant& tenant, bool reset_passwords) {
    const std::string role = connection_.quoted_name(tenant.target.user);
    const std::string database = connection_.quoted_name(tenant.target.database);
    const std::string role_text = connection_.quoted_literal(tenant.target.user);
    const std::string database_text = connection_.quoted_literal(tenant.target.database);
    std::vector<std::string> made;
    EMP_ASSIGN(const std::string has_role, value(text("SELECT count(*) FROM pg_roles WHERE rolname = ", role_text)));
    if (has_role == "0" || reset_passwords) {
      EMP_ASSIGN(const std::string password, password_clause(tenant));
      EMP_TRY(run(text(has_role == "0" ? "CREATE" : "ALTER", " ROLE ", role, " LOGIN", password)));
      made.push_back(text("role ", tenant.target.user, has_role == "0" ? " made" : " has its password anew"));
    }
    EMP_ASSIGN(const std::string owner,
               value(text("SELECT coalesce((SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = ", database_text, "), '')")));
    if (owner.empty()) {
      EMP_TRY(make_database(role, database));
      made.push_back(text("database ", tenant.target.database, " made"));
    } else if (owner != tenant.target.user) {
      return fail(ErrorKind::conflict, "DATABASE_OF_ANOTHER",
                  text("database ", tenant.target.database, " belongs to ", owner, ", not to ", tenant.target.user, "; name another one in the placement"));
    }
    // Wall 2: nobody but its owner may even connect.
    EMP_ASSIGN(const std::string is_open, value(text("SELECT count(*) FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = ",
                                                     database_text, " AND grantee = 0 AND privilege_type IN ('CONNECT', 'TEMPORARY')")));
    if (is_open != "0") {
      EMP_TRY(run(text("REVOKE CONNECT, TEMPORARY ON DATABASE ", database, " FROM PUBLIC")));
      made.emplace_back("closed to others");
    }
    return text(tenant.module, ": ", made.empty() ? "there already" : listed(made));
  }

 private:
  explicit Server(BlockingConnection connection) : connection_(std::move(connection)) {}

  Result<> make_database(const std::string& role, const std::string& database) {
    if (!is_superuser_) EMP_TRY(run(text("GRANT ", role, " TO CURRENT_USER")));  // Else it could not give the database away.
    // The same order of text everywhere, whatever the server's own is.
    EMP_TRY(run(text("CREATE DATABASE ", database, " OWNER ", role, " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")));
    return {};
  }

  /// " PASSWORD '…'", or nothing where the placement leads to no password: then the server knows the role by other means.
  Result<std::string> password_clause(const Tenant& tenant) {
    const std::string known = postgres::password_of_dsn(tenant.dsn);
    if (!known.empty()) {
      EMP_ASSIGN(const std::string secret, connection_.password_secret(tenant.target.user, known));
      return text(" PASSWORD ", connection_.quoted_literal(secret));
    }
    if (tenant.target.password_file.empty()) return std::string();
    SystemRandom random;
    const std::string password = security::hex(security::random_bytes(random, 24));
    EMP_TRY(remember_password(tenant, password));  // First: a crash after it repeats the rest.
    return text(" PASSWORD ", connection_.quoted_literal(postgres::scram_secret(password)));
  }

  Result<BlockingConnection::TextRows> run(const std::string& sql) {
    auto rows = connection_.run(sql);
    if (rows) return rows;
    return fail(ErrorKind::rule_violated, "SERVER_REFUSED", rows.error().detail());
  }
  Result<std::string> value(const std::string& sql) {
    EMP_ASSIGN(const auto rows, run(sql));
    return rows.empty() ? std::string() : rows.front().front().value_or("");
  }

  BlockingConnection connection_;
  bool is_superuser_ = false;
};

/// As the module will, so that what is missing is found now: a password that differs, a line of pg_hba.conf.
Result<> try_out(const Tenant& tenant) {
  const auto opened = BlockingConnection::open(tenant.dsn);
  if (opened) return {};
  const std::string& why = opened.error().detail();
  if (why.find("password") == std::string::npos) return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", text(tenant.module, " cannot connect: ", why));
  return fail(ErrorKind::conflict, "PASSWORD_UNKNOWN",
              text("role ", tenant.target.user,
                   " has another password than the placement leads to; bring the password file from where the role was made, or "
                   "give all their passwords anew with --reset-passwords (",
                   why, ")"));
}

}  // namespace

Result<> prepare_server(const Placement& placement, const ServerPreparation& wanted, const std::function<void(std::string_view)>& tell) {
  EMP_ASSIGN(const auto tenants, tenants_of(placement, wanted.modules));
  EMP_ASSIGN(auto server, Server::open(wanted.administrator));
  for (const auto& tenant : tenants) {
    EMP_ASSIGN(const std::string line, server.prepare(tenant, wanted.reset_passwords));
    EMP_TRY(try_out(tenant));
    tell(line);
  }
  return {};
}

}  // namespace emporion::app
