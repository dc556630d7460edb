#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "modules/logistics/location/domain/place.hpp"

namespace emporion::location {

/// All places in memory, indexed. Never changes: a write makes a new one. Pointers live as long as it does.
class Gazetteer {
 public:
  explicit Gazetteer(std::vector<Place> places, std::int64_t revision);

  std::int64_t revision() const noexcept { return revision_; }
  const Place* find(const Uuid& id) const;
  /// An active country by its ISO 3166-1 code, in any case.
  const Place* country(std::string_view code) const;
  /// Active children, ordered by folded name; inactive ones too if asked.
  std::vector<const Place*> children(const Uuid& parent, bool active_only) const;
  bool has_regions(const Place& country) const;

  struct Filter {
    std::optional<Uuid> parent_id;
    std::optional<Level> level;
    std::optional<std::string> country_code;
    std::optional<bool> is_active;
    std::optional<std::string> code;
  };
  /// In the order of folded names.
  std::vector<const Place*> list(const Filter& filter, std::size_t limit) const;
  /// Active places: exact code first, then by prefix of a word's name, then by likeness of at least 30 %; ties by level, then name.
  std::vector<const Place*> search(std::string_view query, const Filter& filter, std::size_t limit) const;
  /// The place and all below it, `depth` levels down, parents before children.
  std::vector<const Place*> tree(const Place& root, std::int32_t depth) const;
  std::vector<const Place*> path(const Place& place) const;

  /// A first-level region of `country` by code ("VN-HN", "hn"), also an inactive one if no active one has that code. Null if unknown.
  const Place* region_by_code(const Place& country, std::string_view code) const;
  /// By name: likeness of at least 80 %, the best one. Null if none.
  const Place* region_by_name(const Place& country, std::string_view name) const;
  /// The nearest of the place and its ancestors that has coordinates, or null.
  const Place* with_coordinates(const Place& place) const;

 private:
  struct Entry {
    Place place;
    std::string name;     ///< Folded.
    std::string name_en;  ///< Folded.
  };
  bool matches(const Entry& entry, const Filter& filter) const;
  std::vector<const Place*> below(const Uuid& parent) const;

  std::vector<Entry> entries_;  ///< Sorted by folded name, then code.
  std::unordered_map<Uuid, std::size_t> by_id_;
  std::unordered_map<Uuid, std::vector<std::size_t>> by_parent_;
  std::map<std::string, std::size_t, std::less<>> countries_;
  std::int64_t revision_;
};

}  // namespace emporion::location
