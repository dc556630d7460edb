#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace emporion::location {

/// One line of an address in normal form: letters composed (NFC, for the Latin script), control characters gone, runs of white space one blank, none at the
/// ends. Takes well-formed UTF-8.
std::string normal_line(std::string_view line);

/// What names are compared by: lower case, no marks, đ as d, everything but letters and digits one blank. "Bà Rịa - Vũng Tàu" → "ba ria vung tau".
std::string folded(std::string_view name);

/// How alike two folded names are, in basis points: shared trigrams over all trigrams, as PostgreSQL's pg_trgm counts them. 10,000 is equal.
std::int32_t similarity_bps(std::string_view a, std::string_view b);

/// Characters, not bytes.
std::size_t length_of(std::string_view utf8);

}  // namespace emporion::location
