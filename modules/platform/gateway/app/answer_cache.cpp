#include "modules/platform/gateway/app/answer_cache.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::gateway {
namespace {

constexpr seconds stale_max{30};
constexpr std::size_t entry_bytes_max = std::size_t{1} << 20;
constexpr std::size_t purged_tags_max = 100'000;

struct Waits {
  std::vector<Suspended>& waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting.push_back(Suspended(handle)); }
  void await_resume() const noexcept {}
};

void count(std::string_view outcome) {
  static observe::Counter& hits =
      observe::counter("emporion_gateway_cache_total", "Requests of routes whose answers are kept, by outcome.", {{"outcome", "hit"}});
  static observe::Counter& misses = observe::counter("emporion_gateway_cache_total", "", {{"outcome", "miss"}});
  (outcome == "hit" ? hits : misses).increment();
}

}  // namespace

std::optional<std::string> AnswerCache::key_of(const http::Request& request, const Principal& principal, int route_seconds) {
  if (route_seconds == 0 || request.method != http::Method::get || principal.realm != Realm::guest || !request.header("authorization").empty())
    return std::nullopt;
  std::string key = request.path;
  auto query = request.query;
  std::ranges::sort(query);
  for (const auto& [name, value] : query) key.append("\n").append(name).append("=").append(value);
  return key.append("\n\n")
      .append(request.header("accept-language"))
      .append("\n")
      .append(request.header("x-currency"))
      .append("\n")
      .append(request.header("x-region"));
}

Task<AnswerCache::Turn> AnswerCache::look_up(std::string key) {
  const UtcTime now = clock_.now();
  const auto found = entries_.find(key);
  const auto flight = flights_.find(key);
  if (found != entries_.end()) {
    const bool is_fresh = now < found->second.until;
    if (is_fresh || (flight != flights_.end() && now < found->second.until + stale_max)) {
      least_recent_.splice(least_recent_.end(), least_recent_, found->second.place);
      count("hit");
      co_return Turn{.answer = found->second.response};
    }
  }
  if (flight != flights_.end()) {
    const auto other = flight->second;
    co_await Waits{other->waiting};
    count(other->answer ? "hit" : "miss");
    co_return Turn{.answer = other->answer};
  }
  count("miss");
  flights_.emplace(std::move(key), std::make_shared<Flight>(Flight{.began = purges_}));
  co_return Turn{.fetches = true};
}

bool AnswerCache::may_be_kept(const http::Response& response) {
  if (response.status != 200 || response.rest || response.body.size() > entry_bytes_max) return false;
  return std::ranges::none_of(response.headers, [](const http::Header& header) {
    const std::string name = ascii_lower(header.name);
    return name == "set-cookie" || (name == "cache-control" && (header.value.contains("no-store") || header.value.contains("private"))) || name == "vary";
  });
}

void AnswerCache::keep(const std::string& key, const http::Response& response, int seconds_kept, const std::vector<std::string>& tags) {
  const bool may_be = may_be_kept(response);
  const auto flight = flights_.find(key);
  const std::uint64_t began = flight == flights_.end() ? purges_ : flight->second->began;
  const bool was_purged = all_purged_ > began || std::ranges::any_of(tags, [&](const std::string& tag) {
                            const auto purged = purged_.find(tag);
                            return purged != purged_.end() && purged->second > began;
                          });
  if (const auto old = entries_.find(key); old != entries_.end()) erase(old);
  if (may_be && !was_purged) {
    const auto place = least_recent_.insert(least_recent_.end(), key);
    entries_.emplace(key, Entry{response, clock_.now() + seconds(seconds_kept), tags, place});
    bytes_ += response.body.size() + key.size();
    while (bytes_ > bytes_max_ && !least_recent_.empty()) erase(entries_.find(least_recent_.front()));
  }
  // What may not be kept may be somebody's: those who wait ask for themselves.
  land(key, may_be ? std::optional(response) : std::nullopt);
}

void AnswerCache::give_up(const std::string& key) { land(key, std::nullopt); }

void AnswerCache::land(const std::string& key, std::optional<http::Response> answer) {
  const auto found = flights_.find(key);
  if (found == flights_.end()) return;
  const auto flight = found->second;
  flights_.erase(found);
  flight->answer = std::move(answer);
  for (const auto& reader : std::exchange(flight->waiting, {})) reader.resume();
}

void AnswerCache::erase(std::unordered_map<std::string, Entry>::iterator entry) {
  bytes_ -= entry->second.response.body.size() + entry->first.size();
  least_recent_.erase(entry->second.place);
  entries_.erase(entry);
}

void AnswerCache::purge_tag(std::string_view tag) {
  if (purged_.size() >= purged_tags_max) {  // Forgetting when tags were purged is safe if everything under way counts as purged.
    purged_.clear();
    all_purged_ = purges_ + 1;
  }
  purged_.insert_or_assign(std::string(tag), ++purges_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto current = entry++;
    if (std::ranges::find(current->second.tags, tag) != current->second.tags.end()) erase(current);
  }
}

void AnswerCache::purge_prefix(std::string_view path) {
  all_purged_ = ++purges_;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto current = entry++;
    if (current->first.starts_with(path)) erase(current);
  }
}

std::vector<std::string> tags_of(std::string_view path, const http::PathParameters& parameters) {
  constexpr std::string_view products = "/api/v1/catalog/products/";
  if (path.starts_with(products) && parameters.size() == 1 && path.size() == products.size() + parameters[0].size()) return {"product:" + parameters[0]};
  return {"catalog"};
}

}  // namespace emporion::gateway
