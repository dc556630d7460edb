#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/http/router.hpp"

namespace emporion::gateway {

/// Answers that are the same for every guest, of routes that say so (route_class.cpp). One request fetches, those that come meanwhile wait for it, or get what
/// is at most 30 s too old. Events purge by tag; what was being fetched then is not kept. Source: platform.md §3.5 cache, G-I9.
class AnswerCache {
 public:
  explicit AnswerCache(const Clock& clock, std::size_t bytes_max = std::size_t{64} << 20) : clock_(clock), bytes_max_(bytes_max) {}

  /// The key of a request whose answer may be kept or taken: GET of a guest without Authorization. `route_seconds` of the route. Nothing otherwise.
  static std::optional<std::string> key_of(const http::Request& request, const Principal& principal, int route_seconds);

  /// What a look-up says to do.
  struct Turn {
    std::optional<http::Response> answer;  ///< Send this.
    bool fetches = false;                  ///< Ask the module, then `keep` or `give_up`. Neither: ask the module, and keep nothing.
  };
  /// Waits while another request fetches the same.
  Task<Turn> look_up(std::string key);
  /// The fetched answer, for those who wait and, if it may be kept, for those who come.
  void keep(const std::string& key, const http::Response& response, int seconds_kept, const std::vector<std::string>& tags);
  /// No answer to share: those who wait ask for themselves.
  void give_up(const std::string& key);

  void purge_tag(std::string_view tag);
  /// All whose path begins so.
  void purge_prefix(std::string_view path);

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    http::Response response;
    UtcTime until;
    std::vector<std::string> tags;
    std::list<std::string>::iterator place;
  };
  struct Flight {
    std::uint64_t began = 0;  ///< Number of purges when it began.
    std::vector<Suspended> waiting;
    std::optional<http::Response> answer;
    bool is_over = false;
  };
  void land(const std::string& key, std::optional<http::Response> answer);
  void erase(std::unordered_map<std::string, Entry>::iterator entry);
  static bool may_be_kept(const http::Response& response);

  const Clock& clock_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> least_recent_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  std::map<std::string, std::uint64_t, std::less<>> purged_;  ///< When each tag was last purged, as a number of purges.
  std::uint64_t purges_ = 0;
  std::uint64_t all_purged_ = 0;
};

/// What an answer has to do with: "product:<id>" for one product, "catalog" for lists and everything else of the catalogue.
std::vector<std::string> tags_of(std::string_view path, const http::PathParameters& parameters);

}  // namespace emporion::gateway
