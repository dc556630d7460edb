#pragma once

#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::pdf {

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  double share = 1;  ///< Of the table's width, relative to the other columns.
  Align align = Align::left;
  bool wraps = false;  ///< Long text goes on in the next line, and a line feed begins one; else it is made smaller until it fits.
};
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< As many cells as columns.
};
struct Fact {
  std::string label;
  std::string value;
  bool is_strong = false;
};
/// Lines under a small title, such as an address.
struct Box {
  std::string title;
  std::vector<std::string> lines;
};

/// A business letter with one long table: who sends it, what it is, to whom, the items over as many pages as they need with their head repeated, what they add
/// up to. All text is UTF-8 and is drawn as it stands, without markup.
struct Sheet {
  std::string title;                ///< Of the file, as viewers show it.
  std::string language;             ///< BCP 47; shapes some scripts.
  UtcTime created_at;               ///< Stated in the file: never the time of drawing, so that the same sheet is the same bytes.
  std::string logo_png;             ///< Empty: none.
  std::vector<std::string> sender;  ///< The first line stands out.
  std::string heading;
  std::vector<Fact> facts;
  std::vector<Box> boxes;  ///< Side by side, at most three.
  Table items;
  std::string summary_title;
  Table summary;  ///< Left of the totals; may be empty.
  std::vector<Fact> totals;
  std::vector<std::string> notes;
  std::string footer;
  std::string page_of = "{page} / {pages}";
};

/// A PDF of A4 pages: equal sheets give equal bytes. Some milliseconds of one core for a page, about a second for 2,000 items: run it on a worker. Callable
/// from any thread. Errors: PDF_FONT_MISSING (install fonts-dejavu-core), PDF_FAILED.
Result<std::string> render(const Sheet& sheet);

}  // namespace emporion::pdf
