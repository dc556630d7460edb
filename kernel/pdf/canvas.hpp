#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/pdf/sheet.hpp"

namespace emporion::pdf {

constexpr double page_width = 595.28;  ///< A4 in points.
constexpr double page_height = 841.89;

struct Font {
  double size = 9;
  bool is_bold = false;
};

/// Pages and text on them, in points from the top left. With drawing off it measures only.
class Canvas {
 public:
  /// Errors: PDF_FONT_MISSING, PDF_FAILED.
  static Result<std::unique_ptr<Canvas>> open(std::string_view title, std::string_view language, UtcTime created_at);
  ~Canvas();

  void set_drawing(bool on);
  /// Text in a box of that width, wrapped at words and broken at line feeds; answers its height.
  double paragraph(double x, double y, double width, std::string_view text, Font font, Align align = Align::left, double grey = 0);
  /// One line in a box of that width, made smaller until it fits; answers its height.
  double line(double x, double y, double width, std::string_view text, Font font, Align align = Align::left, double grey = 0);
  double width_of(std::string_view text, Font font);
  void rule(double x, double y, double width, double thickness, double grey);
  void fill(double x, double y, double width, double height, double grey);
  /// A picture scaled into the box, its top right corner at (right, y). A broken picture is left out; answers its height.
  double picture(const std::string& png, double right, double y, double width_max, double height_max);
  void end_page();
  /// The file. Errors: PDF_FAILED.
  Result<std::string> finish();

 private:
  Canvas();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::pdf
