#include "kernel/postgres/dsn.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::postgres {
namespace {

/// What a connection string says, by the driver's words.
using Said = std::map<std::string, std::string, std::less<>>;

Result<Said> read(std::string_view dsn) {
  // The driver's message quotes the string, which may hold a password.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(std::string(dsn).c_str(), nullptr), &PQconninfoFree);
  if (!options) return fail(ErrorKind::invalid_argument, "DSN_MALFORMED", "not a connection string of PostgreSQL");
  Said out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') out.emplace(option->keyword, option->val);
  }
  return out;
}

std::string word(const Said& said, std::string_view name, std::string_view fallback = {}) {
  const auto found = said.find(name);
  return found == said.end() ? std::string(fallback) : found->second;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> out;
  if (list.empty()) return out;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    out.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return out;
}

}  // namespace

Result<DsnTarget> target_of_dsn(std::string_view dsn) {
  EMP_ASSIGN(const Said said, read(dsn));
  DsnTarget out{.host = word(said, "host", "localhost"), .port = word(said, "port", "5432"), .user = word(said, "user"), .database = word(said, "dbname")};
  if (out.database.empty()) out.database = out.user;
  out.password_file = word(said, "passfile");
  return out;
}

std::string password_of_dsn(std::string_view dsn) {
  // Only the driver knows how it searches its file; it does so before it connects, which is not waited for.
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectStart(std::string(dsn).c_str()), &PQfinish);
  const char* const password = connection ? PQpass(connection.get()) : nullptr;
  return password == nullptr ? "" : password;
}

std::string DsnHost::to_string() const {
  const std::string& name = host.empty() ? address : host;
  return text(name.empty() ? "localhost" : name, ":", port.empty() ? "5432" : port);
}

Result<std::vector<DsnHost>> hosts_of_dsn(std::string_view dsn) {
  EMP_ASSIGN(const Said said, read(dsn));
  const auto hosts = parts_of(word(said, "host"));
  const auto addresses = parts_of(word(said, "hostaddr"));
  const auto ports = parts_of(word(said, "port"));
  const std::size_t count = std::max(hosts.size(), addresses.size());
  const auto fits = [&](const std::vector<std::string>& parts) { return parts.empty() || parts.size() == count; };
  if (count == 0 || !fits(hosts) || !fits(addresses) || !(fits(ports) || ports.size() == 1)) return std::vector<DsnHost>(1);
  std::vector<DsnHost> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!hosts.empty()) out[i].host = hosts[i];
    if (!addresses.empty()) out[i].address = addresses[i];
    if (!ports.empty()) out[i].port = ports.size() == 1 ? ports.front() : ports[i];
  }
  return out;
}

Result<std::string> dsn_on_server(std::string_view server, std::string_view name) {
  EMP_ASSIGN(Said said, read(server));
  if (said.contains("user") || said.contains("dbname"))
    return fail(ErrorKind::invalid_argument, "DSN_NOT_A_SERVER", "it names a user or a database, but each module has its own on this server");
  said["user"] = name;
  said["dbname"] = name;
  std::string out;
  for (const auto& [keyword, value] : said) out += text(out.empty() ? "" : " ", dsn_part(keyword, value));
  return out;
}

}  // namespace emporion::postgres
