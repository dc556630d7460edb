#include "kernel/pdf/canvas.hpp"

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>

#include "kernel/base/text.hpp"

namespace emporion::pdf {
namespace {

constexpr const char* family = "DejaVu Sans";  // Has Latin with all marks of Vietnamese, Greek and Cyrillic. Package: fonts-dejavu-core.
constexpr double smallest = 4.5;

template <typename T>
using Object = std::unique_ptr<T, decltype([](T* object) { g_object_unref(object); })>;
using Description = std::unique_ptr<PangoFontDescription, decltype([](PangoFontDescription* object) { pango_font_description_free(object); })>;
using Surface = std::unique_ptr<cairo_surface_t, decltype([](cairo_surface_t* object) { cairo_surface_destroy(object); })>;
using Drawing = std::unique_ptr<cairo_t, decltype([](cairo_t* object) { cairo_destroy(object); })>;

cairo_status_t append_bytes(void* out, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

struct Reading {
  const std::string& bytes;
  std::size_t at = 0;
};
cairo_status_t read_bytes(void* from, unsigned char* bytes, unsigned int count) {
  auto& reading = *static_cast<Reading*>(from);
  if (reading.bytes.size() - reading.at < count) return CAIRO_STATUS_READ_ERROR;
  std::copy_n(reading.bytes.data() + reading.at, count, reinterpret_cast<char*>(bytes));
  reading.at += count;
  return CAIRO_STATUS_SUCCESS;
}

/// What came from outside may hold controls, and once in a while bytes that are no text. Line breaks stay where there is room for more than one line.
std::string drawable(std::string_view text, bool may_break = false) {
  std::string out(text);
  const bool is_utf8 = is_valid_utf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && !(may_break && c == '\n')) || byte == 0x7F) c = ' ';
    if (!is_utf8 && byte >= 0x80) c = '?';
  }
  return out;
}

std::unexpected<Error> failed(std::string_view what) { return fail(ErrorKind::internal, "PDF_FAILED", std::string(what)); }

}  // namespace

struct Canvas::Impl {
  std::string bytes;
  Surface surface;
  Drawing drawing;
  Object<PangoContext> context;
  Object<PangoLayout> layout;
  Description plain, bold;
  bool is_drawing = true;

  void set(std::string_view text, Font font, bool may_break = false) {
    PangoFontDescription* description = (font.is_bold ? bold : plain).get();
    pango_font_description_set_absolute_size(description, font.size * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), description);
    const std::string clean = drawable(text, may_break);
    pango_layout_set_text(layout.get(), clean.data(), static_cast<int>(clean.size()));
  }
  std::pair<double, double> size() const {
    PangoRectangle logical;
    pango_layout_get_extents(layout.get(), nullptr, &logical);
    return {static_cast<double>(logical.width) / PANGO_SCALE, static_cast<double>(logical.height) / PANGO_SCALE};
  }
  void show(double x, double y, double grey) {
    if (!is_drawing) return;
    cairo_set_source_rgb(drawing.get(), grey, grey, grey);
    cairo_move_to(drawing.get(), x, y);
    pango_cairo_show_layout(drawing.get(), layout.get());
  }
};

Canvas::Canvas() : impl_(std::make_unique<Impl>()) {}
Canvas::~Canvas() = default;

Result<std::unique_ptr<Canvas>> Canvas::open(std::string_view title, std::string_view language, UtcTime created_at) {
  std::unique_ptr<Canvas> out(new Canvas);
  Impl& impl = *out->impl_;
  impl.surface.reset(cairo_pdf_surface_create_for_stream(&append_bytes, &impl.bytes, page_width, page_height));
  cairo_surface_t* const surface = impl.surface.get();
  cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, drawable(title).c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Emporion");
  const std::string created = created_at.to_string().substr(0, 19) + "Z";
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created.c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, created.c_str());
  impl.drawing.reset(cairo_create(surface));

  // One font map for each thread, so that a worker loads its fonts once.
  impl.context.reset(pango_font_map_create_context(pango_cairo_font_map_get_default()));
  pango_context_set_language(impl.context.get(), pango_language_from_string(std::string(language).c_str()));
  // The page has no pixels: neither the machine's screen settings nor rounding to them may move a letter.
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(impl.context.get(), options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(impl.context.get(), FALSE);
  impl.layout.reset(pango_layout_new(impl.context.get()));
  pango_layout_set_wrap(impl.layout.get(), PANGO_WRAP_WORD_CHAR);
  impl.plain.reset(pango_font_description_new());
  pango_font_description_set_family(impl.plain.get(), family);
  impl.bold.reset(pango_font_description_copy(impl.plain.get()));
  pango_font_description_set_weight(impl.bold.get(), PANGO_WEIGHT_BOLD);

  pango_font_description_set_absolute_size(impl.plain.get(), 9.0 * PANGO_SCALE);
  const Object<PangoFont> font(pango_context_load_font(impl.context.get(), impl.plain.get()));
  const Description found(font ? pango_font_describe(font.get()) : nullptr);
  if (!found || std::string_view(pango_font_description_get_family(found.get())) != family) {
    return fail(ErrorKind::internal, "PDF_FONT_MISSING", text("the font ", family, " is not installed: apt-get install fonts-dejavu-core"));
  }
  if (cairo_status(impl.drawing.get()) != CAIRO_STATUS_SUCCESS) return failed(cairo_status_to_string(cairo_status(impl.drawing.get())));
  return out;
}

