#include "kernel/geoip/geoip.hpp"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

#include "kernel/base/text.hpp"

namespace emporion::geoip {
namespace {

template <std::size_t N>
std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s entry, const std::array<const char*, N>& path) {
  std::array<const char*, N + 1> ended{};
  std::copy(path.begin(), path.end(), ended.begin());
  MMDB_entry_data_s value;
  if (MMDB_aget_value(&entry, &value, ended.data()) != MMDB_SUCCESS || !value.has_data) return std::nullopt;
  return value;
}

std::string country_at(MMDB_entry_s entry) {
  // Where the address is used; where it is registered, if the database does not know.
  for (const char* member : {"country", "registered_country"}) {
    const auto value = value_at(entry, std::array{member, "iso_code"});
    if (value && value->type == MMDB_DATA_TYPE_UTF8_STRING && value->data_size == 2) return ascii_upper({value->utf8_string, 2});
  }
  return {};
}

/// Databases of anonymous networks have these at the top, others below "traits".
bool flag_at(MMDB_entry_s entry, const char* name) {
  for (const auto& value : {value_at(entry, std::array{name}), value_at(entry, std::array{"traits", name})}) {
    if (value && value->type == MMDB_DATA_TYPE_BOOLEAN && value->boolean) return true;
  }
  return false;
}

std::uint32_t network_at(MMDB_entry_s entry) {
  for (const auto& value : {value_at(entry, std::array{"autonomous_system_number"}), value_at(entry, std::array{"traits", "autonomous_system_number"})}) {
    if (value && value->type == MMDB_DATA_TYPE_UINT32) return value->uint32;
  }
  return 0;
}

void add(MMDB_entry_s entry, Place& place) {
  if (place.country.empty()) place.country = country_at(entry);
  if (place.network == 0) place.network = network_at(entry);
  place.is_tor_exit = place.is_tor_exit || flag_at(entry, "is_tor_exit_node");
  for (const char* name : {"is_anonymous", "is_anonymous_vpn", "is_anonymous_proxy", "is_hosting_provider", "is_public_proxy", "is_residential_proxy"}) {
    place.is_anonymous = place.is_anonymous || flag_at(entry, name);
  }
}

}  // namespace

struct Databases::File {
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (is_open) MMDB_close(&database);
  }
  void open(const std::string& name) {
    struct stat seen{};
    if (::stat(name.c_str(), &seen) != 0) return;
    inode = seen.st_ino;
    changed_at = seen.st_mtim.tv_sec;
    is_open = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &database) == MMDB_SUCCESS;
  }
  bool is_current(const std::string& name) const {
    struct stat seen{};
    if (::stat(name.c_str(), &seen) != 0) return is_open;  // Gone: what is mapped is still good.
    return is_open && seen.st_ino == inode && seen.st_mtim.tv_sec == changed_at;
  }

  MMDB_s database{};
  bool is_open = false;
  ino_t inode = 0;
  time_t changed_at = 0;
};

Databases::Databases(std::vector<std::string> files) : names_(std::move(files)), files_(names_.size()) { refresh(); }
Databases::~Databases() = default;
Databases::Databases(Databases&&) noexcept = default;
Databases& Databases::operator=(Databases&&) noexcept = default;

void Databases::refresh() {
  unreadable_.clear();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (files_[i] && files_[i]->is_current(names_[i])) continue;
    auto fresh = std::make_unique<File>();
    fresh->open(names_[i]);
    // A file that is broken now does not replace one that worked.
    if (fresh->is_open || !files_[i] || !files_[i]->is_open) files_[i] = std::move(fresh);
    if (!files_[i]->is_open) unreadable_.push_back(names_[i]);
  }
}

std::optional<Place> Databases::find(std::string_view address) const {
  sockaddr_storage storage{};
  const std::string text(address);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  std::optional<Place> out;
  for (const auto& file : files_) {
    if (!file->is_open) continue;
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&file->database, reinterpret_cast<const sockaddr*>(&storage), &error);
    if (error != MMDB_SUCCESS || !found.found_entry) continue;
    if (!out) out.emplace();
    add(found.entry, *out);
  }
  return out;
}

}  // namespace emporion::geoip
