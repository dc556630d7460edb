#include "modules/logistics/location/domain/gazetteer.hpp"

#include <algorithm>
#include <tuple>

#include "kernel/base/text.hpp"
#include "modules/logistics/location/domain/names.hpp"

namespace emporion::location {
namespace {

constexpr std::int32_t likeness_to_show_bps = 3'000;    // Source: logistics.md §4.5, search.
constexpr std::int32_t likeness_to_accept_bps = 8'000;  // Source: logistics.md §4.5, free text.

}  // namespace

Gazetteer::Gazetteer(std::vector<Place> places, std::int64_t revision) : revision_(revision) {
  entries_.reserve(places.size());
  for (Place& place : places) {
    std::string name = folded(place.name);
    std::string name_en = folded(place.name_en);
    entries_.push_back({std::move(place), std::move(name), std::move(name_en)});
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.name, a.place.code, a.place.id) < std::tie(b.name, b.place.code, b.place.id); });
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Place& place = entries_[i].place;
    by_id_.emplace(place.id, i);
    if (place.parent_id) by_parent_[*place.parent_id].push_back(i);
    if (place.level == Level::country && place.is_active) countries_.emplace(place.code, i);
  }
}

const Place* Gazetteer::find(const Uuid& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &entries_[found->second].place;
}

const Place* Gazetteer::country(std::string_view code) const {
  const auto found = countries_.find(ascii_upper(code));
  return found == countries_.end() ? nullptr : &entries_[found->second].place;
}

std::vector<const Place*> Gazetteer::below(const Uuid& parent) const {
  std::vector<const Place*> out;
  if (const auto found = by_parent_.find(parent); found != by_parent_.end()) {
    for (const std::size_t at : found->second) out.push_back(&entries_[at].place);
  }
  return out;
}

std::vector<const Place*> Gazetteer::children(const Uuid& parent, bool active_only) const {
  auto out = below(parent);
  if (active_only) std::erase_if(out, [](const Place* place) { return !place->is_active; });
  return out;
}

bool Gazetteer::has_regions(const Place& country) const {
  const auto found = by_parent_.find(country.id);
  return found != by_parent_.end() && std::any_of(found->second.begin(), found->second.end(), [this](std::size_t at) { return entries_[at].place.is_active; });
}

bool Gazetteer::matches(const Entry& entry, const Filter& filter) const {
  const Place& place = entry.place;
  return (!filter.parent_id || place.parent_id == *filter.parent_id) && (!filter.level || place.level == *filter.level) &&
         (!filter.country_code || place.country_code == *filter.country_code) && (!filter.is_active || place.is_active == *filter.is_active) &&
         (!filter.code || place.code == *filter.code);
}

std::vector<const Place*> Gazetteer::list(const Filter& filter, std::size_t limit) const {
  std::vector<const Place*> out;
  if (filter.parent_id) {
    const auto found = by_parent_.find(*filter.parent_id);
    if (found == by_parent_.end()) return out;
    for (const std::size_t at : found->second) {
      if (out.size() < limit && matches(entries_[at], filter)) out.push_back(&entries_[at].place);
    }
    return out;
  }
  for (const Entry& entry : entries_) {
    if (out.size() == limit) break;
    if (matches(entry, filter)) out.push_back(&entry.place);
  }
  return out;
}

std::vector<const Place*> Gazetteer::search(std::string_view query, const Filter& filter, std::size_t limit) const {
  struct Hit {
    int rank;
    std::int32_t distance_bps;
    Level level;
    const Entry* entry;
  };
  const std::string wanted = folded(query);
  const std::string code = ascii_upper(trimmed(query));
  if (wanted.empty()) return {};
  std::vector<Hit> hits;
  for (const Entry& entry : entries_) {
    if (!matches(entry, filter)) continue;
    if (entry.place.code == code) {
      hits.push_back({0, 0, entry.place.level, &entry});
    } else if (entry.name.starts_with(wanted) || entry.name_en.starts_with(wanted)) {
      hits.push_back({1, 0, entry.place.level, &entry});
    } else if (const auto alike = std::max(similarity_bps(wanted, entry.name), similarity_bps(wanted, entry.name_en)); alike >= likeness_to_show_bps) {
      hits.push_back({2, 10'000 - alike, entry.place.level, &entry});
    }
  }
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return std::tie(a.rank, a.distance_bps, a.level, a.entry->name, a.entry->place.id) <
           std::tie(b.rank, b.distance_bps, b.level, b.entry->name, b.entry->place.id);
  });
  std::vector<const Place*> out;
  for (const Hit& hit : hits) {
    if (out.size() < limit) out.push_back(&hit.entry->place);
  }
  return out;
}

std::vector<const Place*> Gazetteer::tree(const Place& root, std::int32_t depth) const {
  std::vector<const Place*> out{&root};
  std::size_t level_begin = 0;
  for (std::int32_t level = 0; level < depth; ++level) {
    const std::size_t level_end = out.size();
    for (std::size_t i = level_begin; i < level_end; ++i) {
      for (const Place* child : children(out[i]->id, true)) out.push_back(child);
    }
    level_begin = level_end;
  }
  return out;
}

std::vector<const Place*> Gazetteer::path(const Place& place) const {
  std::vector<const Place*> out;
  for (const Uuid& id : place.path) {
    if (const Place* found = find(id)) out.push_back(found);
  }
  return out;
}

const Place* Gazetteer::region_by_code(const Place& country, std::string_view code) const {
  const std::string wanted = ascii_upper(code);
  const std::string full = wanted.starts_with(country.code + "-") ? wanted : country.code + "-" + wanted;
  const Place* inactive = nullptr;
  for (const Place* place : below(country.id)) {
    if (place->code != wanted && place->code != full) continue;
    if (place->is_active) return place;
    inactive = place;
  }
  return inactive;
}

const Place* Gazetteer::region_by_name(const Place& country, std::string_view name) const {
  const std::string wanted = folded(name);
  const Place* best = nullptr;
  std::int32_t best_bps = likeness_to_accept_bps - 1;
  const auto found = by_parent_.find(country.id);
  if (found == by_parent_.end() || wanted.empty()) return nullptr;
  for (const std::size_t at : found->second) {
    const Entry& entry = entries_[at];
    const auto alike = std::max(similarity_bps(wanted, entry.name), similarity_bps(wanted, entry.name_en));
    if (alike > best_bps || (alike == best_bps && best != nullptr && !best->is_active && entry.place.is_active)) {
      best = &entry.place;
      best_bps = alike;
    }
  }
  return best;
}

const Place* Gazetteer::with_coordinates(const Place& place) const {
  for (std::size_t i = place.path.size(); i-- > 0;) {
    const Place* at = find(place.path[i]);
    if (at != nullptr && at->lat) return at;
  }
  return nullptr;
}

}  // namespace emporion::location
