#include "kernel/pdf/sheet.hpp"

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/pdf/canvas.hpp"

namespace emporion::pdf {
namespace {

constexpr double margin = 42;
constexpr double content = page_width - 2 * margin;
constexpr double bottom = page_height - 54;  // Below it only the footer.
constexpr double cell_gap = 5;
constexpr double row_gap = 4.5;
constexpr Font body{8.2, false}, body_strong{8.2, true}, small{7.4, false}, small_strong{7.4, true}, title_font{17, true}, name_font{11.5, true};
constexpr double quiet = 0.38;

std::string filled(std::string pattern, std::string_view name, int value) {
  if (const auto at = pattern.find(name); at != std::string::npos) pattern.replace(at, name.size(), std::to_string(value));
  return pattern;
}

/// Runs the same layout twice: the first time it measures and counts pages, the second time it draws.
class Layout {
 public:
  Layout(const Sheet& sheet, Canvas& canvas) : sheet_(sheet), canvas_(canvas), item_places_(places_of(sheet.items, margin, content)) {
    summary_places_ = places_of(sheet.summary, margin, content * 0.54);
  }

  void run() {
    canvas_.set_drawing(false);
    walk();
    pages_ = page_;
    canvas_.set_drawing(true);
    walk();
  }

 private:
  struct Place {
    double x;
    double width;
  };

  static std::vector<Place> places_of(const Table& table, double left, double width) {
    double shares = 0;
    for (const Column& column : table.columns) shares += column.share;
    std::vector<Place> out;
    for (const Column& column : table.columns) {
      out.push_back({left, width * column.share / shares - cell_gap});
      left += width * column.share / shares;
    }
    if (!out.empty()) out.back().width += cell_gap;
    return out;
  }

  void walk() {
    page_ = 1;
    y_ = margin;
    head();
    items();
    closing();
    footer();
    canvas_.end_page();
  }

  void new_page() {
    footer();
    canvas_.end_page();
    ++page_;
    y_ = margin;
  }

  void footer() {
    canvas_.rule(margin, page_height - 44, content, 0.5, 0.75);
    canvas_.line(margin, page_height - 38, content * 0.7, sheet_.footer, small, Align::left, quiet);
    canvas_.line(margin + content * 0.7, page_height - 38, content * 0.3, filled(filled(sheet_.page_of, "{page}", page_), "{pages}", pages_), small,
                 Align::right, quiet);
  }

  void head() {
    // The sender on the left; the logo, the heading and the facts on the right.
    double left = y_;
    for (std::size_t i = 0; i < sheet_.sender.size(); ++i) {
      left += canvas_.paragraph(margin, left, content * 0.5, sheet_.sender[i], i == 0 ? name_font : body, Align::left, i == 0 ? 0 : quiet) + (i == 0 ? 3 : 1);
    }
    double right = y_;
    const double right_x = margin + content * 0.55, right_width = content * 0.45;
    if (!sheet_.logo_png.empty()) {
      const double high = canvas_.picture(sheet_.logo_png, margin + content, right, 150, 52);
      right += high > 0 ? high + 8 : 0;
    }
    right += canvas_.line(right_x, right, right_width, sheet_.heading, title_font, Align::right) + 6;
    for (const Fact& fact : sheet_.facts) {
      const Font font = fact.is_strong ? body_strong : body;
      canvas_.line(right_x, right, right_width * 0.45, fact.label, body, Align::left, quiet);
      right += canvas_.line(right_x + right_width * 0.45, right, right_width * 0.55, fact.value, font, Align::right) + 2;
    }
    y_ = std::max(left, right) + 14;
    if (!sheet_.boxes.empty()) boxes();
    y_ += 12;
  }

  void boxes() {
    const double width = content / static_cast<double>(std::max<std::size_t>(2, sheet_.boxes.size()));
    double lowest = y_;
    for (std::size_t i = 0; i < sheet_.boxes.size(); ++i) {
      const double x = margin + width * static_cast<double>(i);
      double y = y_ + canvas_.line(x, y_, width - 12, sheet_.boxes[i].title, small_strong, Align::left, quiet) + 2;
      for (const std::string& text : sheet_.boxes[i].lines) y += canvas_.paragraph(x, y, width - 12, text, body) + 1;
      lowest = std::max(lowest, y);
    }
    y_ = lowest;
  }