void Canvas::set_drawing(bool on) { impl_->is_drawing = on; }

double Canvas::paragraph(double x, double y, double width, std::string_view text, Font font, Align align, double grey) {
  if (text.empty()) return 0;
  PangoLayout* const layout = impl_->layout.get();
  impl_->set(text, font, true);
  pango_layout_set_width(layout, static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_alignment(layout, align == Align::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
  const double height = impl_->size().second;
  impl_->show(x, y, grey);
  return height;
}

double Canvas::line(double x, double y, double width, std::string_view text, Font font, Align align, double grey) {
  pango_layout_set_width(impl_->layout.get(), -1);
  pango_layout_set_alignment(impl_->layout.get(), PANGO_ALIGN_LEFT);
  impl_->set(text, font);
  auto [wide, high] = impl_->size();
  const double baseline = pango_layout_get_baseline(impl_->layout.get()) / static_cast<double>(PANGO_SCALE);
  const double full_height = high;
  if (wide > width) {
    font.size = std::max(smallest, font.size * width / wide * 0.99);
    impl_->set(text, font);
    std::tie(wide, high) = impl_->size();
  }
  const double lowered = baseline - pango_layout_get_baseline(impl_->layout.get()) / static_cast<double>(PANGO_SCALE);  // On the line of its neighbours.
  impl_->show(align == Align::right ? x + width - wide : x, y + lowered, grey);
  return full_height;
}

double Canvas::width_of(std::string_view text, Font font) {
  pango_layout_set_width(impl_->layout.get(), -1);
  impl_->set(text, font);
  return impl_->size().first;
}

void Canvas::rule(double x, double y, double width, double thickness, double grey) {
  if (!impl_->is_drawing) return;
  cairo_t* const drawing = impl_->drawing.get();
  cairo_set_source_rgb(drawing, grey, grey, grey);
  cairo_set_line_width(drawing, thickness);
  cairo_move_to(drawing, x, y);
  cairo_line_to(drawing, x + width, y);
  cairo_stroke(drawing);
}

void Canvas::fill(double x, double y, double width, double height, double grey) {
  if (!impl_->is_drawing) return;
  cairo_t* const drawing = impl_->drawing.get();
  cairo_set_source_rgb(drawing, grey, grey, grey);
  cairo_rectangle(drawing, x, y, width, height);
  cairo_fill(drawing);
}

double Canvas::picture(const std::string& png, double right, double y, double width_max, double height_max) {
  Reading reading{png};
  const Surface image(cairo_image_surface_create_from_png_stream(&read_bytes, &reading));
  if (cairo_surface_status(image.get()) != CAIRO_STATUS_SUCCESS) return 0;
  const double width = cairo_image_surface_get_width(image.get()), height = cairo_image_surface_get_height(image.get());
  if (width < 1 || height < 1) return 0;
  const double scale = std::min({width_max / width, height_max / height, 1.0});
  if (impl_->is_drawing) {
    cairo_t* const drawing = impl_->drawing.get();
    cairo_save(drawing);
    cairo_translate(drawing, right - width * scale, y);
    cairo_scale(drawing, scale, scale);
    cairo_set_source_surface(drawing, image.get(), 0, 0);
    cairo_paint(drawing);
    cairo_restore(drawing);
  }
  return height * scale;
}

void Canvas::end_page() {
  if (impl_->is_drawing) cairo_show_page(impl_->drawing.get());
}

Result<std::string> Canvas::finish() {
  const cairo_status_t drawn = cairo_status(impl_->drawing.get());
  cairo_surface_finish(impl_->surface.get());
  if (drawn != CAIRO_STATUS_SUCCESS) return failed(cairo_status_to_string(drawn));
  if (const auto written = cairo_surface_status(impl_->surface.get()); written != CAIRO_STATUS_SUCCESS) return failed(cairo_status_to_string(written));
  return std::move(impl_->bytes);
}

}  // namespace emporion::pdf
