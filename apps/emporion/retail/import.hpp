#pragma once

#include <string>
#include <vector>

#include "apps/emporion/host.hpp"
#include "apps/emporion/retail/assortment.hpp"

namespace emporion::app::retail {

struct ImportReport {
  std::vector<Figure> figures;       ///< What the file holds and what was made of it.
  std::vector<std::string> refused;  ///< At most 100: what a module refused, one line each.
  std::int64_t refused_count = 0;
};

/// Reads the whole file before anything is written, so a corrupt file changes nothing. Errors: those of History.
struct ImportSource {
  Assortment assortment;
  std::vector<Figure> figures;
  std::string fingerprint;
};
Result<ImportSource> read_source(const std::string& path, History::Corrupt corrupt);

/// Makes the shop of the history, through the contracts, as staff would: a product and a GBP price per article, the customers under their references,
/// warehouses in London, Manchester and Bristol that deliver to every country that occurs, and opening stock: all units ever sold, 60 % and 40 % in two of
/// them, and in the third as many as the largest order of the article. Safe to repeat: everything has a natural key, and the keys of the calls come from the
/// file's fingerprint. Errors: whatever stops a step as a whole, with the step's name; PLACEMENT_INCOMPLETE if a module is not there. What a module refuses of
/// a bulk is counted.
Task<Result<ImportReport>> import_history(Host& host, ImportSource source);

}  // namespace emporion::app::retail