  double draw_row(const Table& table, const std::vector<Place>& places, const std::vector<std::string>& cells, double y, Font font) {
    double height = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Column& column = table.columns[i];
      const double high = column.wraps ? canvas_.paragraph(places[i].x, y, places[i].width, cells[i], font, column.align)
                                       : canvas_.line(places[i].x, y, places[i].width, cells[i], font, column.align);
      height = std::max(height, high);
    }
    return height;
  }

  void table_head(const Table& table, const std::vector<Place>& places) {
    const double width = places.back().x + places.back().width - places.front().x;
    canvas_.fill(places.front().x - 3, y_, width + 6, 15, 0.93);
    for (std::size_t i = 0; i < places.size(); ++i)
      canvas_.line(places[i].x, y_ + 3, places[i].width, table.columns[i].title, small_strong, table.columns[i].align);
    y_ += 15 + row_gap;
  }

  void items() {
    const Table& table = sheet_.items;
    if (table.columns.empty()) return;
    if (y_ + 60 > bottom) new_page();
    table_head(table, item_places_);
    const bool measures = heights_.empty();
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      EMP_ASSERT(table.rows[i].size() == table.columns.size());
      if (measures) heights_.push_back(measure(table, table.rows[i]));
      if (y_ + heights_[i] > bottom) {
        new_page();
        table_head(table, item_places_);
      }
      if (!measures) draw_row(table, item_places_, table.rows[i], y_, body);
      y_ += heights_[i] + row_gap;
      canvas_.rule(margin, y_ - row_gap / 2, content, 0.4, 0.86);
    }
    y_ += 8;
  }

  /// Cells that do not wrap are one line high, so only the others are laid out.
  double measure(const Table& table, const std::vector<std::string>& cells) {
    if (line_height_ == 0) line_height_ = canvas_.line(0, 0, content, "Ag", body);
    double height = line_height_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (table.columns[i].wraps) height = std::max(height, canvas_.paragraph(0, 0, item_places_[i].width, cells[i], body));
    }
    return height;
  }

  /// The summary on the left, the totals on the right, kept together on one page; then the notes.
  void closing() {
    const double summary_height = sheet_.summary.rows.empty() ? 0 : 34 + static_cast<double>(sheet_.summary.rows.size()) * 15;
    const double totals_height = static_cast<double>(sheet_.totals.size()) * 16 + 8;
    if (y_ + std::max(summary_height, totals_height) > bottom && y_ > margin + 60) new_page();
    const double top = y_;
    if (!sheet_.summary.rows.empty()) {
      y_ += canvas_.line(margin, y_, content * 0.54, sheet_.summary_title, small_strong, Align::left, quiet) + 3;
      table_head(sheet_.summary, summary_places_);
      for (const auto& cells : sheet_.summary.rows) y_ += draw_row(sheet_.summary, summary_places_, cells, y_, small) + 4;
    }
    const double summary_end = y_;
    y_ = top;
    totals();
    y_ = std::max(y_, summary_end) + 14;
    for (const std::string& note : sheet_.notes) {
      const double high = measured(note);
      if (y_ + high > bottom) new_page();
      y_ += canvas_.paragraph(margin, y_, content, note, small, Align::left, quiet) + 3;
    }
  }

  double measured(const std::string& note) {
    canvas_.set_drawing(false);
    const double high = canvas_.paragraph(0, 0, content, note, small);
    canvas_.set_drawing(pages_ > 0);
    return high;
  }

  void totals() {
    const double x = margin + content * 0.6, width = content * 0.4;
    for (const Fact& fact : sheet_.totals) {
      const Font font = fact.is_strong ? Font{10.5, true} : body;
      if (fact.is_strong) {
        y_ += 3;
        canvas_.rule(x, y_ - 2, width, 0.9, 0.2);
      }
      const double label = std::min(width * 0.62, canvas_.width_of(fact.label, font) + 6);
      canvas_.line(x, y_, label, fact.label, font, Align::left, fact.is_strong ? 0 : quiet);
      y_ += canvas_.line(x + label, y_, width - label, fact.value, font, Align::right) + 4;
    }
  }

  const Sheet& sheet_;
  Canvas& canvas_;
  std::vector<Place> item_places_;
  std::vector<Place> summary_places_;
  std::vector<double> heights_;
  double line_height_ = 0;
  double y_ = 0;
  int page_ = 0;
  int pages_ = 0;
};

}  // namespace

Result<std::string> render(const Sheet& sheet) {
  EMP_ASSIGN(const auto canvas, Canvas::open(sheet.title, sheet.language, sheet.created_at));
  Layout(sheet, *canvas).run();
  return canvas->finish();
}

}  // namespace emporion::pdf
